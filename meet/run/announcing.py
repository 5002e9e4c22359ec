"""Looks now and then whether host names in `MEET_PUBLIC_IP` mean other addresses, and announces those from then on."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
from typing import TYPE_CHECKING, Final

from meet.config import ConfigError, split_list
from meet.run.addresses import media_addresses

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from meet.config import Config

logger = logging.getLogger(__name__)

REFRESH_S: Final = 300.0


class Announcing:
    """Of a node, between `start` and `close`. `addresses` is what `media_addresses` told at the start.

    `announce` gets the new addresses, the preferred last. What can't be resolved at the moment stays as it was.
    """

    def __init__(
        self, config: Config, addresses: tuple[tuple[str, str], ...], announce: Callable[[Sequence[str]], None]
    ) -> None:
        self._config = config
        self._addresses = addresses
        self._announce = announce
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, where there is a name."""
        if any(not _is_address(text.partition("/")[0]) for text in split_list(self._config.public_ip)):
            self._task = asyncio.create_task(self._look_forever(), name="announcing")

    async def close(self) -> None:
        """End it. Idempotent."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def look(self) -> None:
        """Resolve the names once more."""
        try:
            found = await asyncio.to_thread(media_addresses, self._config)
        except ConfigError as error:
            logger.warning("Media is announced at the same addresses as before: %s", error)
            return
        bound = {address for address, _ in self._addresses}
        if found != self._addresses and {address for address, _ in found} <= bound:
            self._addresses = found
            addresses = [announced for _, announced in found]
            logger.info("Media is announced at %s from now on.", ", ".join(addresses))
            self._announce(addresses)

    async def _look_forever(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_S)
            await self.look()


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
