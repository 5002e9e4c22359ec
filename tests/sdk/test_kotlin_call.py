"""The SDK for Android without its media, compiled and run on a JVM: a participant in a room of a live server."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest
from meet_participant import Chat, HandChanged, NewPeer, PeerClosed, join

from meet.config import PROJECT
from tests.sdk.hearing import until
from tests.sdk.kotlin_compiler import OKHTTP, REQUIREMENTS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tests.sdk.kotlin_compiler import Kotlin

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]
SDK = PROJECT / "sdk" / "android" / "participant" / "src" / "main" / "kotlin" / "meet" / "participant"


@pytest.fixture(scope="session")
def program(kotlin: Kotlin, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command of a participant."""
    out = tmp_path_factory.mktemp("call")
    sources = [*SDK.glob("*.kt"), *SDK.joinpath("wire").glob("*.kt"), REQUIREMENTS.parent / "Call.kt"]
    kotlin.compile(out, sources, OKHTTP)
    return kotlin.command(out, "CallKt", libraries=OKHTTP)


class Running:
    """A participant in Kotlin."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def says(self, line: str) -> None:
        """Wait for a line."""
        assert self._process.stdout is not None
        heard = []
        async with asyncio.timeout(30):
            while (said := (await self._process.stdout.readline()).decode()) and said.rstrip("\n") != line:
                heard.append(said)
        assert said, f"{line!r} was not said, but {heard}"

    def do(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())


@contextlib.asynccontextmanager
async def running(program: list[str], link: str) -> AsyncIterator[Running]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*program, link, stdin=pipe, stdout=pipe)
    try:
        yield Running(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def test_it_joins_talks_and_comes_back(program: list[str], link: Callable[..., str]) -> None:
    async with join(link("Ada")) as ada, running(program, link("Kim")) as kim:
        events = ada.events()
        await kim.says("in peer-Kim")
        assert (await until(events, NewPeer)).peer.display_name == "Kim"
        await ada.send_chat("Good morning 🙂")
        await kim.says("Ada: Good morning 🙂")
        kim.do("chat Moien")
        assert [(await until(events, Chat)).text for _ in range(2)] == ["Good morning 🙂", "Moien"]
        kim.do("hand")
        assert (await until(events, HandChanged)).raised
        kim.do("break")
        await kim.says("in peer-Kim")
        kim.do("state")
        await kim.says("[Ada] 2")
        await ada.enable_mic()
        await kim.says("offered peer-Ada mic")
        kim.do("leave")
        await kim.says("over left")
        assert (await until(events, PeerClosed)).reason == "left"


async def test_it_waits_at_a_door_and_is_sent_away(program: list[str], link: Callable[..., str]) -> None:
    async with join(link("Mod", role="moderator")) as moderator:
        request = moderator._here().connection.request
        await request("setWaitingRoom", {"enabled": True})
        async with running(program, link("Kim")) as kim:
            await kim.says("waiting")
            await request("admit", {"peerId": "peer-Kim", "admitted": True})
            await kim.says("in peer-Kim")
            await request("kick", {"peerId": "peer-Kim"})
            await kim.says("over kicked")
        async with running(program, link("Kim")) as again:
            await again.says("kicked: A moderator removed you from this meeting.")


async def test_a_link_that_is_refused_says_why(program: list[str], link: Callable[..., str]) -> None:
    async with running(program, link("Ada", exp=1_600_000_000)) as kim:
        await kim.says("tokenExpired: The token in this link has expired.")
