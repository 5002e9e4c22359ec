"""DTLS-SRTP (RFC 5764) by aiortc, on datagrams that the shared socket hands over.

aiortc's `RTCDtlsTransport` wants an ICE transport with `role`, `state`, `_recv`, `_send` and `stop`; `_Pipe` is
that and nothing more. After the handshake media bypasses aiortc: the SFU uses the two SRTP sessions itself, and
only DTLS datagrams (retransmitted flights, SCTP, close_notify) still come through here.

Where nothing but media goes by it an association is not kept (`condense`): it takes more memory than all else of a
receiver.

As a server we begin with a ClientHello that brings our cookie, and let the library read what may come from a client
only (`media/net/dtls_records.py`): who forges the client's address ends no handshake by it.

Private members of aiortc that this module uses, and nobody else may: `_rx_srtp`, `_tx_srtp`, `_set_role`,
`_set_state`, `_state`, `_ssl`, `_do_handshake`, `_recv_next`, and of a certificate `_create_ssl_context`.
`tests/media/test_dtls.py` holds the contract.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Protocol

from aiortc.rtcdtlstransport import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    State,
)
from OpenSSL import SSL

from media.errors import InvalidParameters
from media.net.close_notify import SUITES, GoodByes, Secrets
from media.net.dtls_records import FIRST_HELLO, RecordFilter, hello_verify_request
from media.ortc.parameters import DtlsFingerprint, DtlsParameters
from media.token_bucket import TokenBucket

if TYPE_CHECKING:
    from collections.abc import Callable

    from pylibsrtp import Session

logger = logging.getLogger(__name__)

MAX_WAITING_DATAGRAMS: Final = 64
# RFC 8827 section 6.5 and RFC 9325 section 4.2: forward secrecy and authenticated encryption, no CBC with SHA-1.
CIPHERS: Final = b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305"
# A certificate is valid for 30 days; a transport that begins later than this gets a new one.
CERTIFICATE_USED_S: Final = 15 * 24 * 3600.0
# Datagrams of one peer that we look at, a second and at once. After the handshake only data channels need any.
DATAGRAMS_PER_S: Final = 50
DATAGRAMS_PER_S_WITH_DATA: Final = 1000
DATAGRAMS_AT_ONCE: Final = 500
# So many handshakes go on in one turn of the loop; a step of one takes up to 0.5 ms.
HANDSHAKES_AT_ONCE: Final = 4
COOKIE_SIZE: Final = 16
# Longer than what the library writes at once.
MAX_DATAGRAM: Final = 4096
# An association of which nothing but good-byes can be kept: their keys are made in another way in later versions.
VERSION: Final = "DTLSv1.2"
FINGERPRINT_ALGORITHMS: Final = frozenset({"sha-256", "sha-384", "sha-512"})


class DtlsListener(Protocol):
    """Who owns a DTLS association."""

    def on_dtls_connected(self) -> None: ...
    def on_dtls_closed(self, *, failed: bool) -> None: ...


class Certificate(RTCCertificate):
    """A certificate with one TLS context for all its associations, where aiortc makes one for each."""

    _context: SSL.Context | None = None

    @cached_property
    def fingerprints(self) -> list[DtlsFingerprint]:
        """What is announced with each transport, made once."""
        return fingerprints_of(self)

    def _create_ssl_context(self, srtp_profiles: list[Any]) -> SSL.Context:
        if self._context is None:
            self._context = super()._create_ssl_context(srtp_profiles)
            self._context.set_cipher_list(CIPHERS)
            self._context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
            self._context.set_mode(SSL.MODE_RELEASE_BUFFERS)
            # Cookies are made and looked at before the library reads anything; all it must know is that there are any.
            self._context.set_options(SSL.OP_COOKIE_EXCHANGE or 0)
            self._context.set_cookie_generate_callback(lambda _connection: b"-")
            self._context.set_cookie_verify_callback(lambda _connection, _cookie: True)
        return self._context


def generate_certificate() -> Certificate:
    """A self-signed ECDSA P-256 certificate, valid for 30 days; one serves all transports of a process."""
    certificate: Certificate = Certificate.generateCertificate()
    return certificate


def datagram_budget(now: float, *, data: bool) -> TokenBucket:
    """How many DTLS datagrams one peer may send, with data channels or without."""
    return TokenBucket(DATAGRAMS_PER_S_WITH_DATA if data else DATAGRAMS_PER_S, DATAGRAMS_AT_ONCE, now)


def local_parameters(certificate: RTCCertificate) -> DtlsParameters:
    """The certificate's fingerprints; the role is ours to choose once the client told its own."""
    known = certificate.fingerprints if isinstance(certificate, Certificate) else fingerprints_of(certificate)
    return DtlsParameters(fingerprints=list(known), role="auto")


def fingerprints_of(certificate: RTCCertificate) -> list[DtlsFingerprint]:
    """Its digests by each algorithm (RFC 8122 section 5)."""
    return [DtlsFingerprint(f.algorithm, f.value) for f in certificate.getFingerprints()]


def at_once(wake: Callable[[], None]) -> None:
    """No turn is waited for."""
    wake()


class _Pipe:
    """The ICE transport that aiortc sees. `in_turn` is asked when the next datagram is to be read: one in each turn."""

    role = "controlled"
    state = "completed"

    def __init__(self, send: Callable[[bytes], None], in_turn: Callable[[Callable[[], None]], object]) -> None:
        self.in_turn = in_turn
        # Whether a turn is asked for, and whether it has come and nothing was read in it yet.
        self._asked = False
        self._may_read = False
        # What `asyncio.Queue` would take 3 kB of each transport for.
        self._waiting: list[bytes] = []
        self._reader: asyncio.Future[None] | None = None
        self._send_datagram = send
        self._closed = False

    def put(self, data: bytes) -> None:
        """Let aiortc read this datagram; more than `MAX_WAITING_DATAGRAMS` unread ones are lost."""
        if data and not self._closed and len(self._waiting) < MAX_WAITING_DATAGRAMS:
            self._waiting.append(data)
            self._ask()

    def close(self) -> None:
        """Make the reader give up."""
        if not self._closed:
            self._closed = True
            self._wake()

    def _ask(self) -> None:
        if self._waiting and not (self._asked or self._may_read):
            self._asked = True
            self.in_turn(self._wake)

    def _wake(self) -> None:
        self._asked = False
        self._may_read = bool(self._waiting)
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def take_all(self) -> list[bytes]:
        """What waits to be read, which is not read any more."""
        waiting, self._waiting = self._waiting, []
        self._may_read = False
        return waiting

    def send(self, data: bytes) -> None:
        """Send a datagram, unless closed."""
        if not self._closed:
            self._send_datagram(data)

    async def _recv(self) -> bytes:
        while not self._may_read and not self._closed:
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        if self._closed:
            raise ConnectionError
        self._may_read = False
        data = self._waiting.pop(0)
        self._ask()
        return data

    async def _send(self, data: bytes) -> None:
        if self._closed:
            raise ConnectionError
        self._send_datagram(data)

    async def stop(self) -> None:
        self.close()


class DtlsTransport(RTCDtlsTransport):
    """One association. `start` runs the handshake in a task that `close` ends.

    `affords` is asked before the library looks at a datagram, and not about those that it never sees; `in_turn`, as
    long as the handshake lasts, when it is to look at those that have come.
    """

    def __init__(
        self,
        certificate: RTCCertificate,
        send: Callable[[bytes], None],
        listener: DtlsListener,
        affords: Callable[[], bool] = lambda: True,
        in_turn: Callable[[Callable[[], None]], object] = at_once,
    ) -> None:
        self._pipe = _Pipe(send, in_turn)
        self._affords = affords
        super().__init__(self._pipe, [certificate])  # type: ignore[arg-type]  # duck-typed ICE transport
        self._listener: DtlsListener | None = listener
        self._handshake: asyncio.Task[None] | None = None
        self._cookie = secrets.token_bytes(COOKIE_SIZE)
        self._filter: RecordFilter | None = None

    @property
    def sessions(self) -> tuple[Session, Session]:
        """The SRTP sessions (receiving, sending); only once connected."""
        return self._rx_srtp, self._tx_srtp

    def receive(self, data: bytes) -> None:
        """One DTLS datagram from the remote address; kept until the handshake starts."""
        admitted = data if self._filter is None else self._admit(data, self._filter)
        if admitted and self._affords():
            self._pipe.put(admitted)

    def start_handshake(self, remote: DtlsParameters) -> None:
        """Begin as the opposite of the client's role; `auto` leaves the client's role to the client."""
        self._set_role("client" if remote.role == "server" else "server")
        self._filter = RecordFilter("client" if remote.role == "server" else "server", self._cookie)
        for data in self._pipe.take_all():
            self.receive(data)
        parameters = RTCDtlsParameters(
            fingerprints=[RTCDtlsFingerprint(f.algorithm, f.value) for f in remote.fingerprints], role=remote.role
        )
        self._handshake = asyncio.ensure_future(self._run_handshake(parameters))

    async def _run_handshake(self, remote: RTCDtlsParameters) -> None:
        try:
            await self.start(remote)
        except Exception:
            # Whatever a hostile peer made OpenSSL or aiortc raise ends this association only.
            logger.debug("The DTLS handshake broke off", exc_info=True)
            self._set_state(State.FAILED)

    def _admit(self, data: bytes, records: RecordFilter) -> bytes:
        """What may be read of a datagram; whoever says hello without our cookie is told it."""
        admitted = records.admit(data)
        if records.asked:
            self._pipe.send(hello_verify_request(self._cookie))
        return admitted

    async def _do_handshake(self) -> None:
        """As a server put the library where it has asked for the cookie, and wait for who brings it."""
        connection = self._ssl
        if self._role == "server" and connection is not None:
            connection.bio_write(FIRST_HELLO)
            with contextlib.suppress(SSL.WantReadError):
                connection.do_handshake()
            connection.bio_read(MAX_DATAGRAM)  # its own request, which nobody has asked for
        await super()._do_handshake()

    async def _recv_next(self) -> None:
        # The task that reads may begin only after `condense`.
        if self._ssl is None:
            raise ConnectionError
        await super()._recv_next()

    def _set_state(self, state: State) -> None:
        changed = state != self._state
        super()._set_state(state)
        listener = self._listener
        if not changed or listener is None:
            return
        if state == State.CONNECTED:
            self._pipe.in_turn = at_once
            listener.on_dtls_connected()
        elif state in {State.CLOSED, State.FAILED}:
            listener.on_dtls_closed(failed=state == State.FAILED)

    def condense(self) -> GoodByes | None:
        """End the association but for its good-byes; None, and it goes on, where it is none or they could not be read.

        The sessions stay good. Nothing that the peer lost of the handshake can be sent again.
        """
        connection = self._ssl
        if self._state is not State.CONNECTED or connection is None or connection.DTLSv1_get_timeout() is not None:
            return None
        suite = SUITES.get(connection.get_cipher_name() or "")
        master, client, server = connection.master_key(), connection.client_random(), connection.server_random()
        if suite is None or connection.get_protocol_version_name() != VERSION or not (master and client and server):
            return None
        try:
            connection.shutdown()
            ours = connection.bio_read(MAX_DATAGRAM)
        except SSL.Error:
            return None
        made = GoodByes(suite, Secrets(master, client, server), "server" if self._role == "server" else "client", ours)
        self._listener = self._ssl = None
        self._pipe.close()  # ends the task that reads
        return made

    def close(self) -> None:
        """Say good-bye (close_notify) where connected, and end all tasks. Idempotent, synchronous."""
        if self._listener is None:
            return
        self._listener = None
        if self._handshake is not None and not self._handshake.done():
            self._handshake.cancel()
        self._owner = asyncio.ensure_future(self._say_goodbye())

    async def _say_goodbye(self) -> None:
        try:
            await self.stop()
        finally:
            self._pipe.close()


def check_parameters(parameters: DtlsParameters) -> None:
    """Raise `InvalidParameters` unless there is a fingerprint that can be verified."""
    if not any(f.algorithm.lower() in FINGERPRINT_ALGORITHMS for f in parameters.fingerprints):
        known: Any = ", ".join(sorted(FINGERPRINT_ALGORITHMS))
        message = f"The DTLS parameters have no fingerprint of a known algorithm ({known})."
        raise InvalidParameters(message)
