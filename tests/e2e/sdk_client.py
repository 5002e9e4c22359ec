"""A participant of the Python SDK: `python -m tests.e2e.sdk_client LINK`.

Sends a tone and pictures, receives what others send, and prints a JSON line a second: frames of pictures and of sound
so far. Ends when its input ends.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING

import numpy as np
from meet_participant import NewPeer, SwitchOn, join

if TYPE_CHECKING:
    from meet_participant import AudioFrame, Camera, Feed, Microphone, Room, VideoFrame


async def sing(microphone: Microphone) -> None:
    times = np.arange(48_000) / 48_000
    while True:
        await microphone.write((np.sin(2 * np.pi * 440 * times) * 12_000).astype(np.int16))


async def flicker(camera: Camera) -> None:
    brightness = 0
    while True:
        brightness = (brightness + 8) % 256
        camera.show(np.full((240, 320, 3), brightness, np.uint8))
        await asyncio.sleep(1 / 15)


async def count(feed: Feed[AudioFrame] | Feed[VideoFrame], decoded: dict[str, int], kind: str) -> None:
    async for _ in feed:
        decoded[kind] += 1


async def watch(room: Room, decoded: dict[str, int], tasks: asyncio.TaskGroup) -> None:
    events = room.events()
    watched = set(room.peers)
    for peer_id in watched:
        tasks.create_task(count(room.video(peer_id), decoded, "video"))
    async for event in events:
        if isinstance(event, (NewPeer, SwitchOn)) and event.peer is not room.me and event.peer.peer_id not in watched:
            watched.add(event.peer.peer_id)
            tasks.create_task(count(room.video(event.peer.peer_id), decoded, "video"))


async def report(room: Room, decoded: dict[str, int]) -> None:
    ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    while not ended.done():
        sys.stdout.write(json.dumps(decoded) + "\n")
        sys.stdout.flush()
        await asyncio.wait((ended,), timeout=1)
    await room.leave()


async def main(link: str) -> None:
    decoded = {"video": 0, "audio": 0}
    async with join(link) as room, asyncio.TaskGroup() as tasks:
        tasks.create_task(watch(room, decoded, tasks))
        tasks.create_task(count(room.audio(), decoded, "audio"))
        sending = [
            tasks.create_task(sing(await room.enable_mic())),
            tasks.create_task(flicker(await room.enable_webcam())),
        ]
        await report(room, decoded)
        for task in sending:
            task.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
