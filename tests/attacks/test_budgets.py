"""One machine with many connections, without a token: it fills no waiting room, no server and no chat for others."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import jwt
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from rooms.state.chat import MESSAGES_AT_ONCE
from rooms.state.waiting_room import MAX_WAITING
from tests.attacks.bystanders import bystanders
from tests.e2e.server import Server, running_server
from tests.rooms.client import Address, Client, Refusal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

pytestmark = [pytest.mark.long, pytest.mark.timeout(240)]

KEY = "a secret of thirty-two characters or more"
# The test is the reverse proxy, which says where its clients come from.
ATTACKER, SOMEBODY, MODERATOR = "203.0.113.66", "198.51.100.7", "192.0.2.1"
SOCKETS = MAX_WAITING + 20
JOINS = MAX_WAITING + 60
PING_S = 3.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"jwt_key": KEY, "behind_proxy": "true"}
    limits = {"sockets_per_address": str(SOCKETS), "joins_per_minute": str(JOINS)}
    with running_server(tmp_path_factory.mktemp("budgets"), **settings, **limits) as running:
        yield running


def ask_for_ticket(server: Server, address: str, room: str, **attributes: str) -> tuple[int, dict[str, Any]]:
    """What `/tickets/` says to somebody at an address."""
    body = json.dumps({"interface": "call", "query": urlencode({"roomId": room, **attributes})}).encode()
    headers = {"Content-Type": "application/json", "X-Forwarded-For": address}
    request = urllib.request.Request(f"{server.url}/tickets/", body, headers)  # noqa: S310 - our own server
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def token(**claims: Any) -> str:
    return jwt.encode(claims, KEY, "HS256")


async def admission(server: Server, address: str, room: str, **attributes: str) -> dict[str, Any]:
    status, answer = await asyncio.to_thread(ask_for_ticket, server, address, room, **attributes)
    assert status == 200, answer
    return answer


def socket_at(admitted: dict[str, Any], address: str) -> Client:
    port = urlsplit(admitted["nodeUrl"]).port
    assert port is not None
    return Client(Address(port), additional_headers={"X-Forwarded-For": address}, max_queue=None)


async def ask_to_join(client: Client, admitted: dict[str, Any]) -> int:
    client._last_id += 1
    join = {"ticket": admitted["ticket"], "rtpCapabilities": client.hello["routerRtpCapabilities"]}
    await client.send({"id": client._last_id, "method": "join", "data": join})
    return client._last_id


async def waits(client: Client, join: int) -> bool:
    """Whether somebody who wants to come in waits for a moderator, or is refused; of many each has a turn."""
    while "waiting" not in dict(client.events) and join not in client.answers:
        await client._receive()
    return join not in client.answers


@contextlib.asynccontextmanager
async def inside(server: Server, address: str, room: str, **attributes: str) -> AsyncIterator[Client]:
    admitted = await admission(server, address, room, **attributes)
    async with socket_at(admitted, address) as client:
        client.unwrap(await client.answer(await ask_to_join(client, admitted)))
        yield client


@contextlib.asynccontextmanager
async def pinging(clients: list[Client]) -> AsyncIterator[None]:
    async def ping() -> None:
        for number in itertools.count(1_000_000):
            await asyncio.sleep(PING_S)
            for client in list(clients):
                with contextlib.suppress(Exception):  # it may have been sent away
                    await client.send({"id": number, "method": "ping", "data": {}})

    task = asyncio.create_task(ping())
    yield
    task.cancel()


async def test_a_waiting_room_and_a_server_full_of_one_machines_connections(server: Server) -> None:
    moderator = token(role="moderator", waitingRoom=True, roomId="lobby")
    clients: list[Client] = []
    with bystanders(server.url) as strangers:
        admitted = [await admission(server, ATTACKER, "lobby") for _ in range(MAX_WAITING + 5)]
        async with (
            contextlib.AsyncExitStack() as stack,
            pinging(clients),
            inside(server, MODERATOR, "lobby", token=moderator) as mod,
        ):
            clients.append(mod)
            joins = []
            for one in admitted:
                client = await stack.enter_async_context(socket_at(one, ATTACKER))
                clients.append(client)
                joins.append((client, await ask_to_join(client, one)))
            heard = [await waits(client, join) for client, join in joins]
            assert heard.count(True) == MAX_WAITING

            theirs = await admission(server, SOMEBODY, "lobby", peerId="somebody", displayName="Somebody")
            somebody = await stack.enter_async_context(socket_at(theirs, SOMEBODY))
            clients.append(somebody)
            join = await ask_to_join(somebody, theirs)
            await somebody.event("waiting")
            while (await mod.event("knocked"))["peer"]["peerId"] != "somebody":
                pass
            await mod.request("admit", peerId="somebody", admitted=True)
            assert (await somebody.answer(join))["ok"]

            # More connections from there there are not, and others are still taken.
            refused = await connect_until_refused(stack, admitted[0]["nodeUrl"])
            assert refused["code"] == "tooManyRequests"
            await stack.enter_async_context(socket_at(theirs, SOMEBODY))
    strangers.check()


async def connect_until_refused(stack: contextlib.AsyncExitStack, url: str) -> dict[str, Any]:
    """What the attacker is told in the end."""
    for _ in range(SOCKETS):
        headers = {"X-Forwarded-For": ATTACKER}
        socket = await stack.enter_async_context(
            connect(url, subprotocols=[Subprotocol("meet.v1")], additional_headers=headers)
        )
        frame = json.loads(await socket.recv())
        if frame["event"] == "closing":
            return dict(frame["data"])
    raise AssertionError("Nothing was refused.")


def test_tickets_for_one_address_come_to_an_end_but_not_for_others_nor_for_who_has_a_token(server: Server) -> None:
    statuses = (ask_for_ticket(server, ATTACKER, f"made-up{number}")[0] for number in range(20 * JOINS))
    assert 429 in statuses
    assert ask_for_ticket(server, SOMEBODY, "team")[0] == 200
    assert ask_for_ticket(server, ATTACKER, "team", token=token(role="moderator", roomId="team"))[0] == 200


async def test_a_flood_of_messages_reaches_nobody(server: Server) -> None:
    async with inside(server, SOMEBODY, "chat") as victim, inside(server, "203.0.113.99", "chat") as attacker:
        flood = 3 * MESSAGES_AT_ONCE
        for number in range(flood):
            await attacker.send({"id": 100 + number, "method": "sendChat", "data": {"text": "x" * 4000}})
        answers = [await attacker.answer(100 + number) for number in range(flood)]
        assert {answer["error"]["code"] for answer in answers if not answer["ok"]} == {"tooManyRequests"}
        await victim.drain()
        assert sum(name == "chatAdded" for name, _ in victim.events) < MESSAGES_AT_ONCE
        await victim.request("sendChat", text="Is anybody here?")
        with pytest.raises(Refusal, match="tooManyRequests"):
            await attacker.request("sendChat", text="x" * 4000)
