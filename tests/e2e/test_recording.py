"""Meetings are recorded: everybody is told, and a video comes of it whatever happens to the server."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest
from playwright.sync_api import expect

from recording.composition.draw.layout import HEIGHT, WIDTH, arrange, inside
from tests.e2e.clock import CAMERA, Clock, time_shown
from tests.e2e.participant import wait_for
from tests.e2e.recordings import captures, finished_video, moderate, reasons, timeline
from tests.recording.videos import lumas, pictures_at

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import MakeParticipant
    from tests.e2e.participant import Participant
    from tests.e2e.server import Server

MONA: Final = Clock(colour=(40, 90, 160), screen=(110, 20, 110), pitch=1000, hum=300)
STRETCH_MS: Final = 5000
# A kill costs a recording its last second; what is on its way comes into the video a little later.
LOST_S: Final = 1.0


def test_everybody_is_told_and_a_video_comes_of_it(participant: MakeParticipant, room: str, server: Server) -> None:
    mona, ada, late = participant("Mona"), participant("Ada"), participant("Late")
    moderate(mona, room)
    ada.join(room)
    ada.sees(mona)
    expect(ada.button("recording")).to_have_count(0)
    mona.button("start-recording").click()
    for person in (mona, ada):
        expect(person.button("recording")).to_contain_text("This meeting is being recorded.")
    late.open(room, displayName="Late", nameScreenDisabled="true")
    late.button("leave").wait_for()
    expect(late.button("recording")).to_be_visible()
    (folder,) = captures(server, room)
    tracks = folder / "tracks"
    wait_for(lambda: len(list(tracks.iterdir())) == 4, message="Two cameras and two microphones should be written.")
    mona.page.wait_for_timeout(2000)
    mona.button("stop-recording").click()
    for person in (mona, ada, late):
        expect(person.button("recording")).to_have_count(0)
    assert all(path.stat().st_size > 2000 for path in tracks.iterdir())
    video = finished_video(server, room)
    (picture,) = pictures_at(video.folder / "video.mp4", video.duration_s / 2)
    assert picture.shape == (HEIGHT, WIDTH, 3)
    assert (video.folder / "hls" / "master.m3u8").exists()


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_recording_whose_node_was_killed_goes_on_with_a_gap(
    participant: MakeParticipant, room: str, server: Server
) -> None:
    mona, ada = participant("Mona"), participant("Ada")
    mona.context.add_init_script(MONA.script)
    moderate(mona, room)
    ada.join(room)
    ada.sees(mona)
    mona.button("start-recording").click()
    expect(ada.button("recording")).to_be_visible()
    mona.page.wait_for_timeout(STRETCH_MS)
    killed = now_at(mona)
    os.kill(server.child("node"), signal.SIGKILL)
    all_told("The recording goes on.", mona, ada)
    for person in (mona, ada):
        person.receives("video", 1)
    back = now_at(mona)
    mona.page.wait_for_timeout(STRETCH_MS)
    stopped = now_at(mona)
    mona.button("stop-recording").click()
    for person in (mona, ada):
        expect(person.button("recording")).to_have_count(0)
        person.messages.clear()  # of the connection that was lost
        person.page.close()  # leaves the machine to the composer

    video = finished_video(server, room)
    assert reasons(server, room) == ["stopped"]
    assert sum("interrupted" in entry for entry in timeline(server, room)) == 1
    shown = times_of(video.folder / "video.mp4")
    for begins, ends in ((None, killed), (back, stopped)):
        from_s = 0 if begins is None else begins.at_s - video.started_at_s
        part = [one for one in shown if from_s <= one.at_s <= ends.at_s - video.started_at_s]
        assert [one.told_s for one in part] == sorted(one.told_s for one in part)
        assert part[-1].told_s > ends.told_s - LOST_S
        # It is where it belongs: what is missing between the parts takes its time.
        assert part[-1].at_s - part[-1].told_s == pytest.approx(shown[0].at_s - shown[0].told_s, abs=LOST_S)


@dataclass(frozen=True)
class Told:
    """What a clock told, and when: in Unix time, or of a video."""

    at_s: float
    told_s: float


def now_at(person: Participant) -> Told:
    """What the clock in somebody's camera shows."""
    return Told(time.time(), float(person.page.evaluate("() => window.__time()")))


def all_told(text: str, *people: Participant) -> None:
    """Wait until each of them was shown a notice with this text."""
    unaware = set(people)

    def told() -> bool:
        unaware.difference_update(
            [person for person in unaware if person.button("toast").filter(has_text=text).count()]
        )
        return not unaware

    wait_for(told, 60, f"All should be told: {text}")


def times_of(path: Path) -> list[Told]:
    """What a clock tells in the video of a meeting of two, picture by picture."""
    places = [inside(place, *CAMERA, cover=True) for place in arrange(2, staged=False).places]
    found = ((at_s, [time_shown(luma, place) for place in places]) for at_s, luma in lumas(path))
    return [Told(at_s, told_s) for at_s, times in found for told_s in times if told_s is not None]
