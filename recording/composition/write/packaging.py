"""Puts encoded pictures and sound together without encoding them again: one MP4 file, and HLS with its ladder.

The original is the sound that plays; languages into which it was interpreted are further tracks and renditions, to be
chosen. Source: RFC 8216 (HLS), ISO/IEC 23000-19 (CMAF).
"""

from __future__ import annotations

import heapq
import re
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import av

from recording.composition.draw.pictures import FPS
from recording.composition.write.language_codes import three_letters
from recording.composition.write.sound import CODEC as SOUND_CODEC

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from av.container import OutputContainer
    from av.packet import Packet

    from recording.composition.write.encode import Rung

    AnyPacket = Packet[Any]

SEGMENT_S: Final = 4
MASTER: Final = "master.m3u8"
# What a quoted string of a playlist can't hold (RFC 8216 section 4.2).
_UNQUOTABLE: Final = re.compile(r'["\x00-\x1f\x7f-\x9f\u2028\u2029]+')
# Fine enough for 30 pictures a second, and what RTP counts video in.
TICKS: Final = 90_000
TIME_BASE: Final = Fraction(1, TICKS)
# Where the profile, its constraints and the level stand in an MP4's decoder configuration (ISO/IEC 14496-15).
_PROFILE: Final = slice(1, 4)
_DURATION: Final = re.compile(r"#EXTINF:([\d.]+),[^\n]*\n([^\n#]+)")


@dataclass(frozen=True)
class Pictures:
    """Files with the pictures of a video one after the other, each with the time in s at which it begins."""

    rung: Rung
    files: Sequence[tuple[Path, Fraction]]

    def add_to(self, container: OutputContainer) -> Iterator[AnyPacket]:
        """Make a stream of these pictures in a file that is being written; the packets are for it."""
        with av.open(str(self.files[0][0])) as template:
            stream = container.add_stream_from_template(template.streams.video[0])
        return self._packets(stream)

    def codec(self) -> str:
        """As RFC 6381 names it."""
        with av.open(str(self.files[0][0])) as container:
            record = container.streams.video[0].codec_context.extradata or b""
        return f"avc1.{record[_PROFILE].hex()}"

    def _packets(self, stream: av.VideoStream) -> Iterator[AnyPacket]:
        for path, begins_s in self.files:
            by_ticks = round(begins_s * TICKS)
            with av.open(str(path)) as container:
                for packet in container.demux(container.streams.video[0]):
                    if packet.size and packet.pts is not None and packet.dts is not None:
                        _move(packet, by_ticks)
                        packet.stream = stream
                        yield packet


@dataclass(frozen=True)
class Sound:
    """A file with the sound of a video; of an interpreted one its language (BCP 47) and the name of that."""

    path: Path
    language: str = ""
    language_name: str = ""

    def add_to(self, container: OutputContainer, *, primed: bool) -> Iterator[AnyPacket]:
        """Make a stream of this sound in a file that is being written; the packets are for it.

        The first packet primes the decoder and has a time before 0. Players of segments know nothing of that: for them
        it is left out.
        """
        with av.open(str(self.path)) as template:
            stream = container.add_stream_from_template(template.streams.audio[0])
        if self.language:
            stream.metadata["language"] = three_letters(self.language)
            stream.metadata["handler_name"] = self.language_name
        return self._packets(stream, primed=primed)

    def _packets(self, stream: av.AudioStream, *, primed: bool) -> Iterator[AnyPacket]:
        with av.open(str(self.path)) as container:
            for packet in container.demux(container.streams.audio[0]):
                if packet.size and packet.pts is not None and (primed or packet.pts >= 0):
                    packet.stream = stream
                    yield packet


def write_mp4(pictures: Pictures, sounds: Sequence[Sound], path: Path) -> None:
    """One file with what players need to begin at its front. Of the sounds the first is the one that plays."""
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        streams = [pictures.add_to(container), *(sound.add_to(container, primed=True) for sound in sounds)]
        for packet in heapq.merge(*streams, key=_time_s):
            container.mux(packet)


def write_hls(ladder: Sequence[Pictures], sounds: Sequence[Sound], folder: Path) -> None:
    """A master playlist with a variant for each size, all with the same sounds, in CMAF segments.

    The first sound is the original, which plays. No player takes another one by itself: who understands the language
    of their device may well want the original, which is heard all the time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    sound_rates = []
    for number, (sound, name) in enumerate(zip(sounds, _names(sounds), strict=True)):
        files = f"audio{number or ''}"
        _write_rendition(folder, files, partial(sound.add_to, primed=False))
        sound_rates.append(_rates(folder, files))
        media = {
            "TYPE": "AUDIO",
            "GROUP-ID": '"audio"',
            "NAME": f'"{name}"',
            **({"LANGUAGE": f'"{sound.language}"'} if sound.language else {}),
            **({"DEFAULT": "NO", "AUTOSELECT": "NO"} if number else {"DEFAULT": "YES"}),
            "CHANNELS": '"2"',
            "URI": f'"{files}.m3u8"',
        }
        lines.append(f"#EXT-X-MEDIA:{_listed(media)}")
    sound_bps = [max(rates) for rates in zip(*sound_rates, strict=True)]  # one of them is played
    for pictures in ladder:
        rung = pictures.rung
        _write_rendition(folder, rung.name, pictures.add_to)
        peak, average = (own + other for own, other in zip(_rates(folder, rung.name), sound_bps, strict=True))
        variant = {
            "BANDWIDTH": peak,
            "AVERAGE-BANDWIDTH": average,
            "CODECS": f'"{pictures.codec()},{SOUND_CODEC}"',
            "RESOLUTION": f"{rung.width}x{rung.height}",
            "FRAME-RATE": f"{FPS}.000",
            "AUDIO": '"audio"',
        }
        lines += [f"#EXT-X-STREAM-INF:{_listed(variant)}", f"{rung.name}.m3u8"]
    (folder / MASTER).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _listed(attributes: Mapping[str, object]) -> str:
    return ",".join(f"{name}={value}" for name, value in attributes.items())


def _names(sounds: Sequence[Sound]) -> list[str]:
    """How players call them; no two have the same name (RFC 8216 section 4.3.4.1.1)."""
    names: list[str] = []
    for sound in sounds:
        name = _UNQUOTABLE.sub(" ", sound.language_name).strip() or sound.language or "Audio"
        names.append(f"{name} ({sound.language})" if name in names else name)
    return names


def segments(playlist: Path) -> list[tuple[Path, float]]:
    """The segments that a media playlist lists, with how long they last in s."""
    listed = _DURATION.findall(playlist.read_text(encoding="utf-8"))
    return [(playlist.parent / name, float(duration)) for duration, name in listed]


def _write_rendition(folder: Path, name: str, add_to: Callable[[OutputContainer], Iterable[AnyPacket]]) -> None:
    options = {
        "hls_time": str(SEGMENT_S),
        "hls_playlist_type": "vod",
        "hls_segment_type": "fmp4",
        "hls_flags": "independent_segments",
        "hls_fmp4_init_filename": f"{name}-init.mp4",
        "hls_segment_filename": str(folder / f"{name}-%05d.m4s"),
    }
    with av.open(str(folder / f"{name}.m3u8"), "w", format="hls", options=options) as container:
        for packet in add_to(container):
            container.mux(packet)


def _rates(folder: Path, name: str) -> tuple[int, int]:
    """The highest rate of a segment and the average of all, in bits/s."""
    sizes = [(path.stat().st_size * 8, duration_s) for path, duration_s in segments(folder / f"{name}.m3u8")]
    total_s = sum(duration_s for _, duration_s in sizes)
    peak = max(bits / duration_s for bits, duration_s in sizes)
    return round(peak), round(sum(bits for bits, _ in sizes) / total_s)


def _move(packet: AnyPacket, by_ticks: int) -> None:
    """Count in `TICKS` a second, so many later."""
    base = packet.time_base
    scale, parts = base.numerator * TICKS, base.denominator

    def ticks(count: int) -> int:
        return (2 * count * scale + parts) // (2 * parts)

    packet.pts = ticks(packet.pts or 0) + by_ticks
    packet.dts = ticks(packet.dts or 0) + by_ticks
    packet.duration = ticks(packet.duration or 0)
    packet.time_base = TIME_BASE


def _time_s(packet: AnyPacket) -> float:
    base = packet.time_base
    return (packet.dts or 0) * base.numerator / base.denominator
