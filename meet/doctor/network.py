"""What others reach: ports, the address that media announces, and certificates."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import socket
import ssl
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from cryptography import x509

from media.pipe.addresses import is_private
from meet.config import ConfigError, split_list
from meet.doctor.findings import note, one_line, warning, well, wrong
from meet.run.addresses import check_port_free, media_addresses
from meet.run.self_signed import certificate_for
from rooms.models import Node

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from meet.config import Config
    from meet.doctor.findings import Finding

TIMEOUT_S: Final = 3.0
# An answer of our own is some hundred octets.
MAX_ANSWER: Final = 64 * 1024
RENEW_DAYS: Final = 14
HTTPS_PORT: Final = 443
MAX_HOSTS: Final = 10


def pages_port(config: Config) -> Iterable[Finding]:
    """Whether web answers, or could."""
    yield _port("Pages", config, config.host, config.port, "status", "MEET_PORT")


def signalling_port(config: Config) -> Iterable[Finding]:
    """Whether the node answers, or could."""
    yield _port("Signalling", config, config.host, config.node_port, "status", "MEET_NODE_PORT")


def control_port(config: Config) -> Iterable[Finding]:
    """Whether web could ask the node about its rooms."""
    host, port = config.control_host, config.control_port
    try:
        check_port_free(socket.SOCK_STREAM, host, port, "MEET_CONTROL_PORT")
    except ConfigError as error:
        if answers_at(_reached(host), port):
            yield well("Control", f"Somebody answers at port {port}/tcp of {host}, the node by all appearances.")
        else:
            yield wrong("Control", str(error), "Web can't see or act in live rooms: free the port, or choose another.")
    else:
        yield well("Control", f"Port {port}/tcp of {host} is free: no node runs here.")


def media_port(config: Config) -> Iterable[Finding]:
    """Whether the node has its ports of UDP and TCP, or could have them."""
    try:
        pairs = media_addresses(config)
    except ConfigError as error:
        yield wrong("Media", str(error), "Set MEET_MEDIA_IP to an address of this machine.")
        return
    addresses = list(dict.fromkeys(bound for bound, _ in pairs))
    lost = "Nobody is seen or heard: free the port, or choose another (MEET_MEDIA_PORT)."
    yield _media("Media", config, addresses, socket.SOCK_DGRAM, config.media_port, lost)
    if config.media_tcp is None:
        hint = "Set MEET_MEDIA_TCP_PORT for people in networks that let no UDP through, or have a TURN server."
        yield (note if config.turn_urls else warning)("Media by TCP", "It is turned off.", hint)
    else:
        lost = "Who is in a network without UDP is not seen or heard: free it, or choose another (MEET_MEDIA_TCP_PORT)."
        yield _media("Media by TCP", config, addresses, socket.SOCK_STREAM, config.media_tcp, lost)
    yield from _announced(config, [announced for _, announced in pairs])


def nodes(_config: Config) -> Iterable[Finding]:
    """Whether there is a node that takes rooms."""
    from django.utils import timezone  # noqa: PLC0415 - beside what needs it

    from rooms.nodes.placement import live  # noqa: PLC0415

    names = list(Node.objects.filter(live(timezone.now())).values_list("name", flat=True))
    dead = Node.objects.exclude(name__in=names).values_list("name", flat=True)
    if not names:
        yield warning("Nodes", "No node runs, so there are no meetings.", "Start manage.py node (or serve).")
    else:
        yield well("Nodes", f"{', '.join(names)} run.")
    if dead:
        hint = "Start them, or delete in the admin those that will not come back (Nodes)."
        yield warning("Nodes", f"{', '.join(dead)} do not run.", hint)


def large_rooms(config: Config) -> Iterable[Finding]:
    """Whether people of a large room could receive from another node."""
    from django.utils import timezone  # noqa: PLC0415 - beside what needs it

    from rooms.nodes.placement import live  # noqa: PLC0415

    if not config.receivers_per_node or config.data_channels or is_private(config.pipe_ip or config.control_host):
        return
    if Node.objects.filter(live(timezone.now())).count() > 1:
        text = f"A room stays on one node: there is no address for media between nodes at {config.control_host}."
        hint = "Set MEET_PIPE_IP of each node to its address in the private network (docs/nodes.md)."
        yield warning("Large rooms", text, hint)


def own_certificate(config: Config) -> Iterable[Finding]:
    """The certificate that web and nodes serve themselves."""
    path = certificate_for(config)
    if path is not None:
        yield _expiry("Certificate", x509.load_pem_x509_certificate(path.read_bytes()), str(path))


def public_certificates(config: Config) -> Iterable[Finding]:
    """The certificates that visitors see: of the hosts that the operator names, and of the node's address."""
    targets = {(host.lstrip("."), HTTPS_PORT) for host in split_list(config.allowed_hosts) if host.strip("*.")}
    node = urlsplit(config.node_url)
    if node.scheme == "wss" and node.hostname:
        targets.add((node.hostname, node.port or HTTPS_PORT))
    if not config.production and not node.hostname:
        return
    for host, port in sorted(targets)[:MAX_HOSTS]:
        yield from served_certificate(host, port)


def served_certificate(host: str, port: int, authorities: Path | None = None) -> Iterable[Finding]:
    """What a host shows at a port; `authorities` are trusted instead of the machine's."""
    about = f"Certificate of {host}"
    context = ssl.create_default_context(cafile=authorities)
    try:
        with (
            socket.create_connection((host, port), TIMEOUT_S) as plain,
            context.wrap_socket(plain, server_hostname=host) as secure,
        ):
            shown = secure.getpeercert(binary_form=True)
    except ssl.SSLCertVerificationError as error:
        hint = "Get one for this host name, and have the proxy send the whole chain (fullchain.pem)."
        yield wrong(about, f"Browsers refuse it: {error.verify_message.rstrip('.')}.", hint)
    except OSError as error:
        hint = "See that its name leads to this machine, and that a proxy listens there. From inside a NAT that may be "
        yield warning(about, f"Nobody answers at {host}:{port} ({one_line(error)}).", hint + "impossible to tell.")
    else:
        if shown is not None:
            yield _expiry(about, x509.load_der_x509_certificate(shown), "its proxy")


def _media(about: str, config: Config, addresses: list[str], kind: socket.SocketKind, port: int, lost: str) -> Finding:
    shown = f"Port {port}/{'udp' if kind is socket.SOCK_DGRAM else 'tcp'}"
    busy = []
    for address in addresses:
        try:
            check_port_free(kind, address, port, "MEET_MEDIA_PORT")
        except ConfigError as error:
            busy.append(str(error))
    if not busy:
        return well(about, f"{shown} is free: no node runs here.")
    if _health(config, _reached(config.host), config.node_port) is not None:
        return well(about, f"{shown} is taken, by the node by all appearances.")
    return wrong(about, busy[0], lost)


def _port(about: str, config: Config, host: str, port: int, key: str, setting: str) -> Finding:
    try:
        check_port_free(socket.SOCK_STREAM, host, port, setting)
    except ConfigError as error:
        health = _health(config, _reached(host), port)
        if health is not None and key in health:
            return well(about, f"Port {port}/tcp answers: {health[key]}.")
        hint = f"Free it (ss -ltnp says who has it), or choose another ({setting})."
        return wrong(about, f"{str(error).partition('.')[0]}, and not by us.", hint)
    return well(about, f"Port {port}/tcp is free: nothing of ours runs there.")


def _announced(config: Config, announced: list[str]) -> Iterator[Finding]:
    """Whether people elsewhere can reach the addresses that media announces."""
    addresses = [ipaddress.ip_address(text) for text in announced]
    shown = ", ".join(announced)
    if any(address.is_global for address in addresses):
        yield well("Public address", f"Media is announced at {shown}.")
    elif all(address.is_loopback for address in addresses):
        hint = "Set MEET_MEDIA_IP or MEET_PUBLIC_IP."
        yield wrong("Public address", f"Media is announced at {shown}: nobody else reaches it.", hint)
    else:
        text = f"Media is announced at {shown}: people outside of your network don't reach it."
        hint = (
            "Behind NAT set MEET_PUBLIC_IP to the address that clients see, and forward the media ports (UDP and TCP)."
        )
        yield (warning if config.production else note)("Public address", text, hint)


def _expiry(about: str, certificate: x509.Certificate, where: str) -> Finding:
    until = certificate.not_valid_after_utc
    days = (until - dt.datetime.now(dt.UTC)).days
    text = f"It is good until {until:%Y-%m-%d}, {days} more days."
    if days < 0:
        return wrong(about, f"It has expired on {until:%Y-%m-%d}.", f"Renew it, and have {where} use the new one.")
    if days < RENEW_DAYS:
        return warning(about, text, "See why it has not been renewed.")
    return well(about, text)


def _health(config: Config, host: str, port: int) -> dict[str, object] | None:
    """What `/healthz` says there; None where nobody or somebody else answers."""
    context = ssl.create_default_context()
    context.check_hostname = False  # it is this machine, whatever the certificate calls it
    context.verify_mode = ssl.CERT_NONE
    url = f"http{'s' if config.tls else ''}://{f'[{host}]' if ':' in host else host}:{port}/healthz"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(url, timeout=TIMEOUT_S) as answer:
            told = json.loads(answer.read(MAX_ANSWER))
    except (OSError, ValueError):
        return None
    return told if isinstance(told, dict) else None


def answers_at(host: str, port: int) -> bool:
    """Whether anybody takes a connection there."""
    try:
        socket.create_connection((host, port), TIMEOUT_S).close()
    except OSError:
        return False
    return True


def _reached(host: str) -> str:
    """Where a program on this machine reaches what listens on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared only
