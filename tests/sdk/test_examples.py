"""The examples of the Python SDK against a live server, run as they say; and the package, installed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import wave
from typing import TYPE_CHECKING

import numpy as np
import pytest
from meet_participant import Chat, NewPeer, join

from meet.config import PROJECT
from tests.sdk.hearing import hear_tone, singing, tone, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from numpy.typing import NDArray

pytestmark = [pytest.mark.long, pytest.mark.timeout(80)]
SDK = PROJECT / "sdk" / "python"


@contextlib.asynccontextmanager
async def running(*command: str, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A Python program; it is ended at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, env={**os.environ, "PYTHONPATH": str(SDK), **environment}, cwd=SDK / "examples"
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def write_wave(path: Path, samples: NDArray[np.int16]) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(samples.tobytes())


async def test_the_echo_says_back_what_it_hears_and_plays_music(link: Callable[..., str], tmp_path: Path) -> None:
    music = tmp_path / "music.wav"
    write_wave(music, tone(880, 30))
    async with join(link("Ada")) as ada, running("echo_bot.py", link("Echo"), str(music)):
        events, sounds = ada.events(), ada.audio()
        await until(events, NewPeer)
        microphone = await ada.enable_mic()
        async with singing(microphone, 440):
            await hear_tone(sounds, 440)
        await ada.send_chat("play")
        await hear_tone(sounds, 880)
        await ada.send_chat("stop")
        async with singing(microphone, 660):
            await hear_tone(sounds, 660)


def spoken(sentence: str, folder: Path) -> NDArray[np.int16]:
    """A sentence at 48 kHz, from Debian's flite: PocketSphinx understands its voices (espeak-ng's it does not)."""
    file = folder / "spoken.wav"
    subprocess.run(["flite", "-voice", "kal16", "-t", sentence, "-o", str(file)], check=True, timeout=30)
    with wave.open(str(file)) as read:
        assert read.getframerate() == 16_000
        samples = np.frombuffer(read.readframes(read.getnframes()), np.int16)
    times = np.arange(len(samples) * 3) / 3
    return np.interp(times, np.arange(len(samples)), samples).astype(np.int16)


@pytest.mark.skipif(shutil.which("flite") is None, reason="flite is not installed")
async def test_the_assistant_greets_listens_and_answers(link: Callable[..., str], tmp_path: Path) -> None:
    async with running("assistant.py", link("Assistant")), join(link("Ada")) as ada:
        events = ada.events()
        assert (await until(events, Chat)).text == "Welcome, Ada!"
        microphone = await ada.enable_mic()
        sentence = spoken("hello assistant, what time is it", tmp_path)

        async def say() -> None:
            """As people do who get no answer: on a machine that is busy, some of the sound may be missing."""
            while True:
                await microphone.write(np.zeros(48_000 * 2, np.int16))
                await microphone.write(sentence)
                await microphone.write(np.zeros(48_000 * 6, np.int16))

        saying = asyncio.create_task(say())
        answer = (await until(events, Chat)).text
        saying.cancel()
        assert re.fullmatch(r"Ada, it is \d\d:\d\d\.|Hello Ada!", answer)


def test_the_package_is_built_and_installed_where_nothing_is(link: Callable[..., str], tmp_path: Path) -> None:
    """Its dependencies are those of our own environment, so that no registry is asked."""
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    build = (*pip, "wheel", "--no-deps", "--no-index", "--no-build-isolation", "-w", str(tmp_path), str(SDK))
    subprocess.run(build, check=True, timeout=60)
    (wheel,) = tmp_path.glob("meet_participant-*.whl")
    empty = tmp_path / "empty"
    subprocess.run((sys.executable, "-m", "venv", "--without-pip", str(empty)), check=True, timeout=60)
    python = empty / "bin" / "python"
    (packages,) = empty.glob("lib/python*/site-packages")
    subprocess.run(
        (*pip, "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)), check=True, timeout=60
    )
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    page = (PROJECT / "docs" / "sdk.md").read_text(encoding="utf-8")
    (sample,) = re.findall(r"```python\n(# first_call\.py\n.*?)```", page, re.DOTALL)
    (tmp_path / "first_call.py").write_text(
        sample.replace("https://YOUR-HOST/call/?roomId=team42&displayName=Bot", link("Bot"))
    )
    done = subprocess.run(
        (str(python), "first_call.py"), cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines() == ["I am Bot in a room with nobody", "Bot: Hello"]
    where = subprocess.run(
        (str(python), "-c", "import meet_participant; print(meet_participant.__file__)"),
        cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert where.stdout.startswith(str(empty))
