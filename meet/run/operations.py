"""The port for those who watch a process: `/healthz`, `/readyz` and `/metrics`, in a thread and a loop of its own.

It listens on loopback or in a private network, so its answers hold nothing back. Everything is bounded: connections,
octets and seconds. A port that can't be had is a line in the log: meetings go on.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from typing import TYPE_CHECKING, Final

import h11
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from meet.run.readiness import answer

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from meet.run.readiness import Readiness

logger = logging.getLogger(__name__)

MAX_CONNECTIONS: Final = 16
MAX_HEAD: Final = 8 * 1024
READ_TIMEOUT_S: Final = 2.0
WRITE_TIMEOUT_S: Final = 5.0
START_TIMEOUT_S: Final = 5.0
JSON: Final = "application/json"


class Operations:
    """Between `start` and `close` somebody can look."""

    def __init__(self, readiness: Readiness, registry: CollectorRegistry) -> None:
        self._readiness = readiness
        self._registry = registry
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._started = threading.Event()
        self._connections: set[asyncio.Task[None]] = set()
        self.port = 0

    def start(self, host: str, port: int) -> None:
        """Listen. What makes that impossible is logged."""
        self._thread = threading.Thread(target=self._run, args=(host, port), name="operations", daemon=True)
        self._thread.start()
        self._started.wait(START_TIMEOUT_S)

    def close(self) -> None:
        """Free the port. Idempotent."""
        loop, self._loop = self._loop, None
        if loop is not None and self._thread is not None:
            loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(START_TIMEOUT_S)
        self._readiness.close()

    def _run(self, host: str, port: int) -> None:
        try:
            asyncio.run(self._serve(host, port))
        except OSError as error:
            logger.warning(
                "Nobody can watch this process: port %d of %s can't be used (%s). Choose another MEET_METRICS_PORT.",
                port,
                host,
                error.strerror or error,
            )
        finally:
            self._started.set()

    async def _serve(self, host: str, port: int) -> None:
        server = await asyncio.start_server(self._connected, host, port)
        self.port = server.sockets[0].getsockname()[1]
        self._loop = asyncio.get_running_loop()
        self._started.set()
        async with server:
            await self._stop.wait()
            for connection in list(self._connections):
                connection.cancel()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._connections) >= MAX_CONNECTIONS:
            writer.transport.abort()
            return
        task = asyncio.create_task(self._exchange(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request and its answer."""
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD)
        try:
            async with asyncio.timeout(READ_TIMEOUT_S):
                while (event := connection.next_event()) is h11.NEED_DATA:
                    connection.receive_data(await reader.read(MAX_HEAD))
            if not isinstance(event, h11.Request):
                return
            status, kind, body = await asyncio.to_thread(self._answer, event)
            head = h11.Response(
                status_code=status,
                headers=[
                    ("content-type", kind),
                    ("content-length", str(len(body))),
                    ("cache-control", "no-store"),
                    ("connection", "close"),
                ],
            )
            sent = [head] if event.method == b"HEAD" else [head, h11.Data(data=body), h11.EndOfMessage()]
            writer.write(b"".join(connection.send(one) or b"" for one in sent))
            async with asyncio.timeout(WRITE_TIMEOUT_S):
                await writer.drain()
                writer.close()
                await writer.wait_closed()
        except (OSError, h11.ProtocolError):  # they are gone or too slow, or it never was HTTP
            pass
        except Exception:
            logger.exception("The port for operations failed")
        finally:
            writer.transport.abort()

    def _answer(self, request: h11.Request) -> tuple[int, str, bytes]:
        if request.method not in {b"GET", b"HEAD"}:
            return 405, JSON, b"{}"
        match request.target.partition(b"?")[0]:
            case b"/healthz":
                return 200, JSON, b'{"status": "ok"}'
            case b"/readyz":
                status, body = answer(self._readiness.look(), details=True)
                return status, JSON, json.dumps(body).encode()
            case b"/metrics":
                return 200, CONTENT_TYPE_PLAIN_0_0_4, generate_latest(self._registry)
            case _:
                return 404, JSON, b"{}"
