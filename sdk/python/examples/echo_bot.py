"""A bot that says back what it hears, and plays music when the chat asks for it.

    python echo_bot.py "https://HOST/call/?roomId=team42&displayName=Echo" music.wav

In the chat, "play" plays the WAV file (48 kHz, 16 bit) from its beginning, "stop" ends it. Everything else that is said
comes back half a second later. With several people at once it follows the one who spoke first, as they would hear each
other twice otherwise.
"""

from __future__ import annotations

import asyncio
import sys
import wave
from typing import TYPE_CHECKING

import numpy as np
from meet_participant import AudioFrame, Chat, Feed, Microphone, join

if TYPE_CHECKING:
    from numpy.typing import NDArray

DELAY_FRAMES = 25
# How long somebody is silent until somebody else is echoed.
PATIENCE_S = 1.0


def read_music(path: str) -> NDArray[np.int16]:
    with wave.open(path) as file:
        if (file.getframerate(), file.getsampwidth()) != (48_000, 2):
            raise SystemExit("The music must be a WAV file of 48 kHz and 16 bit.")
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        return samples.reshape(-1, file.getnchannels())


async def echo(sounds: Feed[AudioFrame], microphone: Microphone, quiet: asyncio.Event) -> None:
    """Say what is heard, while nothing else is played."""
    loop = asyncio.get_running_loop()
    speaker, heard_at = "", 0.0
    waiting: list[AudioFrame] = []
    async for frame in sounds:
        now = loop.time()
        if frame.peer_id != speaker and now - heard_at < PATIENCE_S:
            continue
        speaker, heard_at = frame.peer_id, now
        waiting.append(frame)
        if len(waiting) > DELAY_FRAMES:
            oldest = waiting.pop(0)
            if quiet.is_set():
                await microphone.write(oldest.samples)


async def play(music: NDArray[np.int16], microphone: Microphone, quiet: asyncio.Event) -> None:
    quiet.clear()
    try:
        await microphone.write(music)
        await microphone.flush()
    finally:
        microphone.clear()
        quiet.set()


async def main(link: str, path: str) -> None:
    music = read_music(path)
    async with join(link) as room, asyncio.TaskGroup() as tasks:
        events = room.events()
        microphone = await room.enable_mic()
        quiet = asyncio.Event()
        quiet.set()
        tasks.create_task(echo(room.audio(), microphone, quiet))
        playing: asyncio.Task[None] | None = None
        async for event in events:
            if not isinstance(event, Chat) or event.peer_id == room.me.peer_id:
                continue
            if playing is not None and event.text in ("play", "stop"):
                playing.cancel()
                await asyncio.wait((playing,))
                playing = None
            if event.text == "play":
                playing = tasks.create_task(play(music, microphone, quiet))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3]))
