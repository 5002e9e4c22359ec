"""What becomes of a process that ends by itself, and who is told. Time is a parameter."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from meet.run.failing import FILE, Failing, failing_in, note
from meet.run.supervisor import LONGEST_PAUSE_S, MAX_FAILED_STARTS, Role, Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from django.conf import LazySettings
    from django.test import Client

FAILING = Failing("composer", 5, 1, 1_800_000_000.0)


def lives(role: Role, now: float, seconds: float) -> tuple[Verdict, float]:
    """A process that runs for so long; what to do about its end, and when the next may start."""
    role.started(now)
    role.runs(now + seconds)
    return role.ended(1, now + seconds), role.start_at


@pytest.mark.parametrize("name", ["worker", "composer"])
def test_one_that_is_not_essential_is_tried_for_ever_with_growing_pauses(name: str) -> None:
    role, now, pauses = Role(name), 100.0, []
    for _ in range(200):
        verdict, start_at = lives(role, now, 1)
        assert verdict is Verdict.TRY_AGAIN
        pauses.append(start_at - now - 1)
        now = start_at
    assert pauses[:5] == [1, 2, 4, 8, 16]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE_S


@pytest.mark.parametrize("name", ["web", "node"])
def test_there_is_no_service_without_the_essential_ones(name: str) -> None:
    role, now = Role(name), 100.0
    verdicts = []
    for _ in range(MAX_FAILED_STARTS):
        verdict, now = lives(role, now, 5)
        verdicts.append(verdict)
    assert verdicts == [Verdict.TRY_AGAIN] * (MAX_FAILED_STARTS - 1) + [Verdict.GIVE_UP]


@pytest.mark.parametrize("name", ["web", "composer"])
def test_what_was_before_a_good_while_is_forgotten(name: str) -> None:
    role, now = Role(name), 100.0
    for _ in range(MAX_FAILED_STARTS - 1):
        _, now = lives(role, now, 5)
    assert lives(role, now, 61)[0] is Verdict.TRY_AGAIN
    assert role.failures == 1
    role.started(now)
    role.runs(now + 61)
    assert role.failures == 0


class TestTelling:
    def test_who_watches_sees_what_the_supervisor_has_noted(self, tmp_path: Path) -> None:
        note(tmp_path, [FAILING])
        assert failing_in(tmp_path) == [FAILING]
        assert [path.name for path in tmp_path.iterdir()] == [FILE]
        note(tmp_path, [])
        assert failing_in(tmp_path) == []
        assert list(tmp_path.iterdir()) == []

    def test_what_a_dead_supervisor_has_noted_says_nothing(self, tmp_path: Path) -> None:
        note(tmp_path, [FAILING])
        ended = subprocess.Popen([sys.executable, "-c", ""])
        ended.wait()
        text = (tmp_path / FILE).read_text()
        (tmp_path / FILE).write_text(text.replace(str(os.getpid()), str(ended.pid)))
        assert failing_in(tmp_path) == []

    @pytest.mark.parametrize("text", ["", "{}", '{"supervisor": 99999999999999999999, "failing": []}', "[1]"])
    def test_what_can_not_be_read_says_nothing(self, tmp_path: Path, text: str) -> None:
        (tmp_path / FILE).write_text(text)
        assert failing_in(tmp_path) == []

    def test_a_full_disk_does_not_end_the_supervisor(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        note(tmp_path / "gone", [FAILING])
        assert "can't be noted" in caplog.text

    def test_health_names_what_fails_and_is_well_all_the_same(
        self, client: Client, settings: LazySettings, tmp_path: Path
    ) -> None:
        settings.DATA_DIR = tmp_path
        note(tmp_path, [FAILING])
        response = client.get("/healthz")
        assert (response.status_code, response.json()) == (200, {"status": "degraded", "failing": ["composer"]})
