"""The front door of the media package: one SFU a process, its sockets, and a router for each room."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import TYPE_CHECKING

from media.bandwidth.flow_groups import FlowGroups
from media.counts import Counts, PipeTotals
from media.net.dtls import CERTIFICATE_USED_S, HANDSHAKES_AT_ONCE, generate_certificate
from media.net.endpoints import Departures, Endpoints
from media.net.ice import host_candidates
from media.net.tcp import TcpLimits, TcpServer
from media.net.udp import UdpSocket
from media.ortc.capabilities import TRANSPORT_WIDE_ID
from media.router import Router
from media.send.batch_egress import make_egress
from media.send.egress import Egress
from media.send.stream_egress import StreamEgress
from media.send.transport_wide import TransportWideTable
from media.ticker import Ticker
from media.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from media.config import MediaConfig
    from media.net.dtls import Certificate
    from media.ortc.parameters import IceCandidate, RtpCodecCapability
    from media.transport import WebRtcTransport


class Sfu:
    """`start` binds, `close` frees. `clock` counts seconds from anywhere, steadily."""

    def __init__(self, config: MediaConfig, clock: Callable[[], float] = time.monotonic) -> None:
        self.config = config
        self.clock = clock
        self._certificate = generate_certificate()
        self._certificate_made = clock()
        self.counts = Counts()
        self.departures = Departures()
        self.ticker = Ticker(clock, self.departures.flush)
        self.numbers = TransportWideTable(clock, TRANSPORT_WIDE_ID, lambda: self.ticker.hurry(self.numbers))
        self.flow_groups = FlowGroups()
        self.endpoints = Endpoints()
        self.handshake_turns = Turns(HANDSHAKES_AT_ONCE)
        self.sockets: list[UdpSocket[Egress]] = []
        self.tcp: TcpServer[Egress] | None = None
        self.ice_candidates: list[IceCandidate] = []
        self._routers: dict[str, Router] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def certificate(self) -> Certificate:
        """For new transports; made anew long before it ends, while those that are there keep theirs."""
        now = self.clock()
        if now - self._certificate_made > CERTIFICATE_USED_S:
            self._certificate, self._certificate_made = generate_certificate(), now
        return self._certificate

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """What it runs on since `start`. Raises `RuntimeError` before."""
        if self._loop is None:
            message = "The SFU has not been started."
            raise RuntimeError(message)
        return self._loop

    async def start(self) -> None:
        """Bind all addresses, all with one port of UDP and one of TCP. Raises `AddressInUse`, having bound none."""
        loop = self._loop = asyncio.get_running_loop()
        try:
            self._bind()
        except BaseException:
            self._close_sockets()
            raise
        for udp in self.sockets:
            udp.start(loop)
        if self.tcp is not None:
            self.tcp.start(loop)
            self.ticker.add(self.tcp)
        self.announce([announced for _, announced in self.config.listen])
        self.departures.start(loop)
        self.ticker.start(loop)

    def announce(self, addresses: Sequence[str]) -> None:
        """Tell these addresses to clients from now on, the preferred last; to those with a transport nothing new."""
        udp = [(ip, self.sockets[0].port) for ip in addresses if self.sockets]
        self.ice_candidates = host_candidates(
            udp, [(ip, self.tcp.port) for ip in addresses] if self.tcp is not None else []
        )

    async def close(self) -> None:
        """End all rooms and free the port. Idempotent."""
        for router in list(self._routers.values()):
            router.close()
        for _ in range(2):  # lets the transports' good-byes leave while the socket is still open
            await asyncio.sleep(0)
        self.ticker.close()
        self.departures.close()
        self._close_sockets()

    def create_router(self, codecs: Sequence[RtpCodecCapability] | None = None) -> Router:
        """A router for one room; `codecs` in the order of preference, by default all that can be forwarded."""
        router = Router(self, codecs)
        self._routers[router.id] = router
        return router

    def remove_router(self, router: Router) -> None:
        """Forget a closed router."""
        self._routers.pop(router.id, None)

    def transports(self) -> list[WebRtcTransport]:
        """All that are there at the moment."""
        return [transport for router in self._routers.values() for transport in router.transports]

    def behind_s(self) -> float:
        """For how long media has been waiting in a socket all the time; 0 while each wake-up takes all there is."""
        pipes = (pipe.backlog for router in self._routers.values() for pipe in router.pipes)
        now = self.clock()
        return max((one.behind_s(now) for one in (*(udp.backlog for udp in self.sockets), *pipes)), default=0.0)

    def pipe_totals(self) -> PipeTotals:
        """What has gone through all pipes to other nodes since the start."""
        pipes = [pipe.totals() for router in self._routers.values() for pipe in router.pipes]
        return sum(pipes, self.counts.closed_pipes)

    def _bind(self) -> None:
        config, shared = self.config, (self.endpoints, self.departures)
        egress = partial(make_egress, batched=config.batched, numbers=self.numbers)
        bound = list(dict.fromkeys(bind_ip for bind_ip, _ in config.listen))
        port = config.port
        for bind_ip in bound:
            udp = UdpSocket(bind_ip, port, self.clock, shared, egress, batched=config.batched)
            self.sockets.append(udp)
            port = udp.port
        if config.tcp_port is not None and bound:
            limits = TcpLimits(config.tcp_connections, config.tcp_per_address)
            self.tcp = tcp = TcpServer[Egress](
                self.clock, shared, lambda connection: StreamEgress(connection, self.numbers), limits
            )
            port = config.tcp_port
            for bind_ip in bound:
                tcp.listen(bind_ip, port)
                port = tcp.port

    def _close_sockets(self) -> None:
        if self.tcp is not None:
            self.ticker.remove(self.tcp)
            self.tcp.close()
            self.tcp = None
        for udp in self.sockets:
            udp.close()
        self.sockets.clear()
