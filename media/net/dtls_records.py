"""What of a datagram may reach the TLS library while nobody has proven anything: DTLS 1.2 records (RFC 6347 section 4).

Until a handshake is over its records are neither encrypted nor authentic, and whoever knows a client's address can
forge them. As a server we answer each ClientHello with a cookie that is the same for all of one association
(HelloVerifyRequest, section 4.2.1), and begin with the first that brings it: who only forges an address never sees it.
Alerts in plaintext, messages that the other side never sends and lengths that can't be are left out, since the library
would end the handshake for them.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORD_HEADER: Final = 13
MESSAGE_HEADER: Final = 12
# Content types (section 4.1), and types of handshake messages (section 4.3.2 and RFC 5246 section 7.4).
CHANGE_CIPHER_SPEC: Final = 20
ALERT: Final = 21
HANDSHAKE: Final = 22
CLIENT_HELLO: Final = 1
HELLO_VERIFY_REQUEST: Final = 3
FROM_CLIENTS: Final = frozenset({CLIENT_HELLO, 11, 15, 16})  # Certificate, CertificateVerify, ClientKeyExchange
FROM_SERVERS: Final = frozenset({2, HELLO_VERIFY_REQUEST, 4, 11, 12, 13, 14, 22})
# Octets of a whole handshake message. A chain of certificates has a few thousand, a ClientHello below two thousand.
MAX_MESSAGE: Final = 16_384
# What a ClientHello begins with: version and random.
BEFORE_SESSION_ID: Final = 34
DTLS_1_0: Final = b"\xfe\xff"
DTLS_1_2: Final = b"\xfe\xfd"
# The sequence number of the ClientHello that brings a cookie; the first has 0.
SECOND: Final = 1

Role = Literal["client", "server"]


def _handshake_record(message_type: int, body: bytes) -> bytes:
    """A record of its own, the first, with the first handshake message."""
    length = len(body).to_bytes(3, "big")
    message = bytes([message_type]) + length + bytes(5) + length + body
    return bytes([HANDSHAKE]) + DTLS_1_0 + bytes(8) + len(message).to_bytes(2, "big") + message


def hello_verify_request(cookie: bytes) -> bytes:
    """A datagram that asks for the cookie. Each is the same record, so that a client takes no more than one."""
    return _handshake_record(HELLO_VERIFY_REQUEST, DTLS_1_0 + bytes([len(cookie)]) + cookie)


# A ClientHello without a cookie: version, random, no session, no cookie, one suite, no compression.
FIRST_HELLO: Final = _handshake_record(CLIENT_HELLO, DTLS_1_2 + bytes(34) + b"\x00\x02\xc0\x2b" + b"\x01\x00")


class RecordFilter:
    """Of one association; `role` is ours, and `cookie` what a client has to bring."""

    def __init__(self, role: Role, cookie: bytes) -> None:
        self._role = role
        self._cookie = cookie
        self._expected = FROM_CLIENTS if role == "server" else FROM_SERVERS
        self.begun = role == "client"
        self.asked = False

    def admit(self, datagram: bytes) -> bytes:
        """The records that may be read, perhaps none; `asked` tells whether a ClientHello came without the cookie."""
        self.asked = False
        return b"".join(record for record in records_of(datagram) if self._admits(record))

    def _admits(self, record: bytes) -> bool:
        if any(record[3:5]):  # encrypted; what isn't authentic the library drops
            return self.begun
        if record[0] == CHANGE_CIPHER_SPEC:
            return self.begun
        return record[0] == HANDSHAKE and self._admits_messages(record)

    def _admits_messages(self, record: bytes) -> bool:
        place = RECORD_HEADER
        while place < len(record):
            header = record[place : place + MESSAGE_HEADER]
            length = int.from_bytes(header[1:4], "big")
            offset = int.from_bytes(header[6:9], "big")
            body = record[place + MESSAGE_HEADER :][: int.from_bytes(header[9:12], "big")]
            if len(header) < MESSAGE_HEADER or len(body) < int.from_bytes(header[9:12], "big"):
                return False
            if header[0] not in self._expected or length > MAX_MESSAGE or offset + len(body) > length:
                return False
            if header[0] == CLIENT_HELLO and not self._admits_hello(int.from_bytes(header[4:6], "big"), offset, body):
                return False
            if not self.begun:
                return False
            place += MESSAGE_HEADER + len(body)
        return place > RECORD_HEADER

    def _admits_hello(self, sequence_number: int, offset: int, body: bytes) -> bool:
        """Whether a fragment of a ClientHello belongs to one with our cookie, which is in its first."""
        if offset:
            return self.begun and sequence_number == SECOND
        session_id = body[BEFORE_SESSION_ID : BEFORE_SESSION_ID + 1]
        place = BEFORE_SESSION_ID + 1 + (session_id[0] if session_id else 0)
        cookie = body[place + 1 :][: body[place] if place < len(body) else 0]
        if sequence_number == SECOND and hmac.compare_digest(cookie, self._cookie):
            self.begun = True
            return True
        self.asked = not self.begun
        return False


def records_of(datagram: bytes) -> Iterator[bytes]:
    """The whole records of a datagram."""
    place = 0
    while place + RECORD_HEADER <= len(datagram):
        end = place + RECORD_HEADER + int.from_bytes(datagram[place + 11 : place + RECORD_HEADER], "big")
        if end > len(datagram):
            return
        yield datagram[place:end]
        place = end
