"""A live meeting that the Server API is asked about: a node with its control API, and people on real signalling."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connections
from websockets.exceptions import ConnectionClosed

from meet.accounts.models import Account, Domain, Role
from tests.api.programs import api_key, program
from tests.control.nodes import placed, registered
from tests.rooms.client import Address, Client
from tests.rooms.guests import OPUS, VP8

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.rooms.conftest import NodeProcess

ROOM = "team42"
HOST = "ours.example"
PING_S = 2.0
SCREEN = {**VP8, "mid": "2", "encodings": [{"ssrc": 3333}]}


@dataclass(frozen=True)
class Answer:
    """What the Server API says."""

    status: int
    body: Any
    headers: dict[str, str]

    @property
    def code(self) -> str:
        """Of an error, which also says in words why."""
        assert self.body["error"]["message"]
        return str(self.body["error"]["code"])


@dataclass(frozen=True)
class Caller:
    """A program with an Authorization header, or (empty) without one."""

    authorization: str = ""

    async def get(self, path: str) -> Answer:
        return await self.ask("GET", path)

    async def post(self, path: str, body: Any = None) -> Answer:
        return await self.ask("POST", path, body)

    async def ask(self, method: str, path: str, body: Any = None) -> Answer:
        """In a thread, as web does it: the people in the meeting go on meanwhile."""
        return await asyncio.to_thread(self._ask, method, path, body)

    def _ask(self, method: str, path: str, body: Any) -> Answer:
        data = "" if body is None else json.dumps(body)
        try:
            answer = program(self.authorization).generic(method, path, data, "application/json")
        finally:
            connections.close_all()
        return Answer(answer.status_code, json.loads(answer.content) if answer.content else None, dict(answer.headers))


@dataclass(frozen=True)
class Callers:
    """Who asks about the rooms of an account; `viewer` may see its recordings only, `stranger` has another account."""

    account: Account
    owner: Caller
    admin: Caller
    viewer: Caller
    stranger: Caller
    nobody: Caller = Caller()

    @contextlib.asynccontextmanager
    async def meeting(self, node: NodeProcess) -> AsyncIterator[Meeting]:
        """Three people: `ada` sends sound, picture and screen, `bob` nothing, `wim` waits at the door."""
        async with person(node) as ada, person(node) as bob, person(node) as wim:
            ours = {"account_id": self.account.pk}
            await ada.join(ROOM, "ada", {**ours, "display_name": "Ada L."})
            await ada.request("produce", kind="audio", source="mic", rtpParameters=OPUS)
            await ada.request("produce", kind="video", source="camera", rtpParameters=VP8)
            await ada.request("produce", kind="video", source="screen", rtpParameters=SCREEN)
            await bob.join(ROOM, "bob/2", {**ours, "viewer": True})
            wims_join = await wim.ask_to_join(ROOM, "wim", {**ours, "waiting_room": True})
            await wim.event("waiting")
            for client in (ada, bob):
                await client.drain()
                client.events.clear()
            yield Meeting(ada, bob, wim, wims_join)
        assert await node.rooms_gone()


@dataclass(frozen=True)
class Meeting:
    """The people's sockets; `wims_join` is the id of the request that isn't answered yet."""

    ada: Client
    bob: Client
    wim: Client
    wims_join: int


@contextlib.asynccontextmanager
async def person(node: Address) -> AsyncIterator[Client]:
    """Somebody who, as browsers do, pings while others are asked; what is not waited for is kept."""

    async def ping() -> None:
        with contextlib.suppress(ConnectionClosed):
            for number in itertools.count(1_000_000):
                await asyncio.sleep(PING_S)
                await client.send({"id": number, "method": "ping", "data": {}})

    async with Client(node, max_queue=None) as client:
        pinging = asyncio.create_task(ping())
        yield client
        pinging.cancel()


def make_callers(control_url: str) -> Callers:
    """An account with a host and a room on the node, another one, and programs with tokens."""
    ours, theirs = Account.objects.create(name="Ours"), Account.objects.create(name="Theirs")
    Domain.objects.create(account=ours, host=HOST)
    Domain.objects.create(account=theirs, host="theirs.example")
    placed(ours, ROOM, registered(control_url))
    owner, admin, viewer = (Caller(api_key(ours, role)) for role in (Role.OWNER, Role.ADMIN, Role.VIEWER))
    return Callers(ours, owner, admin, viewer, stranger=Caller(api_key(theirs, Role.OWNER)))
