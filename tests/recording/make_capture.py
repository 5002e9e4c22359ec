"""Whole capture folders of people with clock pictures and beeps, as a node would have written them.

    make_capture(folder, [Person("ann"), Person("ben", camera=Camera(codec="video/H264", height=720, width=1280))], 6.0)

Picture k of a camera (see `tests.recording.signals`) shows k; it flashes, and the mic beeps, at each whole second since
the device was turned on. Times are seconds of the recording. All is the same for the same arguments.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec

from media.ortc.capabilities import DEFAULT_CODECS
from media.rtp.rtcp import build_sdes_cname, build_sender_report
from recording.rtpdump import RtpdumpWriter
from rooms.protocol import (
    PeerInfo,
    PeerJoined,
    PeerLeft,
    ProducerAdded,
    ProducerInfo,
    ProducerPaused,
    ProducerRemoved,
    wire_name,
)
from tests.media.packets import build_rtp
from tests.recording.captures import KEY, STARTED_AT_MS, snapshot
from tests.recording.signals import FRAME, RATE, clock_pictures, encoded_beeps, payloads

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rooms.protocol import Message, Role, Source

NTP_EPOCH: Final = 2_208_988_800
LEVEL_ID: Final = 6
ORIENTATION_ID: Final = 8
REPORT_S: Final = 1.0


@dataclass(frozen=True)
class Network:
    """What happens to packets on their way: times in s, shares from 0 to 1.

    Lost packets come once more after `repair_s`, but for the share `lost_for_good` of all packets.
    """

    delay_s: float = 0.03
    jitter_s: float = 0.0
    loss: float = 0.0
    lost_for_good: float = 0.0
    duplicates: float = 0.0
    repair_s: float = 0.15


@dataclass(frozen=True)
class Camera:
    """A camera, or a shared screen. On from `from_s` to `to_s` of the recording, but for the `pauses`.

    `rotation` is how many degrees clockwise its pictures must be turned, as those of a phone (a multiple of 90).
    """

    codec: str = "video/VP8"
    width: int = 640
    height: int = 360
    fps: int = 30
    colour: tuple[int, int, int] = (40, 90, 160)
    keyframes: int | None = None
    rotation: int = 0
    from_s: float = 0.0
    to_s: float | None = None
    pauses: Sequence[tuple[float, float]] = ()
    temporal_layers: bool = False


@dataclass(frozen=True)
class Mic:
    """A microphone; `drift_ppm` is how much faster than the computer's clock the sound card is.

    Whoever has one with a language (a tag and its name) is an interpreter.
    """

    frequency: float = 1000.0
    from_s: float = 0.0
    to_s: float | None = None
    pauses: Sequence[tuple[float, float]] = ()
    drift_ppm: float = 0.0
    language: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Person:
    """Somebody in the room from `joins_s` to `leaves_s`; devices are off before and after.

    `drift_ppm` is how much faster than the server's clock theirs is, `clock_s` how far ahead it was in the beginning.
    """

    peer_id: str
    display_name: str = ""
    camera: Camera | None = field(default_factory=Camera)
    mic: Mic | None = field(default_factory=Mic)
    screen: Camera | None = None
    joins_s: float = 0.0
    leaves_s: float | None = None
    drift_ppm: float = 0.0
    clock_s: float = 0.0
    network: Network = field(default_factory=Network)
    sender_reports: bool = True


@dataclass
class _Track:
    number: int
    person: Person
    source: Source
    device: Camera | Mic
    from_s: float
    to_s: float

    @property
    def producer_id(self) -> str:
        return f"{self.person.peer_id}-{self.source}"


def make_capture(folder: Path, people: Sequence[Person], duration_s: float, *, seed: int = 1) -> Path:
    """Write a capture of this length to `folder`, which is made; returns it."""
    (folder / "tracks").mkdir(parents=True)
    header = {"version": 1, "accountId": 1, "roomId": KEY.room_id, "node": "serv0", "startedAt": STARTED_AT_MS}
    (folder / "capture.json").write_text(json.dumps(header))
    tracks = list(_tracks(people, duration_s))
    lines = sorted(_timeline(people, tracks, duration_s), key=lambda line: line[0])
    with (folder / "timeline.jsonl").open("wb") as file:
        for at_s, entry in lines:
            file.write(msgspec.json.encode({"at": STARTED_AT_MS + round(at_s * 1000), **entry}) + b"\n")
    for track in tracks:
        records = sorted(_records(track, random.Random(seed * 1000 + track.number)), key=lambda record: record[0])  # noqa: S311 - repeatable
        with (folder / "tracks" / f"{track.number:04}.rtpdump").open("wb") as file:
            writer = RtpdumpWriter(file, STARTED_AT_MS * 1000)
            for at_s, is_rtcp, data in records:
                if 0 <= at_s < duration_s:
                    (writer.rtcp if is_rtcp else writer.rtp)(data, int(at_s * 1000))
            writer.flush()
    return folder


def _tracks(people: Sequence[Person], duration_s: float) -> Iterator[_Track]:
    number = 0
    for person in people:
        devices: list[tuple[Source, Camera | Mic | None]] = [
            ("mic", person.mic),
            ("camera", person.camera),
            ("screen", person.screen),
        ]
        leaves_s = duration_s if person.leaves_s is None else person.leaves_s
        for source, device in devices:
            if device is not None:
                number += 1
                ends_s = leaves_s if device.to_s is None else min(device.to_s, leaves_s)
                yield _Track(number, person, source, device, max(person.joins_s, device.from_s), ends_s)


def _timeline(
    people: Sequence[Person], tracks: Sequence[_Track], duration_s: float
) -> Iterator[tuple[float, dict[str, object]]]:
    yield 0.0, {"snapshot": snapshot()}
    for person in people:
        name = person.display_name or person.peer_id.title()
        joined_at = STARTED_AT_MS + round(person.joins_s * 1000)
        role: Role = "interpreter" if person.mic is not None and person.mic.language[0] else "participant"
        yield person.joins_s, _event(PeerJoined(PeerInfo(person.peer_id, name, role, joined_at, [])))
        for track in tracks:
            if track.person is person:
                yield from _track_lines(track, duration_s)
        if person.leaves_s is not None:
            yield person.leaves_s, _event(PeerLeft(person.peer_id, "left"))
    yield duration_s, {"stopped": {"reason": "stopped"}}


def _track_lines(track: _Track, duration_s: float) -> Iterator[tuple[float, dict[str, object]]]:
    mime_type = _mime_type(track.device)
    codec = next(codec for codec in DEFAULT_CODECS if codec.mime_type == mime_type)
    is_audio = isinstance(track.device, Mic)
    peer_id = track.person.peer_id
    info = ProducerInfo(track.producer_id, codec.kind, track.source, paused=False)
    yield track.from_s, _event(ProducerAdded(peer_id, info))
    started = {
        "number": track.number,
        "producerId": track.producer_id,
        "peerId": peer_id,
        "source": track.source,
        "kind": codec.kind,
        "mimeType": mime_type,
        "payloadType": codec.preferred_payload_type,
        "clockRate": codec.clock_rate,
        "channels": codec.channels,
        "parameters": codec.parameters,
        "audioLevelId": LEVEL_ID if is_audio else None,
    }
    if isinstance(track.device, Mic) and track.device.language[0]:
        started["language"], started["languageName"] = track.device.language
    yield track.from_s, {"trackStarted": started}
    for begin_s, end_s in track.device.pauses:
        yield begin_s, _event(ProducerPaused(peer_id, track.producer_id, paused=True))
        yield end_s, _event(ProducerPaused(peer_id, track.producer_id, paused=False))
    if track.to_s < duration_s:
        yield track.to_s, _event(ProducerRemoved(peer_id, track.producer_id))
        yield track.to_s, {"trackEnded": {"number": track.number}}


def _event(message: Message) -> dict[str, object]:
    return {"event": wire_name(type(message)), "data": message}


def _mime_type(device: Camera | Mic) -> str:
    return "audio/opus" if isinstance(device, Mic) else device.codec


def _media(track: _Track) -> Iterator[tuple[float, int, list[bytes], list[tuple[int, bytes]]]]:
    """Capture time in s, RTP ticks since the start, payloads and header extensions of each frame."""
    device = track.device
    lasts_s = track.to_s - track.from_s
    if isinstance(device, Mic):
        pace = 1 + (track.person.drift_ppm + device.drift_ppm) / 1e6
        packets, levels = encoded_beeps(2.0, device.frequency)
        second = RATE // FRAME
        for number in range(int(lasts_s * second * pace) + 2):
            place = number if number < second else second + number % second
            yield number * FRAME / RATE / pace, number * FRAME, [packets[place]], [(LEVEL_ID, bytes([levels[place]]))]
        return
    pace = 1 + track.person.drift_ppm / 1e6
    count = int(lasts_s * device.fps) + 1
    key_at = {round((end_s - track.from_s) * device.fps) for _, end_s in device.pauses}
    frames = clock_pictures(
        device.codec,
        device.width,
        device.height,
        device.fps,
        count,
        device.colour,
        device.keyframes,
        frozenset(key_at),
        temporal_layers=device.temporal_layers,
    )
    for frame in frames:
        turned = [(ORIENTATION_ID, bytes([device.rotation // 90]))] if device.rotation else []
        ticks = frame.number * 90_000 // device.fps
        parts = payloads(device.codec, frame, temporal_layers=device.temporal_layers)
        yield frame.number / device.fps / pace, ticks, parts, turned


def _records(track: _Track, chance: random.Random) -> Iterator[tuple[float, bool, bytes]]:
    """Arrival in s, whether it is RTCP, and the packet."""
    device, person, network = track.device, track.person, track.person.network
    mime_type = _mime_type(device)
    codec = next(codec for codec in DEFAULT_CODECS if codec.mime_type == mime_type)
    # A packet of sound leaves when its last sample is there, and reports tell that time as its first one's.
    sent_after_s = FRAME / RATE if isinstance(device, Mic) else 0.0
    ssrc = 1000 + track.number
    first_timestamp = chance.getrandbits(32)
    sequence_number = chance.getrandbits(15)
    for since_s, ticks, parts, extensions in _media(track):
        at_s = track.from_s + since_s
        if at_s >= track.to_s:
            break
        if any(begin_s <= at_s < end_s for begin_s, end_s in device.pauses):
            continue
        for number, payload in enumerate(parts):
            packet = build_rtp(
                codec.preferred_payload_type or 0,
                sequence_number & 0xFFFF,
                (first_timestamp + ticks) & 0xFFFFFFFF,
                ssrc,
                payload,
                marker=codec.kind == "video" and number == len(parts) - 1,
                extensions=extensions if number == len(parts) - 1 else (),
            )
            sequence_number += 1
            arrives_s = at_s + sent_after_s + network.delay_s + chance.random() * network.jitter_s
            fate = chance.random()
            if fate < network.lost_for_good:
                continue
            if fate < network.lost_for_good + network.loss:
                arrives_s += network.repair_s
            yield arrives_s, False, bytes(packet)
            if chance.random() < network.duplicates:
                yield arrives_s + network.repair_s, False, bytes(packet)
    drift_ppm = person.drift_ppm + (device.drift_ppm if isinstance(device, Mic) else 0)
    report_s = track.from_s + 0.5
    while person.sender_reports and report_s < track.to_s:
        ntp_s = NTP_EPOCH + STARTED_AT_MS / 1000 + person.clock_s + report_s * (1 + person.drift_ppm / 1e6)
        ticks = round((report_s - sent_after_s - track.from_s) * (1 + drift_ppm / 1e6) * codec.clock_rate)
        report = build_sender_report(
            ssrc=ssrc,
            ntp=int(ntp_s * 2**32),
            rtp_timestamp=(first_timestamp + ticks) & 0xFFFFFFFF,
            packet_count=0,
            octet_count=0,
        )
        yield report_s, True, report + build_sdes_cname(ssrc, person.peer_id)
        report_s += REPORT_S
