"""Meetings are recorded: everybody is told, and the video shows and sounds what was."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import sqlite3
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import av
import jwt
import pytest
from playwright.sync_api import expect

from recording.composition.layout import HEIGHT, WIDTH, Rect
from tests.e2e.clock import Clock, time_shown
from tests.e2e.participant import wait_for
from tests.e2e.server import running_server
from tests.recording.videos import pictures_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.conftest import MakeParticipant
    from tests.e2e.participant import Participant
    from tests.e2e.server import Server

KEY: Final = secrets.token_hex(24)
MONA: Final = Clock(colour=(40, 90, 160), screen=(110, 20, 110), pitch=1000, hum=300)
WHOLE: Final = Rect(0, 0, WIDTH, HEIGHT)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("recording"), jwt_key=KEY) as running:
        yield running


@dataclass(frozen=True)
class Video:
    """What the database tells of a finished one."""

    folder: Path
    started_at_s: float
    duration_s: float


def moderate(person: Participant, room: str) -> None:
    """Come in as somebody who may record, and open the moderator's panel."""
    claims = {"role": "moderator", "roomId": room, "canRecord": True}
    person.join(room, token=jwt.encode(claims, KEY, "HS256"))
    person.button("toggle-moderator").click()
    expect(person.button("start-recording")).to_be_visible()


def captures(server: Server, room: str) -> list[Path]:
    """The folders of what was captured of a room."""
    found = (server.data / "captures").glob("*/capture.json")
    return [path.parent for path in found if json.loads(path.read_text())["roomId"] == room]


def finished_video(server: Server, room: str, timeout_s: float = 120) -> Video:
    """Wait for a room's only video."""
    (folder,) = captures(server, room)
    query = "SELECT account_id, slug, status, problem, duration_s FROM recording_video WHERE room_id = ?"

    def look() -> tuple[int, str, str, str, float] | None:
        with contextlib.closing(sqlite3.connect(server.data / "meet.sqlite3")) as database:
            found = database.execute(query, (room,)).fetchall()
        assert len(found) <= 1
        assert not any(problem for _, _, _, problem, _ in found), found
        return next((one for one in found if one[2] == "ready"), None)

    account, slug, _, _, duration_s = wait_for(look, timeout_s, "The video should be composed.")
    started_at_s = json.loads((folder / "capture.json").read_text())["startedAt"] / 1000
    return Video(server.data / "files" / "recordings" / str(account) / slug, started_at_s, duration_s)


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
    shown = [time_s for time_s in clock_of(video.folder / "video.mp4", WHOLE) if time_s is not None]
    assert shown == sorted(shown)
    assert shown[-1] > last_s - 1
    mona.messages.clear()  # of the connection that was lost


def clock_of(path: Path, place: Rect) -> Iterator[float | None]:
    """What a clock at a place shows, picture by picture."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield time_shown(frame.to_ndarray(format="gray"), place)
