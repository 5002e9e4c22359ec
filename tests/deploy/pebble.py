"""Pebble, an ACME server for tests (RFC 8555), and a DNS server beside it that knows all names as 127.0.0.1."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.authority import Authority
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PROGRAM: Final = "/usr/bin/pebble"
DNS_PROGRAM: Final = "/usr/bin/pebble-challtestsrv"
START_TIMEOUT_S: Final = 60


@dataclass(frozen=True)
class Pebble:
    """`roots` is what it is trusted by itself, `issued` what its certificates are; PEM files."""

    url: str
    roots: Path
    issued: Path
    process: subprocess.Popen[bytes]


def installed() -> bool:
    return Path(PROGRAM).exists() and Path(DNS_PROGRAM).exists()


@contextlib.contextmanager
def running_pebble(
    folder: Path, *, http_port: int, https_port: int, lifetime_s: int = 86_400, place: Sequence[str] = ()
) -> Iterator[Pebble]:
    """Looks at these ports whether a name is somebody's; its certificates are good for so many seconds.

    `place` is what runs a command elsewhere, such as `ip netns exec …`: all of it is on loopback there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    authority = Authority(folder)
    own = authority.issue(folder / "pebble.pem", "localhost", "127.0.0.1")
    port, management, dns, dns_management = (free_port() for _ in range(4))
    told = {
        "listenAddress": f"127.0.0.1:{port}",
        "managementListenAddress": f"127.0.0.1:{management}",
        "certificate": str(own),
        "privateKey": str(own),
        "httpPort": http_port,
        "tlsPort": https_port,
        "ocspResponderURL": "",
        "certificateValidityPeriod": lifetime_s,
    }
    config = folder / "pebble.json"
    config.write_text(json.dumps({"pebble": told}))
    names = [DNS_PROGRAM, "-dns01", f"127.0.0.1:{dns}", "-management", f"127.0.0.1:{dns_management}"]
    names += ["-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", ""]
    command = [PROGRAM, "-config", str(config), "-dnsserver", f"127.0.0.1:{dns}"]
    log = folder / "pebble.log"
    with log.open("wb") as output:
        started = [
            subprocess.Popen([*place, *one], stdout=output, stderr=output, env={**os.environ, "PEBBLE_VA_NOSLEEP": "1"})
            for one in (names, command)
        ]
    try:
        root = _root(f"https://127.0.0.1:{management}/roots/0", authority.root, started[1], log, place)
        issued = folder / "issued.pem"
        issued.write_bytes(root)
        yield Pebble(f"https://127.0.0.1:{port}/dir", authority.root, issued, started[1])
    finally:
        for process in started:
            process.kill()
            process.wait()


def _root(url: str, roots: Path, process: subprocess.Popen[bytes], log: Path, place: Sequence[str]) -> bytes:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        asked = subprocess.run([*place, "curl", "-sf", "--cacert", roots, url], capture_output=True, check=False)
        if asked.returncode == 0:
            return asked.stdout
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
