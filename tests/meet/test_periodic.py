"""The worker's regular work goes on whatever becomes of one call."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from meet.run.periodic import Beat

if TYPE_CHECKING:
    import pytest

TIMEOUT_S = 30


def test_work_is_done_at_once_again_and_again_and_what_fails_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    calls: list[str] = []
    seen_often, failed_twice = threading.Event(), threading.Event()

    def count() -> None:
        calls.append("count")
        if calls.count("count") >= 3:
            seen_often.set()

    def fail() -> None:
        calls.append("fail")
        if calls.count("fail") >= 2:
            failed_twice.set()
        raise ZeroDivisionError

    def rarely() -> None:
        calls.append("rarely")

    beat = Beat((0.01, count), (0.02, fail), (3600, rarely))
    beat.start()
    assert seen_often.wait(TIMEOUT_S)
    assert failed_twice.wait(TIMEOUT_S)
    beat.close()
    beat.close()
    done = len(calls)
    assert calls.count("rarely") == 1
    assert not any(thread.is_alive() for thread in beat._threads)
    assert len(calls) == done
    assert "fail failed" in caplog.text


def test_nothing_is_begun_after_its_end() -> None:
    calls: list[str] = []
    begun, go_on = threading.Event(), threading.Event()

    def work() -> None:
        calls.append("work")
        begun.set()
        go_on.wait(TIMEOUT_S)

    beat = Beat((0.0, work))
    beat.start()
    assert begun.wait(TIMEOUT_S)
    beat.end(sig="SIGTERM")
    go_on.set()
    beat.close()
    assert calls == ["work"]
