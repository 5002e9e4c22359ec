"""What happens in a room, written to a folder as it happens: tracks of packets, and a timeline.

    capture.json            {"version": 1, "accountId", "roomId", "node", "startedAt", "continues"}
                            `continues` is when the capture of a lost node began with which this one goes on, or null
    timeline.jsonl          one object a line, `at` in Unix ms:
                            {"at", "snapshot"}                the room as a regular viewer sees it, on entering
                            {"at", "event", "data"}           what such a viewer hears from then on
                            {"at", "trackStarted": {…}}       `TrackStarted`
                            {"at", "trackEnded": {"number"}}
                            {"at", "interrupted": {}}         the process was killed then; another one goes on
                            {"at", "alive": {}}               nothing happens
                            {"at", "stopped": {"reason"}}     the end, unless the process was killed
    tracks/0001.rtpdump     a track's RTP packets and its sender reports

The room may go and another of the same name come meanwhile: then there is another snapshot.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from media.errors import MediaError
from media.ortc.parameters import MediaKind
from recording.capture.disk import Appending, Batch
from recording.capture.track import TrackRecorder
from rooms.protocol import (
    InterpretationChanged,
    PeerJoined,
    PeerLeft,
    ProducerAdded,
    ProducerRemoved,
    Source,
    wire_name,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from media.router import Router
    from recording.capture.disk import DiskProblem, DiskWriter
    from recording.capture.moment import CaptureClock
    from rooms.protocol import Interpretation, Message, PeerInfo, ProducerInfo, RoomSnapshot
    from rooms.room_key import RoomKey

VERSION: Final = 1
# What a kill can take back at most.
FLUSH_S: Final = 0.4
# A keyframe every so often, so that composition can begin in the middle of a long track.
KEY_FRAME_S: Final = 60.0
# More often where the camera may become the video as it is (`composition.write.passthrough`): one can seek there.
LONE_KEY_FRAME_S: Final = 8.0
REPORT_S: Final = 1.0
# Where nothing happens, that is noted so often: should the process be killed, one sees until when it lived.
ALIVE_S: Final = 10.0
# What may wait for the disk, of all captures together.
MAX_BACKLOG_BYTES: Final = 256 * 1024 * 1024

Reason = Literal["stopped", "empty", "meetingEnded", "interrupted", "moved", "serverClosing", "diskFull", "writeError"]


class TrackStarted(msgspec.Struct, rename="camel", frozen=True):
    """A track's number (its file's name), whose it is, and how to read its packets.

    `parameters` are the codec's (fmtp); `audio_level_id` is the header extension with levels (RFC 6464). `language` is
    an interpreter's, with its name in that language; empty for what is of the original.
    """

    number: int
    producer_id: str
    peer_id: str
    source: Source
    kind: MediaKind
    mime_type: str
    payload_type: int
    clock_rate: int
    channels: int | None
    parameters: dict[str, int | str]
    audio_level_id: int | None
    language: str = ""
    language_name: str = ""


class Capture:
    """One recording under way. All calls come on the event loop and return at once.

    `on_failed` hears once, on the event loop, why nothing more can be written; `close` is then the caller's business.
    """

    def __init__(
        self,
        key: RoomKey,
        node: str,
        folder: Path,
        clock: CaptureClock,
        disk: DiskWriter,
        on_failed: Callable[[Capture, DiskProblem], None],
        *,
        call_soon: Callable[[Callable[[], None]], object],
        steady: Callable[[], float],
        interrupted_ms: int | None = None,
        continues_ms: int | None = None,
    ) -> None:
        """With `interrupted_ms`, what another process began in this folder goes on. Raises `OSError`."""
        self.key = key
        self.folder = folder
        self.clock = clock
        self.closed = False
        self._disk = disk
        self._on_failed = on_failed
        self._call_soon = call_soon
        self._steady = steady
        self._failed = False
        self._router: Router | None = None
        self._interpretation_recorded: Callable[[], bool] = lambda: False
        # What interpreters send, by its id, and the name of the language of each who is heard at the moment
        self._voices: dict[str, tuple[str, ProducerInfo]] = {}
        self._interpreting: dict[str, str] = {}
        self._tracks: dict[str, tuple[int, TrackRecorder, Appending]] = {}
        self._count = 0
        self._timeline = Appending(folder / "timeline.jsonl")
        self._lines = bytearray()
        self._ended: list[tuple[Appending, bytes | bytearray]] = []
        self._reported_at = self._key_frames_at = self._noted_at = steady()
        if interrupted_ms is not None:
            self._count = _last_track(folder)
            self._lines += b"\n"  # behind what may be torn
            self._lines += msgspec.json.encode({"at": interrupted_ms, "interrupted": {}}) + b"\n"
            return
        header = {
            "version": VERSION,
            "accountId": key.account_id,
            "roomId": key.room_id,
            "node": node,
            "startedAt": clock.started_at_ms,
            "continues": continues_ms,
        }
        (folder / "tracks").mkdir(parents=True)
        draft = folder / "capture.json.new"
        draft.write_text(json.dumps(header), encoding="utf-8")
        draft.rename(folder / "capture.json")

    @property
    def attached(self) -> bool:
        """Whether there is a room to record."""
        return self._router is not None

    @property
    def track_count(self) -> int:
        """How many tracks are being written."""
        return len(self._tracks)

    # --- the room ---

    def attach(
        self, router: Router, snapshot: RoomSnapshot, interpretation_recorded: Callable[[], bool] = lambda: False
    ) -> None:
        """Record this room from now on: all that is sent in it, and what `hear` is told.

        With `interpretation_recorded` also what interpreters say, as long as their languages can be heard.
        """
        self._router = router
        self._interpretation_recorded = interpretation_recorded
        self._note({"snapshot": snapshot})
        self._interpret(snapshot.interpretation)
        for peer in snapshot.peers:
            self._meet(peer)

    def detach(self) -> None:
        """The room is gone; it may come back."""
        self._router = None
        self._voices.clear()
        self._interpreting.clear()
        for _, recorder, _ in list(self._tracks.values()):
            self._end_track(recorder)

    def hear(self, message: Message) -> None:
        """What a regular viewer of the room is told."""
        if self.closed:
            return
        self._note({"event": wire_name(type(message)), "data": message})
        match message:
            case PeerJoined(peer):
                self._meet(peer)
            case PeerLeft(peer_id):
                self._voices = {key: one for key, one in self._voices.items() if one[0] != peer_id}
            case ProducerAdded(peer_id, producer):
                self._send(peer_id, producer)
            case ProducerRemoved(_, producer_id):
                self._voices.pop(producer_id, None)
            case InterpretationChanged(interpretation):
                self._interpret(interpretation)

    def _meet(self, peer: PeerInfo) -> None:
        for producer in peer.producers:
            self._send(peer.id, producer)

    def _send(self, peer_id: str, producer: ProducerInfo) -> None:
        """Somebody sends something: an interpreter is recorded while others can hear them."""
        if producer.language:
            self._voices[producer.id] = (peer_id, producer)
        if not producer.language or peer_id in self._interpreting:
            self._begin_track(peer_id, producer)

    def _interpret(self, interpretation: Interpretation) -> None:
        """Others interpret now, or nobody does."""
        languages = interpretation.languages if interpretation.enabled else []
        self._interpreting = {peer_id: one.name for one in languages for peer_id in one.interpreters}
        for peer_id, producer in list(self._voices.values()):
            if peer_id in self._interpreting:
                self._begin_track(peer_id, producer)
            elif producer.id in self._tracks:
                self._end_track(self._tracks[producer.id][1])

    def _begin_track(self, peer_id: str, producer: ProducerInfo) -> None:
        if self._router is None or producer.id in self._tracks:
            return
        if producer.language and not self._interpretation_recorded():
            return
        try:
            recorder = TrackRecorder(self._router, producer.id, self.clock, self._steady, self._end_track)
        except MediaError:  # it ended before we came to it
            return
        self._count += 1
        number = self._count
        self._tracks[producer.id] = (number, recorder, Appending(self.folder / "tracks" / f"{number:04}.rtpdump"))
        codec = recorder.consumer.rtp_parameters.codecs[0]
        started = TrackStarted(
            number,
            producer.id,
            peer_id,
            producer.source,
            producer.kind,
            codec.mime_type,
            codec.payload_type,
            codec.clock_rate,
            codec.channels,
            codec.parameters,
            recorder.audio_level_id,
            producer.language,
            self._interpreting[peer_id] if producer.language else "",
        )
        self._note({"trackStarted": started})

    def _end_track(self, recorder: TrackRecorder) -> None:
        found = self._tracks.pop(recorder.consumer.producer_id, None)
        if found is None:
            return
        number, _, target = found
        recorder.close()
        self._ended.append((target, recorder.take()))
        self._note({"trackEnded": {"number": number}})

    # --- time ---

    def flush(self) -> None:
        """Hand to the disk what has come; to be called every `FLUSH_S`."""
        if self.closed:
            return
        self._report()
        self._put(last=False)
        if self._disk.backlog_bytes > MAX_BACKLOG_BYTES:
            self._fail("writeError")

    def _report(self) -> None:
        now = self._steady()
        recorders = [recorder for _, recorder, _ in self._tracks.values()]
        if now - self._noted_at >= ALIVE_S:
            self._note({"alive": {}})
        if now - self._reported_at >= REPORT_S:
            self._reported_at = now
            for recorder in recorders:
                recorder.report()
        videos = [recorder for recorder in recorders if recorder.consumer.kind == "video"]
        lone = len(videos) == 1 and videos[0].consumer.rtp_parameters.codecs[0].mime_type.lower() == "video/h264"
        if now - self._key_frames_at >= (LONE_KEY_FRAME_S if lone else KEY_FRAME_S):
            self._key_frames_at = now
            for recorder in videos:
                recorder.request_key_frame()

    def close(self, reason: Reason, on_written: Callable[[], None] | None = None) -> None:
        """End it, and call `on_written` in the disk's thread when all is in the files. Idempotent."""
        if self.closed:
            return
        self.detach()
        self._note({"stopped": {"reason": reason}})
        self.closed = True
        self._put(last=True, on_written=on_written)

    # --- inside ---

    def _note(self, entry: dict[str, object]) -> None:
        self._noted_at = self._steady()
        self._lines += msgspec.json.encode({"at": self.clock.now_ms(), **entry})
        self._lines += b"\n"

    def _put(self, *, last: bool, on_written: Callable[[], None] | None = None) -> None:
        """The tracks' packets first: what the timeline tells of is then there."""
        pieces = self._ended
        ending = [target for target, _ in pieces]
        pieces += [(target, data) for _, recorder, target in self._tracks.values() if (data := recorder.take())]
        if self._lines:
            pieces.append((self._timeline, bytes(self._lines)))
            self._lines.clear()
        if last:
            ending.append(self._timeline)
        self._ended = []
        if pieces or last:
            self._disk.put(Batch(self.folder, pieces, self._problem, ending, last, on_written))

    def _problem(self, problem: DiskProblem) -> None:
        self._call_soon(lambda: self._fail(problem))

    def _fail(self, problem: DiskProblem) -> None:
        if not self._failed and not self.closed:
            self._failed = True
            self._on_failed(self, problem)


_TRACK_NUMBER: Final = re.compile(rb'"trackStarted":\{"number":(\d{1,9})')


def _last_track(folder: Path) -> int:
    """The highest number of a track of a capture, whether there is a file of it or not. Raises `OSError`."""
    told = [int(number) for number in _TRACK_NUMBER.findall((folder / "timeline.jsonl").read_bytes())]
    files = [int(path.stem) for path in (folder / "tracks").glob("*.rtpdump") if path.stem.isdigit()]
    return max([*told, *files], default=0)
