"""Who makes place in a waiting room in which too many wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rooms.protocol import KnockEnded, SetWaitingRoom
from rooms.protocol.errors import Refused
from rooms.state import waiting_room
from rooms.state.commands import By, GiveUp, Wait
from rooms.state.outcome import SendAway
from rooms.state.waiting_places import Origin
from tests.rooms.states import NOW_MS, heard, moderator, room

if TYPE_CHECKING:
    from rooms.state.machine import RoomState


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting_room, "MAX_WAITING", 4)


def ask_to_join(peer_id: str, address: str = "here", *, token: bool = False) -> Wait:
    return Wait(peer_id, peer_id, origin=Origin(address, token))


def full(*waits: Wait) -> RoomState:
    state = room(moderator())
    state.apply(By("mod", SetWaitingRoom(enabled=True)), NOW_MS)
    for one in waits:
        state.apply(one, NOW_MS)
    return state


def waiting(state: RoomState) -> list[str]:
    return [one.peer_id for one in state.waiting]


def test_one_machine_that_fills_a_waiting_room_makes_place_for_others_until_each_has_its_share() -> None:
    state = full(*(ask_to_join(f"bad{number}", "there") for number in range(4)))
    outcome = state.apply(ask_to_join("ann"), NOW_MS)
    assert outcome.effects == [SendAway("bad3", "bad3", "roomFull", waiting_room.TOO_MANY_WAIT)]
    assert KnockEnded("bad3") in heard(state, outcome, "mod")
    state.apply(ask_to_join("ben"), NOW_MS)
    assert waiting(state) == ["bad0", "bad1", "ann", "ben"]
    for late in (ask_to_join("bad9", "there"), ask_to_join("cid")):
        with pytest.raises(Refused, match="Too many people are waiting"):
            state.apply(late, NOW_MS)
    state.apply(ask_to_join("dee", "elsewhere"), NOW_MS)
    assert waiting(state) == ["bad0", "ann", "ben", "dee"]


def test_a_whole_school_may_wait_behind_one_address_as_long_as_nobody_else_does() -> None:
    state = full(*(ask_to_join(f"pupil{number}") for number in range(4)))
    assert len(waiting(state)) == 4


def test_who_has_a_token_comes_before_who_has_none_and_displaces_nobody_who_has_one() -> None:
    state = full(*(ask_to_join(f"p{number}", f"address{number}") for number in range(4)))
    with pytest.raises(Refused):
        state.apply(ask_to_join("late", "address9"), NOW_MS)
    for number in range(4):
        state.apply(ask_to_join(f"signed{number}", "here", token=True), NOW_MS)
    assert waiting(state) == [f"signed{number}" for number in range(4)]
    for late in (ask_to_join("signed9", "address9", token=True), ask_to_join("late", "address9")):
        with pytest.raises(Refused):
            state.apply(late, NOW_MS)


def test_places_of_those_who_went_are_free_again() -> None:
    state = full(*(ask_to_join(f"p{number}") for number in range(4)))
    state.apply(GiveUp("p0"), NOW_MS)
    state.apply(ask_to_join("p4"), NOW_MS)
    assert waiting(state) == ["p1", "p2", "p3", "p4"]
