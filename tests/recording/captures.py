"""A router with producers that are fed packets by hand, and captures of it on a disk that can be told to be full."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from media.config import MediaConfig
from media.sfu import Sfu
from recording.capture.capture import Capture
from recording.capture.disk import DiskWriter
from recording.capture.moment import CaptureClock
from recording.rtpdump import Record, RtpdumpReader
from rooms.protocol import Interpretation, InterpretedLanguage, PeerInfo, ProducerInfo, RoomSnapshot, Rules
from rooms.room_key import RoomKey
from rooms.state.machine import NOBODY
from tests.media.clients import audio_parameters, video_parameters
from tests.media.parts import Track

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from media.ortc.parameters import RtpParameters
    from recording.capture.disk import DiskProblem
    from rooms.protocol import Role, Source

KEY = RoomKey(1, "serv0abc")
STARTED_AT_MS = 1_790_000_000_000


class Scene:
    """`now` is seconds of the one clock; producers are made by `send` and fed through what it returns."""

    def __init__(self, folder: Path) -> None:
        self.now = 0.0
        self.free = 10**12
        self.folder = folder
        self.router = Sfu(MediaConfig(listen=())).create_router()
        self.disk = DiskWriter(free=lambda _: self.free)
        self.problems: list[DiskProblem] = []
        self.later: list[Callable[[], None]] = []

    def capture(self, name: str = "one") -> Capture:
        """A capture that began now."""
        return Capture(
            KEY,
            "serv0",
            self.folder / name,
            CaptureClock(self._clock, lambda: STARTED_AT_MS / 1000 + self.now),
            self.disk,
            lambda _, problem: self.problems.append(problem),
            call_soon=self.later.append,
            steady=self._clock,
        )

    def send(self, parameters: RtpParameters | None = None, *, kind: str = "video", layers: str = "simple") -> Track:
        """A producer in the router."""
        track = Track(parameters or (video_parameters() if kind == "video" else audio_parameters()), kind, layers)
        self.router.add_producer(track.producer)
        return track

    def pass_time(self, seconds: float, *captures: Capture) -> None:
        """Flush captures after some time."""
        self.now += seconds
        for capture in captures:
            capture.flush()

    def settle(self) -> None:
        """Wait for the disk, and have what it tells done."""
        self.disk.close()
        while self.later:
            self.later.pop(0)()

    def _clock(self) -> float:
        return self.now


def info(track: Track, source: Source, language: str = "") -> ProducerInfo:
    """How a room tells of a producer; with a language it is an interpreter's."""
    return ProducerInfo(track.producer.id, track.producer.kind, source, paused=False, language=language)


def peer(peer_id: str, *producers: ProducerInfo, role: Role = "participant") -> PeerInfo:
    """How a room tells of somebody."""
    return PeerInfo(peer_id, peer_id.title(), role, STARTED_AT_MS, list(producers))


def interpreted(**languages: list[str]) -> Interpretation:
    """Who interprets into which languages; their names are the tags in capitals."""
    return Interpretation(
        bool(languages), [InterpretedLanguage(tag, tag.upper(), peer_ids) for tag, peer_ids in languages.items()]
    )


def snapshot(*peers: PeerInfo, interpretation: Interpretation | None = None) -> RoomSnapshot:
    """A room as a viewer sees it."""
    return RoomSnapshot(
        room_id=KEY.room_id,
        me=NOBODY,
        peers=list(peers),
        viewers=0,
        viewer_hands=[],
        waiting=[],
        kicked=[],
        rules=Rules(),
        chat=[],
        video_codec="video/VP8",
        video_url="",
        max_bitrate_bps=0,
        recording_since=None,
        dominant_speaker=None,
        interpretation=interpretation or Interpretation(),
    )


def timeline(capture_folder: Path) -> list[dict[str, Any]]:
    """All whole lines."""
    text = (capture_folder / "timeline.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def records(capture_folder: Path, number: int) -> list[Record]:
    """All whole records of a track."""
    with (capture_folder / "tracks" / f"{number:04}.rtpdump").open("rb") as file:
        return list(RtpdumpReader(file).records())
