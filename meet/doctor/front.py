"""What stands in front of `serve --domain`: Caddy, its ports, and the names that lead here."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final

from meet.config import ConfigError
from meet.doctor.findings import one_line, warning, well, wrong
from meet.doctor.network import answers_at, served_certificate
from meet.run.addresses import check_port_free
from meet.run.front import program

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from meet.config import Config
    from meet.doctor.findings import Finding

EVERYWHERE: Final = "0.0.0.0"  # noqa: S104 - asked for, to see whether anybody has it


def front(config: Config) -> Iterable[Finding]:
    """Whether there is what `MEET_DOMAIN` needs; nothing where it names nobody."""
    if not config.domains:
        return
    try:
        program()
    except ConfigError as error:
        yield wrong("Front", "Caddy is not installed.", str(error))
    yield _port(config.http_port, "MEET_HTTP_PORT")
    yield _port(config.https_port, "MEET_HTTPS_PORT")
    for name in config.domains:
        yield from _name(name, config.https_port)


def _port(port: int, setting: str) -> Finding:
    try:
        check_port_free(socket.SOCK_STREAM, EVERYWHERE, port, setting)
    except ConfigError as error:
        if answers_at("127.0.0.1", port):
            return well("Front", f"Somebody answers at port {port}/tcp, the front by all appearances.")
        hint = "It must be the front's. Run the doctor as the user that runs serve."
        return warning("Front", one_line(error), hint)
    hint = "Where serve should run, see its log: it needs this port, and the internet must reach it (80 and 443)."
    return warning("Front", f"Port {port}/tcp is free: nobody serves MEET_DOMAIN.", hint)


def _name(name: str, port: int) -> Iterator[Finding]:
    about = f"Name {name}"
    try:
        found = sorted({str(info[4][0]) for info in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)})
    except OSError as error:
        hint = "Make a DNS entry that leads to this machine: without it there is no certificate."
        yield wrong(about, f"Nobody knows this name ({one_line(error)}).", hint)
        return
    yield well(about, f"It leads to {', '.join(found)}.")
    yield from served_certificate(name, port)
