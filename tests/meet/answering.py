"""A web server of somebody else's on this machine, which answers as a test says and remembers what it was asked."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import socket
import ssl
import tempfile
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


class Write(Protocol):
    """Puts bytes on the wire; False once the other side is gone."""

    def __call__(self, data: bytes, /) -> bool: ...


def answer(status: int, body: bytes = b"", **headers: str) -> Callable[[Asked, Write], None]:
    """A script with one complete answer."""

    def script(_asked: Asked, write: Write) -> None:
        lines = [f"HTTP/1.1 {status} So", f"Content-Length: {len(body)}", *(f"{k}: {v}" for k, v in headers.items())]
        write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    return script


@dataclass
class Answering:
    """`script` gets a request and how to write the answer; it may be changed while the server runs."""

    script: Callable[[Asked, Write], None]
    url: str = ""
    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # All of them have seen `over` when the test ends.
    block_on_close = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are what some tests are about."""


@contextlib.contextmanager
def answering(
    script: Callable[[Asked, Write], None], *, address: str = "127.0.0.1", port: int = 0, certified: str = ""
) -> Iterator[Answering]:
    """Serve on an address; with TLS where `certified` is the name in its certificate."""
    state = Answering(script)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            asked = Asked(self.path, dict(self.headers.items()), body)
            state.asked.append(asked)
            self.close_connection = True
            state.script(asked, self._write)

        def _write(self, data: bytes, /) -> bool:
            try:
                self.wfile.write(data)
            except OSError:
                return False
            return not state.over.is_set()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the base class
            """Nothing in the tests' output."""

    kind = type("Server", (_Server,), {"address_family": socket.AF_INET6 if ":" in address else socket.AF_INET})
    server = kind((address, port), Handler)
    if certified:
        server.socket = server_context(certified).wrap_socket(server.socket, server_side=True)
    state.port = server.server_address[1]
    shown = f"[{address}]" if ":" in address else address
    state.url = f"{'https' if certified else 'http'}://{shown}:{state.port}/check"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        state.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


_certificates: dict[str, bytes] = {}


def certificate(name: str) -> bytes:
    """A self-signed certificate for a name or an address, with its key, in PEM."""
    if name not in _certificates:
        _certificates[name] = _make_certificate(name)
    return _certificates[name]


def _make_certificate(name: str) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    try:
        general: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        general = x509.DNSName(name)
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([general]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + signed.public_bytes(Encoding.PEM)


def server_context(name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:
        file.write(certificate(name))
        file.flush()
        context.load_cert_chain(file.name)
    return context


def trusting(*names: str) -> ssl.SSLContext:
    """A client's context that trusts the certificates of these names, and no others."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for name in names:
        context.load_verify_locations(cadata=certificate(name).decode())
    return context
