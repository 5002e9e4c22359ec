"""What recording costs: ten rooms of three people, each with a 720p camera and a microphone, all recorded at once.

The SFU runs in a process of its own, the senders are real ICE, DTLS and SRTP clients in this one. Times with and
without recording take turns; the difference is the recorder's. Nobody receives, so that it is seen well. What was sent
while it was on is compared with what is in the files. Run with `python -m benchmarks.recording [--seconds 10]`.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Any, Final

import msgspec

from benchmarks.forwarding import AUDIO_SSRC, VIDEO_SSRC, Receiver, Sender, SfuProcess, sender_parameters
from benchmarks.light_client import LightClient
from benchmarks.report import print_table, save
from media.net.dtls import generate_certificate
from media.ortc.parameters import TransportOptions
from recording.rtpdump import RtpdumpReader

ROOMS: Final = 10
PEOPLE: Final = 3
TURNS: Final = 3
SETTLE_S: Final = 0.5


class Crowd:
    """Everybody who sends, in all rooms."""

    def __init__(self, sfu: SfuProcess) -> None:
        self._sfu = sfu
        self._clients: list[LightClient] = []
        self.senders: list[Sender] = []

    @property
    def sent(self) -> int:
        """Packets of all of them so far."""
        return sum(sender.video + sender.audio for sender in self.senders)

    async def gather(self) -> None:
        """Come in and begin to produce."""
        certificate = generate_certificate()
        capabilities = await self._sfu.ask("capabilities")
        video = sender_parameters(capabilities, "video", "video/vp8", VIDEO_SSRC)
        audio = sender_parameters(capabilities, "audio", "audio/opus", AUDIO_SSRC)
        for number in range(ROOMS):
            room = f"room{number}"
            await self._sfu.ask("room", room=room)
            for _ in range(PEOPLE):
                options = msgspec.convert(await self._sfu.ask("transport", room=room), TransportOptions)
                client = LightClient(options, certificate, Receiver().on_packet, patient=True)
                dtls = msgspec.to_builtins(client.dtls_parameters)
                await self._sfu.ask("connect", transport=options.id, dtls=dtls)
                await client.connect()
                for kind, rtp in (("video", video), ("audio", audio)):
                    await self._sfu.ask("send", room=room, transport=options.id, kind=kind, rtp=rtp)
                self._clients.append(client)
                payload_types = (video["codecs"][0]["payloadType"], audio["codecs"][0]["payloadType"])
                self.senders.append(Sender(client, *payload_types, {}))

    async def send(self, seconds: float) -> None:
        """All at once, in real time."""
        await asyncio.gather(*(sender.run(seconds) for sender in self.senders))
        await asyncio.sleep(SETTLE_S)

    def close(self) -> None:
        """Go."""
        for client in self._clients:
            client.close()


def recorded(folder: Path) -> int:
    """RTP packets in all files of all captures in a folder."""
    count = 0
    for path in folder.glob("*/tracks/*.rtpdump"):
        with path.open("rb") as file:
            count += sum(not record.is_rtcp for record in RtpdumpReader(file).records())
    return count


async def measure(seconds: float, folder: Path) -> dict[str, Any]:
    """Take turns, count, and compare."""
    sfu = await SfuProcess.start(plain=False, module="benchmarks.recording_process")
    crowd = Crowd(sfu)
    cpu_s = {False: 0.0, True: 0.0}
    sent = written = received = tracks = 0
    stop_s = 0.0
    try:
        await crowd.gather()
        await crowd.send(1.0)
        for turn in range(2 * TURNS):
            recording = turn % 2 == 1
            target = folder / str(turn)
            if recording:
                tracks = await sfu.ask("record", folder=str(target))
            before, sent_before = await sfu.ask("usage"), crowd.sent
            await crowd.send(seconds)
            after = await sfu.ask("usage")
            cpu_s[recording] += after["cpu_s"] - before["cpu_s"]
            if recording:
                sent += crowd.sent - sent_before
                stop_s = max(stop_s, await sfu.ask("stop"))
                received += (await sfu.ask("usage"))["received"] - before["received"]
                written += recorded(target)
    finally:
        crowd.close()
        await asyncio.sleep(SETTLE_S)
        await sfu.stop()
    videos = ROOMS * PEOPLE
    measured_s = TURNS * (seconds + SETTLE_S)
    return {
        "rooms": ROOMS,
        "tracks": tracks,
        "packets/s": round(sent / TURNS / seconds),
        "sfu cpu %": 100 * cpu_s[False] / measured_s,
        "with recorder %": 100 * cpu_s[True] / measured_s,
        "% of a core per 720p track": 100 * (cpu_s[True] - cpu_s[False]) / measured_s / videos,
        "sent": sent,
        "reached the socket": received,
        "written": written,
        "lost": sent - written,
        "end takes s": stop_s,
    }


async def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="meet-recording-"))
    try:
        row = await measure(options.seconds, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print_table("Ten rooms of three recorded at once (a track's share contains its microphone)", [row])
    save("recording", row)


if __name__ == "__main__":
    asyncio.run(main())
