"""The soak test sees what grows, and not what fills up once."""

from __future__ import annotations

from typing import Any

from benchmarks.soak import judged

SECONDS = 300.0


def grown(megabytes: list[float], pids: tuple[int, ...] = (1,)) -> list[str]:
    seen: list[dict[str, Any]] = [
        {"role": "node", "pid": pids[index % len(pids)], "at_s": index * 2.0, "MB": value, "files": 50, "threads": 6}
        for index, value in enumerate(megabytes)
    ]
    return [row["what"] for row in judged(seen, SECONDS) if row["grown"]]


def test_what_fills_up_in_the_beginning_is_no_growth() -> None:
    assert grown([100 + min(40, index) for index in range(150)]) == []


def test_what_grows_all_the_time_is() -> None:
    assert grown([100 + index * 0.5 for index in range(150)]) == ["MB"]


def test_tasks_are_counted_where_a_process_tells_of_them() -> None:
    seen = [{"role": "web", "pid": 1, "at_s": at, "MB": 1.0, "files": 1.0, "threads": 1.0} for at in range(300)]
    node = [{"role": "node", "pid": 2, "at_s": at, "tasks": 100.0 + at / 2} for at in range(300)]
    assert [row["what"] for row in judged([*seen, *node], SECONDS) if row["grown"]] == ["tasks"]


def test_a_process_that_was_started_again_is_told() -> None:
    assert grown([100.0] * 150, pids=(1, 2)) == ["starts"]
