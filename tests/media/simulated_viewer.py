"""A browser that receives, without decoders: what of a video would be shown and when, as libwebrtc does it.

Lost packets are asked for as its `NackRequester` does. Frames go through a jitter buffer like its own: they wait for
their references and their time, and one that is late is left out if a newer one can be shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from statistics import mean
from typing import TYPE_CHECKING, Final

from media.rtp.rtcp import ReportBlock, SenderReport, build_nack, build_pli, build_receiver_report, parse_compound
from media.rtp.rtp import parse_rtp_header, read_extensions
from media.rtp.seq import Unwrapper
from media.rtp.twcc import TransportFeedbackBuilder

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from media.ortc.parameters import RtpParameters

SSRC: Final = 1
TRANSPORT_WIDE: Final = "transport-wide-cc"
FEEDBACK_S: Final = 0.05
NACK_STEP_S: Final = 0.02
# Of a transport that only receives, libwebrtc takes this for the round trip.
ROUND_TRIP_S: Final = 0.1
MAX_NACKS: Final = 10
KEYFRAME_AFTER_S: Final = 0.2
STUCK_AFTER_S: Final = 3.0
DECODE_S: Final = 0.01
RENDER_S: Final = 0.01
LATE_S: Final = 0.005
DELAY_STEP: Final = 0.1
"""By so many s a second the delay of the jitter buffer follows what it should be."""
FIRST_LOOK_S: Final = 2.0
LOOKS_S: Final = 5.0
"""When the page looks how long videos should wait for repairs (`sdk/js/src/rtc/patience.ts`)."""


@dataclass
class _Frame:
    picture_id: int
    timestamp: int
    temporal: int
    base_index: int
    sync: bool
    key: bool = False
    layer: int = 0
    first: int | None = None
    last: int | None = None
    numbers: set[int] = field(default_factory=set)
    repaired: bool = False
    complete: bool = False


class _Missing:
    """Numbers of one stream that are asked for."""

    def __init__(self) -> None:
        self._unwrapper = Unwrapper()
        self.highest: int | None = None
        self.asked: dict[int, tuple[float, int]] = {}
        self.lost = 0
        self.got = 0
        # Never set back.
        self.lost_in_all = 0

    def came(self, number: int, now: float) -> tuple[int, list[int]]:
        """The extended number, and what to ask for at once."""
        extended = self._unwrapper.unwrap(number)
        self.got += 1
        if self.highest is None:
            self.highest = extended
        gap = list(range(self.highest + 1, extended))[-1000:]
        for one in gap:
            self.asked[one] = (now, 1)
        self.lost += len(gap)
        self.lost_in_all += len(gap)
        self.highest = max(self.highest, extended)
        self.asked.pop(extended, None)
        return extended, gap

    def due(self, now: float) -> list[int]:
        """What to ask for again."""
        again = [number for number, (at, _) in self.asked.items() if now - at >= ROUND_TRIP_S]
        for number in again:
            times = self.asked[number][1] + 1
            if times > MAX_NACKS:
                del self.asked[number]
            else:
                self.asked[number] = (now, times)
        return [number & 0xFFFF for number in again if number in self.asked]

    def clear_until(self, number: int) -> None:
        """All up to this is of no use any more."""
        self.asked = {one: state for one, state in self.asked.items() if one > number}


class Video:
    """One video that is received. `shown` has the time and the layer of each frame that was."""

    def __init__(
        self,
        parameters: RtpParameters,
        loop: asyncio.AbstractEventLoop,
        send: Callable[[bytes], None],
        round_trip_s: Callable[[], float],
    ) -> None:
        encoding = parameters.encodings[0]
        self.ssrc = encoding.ssrc or 0
        self.rtx_ssrc = encoding.rtx.ssrc if encoding.rtx else None
        self.shown: list[tuple[float, int]] = []
        self.key_frames_asked = 0
        self.octets: list[tuple[float, int]] = []
        self._round_trip_s = round_trip_s
        self.minimum_delay_s = 0.0
        # Packets, those that were lost, frames that came as a whole, and those of them that were not shown.
        self._counted = (0, 0, 0, 0)
        self._complete = 0
        self._dropped = 0
        self._packets = 0
        self._loop = loop
        self._send = send
        self.missing = _Missing()
        self._frames: dict[int, _Frame] = {}
        self._picture_highest = 0
        self._decoded: dict[int, _Frame] = {}
        self._decoded_at = loop.time()
        self._last = -1
        self._offset: float | None = None
        self._deviations: list[float] = []
        self._delay_s = 0.05
        self._delayed_at = loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self._asked_at = loop.time()
        loop.call_later(NACK_STEP_S, self._step)
        loop.call_later(FIRST_LOOK_S, self._be_patient)

    def receive(self, payload: bytes, number: int, timestamp: int, *, marker: bool, repaired: bool) -> None:
        """A packet, by itself or by RTX."""
        now = self._loop.time()
        extended, gap = self.missing.came(number, now)
        self._packets += 1
        if gap:
            self._send(build_nack(SSRC, self.ssrc, [one & 0xFFFF for one in gap]))
        if len(payload) < 8:
            return
        picture = (payload[2] & 0x7F) << 8 | payload[3]
        picture = self._picture_highest + ((picture - self._picture_highest + 0x4000) & 0x7FFF) - 0x4000
        self._picture_highest = max(picture, self._picture_highest)
        if picture <= self._last:
            return
        frame = self._frames.get(picture)
        if frame is None:
            sync = bool(payload[5] & 0x20)
            frame = self._frames[picture] = _Frame(picture, timestamp, payload[5] >> 6, payload[4], sync)
        frame.numbers.add(extended)
        frame.repaired |= repaired
        if payload[0] & 0x10:
            frame.first, frame.key, frame.layer = extended, payload[6] == 0, payload[7]
        if marker:
            frame.last = extended
        if (
            not frame.complete
            and frame.first is not None
            and frame.last is not None
            and len(frame.numbers) == frame.last - frame.first + 1
        ):
            frame.complete = True
            self._complete += 1
            if not frame.repaired:
                self._note(timestamp, now)
            self._look()

    def _note(self, timestamp: int, now: float) -> None:
        offset = now - timestamp / 90_000
        if self._offset is None or abs(offset - self._offset) > 3:
            self._offset = offset
        self._offset += 0.05 * (offset - self._offset)
        self._deviations = [*self._deviations[-60:], offset - self._offset]

    def _adapt_delay(self, now: float) -> None:
        """With each picture that is shown: what the jitter buffer waits beyond the usual time of arrival."""
        deviations = sorted(self._deviations) or [0.0]
        jitter = max(0.0, deviations[int(0.95 * (len(deviations) - 1))]) + 0.005
        target = max(self.minimum_delay_s, jitter + DECODE_S + RENDER_S)
        most = DELAY_STEP * (now - self._delayed_at)
        self._delayed_at = now
        self._delay_s += max(-most, min(most, target - self._delay_s))

    def _decodable(self, frame: _Frame) -> bool:
        if not frame.complete:
            return False
        if frame.key:
            return True
        bases = [one for one in self._decoded.values() if one.temporal == 0]
        if frame.temporal == 0:
            return any(one.base_index == (frame.base_index - 1) & 0xFF for one in bases)
        base = next((one for one in reversed(bases) if one.base_index == frame.base_index), None)
        if base is None:
            return False
        between = range(base.picture_id + 1, frame.picture_id)
        return frame.sync or all(
            number in self._decoded or (number in self._frames and self._frames[number].temporal > frame.temporal)
            for number in between
        )

    def _look(self) -> None:
        """Show what can be shown now, or see when."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now = self._loop.time()
        while True:
            ready = [frame for _, frame in sorted(self._frames.items()) if self._decodable(frame)]
            if not ready or self._offset is None:
                return
            for frame in ready:
                wait = frame.timestamp / 90_000 + self._offset + self._delay_s - DECODE_S - now
                if wait >= -LATE_S or frame is ready[-1]:
                    break
            if wait > 0.0005:
                self._timer = self._loop.call_later(wait, self._look)
                return
            self._show(frame, now)

    def _show(self, frame: _Frame, now: float) -> None:
        self._last = frame.picture_id
        self._decoded[frame.picture_id] = frame
        self._dropped += sum(one.complete for number, one in self._frames.items() if number < frame.picture_id)
        self._decoded = {one: value for one, value in self._decoded.items() if one > frame.picture_id - 30}
        self._frames = {one: value for one, value in self._frames.items() if one > frame.picture_id}
        self.missing.clear_until(frame.last or 0)
        self._decoded_at = now
        self._adapt_delay(now)
        self.shown.append((now, frame.layer))

    def _step(self) -> None:
        self._loop.call_later(NACK_STEP_S, self._step)
        now = self._loop.time()
        again = self.missing.due(now)
        if again:
            self._send(build_nack(SSRC, self.ssrc, again))
        patience = STUCK_AFTER_S if self._decoded else KEYFRAME_AFTER_S
        if now - max(self._decoded_at, self._asked_at) > patience and self.missing.highest is not None:
            self._asked_at = now
            self.key_frames_asked += 1
            self._send(build_pli(SSRC, self.ssrc))

    def _be_patient(self) -> None:
        """Wait for repairs as long as the page has it."""
        self._loop.call_later(LOOKS_S, self._be_patient)
        counted = (self._packets, self.missing.lost_in_all, self._complete, self._dropped)
        packets, lost, complete, dropped = (now - before for now, before in zip(counted, self._counted, strict=True))
        self._counted = counted
        before_s = self.minimum_delay_s
        if packets < 20:
            return
        if lost < 0.005 * packets:
            self.minimum_delay_s = 0.8 * before_s if 0.8 * before_s >= 0.06 else 0.0
            return
        longer_s = 1.5 * before_s if dropped > 0.03 * complete else before_s
        self.minimum_delay_s = min(0.5, max(1.5 * self._round_trip_s() + 0.05, longer_s))

    # --- figures ---

    def freezes(self, from_s: float, to_s: float) -> list[tuple[float, float]]:
        """When they ended and how long they were, as getStats counts them: three usual distances, or 150 ms more."""
        times = [at for at, _ in self.shown] + [to_s]
        found = []
        for index in range(1, len(times)):
            gap = times[index] - times[index - 1]
            before = times[max(0, index - 31) : index]
            usual = mean(b - a for a, b in pairwise(before)) if len(before) > 1 else gap
            if gap >= max(3 * usual, usual + 0.15) and from_s < times[index] <= to_s and gap > 0.2:
                found.append((times[index], gap))
        return found

    def frames_per_s(self, from_s: float, to_s: float) -> float:
        """How many pictures a second were shown."""
        return sum(1 for at, _ in self.shown if from_s <= at < to_s) / (to_s - from_s)

    def layer_at(self, when: float) -> int:
        """The layer of the picture that was shown then; -1 before the first."""
        return next((layer for at, layer in reversed(self.shown) if at <= when), -1)


class Sound:
    """One microphone that is received. `concealed_s` is the sound that had to be made up."""

    WINDOW: Final = 100

    def __init__(
        self, parameters: RtpParameters, loop: asyncio.AbstractEventLoop, send: Callable[[bytes], None]
    ) -> None:
        self.ssrc = parameters.encodings[0].ssrc or 0
        self.rtx_ssrc = None
        self.concealed: list[tuple[float, float]] = []
        self._loop = loop
        self._send = send
        self.missing = _Missing()
        self._delays: list[float] = []
        self._delay_s = 0.06
        self._least: float | None = None
        self._came: set[int] = set()
        self._played: int | None = None
        loop.call_later(0.02, self._step)

    def receive(self, number: int) -> None:
        """A packet: in time, or not."""
        now = self._loop.time()
        extended, gap = self.missing.came(number, now)
        if gap:
            self._send(build_nack(SSRC, self.ssrc, [one & 0xFFFF for one in gap]))
        delay = now - extended * 0.02
        self._least = delay if self._least is None else min(self._least + 1e-5, delay)
        self._delays = [*self._delays[-self.WINDOW :], delay - self._least]
        self._came.add(extended)
        if self._played is None:
            self._played = extended - 1

    def _step(self) -> None:
        """Play what is due. What is not there is made up; if it is late and not lost, all that follows is as late."""
        self._loop.call_later(0.02, self._step)
        if self._played is None or self._least is None:
            return
        now = self._loop.time()
        delays = sorted(self._delays)
        target = max(0.06, delays[int(0.95 * (len(delays) - 1))] + 0.02)
        if target < self._delay_s:
            self._delay_s -= 0.0004
        while (self._played + 1) * 0.02 + self._least + self._delay_s <= now:
            if not self._came.intersection((self._played + 1, self._played + 2)):  # the second has it, too: RED, or FEC
                self.concealed.append((now, 0.02))
                if self._played + 1 >= (self.missing.highest or 0):
                    self._delay_s += 0.02
                    return
            self._played += 1
            self._came.discard(self._played)

    def concealed_share(self, from_s: float, to_s: float) -> float:
        """The share of the sound that was made up."""
        return sum(seconds for at, seconds in self.concealed if from_s <= at < to_s) / (to_s - from_s)


class Viewer:
    """Receives RTP, decrypted (`receive`), and tells by RTCP what comes: transport-wide, reports, NACKs, PLIs.

    `round_trip_s` is that of its last connectivity check.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, send: Callable[[bytes], None], round_trip_s: Callable[[], float]
    ) -> None:
        self.videos: list[Video] = []
        self.sounds: list[Sound] = []
        self.octets: list[tuple[float, int]] = []
        self._loop = loop
        self._send = send
        self._round_trip_s = round_trip_s
        self._builder = TransportFeedbackBuilder()
        self._number_id = 0
        # The newest sender report of each stream: its time stamp, and when it came.
        self._reports: dict[int, tuple[int, float]] = {}
        loop.call_later(FEEDBACK_S, self._feedback)
        loop.call_later(1.0, self._report)

    def add(self, kind: str, parameters: RtpParameters) -> None:
        """One more track comes."""
        for extension in parameters.header_extensions:
            if TRANSPORT_WIDE in extension.uri:
                self._number_id = extension.id
        if kind == "video":
            self.videos.append(Video(parameters, self._loop, self._send, self._round_trip_s))
        else:
            self.sounds.append(Sound(parameters, self._loop, self._send))

    def receive(self, data: bytes) -> None:
        """A packet of RTP."""
        now = self._loop.time()
        self.octets.append((now, len(data) + 28))
        header = parse_rtp_header(data, len(data))
        extensions = read_extensions(data, header)
        if self._number_id in extensions:
            at = extensions[self._number_id][0]
            self._builder.received(data[at] << 8 | data[at + 1], int(now * 1e6))
        payload = data[header.payload_offset : header.payload_offset + header.payload_length]
        for sound in self.sounds:
            if sound.ssrc == header.ssrc:
                sound.receive(header.sequence_number)
        for video in self.videos:
            if video.ssrc == header.ssrc:
                video.receive(
                    payload, header.sequence_number, header.timestamp, marker=bool(header.marker), repaired=False
                )
            elif video.rtx_ssrc == header.ssrc and len(payload) > 2:
                number = payload[0] << 8 | payload[1]
                video.receive(payload[2:], number, header.timestamp, marker=bool(header.marker), repaired=True)

    def hear(self, data: bytes) -> None:
        """A packet of RTCP."""
        for packet in parse_compound(data):
            if isinstance(packet, SenderReport):
                self._reports[packet.ssrc] = (packet.ntp >> 16 & 0xFFFFFFFF, self._loop.time())

    def _feedback(self) -> None:
        self._loop.call_later(FEEDBACK_S, self._feedback)
        for packet in self._builder.build(SSRC, self.videos[0].ssrc if self.videos else SSRC):
            self._send(packet)

    def _report(self) -> None:
        self._loop.call_later(1.0, self._report)
        blocks = []
        tracks: list[Video | Sound] = [*self.videos, *self.sounds]
        for track in tracks:
            missing = track.missing
            if missing.highest is not None:
                share = missing.lost / max(1, missing.lost + missing.got)
                lsr, at = self._reports.get(track.ssrc, (0, self._loop.time()))
                dlsr = int((self._loop.time() - at) * 65536)
                loss = min(255, int(256 * share))
                blocks.append(ReportBlock(track.ssrc, loss, 0, missing.highest & 0xFFFFFFFF, lsr=lsr, dlsr=dlsr))
                missing.lost = missing.got = 0
        self._send(build_receiver_report(SSRC, blocks))
