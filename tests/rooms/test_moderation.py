"""What moderators do to others, and that nobody else can; in the state machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rooms import protocol
from rooms.protocol import (
    Admit,
    AdmitAll,
    Allow,
    AllowAll,
    AskToTurnOn,
    EndMeeting,
    Kick,
    LetBack,
    LowerAllHands,
    LowerHand,
    RaiseHand,
    Request,
    SetLocked,
    SetMaxBitrate,
    SetOnStage,
    SetWaitingRoom,
    StopAllTracks,
    StopTrack,
    StopVideo,
)
from rooms.protocol.errors import Refused
from rooms.state.commands import AddProducer, By, Wait
from rooms.state.outcome import LimitVideo, PauseMedia
from tests.rooms.states import NOW_MS, entry, heard, moderator, refused, room, viewer

if TYPE_CHECKING:
    from rooms.state.machine import RoomState

BY_MODERATORS: list[Request] = [
    Admit("wim", admitted=True),
    Admit("nobody", admitted=False),
    LowerHand("ada"),
    StopTrack("ada", "mic"),
    StopAllTracks("camera"),
    Allow("ada", "mic", allowed=False),
    AllowAll("camera", allowed=False),
    AskToTurnOn("ada", "screen"),
    AdmitAll(admitted=True),
    SetWaitingRoom(enabled=True),
    SetLocked(locked=True),
    Kick("ada"),
    LetBack("out"),
    LowerAllHands(),
    StopVideo(),
    EndMeeting(),
    SetOnStage("vic", on_stage=True),
    SetOnStage("nobody", on_stage=True),
    SetMaxBitrate(100_000),
]


def meeting() -> RoomState:
    """Somebody of each kind, with something to do to each."""
    state = room("ada", "bob", "out", viewer("vic"), entry("int", role="interpreter"), moderator())
    state.apply(By("mod", Kick("out")), NOW_MS)
    state.apply(Wait("wim", "Wim"), NOW_MS)
    return state


@pytest.mark.parametrize("asked", BY_MODERATORS)
@pytest.mark.parametrize("actor", ["bob", "int", "vic"])
def test_nobody_but_a_moderator_can_do_it(asked: Request, actor: str) -> None:
    state = meeting()
    assert refused(state, By(actor, asked)) == "notModerator"
    assert refused(state, By("stranger", asked)) == "notFound"
    assert refused(state, By("wim", asked)) == "notFound"


@pytest.mark.parametrize("asked", BY_MODERATORS)
def test_the_accounts_own_server_can_do_what_a_moderator_can(asked: Request) -> None:
    outcomes: list[list[Any]] = []
    for actor in ("mod", None):
        state = meeting()
        try:
            outcome = state.apply(By(actor, asked), NOW_MS)
        except Refused as refusal:
            outcomes.append([refusal.info.code])
        else:
            outcomes.append([type(event.message) for event in outcome.events])
    assert outcomes[0] == outcomes[1]


class TestStoppingTracks:
    def test_a_microphone_is_turned_off_and_its_owner_told_why(self) -> None:
        state = room(moderator(), "ada", "bob")
        state.apply(AddProducer("ada", "m", "mic", paused=False), NOW_MS)
        state.apply(AddProducer("ada", "c", "camera", paused=False), NOW_MS)
        outcome = state.apply(By("mod", StopTrack("ada", "mic")), NOW_MS)
        paused = protocol.ProducerPaused("ada", "m", paused=True)
        assert heard(state, outcome, "bob") == [paused]
        assert heard(state, outcome, "ada") == [paused, protocol.TrackStopped("mic")]
        assert outcome.effects == [PauseMedia("ada", "m", paused=True)]
        assert state.apply(By("mod", StopTrack("ada", "mic")), NOW_MS).events == []

    def test_screens_are_left_alone(self) -> None:
        state = room(moderator(), "ada")
        state.apply(AddProducer("ada", "s", "screen", paused=False), NOW_MS)
        state.apply(AddProducer("ada", "t", "screenAudio", paused=False), NOW_MS)
        assert state.apply(By("mod", StopTrack("ada", "mic")), NOW_MS).events == []
        assert state.apply(By("mod", StopTrack("ada", "camera")), NOW_MS).events == []

    def test_all_means_all_but_the_moderators_own(self) -> None:
        state = room(moderator(), "ada", moderator("mia"), viewer("vic"))
        for peer_id in ("mod", "ada", "mia"):
            state.apply(AddProducer(peer_id, f"c-{peer_id}", "camera", paused=False), NOW_MS)
        outcome = state.apply(By("mod", StopAllTracks("camera")), NOW_MS)
        assert outcome.effects == [PauseMedia("ada", "c-ada", paused=True), PauseMedia("mia", "c-mia", paused=True)]
        assert protocol.TrackStopped("camera") in heard(state, outcome, "mia")
        assert protocol.TrackStopped("camera") not in heard(state, outcome, "mod")

    def test_somebody_who_is_not_there_is_said(self) -> None:
        assert refused(room(moderator()), By("mod", StopTrack("ada", "mic"))) == "notFound"


def test_all_hands_go_down_viewers_too_and_each_hears_what_they_may() -> None:
    state = room(moderator(hand_enabled=True), "ada", "bob", viewer("vic"), viewer("vera"))
    for number, peer_id in enumerate(("mod", "vic", "ada")):
        state.apply(By(peer_id, RaiseHand(raised=True)), NOW_MS + number)
    outcome = state.apply(By("mod", LowerAllHands()), NOW_MS)
    down = [
        protocol.HandChanged(peer_id, peer_id.title(), viewer=peer_id == "vic", raised_at=None)
        for peer_id in ("mod", "ada", "vic")
    ]
    assert heard(state, outcome, "mod") == heard(state, outcome, "vic") == down
    assert heard(state, outcome, "bob") == heard(state, outcome, "vera") == down[:2]
    assert state.snapshot("mod").viewer_hands == []
    assert state.apply(By("mod", LowerAllHands()), NOW_MS).events == []


def test_a_limit_of_bitrate_is_told_to_everybody_and_to_who_comes_later() -> None:
    state = room(moderator(), "ada")
    outcome = state.apply(By("mod", SetMaxBitrate(300_000)), NOW_MS)
    assert heard(state, outcome, "ada") == heard(state, outcome, "mod") == [protocol.MaxBitrateChanged(300_000)]
    assert outcome.effects == [LimitVideo(300_000)]
    assert state.max_bitrate_bps == 300_000
    assert state.apply(By("mod", SetMaxBitrate(300_000)), NOW_MS).events == []
    state.apply(entry("bob"), NOW_MS)
    assert state.snapshot("bob").max_bitrate_bps == 300_000
    state.apply(By("mod", SetMaxBitrate(0)), NOW_MS)
    assert state.snapshot("bob").max_bitrate_bps == 0
