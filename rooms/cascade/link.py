"""A link between two nodes: messages in order over one TCP connection, until it breaks or a side falls silent."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from rooms.cascade.messages import Alive
from rooms.cascade.sealing import LENGTH_OCTETS, NotOurs, Opener, Sealer, length_of

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

ALIVE_EVERY_S: Final = 1.0
# Whoever is silent for so long is gone, or as good as gone.
SILENT_S: Final = 4.0
# What may wait for a node that reads too slowly; then the link is given up.
MAX_WAITING: Final = 16 * 1024 * 1024


class LinkEnd(Protocol):
    """Who uses a link, at one side of it."""

    def on_message(self, message: Any) -> None: ...
    def on_link_closed(self) -> None: ...


class Link:
    """`send` never waits. `run` until it ends; then `end` hears so, once."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        keys: tuple[bytes, bytes],
        shape: Any,
        end: Callable[[Link], LinkEnd],
    ) -> None:
        """`keys` are for what we send and for what comes, `shape` is what may come."""
        self.closed = False
        self._reader = reader
        self._writer = writer
        self._sealer, self._opener = Sealer(keys[0]), Opener(keys[1])
        self._decoder = msgspec.json.Decoder(shape)
        self._encoder = msgspec.json.Encoder()
        self._end = end(self)

    def send(self, message: Any) -> None:
        """Send one message, unless the link is closed."""
        if self.closed:
            return
        if self._writer.transport.get_write_buffer_size() > MAX_WAITING:
            logger.warning("A node takes nothing any more: the link to it is given up")
            self.close()
            return
        self._writer.write(self._sealer.seal(self._encoder.encode(message)))

    def close(self) -> None:
        """End it at once. Idempotent."""
        if not self.closed:
            self.closed = True
            self._writer.transport.abort()
            self._end.on_link_closed()

    async def run(self) -> None:
        """Until it ends."""
        alive = asyncio.create_task(self._stay_alive(), name="link is alive")
        try:
            while not self.closed:
                async with asyncio.timeout(SILENT_S):
                    head = await self._reader.readexactly(LENGTH_OCTETS)
                    sealed = await self._reader.readexactly(length_of(head))
                message = self._decoder.decode(self._opener.open(sealed))
                if not isinstance(message, Alive):
                    self._take(message)
        except (OSError, asyncio.IncompleteReadError):  # gone, or silent (`TimeoutError`)
            pass
        except (NotOurs, msgspec.MsgspecError) as error:
            logger.warning("A link to another node ended: what came on it is not understood (%r)", error)
        finally:
            alive.cancel()
            self.close()

    def _take(self, message: Any) -> None:
        try:
            self._end.on_message(message)
        except Exception:
            logger.exception("A message of another node could not be carried out")

    async def _stay_alive(self) -> None:
        while True:
            self.send(Alive())
            await asyncio.sleep(ALIVE_EVERY_S)
