"""A client with real ICE, DTLS and SRTP that counts packets instead of decoding them."""

from __future__ import annotations

import asyncio
import secrets
import socket
import struct
from typing import TYPE_CHECKING, Final

from media.net.dtls import DtlsTransport, local_parameters
from media.net.stun import is_stun
from media.ortc.parameters import DtlsParameters
from tests.media.packets import binding_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiortc.rtcdtlstransport import RTCCertificate

    from media.ortc.parameters import IceParameters, TransportOptions

CHECK_INTERVAL_S: Final = 4.0
POLL_INTERVAL_S: Final = 0.02
CONNECT_TIMEOUT_S: Final = 20.0
RECEIVE_BUFFER: Final = 4 * 1024 * 1024
DATAGRAMS_PER_WAKE_UP: Final = 64
# socket(7) of Linux: the option, and what comes with each datagram (struct timespec).
SO_TIMESTAMPNS: Final = 35
TIMESPEC: Final = struct.Struct("=qq")
CONTROL_SIZE: Final = socket.CMSG_SPACE(TIMESPEC.size)


class LightClient:
    """One transport's other end. `on_packet(view, length)` gets each SRTP datagram, still encrypted.

    A `patient` client looks at its socket every 20 ms once it is connected. The others are woken for each packet,
    which tells the latency, but on loopback lets the server pay for waking this process.

    A `timed` client knows when a packet came to the kernel (`arrived_at_s`, seconds since 1970), however late it looks.
    """

    check_interval_s = CHECK_INTERVAL_S

    def __init__(
        self,
        options: TransportOptions,
        certificate: RTCCertificate,
        on_packet: Callable[[memoryview, int], None],
        *,
        patient: bool = False,
        timed: bool = False,
        dtls_role: str = "client",
    ) -> None:
        self._patient = patient
        self._timed = timed
        self.arrived_at_s = 0.0
        self._polling: asyncio.TimerHandle | None = None
        self._options = options
        self.ice_parameters = options.ice_parameters
        candidate = options.ice_candidates[0]
        self._server = (candidate.ip, candidate.port)
        self._loop = asyncio.get_running_loop()
        self._socket = self._open_socket()
        self._view = memoryview(bytearray(2048))
        self._on_packet = on_packet
        self._ice_ready = asyncio.Event()
        self._dtls_ready = asyncio.Event()
        self.dtls_closed = asyncio.Event()
        self._ufrag = secrets.token_hex(4)
        self._checks: asyncio.Task[None] | None = None
        self.dtls = DtlsTransport(certificate, self.send, self)
        self.dtls_parameters = local_parameters(certificate)
        self.dtls_parameters.role = "server" if dtls_role == "server" else "client"

    def _open_socket(self) -> socket.socket:
        made = socket.socket(socket.AF_INET6 if ":" in self._server[0] else socket.AF_INET, socket.SOCK_DGRAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        if self._timed:
            made.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        made.setblocking(False)  # noqa: FBT003 - socket's own signature
        made.connect(self._server)
        self._loop.add_reader(made.fileno(), self._readable)
        return made

    @property
    def address(self) -> tuple[str, int]:
        """Where this client's datagrams come from."""
        name: tuple[str, int] = self._socket.getsockname()[:2]
        return name

    async def connect(self) -> None:
        """Check connectivity, shake hands. Raises `TimeoutError`."""
        self._checks = asyncio.ensure_future(self._check_forever())
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            await self._ice_ready.wait()
            role = "client" if self.dtls_parameters.role == "server" else "server"
            remote = DtlsParameters(self._options.dtls_parameters.fingerprints, role=role)  # type: ignore[arg-type]
            self.dtls.start_handshake(remote)
            await self._dtls_ready.wait()
        if self._patient:
            self._loop.remove_reader(self._socket.fileno())
            self._polling = self._loop.call_later(POLL_INTERVAL_S, self._poll)

    def hand_over(self) -> socket.socket:
        """The socket, for somebody else to read from; checks of connectivity go on."""
        if self._polling is not None:
            self._polling.cancel()
        self._loop.remove_reader(self._socket.fileno())
        return self._socket

    async def restart_ice(self, parameters: IceParameters) -> None:
        """Go on with new credentials from a new port (RFC 8445 section 9). Raises `TimeoutError`."""
        self.ice_parameters = parameters
        self._close_socket()
        self._socket = self._open_socket()
        self._ice_ready.clear()
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            while not self._ice_ready.is_set():
                self.check()
                await asyncio.sleep(0.05)

    def _poll(self) -> None:
        self._polling = self._loop.call_later(POLL_INTERVAL_S, self._poll)
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

    def send_rtcp(self, packet: bytes) -> None:
        """Protect and send one RTCP compound."""
        self.send(self.dtls.sessions[1].protect_rtcp(packet))

    def close(self) -> None:
        """Say good-bye and free the socket."""
        self.stop_checking()
        if self._polling is not None:
            self._polling.cancel()
        self._loop.remove_reader(self._socket.fileno())
        self.dtls.close()
        self._loop.call_later(0.1, self._socket.close)

    def _close_socket(self) -> None:
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()

    def on_dtls_connected(self) -> None:
        """The keys are there."""
        self._dtls_ready.set()

    def on_dtls_closed(self, *, failed: bool) -> None:  # noqa: ARG002 - either way it's over
        """The server ended it."""
        self.dtls_closed.set()

    def check(self, *, use_candidate: bool = True) -> None:
        """Send one connectivity check."""
        self.send(
            binding_request(
                username=f"{self.ice_parameters.username_fragment}:{self._ufrag}",
                password=self.ice_parameters.password.encode(),
                use_candidate=use_candidate,
                tie_breaker=secrets.randbits(64),
                priority=1,
            )
        )

    def stop_checking(self) -> None:
        """Let the server's consent run out."""
        if self._checks is not None:
            self._checks.cancel()

    async def _check_forever(self) -> None:
        while True:
            self.check()
            await asyncio.sleep(self.check_interval_s if self._ice_ready.is_set() else 0.2)

    def _readable(self) -> None:
        view = self._view
        receive = self._receive_timed if self._timed else self._socket.recv_into
        for _ in range(DATAGRAMS_PER_WAKE_UP):
            try:
                length = receive(view)
            except OSError:
                return
            self._receive(view, length)

    def _receive_timed(self, view: memoryview) -> int:
        length, control, _, _ = self._socket.recvmsg_into([view], CONTROL_SIZE)
        for _, kind, data in control:
            if kind == SO_TIMESTAMPNS:
                seconds, nanoseconds = TIMESPEC.unpack(data)
                self.arrived_at_s = seconds + nanoseconds / 1e9
        return length

    def _receive(self, view: memoryview, length: int) -> None:
        if view[0] >= 128:
            self._on_packet(view, length)
            return
        data = bytes(view[:length])
        if is_stun(data):
            self._ice_ready.set()
        else:
            self.dtls.receive(data)
