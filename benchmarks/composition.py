"""What making a video of a recording costs: four people with 720p cameras (VP8, 1.5 Mbit/s) and microphones (Opus).

They speak in turns. The cameras show what cameras do: something that moves, before a room that doesn't, with a sensor's
noise. Other work on the machine counts in the time that it takes, not in the processor's time, from which follows what
free cores can do. Run with `python -m benchmarks.composition [--seconds 60] [--people 4]`.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import av
import numpy as np

from benchmarks.report import print_table, save
from media.rtp.rtcp import build_sdes_cname, build_sender_report
from recording.composition.compose import compose
from recording.composition.draw.look import Look
from recording.composition.read.tracks import VideoTrack, open_capture
from recording.rtpdump import RtpdumpWriter
from tests.media.packets import build_rtp
from tests.recording.captures import STARTED_AT_MS
from tests.recording.make_capture import NTP_EPOCH, Camera, Mic, Person, make_capture
from tests.recording.signals import Encoded, encode_video, payloads

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

WIDTH: Final = 1280
HEIGHT: Final = 720
FPS: Final = 30
BITRATE_BPS: Final = 1_500_000
CLIP_S: Final = 12
# A multiple of four pictures, in which the temporal layers repeat.
KEYFRAME_S: Final = 4
TURN_S: Final = 5
NOISE: Final = 1.5
CODEC: Final = "video/VP8"


def camera_pictures() -> Iterator[NDArray[np.uint8]]:
    """Somebody who moves a little before a wall with a pattern, as RGB."""
    chance = np.random.default_rng(1)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    wall = 110 + 40 * np.sin(x / 90) + 30 * np.cos(y / 70) + 20 * np.sin((x + y) / 23)
    noises = [chance.normal(0, NOISE, (HEIGHT, WIDTH)).astype(np.float32) for _ in range(8)]
    for number in range(CLIP_S * FPS):
        across, down = x - 640 - 60 * np.sin(number / 20), y - 380 - 25 * np.cos(number / 15)
        face = 170 + 30 * np.sin(across / 11) * np.cos(down / 17)
        bright = np.where((across / 190) ** 2 + (down / 260) ** 2 < 1, face, wall) + noises[number % 8]
        shades = [np.clip(bright * share, 0, 255).astype(np.uint8) for share in (1.0, 0.92, 0.85)]
        yield np.stack(shades, axis=2)


def clip() -> Sequence[Encoded]:
    """Some seconds as a browser would send them for our page, in three temporal layers."""
    return encode_video(
        CODEC,
        camera_pictures(),
        fps=FPS,
        keyframes=KEYFRAME_S * FPS,
        bit_rate=BITRATE_BPS,
        temporal_layers=True,
    )


def write_camera(path: Path, frames: Sequence[Encoded], seconds: int, *, number: int, payload_type: int) -> None:
    """The clip over and over, in the place of a track of `make_capture`; each camera begins elsewhere in it."""
    first = number * KEYFRAME_S * FPS % len(frames)
    sequence_number = 0
    with path.open("wb") as file:
        writer = RtpdumpWriter(file, STARTED_AT_MS * 1000)
        for count in range(seconds * FPS):
            frame = frames[(first + count) % len(frames)]
            timestamp = count * 90_000 // FPS
            arrives_ms = count * 1000 // FPS + 30
            if count % FPS == 0:
                ntp = int((NTP_EPOCH + STARTED_AT_MS / 1000 + count / FPS) * 2**32)
                report = build_sender_report(
                    ssrc=number, ntp=ntp, rtp_timestamp=timestamp, packet_count=0, octet_count=0
                )
                writer.rtcp(report + build_sdes_cname(number, "camera"), arrives_ms)
            parts = payloads(CODEC, Encoded(count, frame.data, frame.is_keyframe), temporal_layers=True)
            for place, payload in enumerate(parts):
                marker = place == len(parts) - 1
                packet = build_rtp(payload_type, sequence_number & 0xFFFF, timestamp, number, payload, marker=marker)
                writer.rtp(packet, arrives_ms)
                sequence_number += 1
        writer.flush()


def turns(number: int, people: int, seconds: int) -> Mic:
    """A microphone that is on for some seconds, then off while the others have their turns."""
    begins = range(number * TURN_S, seconds, people * TURN_S)
    ends = [0, *(begin + TURN_S for begin in begins)]
    return Mic(pauses=[(end, begin) for end, begin in zip(ends, [*begins, seconds], strict=True) if end < begin])


def write_capture(folder: Path, people: int, seconds: int) -> None:
    """A capture of people who are there all the time."""
    small = Camera(CODEC, 64, 36)
    crowd = [Person(f"person{number}", camera=small, mic=turns(number, people, seconds)) for number in range(people)]
    make_capture(folder, crowd, float(seconds))
    frames = clip()
    cameras = [track for track in open_capture(folder).tracks.values() if isinstance(track, VideoTrack)]
    for number, track in enumerate(cameras):
        path = folder / "tracks" / f"{track.number:04}.rtpdump"
        write_camera(path, frames, seconds, number=number, payload_type=track.info.payload_type)


def cpu_s() -> float:
    """Processor time of this process so far, all threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def decoding_ms(folder: Path, seconds: int) -> float:
    """Processor time for each picture of one track that is only decoded."""
    track = next(track for track in open_capture(folder).tracks.values() if isinstance(track, VideoTrack))
    began = cpu_s()
    count = sum(1 for _ in track.frames(0, seconds))
    return 1000 * (cpu_s() - began) / count


def measure(people: int, seconds: int) -> dict[str, float]:
    """Make a capture, then a video of it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_capture(folder / "capture", people, seconds)
        decoding = decoding_ms(folder / "capture", min(seconds, CLIP_S))
        began, used = time.perf_counter(), cpu_s()
        result = compose(folder / "capture", folder / "output", look=Look())
        took_s, took_cpu_s = time.perf_counter() - began, cpu_s() - used
        video = result.duration_s
        with av.open(str(folder / "output" / "video.mp4")) as container:
            kbps = container.bit_rate / 1000
        return {
            "people": people,
            "video s": video,
            "took s": took_s,
            "times real time": video / took_s,
            "cpu s": took_cpu_s,
            "cores used": took_cpu_s / took_s,
            "possible on 2 free cores": 2 * video / took_cpu_s,
            "decoding, cpu ms a picture": decoding,
            "video.mp4 kbit/s": kbps,
            "peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "disk MB": sum(path.stat().st_size for path in (folder / "output").rglob("*") if path.is_file()) / 1e6,
        }


def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--people", type=int, default=4)
    options = parser.parse_args()
    figures = measure(options.people, options.seconds)
    print_table("Making a video of a recording", [figures])
    save("composition", {"machine": platform.machine(), "cores": os.cpu_count(), "composition": figures})


if __name__ == "__main__":
    main()
