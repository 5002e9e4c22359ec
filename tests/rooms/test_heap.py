"""When a node looks through all of its memory."""

from __future__ import annotations

import ctypes
import gc

import pytest

from benchmarks.sfu_process import resident_bytes
from rooms.runtime.heap import (
    BUSY,
    GIVE_BACK_S,
    LEAST_GONE,
    LEAST_GONE_BUSY,
    LONGEST_BUSY_S,
    LONGEST_S,
    NEVER,
    SHORTEST_S,
    Heap,
    give_back,
    is_due,
)
from rooms.signalling.socket import SignallingConsumer
from tests.rooms.guests import guests, open_node


@pytest.mark.parametrize(
    ("gone", "inside", "passed_s", "due"),
    [
        (0, 1000, 599, False),
        (LEAST_GONE, 10, SHORTEST_S, True),
        (1000, 10, SHORTEST_S - 1, False),
        (LEAST_GONE, 1000, SHORTEST_S, False),
        (250, 1000, SHORTEST_S, True),
        (0, 0, LONGEST_S, True),
    ],
)
def test_it_is_when_many_have_gone_or_much_time_has_passed(gone: int, inside: int, passed_s: float, due: bool) -> None:
    assert is_due(gone, inside, passed_s) is due


@pytest.mark.parametrize(
    ("gone", "passed_s", "due"),
    [
        (LEAST_GONE_BUSY - 1, LONGEST_S, False),
        (LEAST_GONE_BUSY, SHORTEST_S - 1, False),
        (LEAST_GONE_BUSY, SHORTEST_S, True),
        (0, LONGEST_BUSY_S, True),
    ],
)
def test_while_the_node_is_busy_it_is_only_when_very_many_have_gone(gone: int, passed_s: float, due: bool) -> None:
    assert is_due(gone, 10, passed_s, BUSY + 0.01) is due
    assert is_due(gone, 10, passed_s, BUSY) is (due or passed_s >= SHORTEST_S)


async def test_a_node_looks_when_it_has_become_calm(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_node() as node:
        collected: list[int] = []

        def collect() -> int:
            collected.append(1)
            return 0

        monkeypatch.setattr(gc, "collect", collect)
        node.heap.start()
        for _ in range(LEAST_GONE):
            node.heap.somebody_went(LEAST_GONE)
        node.heap._looked_at -= SHORTEST_S
        for busy, looks in ((0.9, 1), (0.1, 2)):
            node.door._admission._busy = busy
            node.heap._look()
            assert len(collected) == looks


async def test_a_crowd_that_comes_in_never_makes_it_look_and_those_who_go_do(monkeypatch: pytest.MonkeyPatch) -> None:
    collected: list[int] = []

    def collect() -> int:
        collected.append(1)
        return 0

    monkeypatch.setattr(gc, "collect", collect)
    before = gc.get_threshold()
    heap = Heap()
    heap.start()
    try:
        assert gc.get_threshold()[2] == NEVER
        heap._look()
        assert len(collected) == 1  # at the start
        for left in range(LEAST_GONE):
            heap.somebody_went(LEAST_GONE - left)
        heap._looked_at -= SHORTEST_S
        heap._look()
        heap._look()
        assert len(collected) == 2
    finally:
        heap.close()
    assert gc.get_threshold() == before


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="of glibc")
def test_free_memory_between_what_is_in_use_is_given_back() -> None:
    kept = [bytes(50_000) for _ in range(2000)][::2]
    before = resident_bytes()
    give_back()
    assert before - resident_bytes() > 1000 * 50_000 / 2
    assert len(kept) == 1000


async def test_a_node_gives_back_what_is_free_once_a_minute_unless_it_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    monkeypatch.setattr("rooms.runtime.heap.give_back", lambda: given.append(1))
    busy = 1.0
    heap = Heap(lambda: busy)
    heap.start()
    try:
        heap._look()
        heap._gave_back_at -= GIVE_BACK_S
        heap._look()
        assert not given
        busy = BUSY
        heap._look()
        heap._look()
        assert given == [1]
    finally:
        heap.close()


async def test_only_who_was_in_a_room_leaves_something_behind() -> None:
    async with open_node() as node:
        stranger, guest = SignallingConsumer(node=node), SignallingConsumer(node=node)
        (ada,) = await guests(node, "ada")
        guest._room, guest._peer_id, guest._connection = ada.room, "ada", ada.connection
        stranger._clean_up()
        assert node.heap._gone == 0
        guest._clean_up()
        assert node.heap._gone == 1
