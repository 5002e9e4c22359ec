from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from recording.composition.compose import compose
from recording.composition.draw.look import Look
from tests.recording.make_capture import Camera, Mic, Network, Person, make_capture

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


@contextmanager
def composing(capture: Path, output: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.recording.compose_process", str(capture), str(output)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    lossy = Network(jitter_s=0.02, loss=0.02, lost_for_good=0.002, duplicates=0.01)
    people = [
        Person("ann", "Ann", Camera(width=320, height=180, keyframes=90), network=lossy),
        Person("ben", "Ben", Camera(width=320, height=180, colour=(160, 60, 40)), joins_s=1.5, network=lossy),
        Person("ivo", "Ivo", None, Mic(880, language=("de", "Deutsch")), network=lossy),
    ]
    return make_capture(tmp_path / "capture", people, 5.0)


def test_a_run_that_was_killed_goes_on_and_makes_the_same(tmp_path: Path, capture: Path) -> None:
    with composing(capture, tmp_path / "whole") as process:
        assert process.wait() == 0
    broken = tmp_path / "broken"
    with composing(capture, broken) as process:
        assert process.stdout is not None
        # The line at 2 s comes when the first part is made
        next(line for line in process.stdout if float(line) >= 0.92 * 2 / 5 - 0.01)
        process.kill()
        process.wait()
    made = sorted((broken / "work" / "parts").glob("*.mp4"))
    assert 2 <= len(made) < 6
    assert not (broken / "result.json").exists()
    with composing(capture, broken) as process:
        assert process.stdout is not None
        progress = [float(line) for line in process.stdout]
        assert process.wait() == 0
    assert progress[0] > 0.2  # not from the beginning
    assert contents(broken) == contents(tmp_path / "whole")


def test_work_for_another_video_is_of_no_use(tmp_path: Path, capture: Path) -> None:
    output = tmp_path / "output"
    (output / "work").mkdir(parents=True)
    (output / "work" / "input").write_text("something else")
    (output / "work" / "sound.mp4").write_bytes(b"other sound")
    compose(capture, output, to_s=1.0, look=Look())
    first = contents(output)
    compose(capture, output, to_s=1.0, look=Look())
    assert contents(output) == first
