"""The front door of the media package: one SFU a process, its sockets, and a router for each room."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import TYPE_CHECKING

from media.net.dtls import CERTIFICATE_USED_S, generate_certificate
from media.net.udp import UdpSocket
from media.ortc.capabilities import TRANSPORT_WIDE_ID
from media.router import Router
from media.send.batch_egress import make_egress
from media.send.transport_wide import TransportWideTable
from media.ticker import Ticker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from media.config import MediaConfig
    from media.net.dtls import Certificate
    from media.ortc.parameters import RtpCodecCapability
    from media.send.egress import Egress


class Sfu:
    """`start` binds, `close` frees. `clock` counts seconds from anywhere, steadily."""

    def __init__(self, config: MediaConfig, clock: Callable[[], float] = time.monotonic) -> None:
        self.config = config
        self.clock = clock
        self._certificate = generate_certificate()
        self._certificate_made = clock()
        self.ticker = Ticker(clock)
        self.numbers = TransportWideTable(clock, TRANSPORT_WIDE_ID)
        self.ticker.hurry(self.numbers)
        self.sockets: list[UdpSocket[Egress]] = []
        self._routers: dict[str, Router] = {}

    @property
    def certificate(self) -> Certificate:
        """For new transports; made anew long before it ends, while those that are there keep theirs."""
        now = self.clock()
        if now - self._certificate_made > CERTIFICATE_USED_S:
            self._certificate, self._certificate_made = generate_certificate(), now
        return self._certificate

    async def start(self) -> None:
        """Bind all addresses, all with one port. Raises `AddressInUse`, having bound none."""
        loop = asyncio.get_running_loop()
        port = self.config.port
        egress = partial(make_egress, batched=self.config.batched, numbers=self.numbers)
        try:
            for bind_ip, announced_ip in self.config.listen:
                udp = UdpSocket(bind_ip, announced_ip, port, self.clock, egress)
                self.sockets.append(udp)
                port = udp.port
        except BaseException:
            self._close_sockets()
            raise
        for udp in self.sockets:
            udp.start(loop)
        self.ticker.start(loop)

    async def close(self) -> None:
        """End all rooms and free the port. Idempotent."""
        for router in list(self._routers.values()):
            router.close()
        for _ in range(2):  # lets the transports' good-byes leave while the socket is still open
            await asyncio.sleep(0)
        self.ticker.close()
        self._close_sockets()

    def create_router(self, codecs: Sequence[RtpCodecCapability] | None = None) -> Router:
        """A router for one room; `codecs` in the order of preference, by default all that can be forwarded."""
        router = Router(self, codecs)
        self._routers[router.id] = router
        return router

    def remove_router(self, router: Router) -> None:
        """Forget a closed router."""
        self._routers.pop(router.id, None)

    def _close_sockets(self) -> None:
        for udp in self.sockets:
            udp.close()
        self.sockets.clear()
