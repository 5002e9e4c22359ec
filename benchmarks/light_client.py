"""A client with real ICE, DTLS and SRTP that counts packets instead of decoding them."""

from __future__ import annotations

import asyncio
import secrets
import socket
from typing import TYPE_CHECKING, Final

from media.dtls import DtlsTransport, local_parameters
from media.parameters import DtlsParameters
from media.stun import binding_request, is_stun

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiortc.rtcdtlstransport import RTCCertificate

    from media.parameters import TransportOptions

CHECK_INTERVAL_S: Final = 4.0
POLL_INTERVAL_S: Final = 0.02
CONNECT_TIMEOUT_S: Final = 20.0
RECEIVE_BUFFER: Final = 4 * 1024 * 1024


class LightClient:
    """One transport's other end. `on_packet(view, length)` gets each SRTP datagram, still encrypted.

    A `patient` client looks at its socket every 20 ms once it is connected. The others are woken for each packet,
    which tells the latency, but on loopback lets the server pay for waking this process.
    """

    def __init__(
        self,
        options: TransportOptions,
        certificate: RTCCertificate,
        on_packet: Callable[[memoryview, int], None],
        *,
        patient: bool = False,
    ) -> None:
        self._patient = patient
        self._polling: asyncio.TimerHandle | None = None
        self._options = options
        candidate = options.ice_candidates[0]
        self._server = (candidate.ip, candidate.port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)  # noqa: FBT003
        self._socket.connect(self._server)
        self._view = memoryview(bytearray(2048))
        self._on_packet = on_packet
        self._ice_ready = asyncio.Event()
        self._dtls_ready = asyncio.Event()
        self._ufrag = secrets.token_hex(4)
        self._checks: asyncio.Task[None] | None = None
        self.dtls = DtlsTransport(certificate, self.send, self)
        self.dtls_parameters = local_parameters(certificate)
        self.dtls_parameters.role = "client"
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._readable)

    async def connect(self) -> None:
        """Check connectivity, shake hands. Raises `TimeoutError`."""
        self._checks = asyncio.ensure_future(self._check_forever())
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            await self._ice_ready.wait()
            remote = DtlsParameters(self._options.dtls_parameters.fingerprints, role="server")
            self.dtls.start_handshake(remote)
            await self._dtls_ready.wait()
        if self._patient:
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._socket.fileno())
            self._polling = loop.call_later(POLL_INTERVAL_S, self._poll)

    def _poll(self) -> None:
        self._polling = asyncio.get_running_loop().call_later(POLL_INTERVAL_S, self._poll)
        self._readable()

    def send(self, data: bytes) -> None:
        """One datagram to the server."""
        try:
            self._socket.send(data)
        except OSError:
            return

    def send_rtp(self, packet: bytes) -> None:
        """Protect and send one RTP packet."""
        self.send(self.dtls.sessions[1].protect(packet))

    def close(self) -> None:
        """Say good-bye and free the socket."""
        if self._checks is not None:
            self._checks.cancel()
        if self._polling is not None:
            self._polling.cancel()
        asyncio.get_running_loop().remove_reader(self._socket.fileno())
        self.dtls.close()
        asyncio.get_running_loop().call_later(0.1, self._socket.close)

    def on_dtls_connected(self) -> None:
        """The keys are there."""
        self._dtls_ready.set()

    def on_dtls_closed(self, *, failed: bool) -> None:
        """The server ended it."""

    async def _check_forever(self) -> None:
        ice = self._options.ice_parameters
        while True:
            self.send(
                binding_request(
                    username=f"{ice.username_fragment}:{self._ufrag}",
                    password=ice.password.encode(),
                    use_candidate=True,
                    tie_breaker=secrets.randbits(64),
                    priority=1,
                )
            )
            await asyncio.sleep(CHECK_INTERVAL_S if self._ice_ready.is_set() else 0.2)

    def _readable(self) -> None:
        view = self._view
        receive = self._socket.recv_into
        for _ in range(64):
            try:
                length = receive(view)
            except OSError:
                return
            if view[0] >= 128:
                self._on_packet(view, length)
            else:
                data = bytes(view[:length])
                if is_stun(data):
                    self._ice_ready.set()
                else:
                    self.dtls.receive(data)
