"""When a node looks through all of its memory."""

from __future__ import annotations

import gc

import pytest

from rooms.runtime.heap import LEAST_GONE, LONGEST_S, NEVER, Heap, is_due


@pytest.mark.parametrize(
    ("gone", "inside", "passed_s", "due"),
    [
        (0, 1000, 599, False),
        (LEAST_GONE, 10, 1, True),
        (LEAST_GONE, 1000, 1, False),
        (250, 1000, 1, True),
        (0, 0, LONGEST_S, True),
    ],
)
def test_it_is_when_many_have_gone_or_much_time_has_passed(gone: int, inside: int, passed_s: float, due: bool) -> None:
    assert is_due(gone, inside, passed_s) is due


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
        heap._look()
        heap._look()
        assert len(collected) == 2
    finally:
        heap.close()
    assert gc.get_threshold() == before
