"""Requests and the commands they stand for."""

from __future__ import annotations

import dataclasses
from typing import Any

import msgspec
import pytest

from rooms import protocol
from rooms.runtime.dispatch import command_of
from rooms.runtime.request_budget import cost_of

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
}
# A question changes nothing.
QUESTIONS = {protocol.ListViewers}
MODERATORS = [
    request
    for request in protocol.RESPONSES
    if (request.__doc__ or "").startswith("Moderators:") and request not in QUESTIONS
]
# What is heard at the door only, and what can be asked once.
CHEAP = {protocol.Admit, protocol.EndMeeting}


def made(request: type[protocol.Message]) -> protocol.Message:
    return msgspec.convert(FIELDS, request)


@pytest.mark.parametrize("request_type", MODERATORS)
def test_what_moderators_ask_for_is_a_command_of_theirs_and_of_nobody_elses(
    request_type: type[protocol.Message],
) -> None:
    command = command_of("mod", made(request_type))
    assert command is not None
    fields = dataclasses.asdict(command)
    assert fields.pop("actor") == "mod"
    assert "mod" not in fields.values()
    for name, value in msgspec.structs.asdict(made(request_type)).items():
        assert fields[name] == value


def test_nobody_asks_as_the_accounts_own_server() -> None:
    assert [getattr(command_of("", made(request)), "actor", "") for request in MODERATORS] == [""] * len(MODERATORS)


def test_what_is_for_media_or_for_the_connection_is_no_command() -> None:
    for request in (protocol.Leave(), protocol.Ping(), protocol.RequestKeyFrame("c"), protocol.Done()):
        assert command_of("ada", request) is None


@pytest.mark.parametrize("request_type", MODERATORS)
def test_what_moderators_do_to_everybody_costs_more(request_type: type[protocol.Message]) -> None:
    assert (cost_of(made(request_type)) > 0) == (request_type not in CHEAP)
