"""An assistant: greets who comes, listens to everybody, and answers in the chat.

    pip install "./sdk/python[speech]"
    python assistant.py "https://HOST/call/?roomId=team42&displayName=Assistant"

Two small interfaces, `Recognizer` and `Answerer`, are what to replace. The recognizer here is PocketSphinx: English,
offline, a third of a processor while somebody speaks, good for clear short sentences. The answerer has a few
rules; with `ASSISTANT_URL` (and `ASSISTANT_MODEL`, `ASSISTANT_KEY`) it asks a language model that speaks the chat
completions of OpenAI's API, as most servers of models do.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import urllib.request
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from meet_participant import NewPeer, Room, join
from pocketsphinx import Decoder, Endpointer

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

RATE = 16_000
ANSWER_TIMEOUT_S = 30
MAX_ANSWER = 1_000_000


class Recognizer(Protocol):
    """Hears one person."""

    def hear(self, samples: NDArray[np.int16]) -> str | None:
        """Take sound (int16, 16 kHz, any length); a sentence when somebody has ended one."""


class Answerer(Protocol):
    """Knows what to say."""

    async def answer(self, name: str, sentence: str) -> str | None:
        """What to write when somebody of this name has said this; None for nothing."""


class PocketSphinx:
    """Sentences are found by silence around them, and recognized with the model that comes with the package."""

    def __init__(self) -> None:
        self._endpointer = Endpointer(sample_rate=RATE)
        self._decoder = Decoder(samprate=RATE, loglevel="FATAL")
        self._rest = b""

    def hear(self, samples: NDArray[np.int16]) -> str | None:
        self._rest += samples.tobytes()
        sentence = None
        size = self._endpointer.frame_bytes
        while len(self._rest) >= size:
            piece, self._rest = self._rest[:size], self._rest[size:]
            sentence = self._piece(piece) or sentence
        return sentence

    def _piece(self, piece: bytes) -> str | None:
        spoke = self._endpointer.in_speech
        speech = self._endpointer.process(piece)
        if speech is None:
            return None
        if not spoke:
            self._decoder.start_utt()
        self._decoder.process_raw(speech)
        if self._endpointer.in_speech:
            return None
        self._decoder.end_utt()
        found = self._decoder.hyp()
        return found.hypstr or None if found else None


class Rules:
    """A few answers without any model."""

    async def answer(self, name: str, sentence: str) -> str | None:
        if "time" in sentence:
            return f"{name}, it is {datetime.now().astimezone():%H:%M}."
        if "morning" in sentence or "hello" in sentence:
            return f"Hello {name}!"
        return None


class ChatCompletions:
    """A language model behind HTTP."""

    def __init__(self, url: str, model: str, key: str) -> None:
        self._url, self._model, self._key = url, model, key

    async def answer(self, name: str, sentence: str) -> str | None:
        return await asyncio.to_thread(self._ask, f"{name} says in a meeting: {sentence}")

    def _ask(self, text: str) -> str | None:
        messages = [
            {"role": "system", "content": "You are in a video meeting. Answer in one sentence."},
            {"role": "user", "content": text},
        ]
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._key}"}
        body = json.dumps({"model": self._model, "messages": messages}).encode()
        request = urllib.request.Request(f"{self._url}/chat/completions", body, headers)  # noqa: S310 - your own server
        with urllib.request.urlopen(request, timeout=ANSWER_TIMEOUT_S) as answer:  # noqa: S310 - as above
            said: Any = json.loads(answer.read(MAX_ANSWER))
        return str(said["choices"][0]["message"]["content"])


class Ears:
    """A recognizer for each person, in a thread: recognizing a sentence takes a moment."""

    def __init__(self, make: Callable[[], Recognizer]) -> None:
        self._make = make
        self._of: dict[str, Recognizer] = {}

    async def hear(self, peer_id: str, sound: NDArray[np.int16]) -> str | None:
        if peer_id not in self._of:
            self._of[peer_id] = await asyncio.to_thread(self._make)
        # 48 kHz to 16 kHz: the mean of three samples is low-pass enough for speech.
        slow = sound.reshape(-1, 3).mean(axis=1).astype(np.int16)
        return await asyncio.to_thread(self._of[peer_id].hear, slow)


async def listen(room: Room, answerer: Answerer) -> None:
    """Everybody's sound, a tenth of a second at a time."""
    ears = Ears(PocketSphinx)
    sounds: dict[str, list[NDArray[np.int16]]] = {}
    async for frame in room.audio(wait_s=30):  # recognizing may take longer than speaking, on a busy machine
        pieces = sounds.setdefault(frame.peer_id, [])
        pieces.append(frame.mono)
        if len(pieces) < 5:
            continue
        sentence = await ears.hear(frame.peer_id, np.concatenate(sounds.pop(frame.peer_id)))
        peer = room.peers.get(frame.peer_id)
        if sentence and peer is not None:
            print(f"{peer.display_name}: {sentence}", flush=True)
            answer = await answerer.answer(peer.display_name, sentence)
            if answer:
                await room.send_chat(answer)


async def main(link: str) -> None:
    url = os.environ.get("ASSISTANT_URL")
    model, key = os.environ.get("ASSISTANT_MODEL", ""), os.environ.get("ASSISTANT_KEY", "")
    answerer: Answerer = ChatCompletions(url, model, key) if url else Rules()
    async with join(link) as room, asyncio.TaskGroup() as tasks:
        events = room.events()
        tasks.create_task(listen(room, answerer))
        for peer in room.peers.values():
            await room.send_chat(f"Welcome, {peer.display_name}!")
        async for event in events:
            if isinstance(event, NewPeer):
                await room.send_chat(f"Welcome, {event.peer.display_name}!")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
