"""A TURN client that does one thing at a time over UDP, TCP or TLS, and says how each was answered (RFC 8656)."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, Any, Final

from aioice import stun
from aioice.turn import UDP_TRANSPORT, make_integrity_key

if TYPE_CHECKING:
    import ssl

    from rooms.protocol import IceServer
    from tests.deploy.coturn import Coturn

FAMILY: Final = "REQUESTED-ADDRESS-FAMILY"
IPV4: Final = 0x01000000
IPV6: Final = 0x02000000
TIMEOUT_S: Final = 30
ANSWERED: Final = 0
# aioice asks for no family.
stun.ATTRIBUTES_BY_NAME.setdefault(FAMILY, (0x0017, FAMILY, stun.pack_unsigned, stun.unpack_unsigned))


class TurnClient:
    """One allocation at most. `tls` is a context for TLS; without it the way is UDP, or TCP where `tcp`."""

    def __init__(
        self, server: Coturn, credentials: IceServer, *, tcp: bool = False, tls: ssl.SSLContext | None = None
    ) -> None:
        self.relayed: tuple[str, int] | None = None
        self._credentials = credentials
        self._realm = self._nonce = None
        self._socket: Any
        if tcp or tls:
            port = server.tls_port if tls else server.port
            self._socket = socket.create_connection((server.address, port), TIMEOUT_S)
            if tls:
                self._socket = tls.wrap_socket(self._socket, server_hostname=server.address)
        else:
            family = socket.AF_INET6 if ":" in server.address else socket.AF_INET
            self._socket = socket.socket(family, socket.SOCK_DGRAM)
            self._socket.settimeout(TIMEOUT_S)
            self._socket.connect((server.address, server.port))

    def allocate(self, family: int = IPV4) -> int:
        """Ask for a relayed address of that family; `ANSWERED` or the error's code, as below."""
        answer = self._ask(stun.Method.ALLOCATE, {"REQUESTED-TRANSPORT": UDP_TRANSPORT, FAMILY: family})
        self.relayed = answer.attributes.get("XOR-RELAYED-ADDRESS")
        return _code(answer)

    def permit(self, address: str) -> int:
        """Ask to be let send to, and hear from, this address."""
        return _code(self._ask(stun.Method.CREATE_PERMISSION, {"XOR-PEER-ADDRESS": (address, 0)}))

    def bind(self, address: str, port: int) -> int:
        """Ask for a channel to this address."""
        return _code(
            self._ask(stun.Method.CHANNEL_BIND, {"CHANNEL-NUMBER": 0x4000, "XOR-PEER-ADDRESS": (address, port)})
        )

    def exchange(self, address: str, port: int, data: bytes) -> bytes:
        """Send something to a permitted address; what comes back from there."""
        message = stun.Message(stun.Method.SEND, stun.Class.INDICATION)
        message.attributes |= {"DATA": data, "XOR-PEER-ADDRESS": (address, port)}
        self._socket.sendall(bytes(message))
        answer = stun.parse_message(self._receive())
        assert answer.attributes["XOR-PEER-ADDRESS"] == (address, port)
        return bytes(answer.attributes["DATA"])

    def close(self) -> None:
        self._socket.close()

    def _ask(self, method: stun.Method, attributes: dict[str, Any]) -> stun.Message:
        """The answer of who has said who they are; the first question finds out what there is to say."""
        while True:
            message = stun.Message(method, stun.Class.REQUEST, attributes=dict(attributes))
            signed = self._nonce is not None
            if signed:
                username, credential = self._credentials.username, self._credentials.credential
                message.attributes |= {"USERNAME": username, "REALM": self._realm, "NONCE": self._nonce}
                message.add_message_integrity(make_integrity_key(username, str(self._realm), credential))
            self._socket.sendall(bytes(message))
            answer = stun.parse_message(self._receive())
            assert answer.transaction_id == message.transaction_id
            if signed:
                return answer
            assert _code(answer) == 401
            self._realm, self._nonce = answer.attributes["REALM"], answer.attributes["NONCE"]

    def _receive(self) -> bytes:
        if self._socket.type == socket.SOCK_DGRAM:
            return bytes(self._socket.recv(2048))
        head = self._exactly(20)
        return head + self._exactly(struct.unpack("!H", head[2:4])[0])

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self._socket.recv(size - len(data))
            assert more, "The TURN server has closed the connection."
            data += more
        return data


def _code(answer: stun.Message) -> int:
    return answer.attributes["ERROR-CODE"][0] if answer.message_class is stun.Class.ERROR else ANSWERED
