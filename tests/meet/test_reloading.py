"""`serve --reload` starts the processes again when a file has changed, also those that could not be started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from meet.run import supervisor
from meet.run.reloading import LOOK_EVERY_S, Sources

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_file_that_is_new_written_to_or_gone_is_a_change(tmp_path: Path) -> None:
    code, page = tmp_path / "code" / "a.py", tmp_path / "page.html"
    code.parent.mkdir()
    page.touch()
    sources = Sources([tmp_path])
    now = 0.0

    def changed() -> bool:
        nonlocal now
        now += LOOK_EVERY_S
        return sources.changed(now)

    assert not changed()
    code.touch()
    assert changed()
    assert not changed()
    os.utime(page, ns=(1, 1))
    assert not sources.changed(now)  # too soon to look
    assert changed()
    code.unlink()
    assert changed()
    (tmp_path / "code" / "a.pyc").touch()
    assert not changed()


def test_all_are_started_anew_and_what_can_not_be_started_waits_for_the_next_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts: list[subprocess.Popen[bytes]] = []
    codes = ["raise SystemExit(3)", "import time; time.sleep(60)"]
    popen = subprocess.Popen

    def start(_command: list[str], **_options: Any) -> subprocess.Popen[bytes]:
        process = popen([sys.executable, "-c", codes[min(len(starts), 1)]])
        starts.append(process)
        return process

    polls = 0

    def stale() -> bool:
        """A change comes some polls after the first process has ended; some later the test is over."""
        nonlocal polls
        polls += starts[0].poll() is not None
        if polls == 20:
            running._stop(0, None)
        return polls == 10

    monkeypatch.setattr(supervisor, "POLL_S", 0.01)
    monkeypatch.setattr(signal, "signal", lambda *_arguments: None)
    monkeypatch.setattr(subprocess, "Popen", start)
    ended: list[tuple[str, int]] = []
    running = supervisor.Supervisor(
        [supervisor.Role("web")], {}, tmp_path, stale=stale, on_end=lambda role, pid: ended.append((role.name, pid))
    )
    assert running.run() == 0
    assert [process.poll() for process in starts] == [3, -15]
    assert ended == [("web", starts[0].pid)]  # by itself; the other one was ended
