"""What supervises the processes of `serve` outlives what it has done for it elsewhere."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from meet.config import PROJECT
from meet.management import supervising
from meet.run.supervisor import Role

if TYPE_CHECKING:
    import pytest

LETS_GO = "from meet.management.supervising import let_rooms_go; from meet.run.supervisor import Role; "


def test_what_is_wrong_when_a_node_has_died_ends_nobody_else(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MEET_ACME_ROOTS", "/nowhere.pem")
    supervising.let_rooms_go("run", Role("node"), 4)
    assert "wait for its lease" in caplog.text


def test_nor_does_it_take_long(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(supervising, "LET_GO_TIMEOUT_S", 0.001)
    supervising.let_rooms_go("run", Role("node"), 4)
    assert "wait for its lease" in caplog.text


def test_who_supervises_stays_without_django() -> None:
    script = LETS_GO + "let_rooms_go('run', Role('node'), 4); import sys; print('django' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_end_of_another_process_concerns_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", None)
    supervising.let_rooms_go("run", Role("web"), 4)
