"""Requests to a control API, byte by byte, over a real connection."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from rooms.control.requests import PATH
from rooms.control.server import ControlServer
from rooms.control.signing import Signed, derive_key
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from ssl import SSLContext

    from rooms.runtime.node import Node

KEY = derive_key("a secret key of tests")
TIMEOUT_S = 30.0
_numbers = itertools.count()


@contextlib.asynccontextmanager
async def control_server(
    node: Node, now_s: Callable[[], float] = time.time, tls: SSLContext | None = None
) -> AsyncIterator[tuple[ControlServer, int]]:
    """A node's control API in this process, and its port."""
    server, port = ControlServer(node, KEY, now_s), free_port()
    await server.start("127.0.0.1", port, tls)
    yield server, port
    await server.close()


@contextlib.asynccontextmanager
async def control_api(node: Node, now_s: Callable[[], float] = time.time) -> AsyncIterator[int]:
    """The port alone."""
    async with control_server(node, now_s) as (_, port):
        yield port


async def connections(server: ControlServer, count: int) -> None:
    """Wait until so many are connected."""
    async with asyncio.timeout(TIMEOUT_S):
        while len(server._connections) != count:  # noqa: ASYNC110 - it comes with the network
            await asyncio.sleep(0.01)


@dataclass(frozen=True)
class Answer:
    """What came back; status 0 for nothing."""

    status: int
    body: bytes

    def json(self) -> Any:
        return msgspec.json.decode(self.body)


def request(body: bytes, *, path: str = PATH, node: str = "serv0", at_s: float | None = None, **more: str) -> bytes:
    """A signed request as bytes; `more` are headers in the place of the signed ones."""
    nonce = f"nonce{next(_numbers)}"
    signed = Signed(node, "POST", path, str(int(time.time() if at_s is None else at_s)), nonce, body)
    headers = {
        "Host": "node",
        "Content-Length": str(len(body)),
        "X-Meet-Time": signed.time,
        "X-Meet-Nonce": nonce,
        "X-Meet-Signature": signed.signature(KEY),
    }
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode() + body


async def exchange(port: int, sent: bytes) -> Answer:
    """Send some bytes and nothing more; all that comes back until the node closes the connection."""
    async with asyncio.timeout(TIMEOUT_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.suppress(OSError):
            writer.write(sent)
            writer.write_eof()
            await writer.drain()
        received = b""
        with contextlib.suppress(ConnectionError):
            received = await reader.read()
        writer.close()
    head, _, body = received.partition(b"\r\n\r\n")
    return Answer(int(head.split(b" ", 2)[1]), body) if head.startswith(b"HTTP/1.1 ") else Answer(0, received)
