"""The SDK for Android without its media, compiled and run on a JVM: a participant in a room of a live server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from meet_participant import Chat, HandChanged, NewPeer, PeerClosed, RequestRefused, join
from meet_participant.endings import is_curable

from meet.config import PROJECT
from tests.sdk.hearing import until
from tests.sdk.kotlin_compiler import OKHTTP, REQUIREMENTS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from tests.sdk.kotlin_compiler import Kotlin

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]
SDK = PROJECT / "sdk" / "android" / "participant" / "src" / "main" / "kotlin" / "meet" / "participant"


@pytest.fixture(scope="session")
def compiled(kotlin: Kotlin, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("call")
    programs = [REQUIREMENTS.parent / name for name in ("Call.kt", "Curable.kt")]
    kotlin.compile(out, [*SDK.glob("*.kt"), *SDK.joinpath("wire").glob("*.kt"), *programs], OKHTTP)
    return out


@pytest.fixture
def program(kotlin: Kotlin, compiled: Path) -> list[str]:
    """The command of a participant."""
    return kotlin.command(compiled, "CallKt", libraries=OKHTTP)


class Running:
    """A participant in Kotlin."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def says(self, line: str) -> None:
        """Wait for a line."""
        await self._until(f"{line}\n".__eq__, line)

    async def watches(self) -> list[str]:
        """The producers that it asks for next."""
        said = await self._until(lambda line: line.startswith("watches "), "watches")
        return list(json.loads(said.removeprefix("watches "))["producerIds"])

    async def _until(self, wanted: Callable[[str], bool], what: str) -> str:
        assert self._process.stdout is not None
        heard = []
        async with asyncio.timeout(30):
            while (said := (await self._process.stdout.readline()).decode()) and not wanted(said):
                heard.append(said)
        assert said, f"{what!r} was not said, but {heard}"
        return said

    def do(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())


@contextlib.asynccontextmanager
async def running(program: list[str], *arguments: str) -> AsyncIterator[Running]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*program, *arguments, stdin=pipe, stdout=pipe)
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
        assert (await until(events, PeerClosed)).reason == "lost"
        await kim.says("in peer-Kim")
        kim.do("state")
        await kim.says("[Ada] 2")
        await ada.enable_mic()
        await kim.says("offered peer-Ada mic")
        kim.do("leave")
        await kim.says("over left")
        assert (await until(events, PeerClosed)).reason == "left"


async def test_it_asks_for_the_pictures_of_others(program: list[str], link: Callable[..., str]) -> None:
    async with join(link("Ada")) as ada, running(program, link("Kim")) as kim:
        await kim.says("in peer-Kim")
        await ada.enable_webcam()
        watched = await kim.watches()
        assert len(watched) == 1
        await ada.disable_webcam()
        assert await kim.watches() == []
        await ada.enable_webcam()
        assert await kim.watches() == watched
        kim.do("break")
        assert await kim.watches() == watched


async def test_it_leaves_while_it_is_coming_back(program: list[str], link: Callable[..., str]) -> None:
    async with running(program, link("Kim")) as kim:
        await kim.says("in peer-Kim")
        kim.do("lose")
        await kim.says("no socket")
        kim.do("leave")
        await kim.says("closed")
        await kim.says("over left")


async def test_it_gives_up_with_media_that_cannot_enter_again(program: list[str], link: Callable[..., str]) -> None:
    async with join(link("Ada")) as ada, running(program, link("Kim")) as kim:
        events = ada.events()
        await kim.says("in peer-Kim")
        kim.do("unable")
        assert (await until(events, PeerClosed)).reason == "lost"
        await kim.says("over unsupported")
        assert (await until(events, PeerClosed)).reason == "left"


async def test_who_can_not_come_in_closes_what_was_opened(program: list[str], link: Callable[..., str]) -> None:
    async with join(link("Ada")) as ada, running(program, link("Kim"), "unable") as kim:
        events = ada.events()
        assert (await until(events, NewPeer)).peer.display_name == "Kim"
        assert (await until(events, PeerClosed)).reason == "left"
        for line in ("0 sockets", "closed", "over unsupported", "unsupported: No codec."):
            await kim.says(line)


async def test_whose_scope_ends_closes_what_was_opened(program: list[str], link: Callable[..., str]) -> None:
    async with running(program, link("Kim")) as kim:
        await kim.says("in peer-Kim")
        kim.do("cancel")
        await kim.says("0 sockets")
        await kim.says("closed")


def test_it_tries_again_as_other_clients_do(kotlin: Kotlin, compiled: Path) -> None:
    codes = ("serverBusy", "wrongNode", "ticketExpired", "serverClosing", "roomFull")
    cases = [(code, refusals, back) for code in codes for refusals in (1, 2, 4, 5) for back in (False, True)]
    command = kotlin.command(compiled, "meet.participant.CurableKt", libraries=OKHTTP)
    said = subprocess.run(
        [*command, *(f"{code} {refusals} {str(back).lower()}" for code, refusals, back in cases)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    expected = [is_curable(RequestRefused(code, ""), refusals, back=back) for code, refusals, back in cases]
    assert [line == "true" for line in said.stdout.split()] == expected


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
            for line in ("0 sockets", "closed", "over kicked", "kicked: A moderator removed you from this meeting."):
                await again.says(line)


async def test_a_link_that_is_refused_says_why(program: list[str], link: Callable[..., str]) -> None:
    async with running(program, link("Ada", exp=1_600_000_000)) as kim:
        await kim.says("closed")
        await kim.says("over tokenExpired")
        await kim.says("tokenExpired: The token in this link has expired.")
