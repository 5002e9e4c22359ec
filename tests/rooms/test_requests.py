"""The facts of requests: each class says what is to be known of it, and everything else follows from that."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from media.ortc.parameters import RtpParameters
from rooms import protocol
from rooms.protocol import REQUESTS, SERVER_REQUESTS, Request
from rooms.protocol.errors import Refused
from rooms.runtime.request_budget import HEARD_BY_ALL_COST, MAKES_MEDIA_COST, cost_of
from rooms.state.commands import By, Enter
from rooms.state.machine import RULES
from rooms.state.outcome import Outcome
from rooms.state.rules import rule, rules_of
from tests.rooms.states import NOW_MS, moderator, refused, room

# All that a request may need; each takes its own.
FIELDS: dict[str, Any] = {
    "peerId": "ada",
    "device": "screen",
    "allowed": False,
    "admitted": True,
    "enabled": True,
    "locked": True,
    "onStage": True,
    "bitrateBps": 5,
    "messageId": 7,
    "language": "de",
    "seconds": 10,
}
# Questions about a room, and what is for media or for the connection.
WITHOUT_RULE: set[type[Request]] = {
    protocol.ConnectTransport,
    protocol.ExplainQuality,
    protocol.Join,
    protocol.Leave,
    protocol.ListViewers,
    protocol.PauseConsumer,
    protocol.Ping,
    protocol.Produce,
    protocol.ProduceData,
    protocol.ReportStatistics,
    protocol.RequestKeyFrame,
    protocol.RestartIce,
    protocol.ResumeConsumer,
    protocol.SetPreferredLayers,
    protocol.Watch,
}
EVERY = Request.__subclasses__()
MODERATORS = [kind for kind in EVERY if kind.moderator]
# What is heard in the waiting room only, and what can be asked once, or in turns with a recorder.
CHEAP = {protocol.Admit, protocol.EndMeeting, protocol.StartRecording, protocol.StopRecording}


def made(kind: type[Request]) -> Request:
    return msgspec.convert(FIELDS, kind)


def answered(command: By) -> str:
    """The code of a refusal, or nothing."""
    try:
        room(moderator("mod", can_record=True), "ada", "bob").apply(command, NOW_MS)
    except Refused as error:
        return error.info.code
    return ""


@pytest.mark.parametrize("kind", EVERY)
def test_each_request_is_for_the_state_machine_or_for_media_and_the_connection(kind: type[Request]) -> None:
    assert (kind in RULES) != (kind in WITHOUT_RULE), (
        f"{kind.__name__} needs a method under @rule({kind.__name__}) in rooms/state/, or, if it is for media or the "
        "connection, a place in WITHOUT_RULE"
    )
    assert kind.by_clients or kind.by_server
    assert kind.by_clients == (REQUESTS.get(protocol.wire_name(kind)) is kind)
    assert kind.by_server == (SERVER_REQUESTS.get(kind.__name__) is kind)


@pytest.mark.parametrize("kind", [kind for kind in MODERATORS if kind in RULES])
def test_what_is_a_moderators_is_refused_to_everybody_else(kind: type[Request]) -> None:
    state = room(moderator("mod"), "ada", "bob")
    assert refused(state, By("bob", made(kind))) == "notModerator"
    assert refused(state, By("nobody", made(kind))) == "notFound"
    for actor in ("mod", None):
        assert answered(By(actor, made(kind))) != "notModerator"


def test_viewers_are_listed_to_moderators_only() -> None:
    with pytest.raises(Refused, match="Only a moderator"):
        room(moderator("mod"), "ada").viewers("ada", "", 0)


@pytest.mark.parametrize("kind", [kind for kind in EVERY if kind.by_clients])
def test_the_description_of_a_moderators_request_says_so(kind: type[Request]) -> None:
    assert (kind.__doc__ or "").startswith("Moderators") == kind.moderator


@pytest.mark.parametrize("kind", EVERY)
def test_nobody_says_who_asks(kind: type[Request]) -> None:
    assert "actor" not in kind.__struct_fields__


def test_the_accounts_server_may_ask_for_nothing_but_what_moderators_may() -> None:
    assert [kind for kind in SERVER_REQUESTS.values() if not kind.moderator] == []


def test_the_accounts_server_is_nobody_who_could_ask_for_themselves() -> None:
    assert refused(room("ada"), By(None, protocol.SetAbsent(absent=True))) == "notFound"


@pytest.mark.parametrize(
    "request_", [protocol.Leave(), protocol.Ping(), protocol.RequestKeyFrame("c"), protocol.ListViewers()]
)
def test_what_is_for_media_or_for_the_connection_is_no_command(request_: Request) -> None:
    assert refused(room("ada"), By("ada", request_)) == "notAllowed"


@pytest.mark.parametrize("kind", [kind for kind in MODERATORS if kind.by_clients])
def test_what_moderators_do_to_everybody_costs_more(kind: type[Request]) -> None:
    assert (cost_of(made(kind)) == HEARD_BY_ALL_COST - 1) == (kind not in CHEAP)


@pytest.mark.parametrize(
    "request_", [protocol.Produce("audio", "mic", RtpParameters(codecs=[])), protocol.ChooseLanguage("de")]
)
def test_what_tracks_are_made_for_costs_most(request_: Request) -> None:
    assert cost_of(request_) == MAKES_MEDIA_COST - 1 > HEARD_BY_ALL_COST


def test_a_command_has_one_rule() -> None:
    class Twice:
        @rule(Enter)
        def one(self, _command: Enter) -> Outcome:
            return Outcome()

        @rule(Enter)
        def other(self, _command: Enter) -> Outcome:
            return Outcome()

    with pytest.raises(TypeError, match="two rules for Enter"):
        rules_of(Twice)
