"""Who speaks when, by the levels that packets tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from recording.composition.read.levels import HOLD_S, KEEP, START, speakers, speech
from recording.composition.read.tracks import open_capture
from tests.recording.make_capture import Camera, Mic, Person, make_capture

if TYPE_CHECKING:
    from pathlib import Path

DELAY_S = 0.03


@pytest.mark.parametrize(
    ("levels", "found"),
    [
        ([], []),
        ([(0.0, 127), (0.02, START + 1)], []),
        ([(1.0, START)], [(1.0, 1.0 + HOLD_S)]),
        # A lower level keeps it, but doesn't start it.
        ([(0.0, KEEP), (1.0, START), (1.5, KEEP), (2.0, KEEP), (2.5, KEEP + 1)], [(1.0, 2.0 + HOLD_S)]),
        # Gaps between words.
        ([(1.0, 10), (1.5, 127), (1.59, 10)], [(1.0, 1.59 + HOLD_S)]),
        ([(1.0, 10), (1.5, 127), (1.61, KEEP), (5.0, 10)], [(1.0, 1.6), (5.0, 5.6)]),
        # Packets end, as when the microphone is turned off.
        ([(1.0, 10), (9.0, 10)], [(1.0, 1.6), (9.0, 9.6)]),
    ],
)
def test_speech(levels: list[tuple[float, int]], found: list[tuple[float, float]]) -> None:
    assert list(speech(levels)) == [pytest.approx(pair) for pair in found]


def test_speakers_of_a_capture(tmp_path: Path) -> None:
    people = [
        Person("ann", camera=None, mic=Mic(from_s=0.5, to_s=1.2)),
        Person("ben", camera=Camera(width=64, height=36, fps=5), mic=Mic(pauses=[(0.9, 2.5)])),
    ]
    found = speakers(open_capture(make_capture(tmp_path / "capture", people, 4.0)).audio_tracks)
    assert [one.peer_id for one in found] == ["ben", "ann", "ben"]
    # A beep takes a tenth of a second.
    expected = [(0.0, 0.08 + HOLD_S), (0.5, 0.58 + HOLD_S), (3.0, 3.08 + HOLD_S)]
    for one, (from_s, to_s) in zip(found, expected, strict=True):
        assert (one.from_s, one.to_s) == pytest.approx((from_s + DELAY_S, to_s + DELAY_S), abs=0.03)
