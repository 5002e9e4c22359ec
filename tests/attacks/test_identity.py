"""Somebody with links, HTTP and WebSockets wants to be another, or a speaker, or back where they were removed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import secrets
import time
import urllib.error
import urllib.request
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import jwt
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.e2e.server import Server, running_server
from tests.e2e.test_access import configure
from tests.meet.answering import answer, answering

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from websockets.asyncio.client import ClientConnection

pytestmark = [pytest.mark.long, pytest.mark.timeout(120)]

KEY = secrets.token_hex(24)
ANSWER_S = 15.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("identity"), jwt_key=KEY, outgoing_networks="127.0.0.0/8") as running:
        yield running


@pytest.fixture
def room() -> str:
    return f"serv0{secrets.token_hex(5)}"


def token(room: str, **claims: Any) -> str:
    return jwt.encode({"roomId": room, **claims}, KEY, "HS256")


def page(server: Server, room: str, interface: str = "call", **attributes: str) -> dict[str, Any]:
    """What the page of a link starts with."""
    url = f"{server.url}/{interface}/?{urlencode({'roomId': room, **attributes})}"
    with urllib.request.urlopen(url, timeout=ANSWER_S) as response:  # noqa: S310 - our own server
        found = re.search(r'<script id="boot" type="application/json">(.*?)</script>', response.read().decode())
    assert found is not None
    return dict(json.loads(found.group(1)))


def ticket(server: Server, room: str, query: dict[str, str] | None = None, **body: str) -> dict[str, Any]:
    """What the address for tickets answers, also where it refuses."""
    asked = {"interface": "call", "query": "?" + urlencode({"roomId": room, **(query or {})}), **body}
    request = urllib.request.Request(  # noqa: S310 - our own server
        f"{server.url}/tickets/", json.dumps(asked).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_S) as response:  # noqa: S310
            return dict(json.load(response))
    except urllib.error.HTTPError as refusal:
        return dict(json.load(refusal))


class Person:
    """A connection that has asked to join; `answer` is what came of it."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._last_id = 0
        self.answer: dict[str, Any] = {}
        self.events: list[tuple[str, dict[str, Any]]] = []

    @property
    def outcome(self) -> str:
        """`in`, or the code that keeps them out."""
        if any(event == "waiting" for event, _ in self.events):
            return "waiting"
        return "in" if self.answer["ok"] else str(self.answer["error"]["code"])

    async def ask(self, method: str, **data: Any) -> dict[str, Any]:
        """Ask, and wait for the answer, or for `waiting`."""
        self._last_id += 1
        await self._socket.send(json.dumps({"id": self._last_id, "method": method, "data": data}))
        while True:
            frame = json.loads(await asyncio.wait_for(self._socket.recv(), ANSWER_S))
            if frame.get("id") == self._last_id:
                return dict(frame)
            self.events.append((frame["event"], frame["data"]))
            if frame["event"] == "waiting":
                return {}

    async def alive(self) -> bool:
        """Whether this connection is in the room still."""
        try:
            answered = await self.ask("raiseHand", raised=False)
            return bool(answered["ok"] or answered["error"]["code"] != "notJoined")
        except Exception:  # noqa: BLE001 - closed, however
            return False


@contextlib.asynccontextmanager
async def joining(admission: dict[str, Any]) -> AsyncIterator[Person]:
    """Somebody who asks to come in with a page's boot data or another ticket."""
    async with connect(admission["nodeUrl"], subprotocols=[Subprotocol("meet.v1")], max_size=None) as socket:
        hello = json.loads(await socket.recv())
        person = Person(socket)
        capabilities = hello["data"]["routerRtpCapabilities"]
        person.answer = await person.ask("join", ticket=admission["ticket"], rtpCapabilities=capabilities)
        yield person


class TestTheAccessCheck:
    def test_nobody_enters_as_another_than_who_was_asked_about(self, server: Server, room: str) -> None:
        def script(asked: Any, write: Any) -> None:
            known = json.loads(asked.body)["peerId"] in ("", "eve")
            answer(200 if known else 401)(asked, write)

        with answering(script) as checker:
            configure(server, access_url=checker.url)
            try:
                mine = page(server, room, peerId="eve")
                others = page(server, f"{room}x")
                got = [
                    ticket(server, room, peerId="ceo"),
                    ticket(server, room, {"peerId": "eve"}, peerId="ceo"),
                    ticket(server, room, identity="ceo"),
                    ticket(server, room, identity=mine["identity"]),
                    ticket(server, room, identity=others["identity"]),
                ]
                assert ticket(server, room, {"peerId": "ceo"})["error"]["code"] == "accessDeclined"
            finally:
                configure(server, access_url="")
        ids = [one["peerId"] for one in got]
        assert ids.pop(1) == "eve"
        assert len({str(uuid.UUID(peer_id)) for peer_id in ids}) == 4
        asked = [json.loads(one.body)["peerId"] for one in checker.asked]
        assert asked == ["eve", "", "", "eve", "", "", "", "ceo"]


class TestViewers:
    @pytest.mark.parametrize("claims", [{"itisparticipant": False}, {"interface": "webinar"}])
    async def test_a_webinars_viewer_stays_one_at_the_other_address(
        self, server: Server, room: str, claims: dict[str, Any]
    ) -> None:
        signed = token(room, peerId="vic", **claims)
        more = {"itisparticipant": "true"} if "itisparticipant" in claims else {}  # else the link may say it (spec)
        for admission in (
            page(server, room, "call", token=signed, **more),
            ticket(server, room, {"token": signed, **more}, interface="call"),
        ):
            async with joining(admission) as vic:
                me = vic.answer["data"]["room"]["me"]
                assert me["viewer"]
                assert not any(me["permissions"][device] for device in ("mic", "camera", "screen"))


class TestTheDoor:
    async def test_a_copied_id_throws_nobody_out(self, server: Server, room: str) -> None:
        boss = page(server, room, token=token(room, role="moderator", peerId="boss"))
        guest = page(server, room)
        async with joining(boss) as mod, joining(guest) as ada:
            for victim in ("boss", guest["peerId"]):
                async with joining(page(server, room, peerId=victim)) as eve:
                    assert eve.outcome == "peerIdTaken"
                async with joining(page(server, room, peerId=victim, token=token(room, role="moderator"))) as eve:
                    assert eve.outcome == "peerIdTaken"
            assert await mod.alive()
            assert await ada.alive()
            async with joining(ticket(server, room, identity=ada.answer["data"]["identity"])) as again:
                assert (again.outcome, again.answer["data"]["peerId"]) == ("in", guest["peerId"])

    async def test_nor_does_it_pass_a_lock_or_the_waiting_room(self, server: Server, room: str) -> None:
        boss = page(server, room, token=token(room, role="moderator", peerId="boss"))
        async with joining(boss) as mod, joining(page(server, room, peerId="5")) as ada:
            mine = ada.answer["data"]["identity"]
            await mod.ask("setLocked", locked=True)
            async with joining(page(server, room, peerId="5")) as eve:
                assert eve.outcome == "roomLocked"
            await mod.ask("setLocked", locked=False)
            await mod.ask("setWaitingRoom", enabled=True)
            async with joining(page(server, room, peerId="5")) as eve:
                assert eve.outcome == "peerIdTaken"
            async with joining(page(server, room, peerId="6")) as eve:
                assert eve.outcome == "waiting"
            assert await ada.alive()
            await mod.ask("setLocked", locked=True)
            async with joining(ticket(server, room, {"peerId": "5"}, identity=mine)) as again:
                assert again.outcome == "in"

    async def test_who_is_removed_does_not_come_back_with_the_same_page_under_another_id(
        self, server: Server, room: str
    ) -> None:
        boss = page(server, room, token=token(room, role="moderator", peerId="boss"))
        opened = page(server, room)
        async with joining(boss) as mod, joining(opened) as eve:
            mine = eve.answer["data"]["identity"]
            await mod.ask("kick", peerId=opened["peerId"])
            tries = [
                opened,
                ticket(server, room, identity=mine),
                ticket(server, room, identity=opened["identity"]),
                ticket(server, room, {"peerId": "another"}, identity=mine),
                page(server, room, peerId=opened["peerId"]),
            ]
            for admission in tries:
                async with joining(admission) as again:
                    assert again.outcome == "kicked"
            await mod.ask("setLocked", locked=True)  # what helps against another browser
            async with joining(page(server, room)) as again:
                assert again.outcome == "roomLocked"

    async def test_a_token_that_is_over_brings_back_who_was_in_and_nobody_else(self, server: Server, room: str) -> None:
        def short() -> dict[str, str]:
            return {"token": token(room, peerId="ada", exp=int(time.time()) + 2)}

        query = short()
        opened = page(server, room, **query)
        async with joining(page(server, room, **query)) as ada:
            mine = ada.answer["data"]["identity"]
            await asyncio.sleep(13)  # the ten seconds of grace that clocks get, too
            assert ticket(server, room, query)["error"]["code"] == "tokenExpired"
            assert ticket(server, room, query, identity=opened["identity"])["error"]["code"] == "tokenExpired"
            async with joining(ticket(server, room, query, identity=mine)) as again:
                assert again.outcome == "in"
            configure(server, token_grace_minutes=0)
            try:
                assert ticket(server, room, query, identity=mine)["error"]["code"] == "tokenExpired"
            finally:
                configure(server, token_grace_minutes=60)
