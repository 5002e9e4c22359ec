"""Meetings are recorded: everybody is told, and a video comes of it whatever happens to the server."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING, Final

import pytest
from playwright.sync_api import expect

from recording.composition.draw.layout import HEIGHT, WIDTH, Rect
from tests.e2e.clock import Clock, time_shown
from tests.e2e.participant import wait_for
from tests.e2e.recordings import KEY, captures, finished_video, moderate
from tests.e2e.server import running_server
from tests.recording.videos import lumas, pictures_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import MakeParticipant
    from tests.e2e.server import Server

MONA: Final = Clock(colour=(40, 90, 160), screen=(110, 20, 110), pitch=1000, hum=300)
WHOLE: Final = Rect(0, 0, WIDTH, HEIGHT)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("recording"), jwt_key=KEY) as running:
        yield running


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
def test_a_killed_node_costs_a_recording_its_last_second(
    participant: MakeParticipant, room: str, server: Server
) -> None:
    mona = participant("Mona")
    mona.context.add_init_script(MONA.script)
    moderate(mona, room)
    mona.button("start-recording").click()
    expect(mona.button("recording")).to_be_visible()
    mona.page.wait_for_timeout(8000)
    node = server.child("node")
    last_s = float(mona.page.evaluate("() => window.__time()"))
    killed_at_s = time.time()
    os.kill(node, signal.SIGKILL)
    video = finished_video(server, room)
    assert video.duration_s > killed_at_s - video.started_at_s - 1
    pictures = lumas(video.folder / "video.mp4")
    shown = [time_s for _, luma in pictures if (time_s := time_shown(luma, WHOLE)) is not None]
    assert shown == sorted(shown)
    assert shown[-1] > last_s - 1
    mona.messages.clear()  # of the connection that was lost
