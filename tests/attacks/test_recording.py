"""One participant's pictures against the composer: few octets that stand for pictures of 64 megapixels."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import pytest

from recording.rtpdump import RtpdumpWriter
from tests.attacks.bystanders import bystanders
from tests.e2e.server import PROJECT, running_server
from tests.media.packets import build_rtp
from tests.recording.captures import STARTED_AT_MS
from tests.recording.library import SMALL
from tests.recording.make_capture import Person, make_capture
from tests.recording.signals import Encoded, payloads

if TYPE_CHECKING:
    from tests.e2e.server import Server

SIDE = 8192
SECONDS = 6
FPS = 30
# Without limits it was 9.6 s of processor time for each second recorded; a good video of this length needs about three
# in all, and starting its process as much.
MOST_CPU_S = 5.0 * SECONDS
TIMEOUT_S = 90.0


def huge_pictures() -> tuple[bytes, bytes]:
    """A keyframe, and one that changes nothing, which may be repeated for ever."""
    encoder: Any = av.CodecContext.create("libvpx", "w")
    encoder.pix_fmt = "yuv420p"
    encoder.width = encoder.height = SIDE
    encoder.framerate, encoder.time_base = Fraction(FPS), Fraction(1, FPS)
    encoder.bit_rate = 700_000
    encoder.options = {"deadline": "realtime", "cpu-used": "-12", "lag-in-frames": "0"}
    frame = av.VideoFrame(SIDE, SIDE, "yuv420p")
    for plane in frame.planes:
        plane.update(bytes([128]) * plane.buffer_size)
    coded = []
    for number in range(2):
        frame.pts = number
        coded += [bytes(packet) for packet in encoder.encode(frame)]
    coded += [bytes(packet) for packet in encoder.encode(None)]
    key, same = coded
    return key, same


def attacked_capture(captures: Path) -> None:
    """Ann sends huge pictures, Ben is as people are; both are in one meeting that the node was recording."""
    people = [Person("ann", "Ann", camera=SMALL, mic=None), Person("ben", "Ben", camera=SMALL, mic=None)]
    folder = make_capture(captures / "attacked", people, SECONDS)
    key, same = huge_pictures()
    number = 0
    with (folder / "tracks" / "0001.rtpdump").open("wb") as file:
        writer = RtpdumpWriter(file, STARTED_AT_MS * 1000)
        for count in range(SECONDS * FPS):
            parts = payloads("video/VP8", Encoded(count, key if count == 0 else same, count == 0))
            for place, part in enumerate(parts):
                packet = build_rtp(
                    96, number & 0xFFFF, count * 90_000 // FPS, 1001, part, marker=place == len(parts) - 1
                )
                writer.rtp(packet, count * 1000 // FPS)
                number += 1
        writer.flush()
    make_capture(captures / "next", [Person("zoe", "Zoe", camera=SMALL)], SECONDS)
    for path in captures.glob("*/tracks/*"):  # the node finds out when a meeting ended by the last that was written
        os.utime(path, (STARTED_AT_MS / 1000 + SECONDS,) * 2)


def prepare(data: Path) -> None:
    """A database with the account whose captures these are, the first."""
    for command in (["setup"], ["create_account", "Acme"]):
        environment = {**os.environ, "MEET_DATA_DIR": str(data)}
        subprocess.run([sys.executable, "manage.py", *command], cwd=PROJECT, env=environment, check=True, timeout=60)


def videos(server: Server) -> list[tuple[str, str]]:
    """Status and problem of each."""
    with sqlite3.connect(f"file:{server.data / 'meet.sqlite3'}?mode=ro", uri=True) as database:
        return database.execute("SELECT status, problem FROM recording_video ORDER BY id").fetchall()


def cpu_of_children_s(pid: int) -> float:
    """Processor time of the processes that a process has waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.long
def test_huge_pictures_cost_little_and_all_videos_are_made(tmp_path: Path) -> None:
    data = tmp_path / "server" / "data"
    data.mkdir(parents=True)
    prepare(data)
    attacked_capture(data / "captures")
    with running_server(tmp_path / "server") as server:
        deadline = time.monotonic() + TIMEOUT_S
        with bystanders(server.url) as strangers:
            while (
                not (made := videos(server))
                or len(made) < 2
                or {status for status, _ in made} & {"waiting", "composing"}
            ):
                assert time.monotonic() < deadline, made
                time.sleep(0.5)
        strangers.check()
        assert made == [("ready", "")] * 2
        assert cpu_of_children_s(server.child("composer")) < MOST_CPU_S
