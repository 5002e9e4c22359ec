"""Debian's coturn with `deploy/coturn/turnserver.conf`, into which only addresses, ports, files and secret are put."""

from __future__ import annotations

import contextlib
import re
import socket
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from meet.config import PROJECT
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE: Final = PROJECT / "deploy" / "coturn" / "turnserver.conf"
PROGRAM: Final = "/usr/bin/turnserver"
SECRET: Final = "the secret of a TURN server of tests"
START_TIMEOUT_S: Final = 60
# RFC 8489: type, length, magic cookie, transaction id.
BINDING_REQUEST: Final = bytes.fromhex("00010000 2112a442") + bytes(12)


@dataclass(frozen=True)
class Coturn:
    """One that runs; where, and what it has logged."""

    address: str
    port: int
    tls_port: int
    log: Path


def configured(text: str, values: dict[str, list[str]]) -> str:
    """The file with these values for its settings, in the place of what it has, whether commented out or not."""
    for name, lines in values.items():
        line = re.compile(rf"^#?{re.escape(name)}=.*$", re.MULTILINE)
        assert line.search(text), name
        replacement = "\n".join(f"{name}={value}" for value in lines)
        text = line.sub(replacement.replace("\\", r"\\"), text, count=1)
    return text


@contextlib.contextmanager
def running_coturn(
    folder: Path,
    *,
    address: str,
    peers: list[str],
    relays: list[str],
    certificate: Path,
    tls_port: int | None = None,
    user_quota: int | None = None,
) -> Iterator[Coturn]:
    """Listens on `address`, relays from `relays` to `peers`. `certificate` has key and certificates."""
    coturn = Coturn(address, free_port(), tls_port or free_port(), folder / "coturn.log")
    values = {
        "static-auth-secret": [SECRET],
        "cert": [str(certificate)],
        "pkey": [str(certificate)],
        "allowed-peer-ip": peers,
        "listening-ip": [address],
        "listening-port": [str(coturn.port)],
        "tls-listening-port": [str(coturn.tls_port)],
    }
    if user_quota is not None:
        values["user-quota"] = [str(user_quota)]
    text = configured(FILE.read_text(encoding="utf-8"), values)
    file = folder / "turnserver.conf"
    file.write_text(text + "".join(f"relay-ip={relay}\n" for relay in relays), encoding="utf-8")
    command = [PROGRAM, "-c", str(file), "--log-file=stdout", f"--pidfile={folder}/pid", f"--userdb={folder}/turndb"]
    with coturn.log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=folder)
    try:
        _wait(coturn, process)
        yield coturn
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(coturn: Coturn, process: subprocess.Popen[bytes]) -> None:
    """Until it takes TLS and UDP: it begins with one of them."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while not _answers(coturn):
        assert process.poll() is None, coturn.log.read_text()
        assert time.monotonic() < deadline, coturn.log.read_text()
        time.sleep(0.05)


def _answers(coturn: Coturn) -> bool:
    family = socket.AF_INET6 if ":" in coturn.address else socket.AF_INET
    try:
        socket.create_connection((coturn.address, coturn.tls_port), 1).close()
        with socket.socket(family, socket.SOCK_DGRAM) as udp:
            udp.settimeout(1)
            udp.connect((coturn.address, coturn.port))
            udp.send(BINDING_REQUEST)
            return bool(udp.recv(2048))
    except OSError:
        return False
