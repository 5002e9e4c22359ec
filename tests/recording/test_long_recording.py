"""A session of more than four hours, with hours that last for seconds: several videos, nothing lost between them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path  # noqa: TC003
from typing import Final

import pytest

from meet.accounts.models import Account
from recording.composition.compose import compose
from recording.composition.draw.look import Look
from recording.jobs import parts as dividing
from recording.jobs.recordings import begin, divide_running, end
from recording.models import Video
from rooms.room_key import RoomKey
from tests.recording.captures import STARTED_AT_MS
from tests.recording.make_capture import Camera, Person, make_capture
from tests.recording.signals import read_number
from tests.recording.videos import lumas, onsets, sound_of

pytestmark = pytest.mark.usefixtures("database")

PART_S: Final = 2.0
SECONDS: Final = 5.0
FPS: Final = 30
# What the very first pictures and sounds need to arrive.
BEGIN: Final = 3


@pytest.fixture
def account(database: str) -> Account:  # noqa: ARG001 - the tables
    return Account.objects.create(name="acme")


def spans() -> list[tuple[int, float, float]]:
    return [(video.part, video.from_s, video.to_s) for video in Video.objects.order_by("part")]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_its_videos_have_every_picture_once_and_follow_each_other_without_a_gap(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dividing, "PART_S", PART_S)
    camera = Camera(width=320, height=180, fps=FPS)
    folder = make_capture(tmp_path / "long", [Person("ann", camera=camera)], SECONDS)
    begin(RoomKey(account.pk, "serv0abc"), "serv0", "long", STARTED_AT_MS)
    under_way = dt.datetime.fromtimestamp(STARTED_AT_MS / 1000 + 30 + 2.5 * PART_S, dt.UTC)
    divide_running("serv0", under_way)
    assert spans() == [(1, 0.0, 2.0), (2, 2.0, 4.0)]
    end("long", STARTED_AT_MS + round(SECONDS * 1000), "stopped")
    assert spans() == [(1, 0.0, 2.0), (2, 2.0, 4.0), (3, 4.0, 5.0)]
    numbers: list[int] = []
    beeps: list[float] = []
    for video in Video.objects.order_by("part"):
        output = tmp_path / str(video.part)
        result = compose(folder, output, from_s=video.from_s, to_s=video.to_s, look=Look())
        assert result.duration_s == pytest.approx(video.to_s - video.from_s, abs=1e-9)
        assert result.duration_s <= PART_S
        shown = [read_number(luma) for _, luma in lumas(output / "video.mp4")]
        assert len(shown) == round(result.duration_s * FPS)
        numbers += shown
        samples, from_s = sound_of(output / "video.mp4")
        times = [from_s + place / 48_000 for place in range(0, len(samples), 48)]
        loud = [float(abs(samples[place : place + 48]).max()) for place in range(0, len(samples), 48)]
        beeps += [video.from_s + at for at in onsets(times, loud, 0.1)]
    assert numbers[BEGIN:] == list(range(numbers[BEGIN], numbers[BEGIN] + len(numbers) - BEGIN))
    assert beeps == pytest.approx([0, 1, 2, 3, 4], abs=0.1)
