"""Small networks of Linux network namespaces, cables between them, and nftables. Needs root."""

from __future__ import annotations

import contextlib
import os
import subprocess
from typing import TYPE_CHECKING

from tests.e2e.participant import CHROMIUM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Place:
    """A machine in a network of its own. `command` runs something there."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.command = ("ip", "netns", "exec", name)

    def ip(self, *arguments: str) -> None:
        """`ip` with these arguments, there."""
        _run("ip", "-n", self.name, *arguments)

    def address(self, interface: str, address: str) -> None:
        """Give an interface an address with its prefix, usable at once."""
        self.ip("addr", "add", address, "dev", interface, *(("nodad",) if ":" in address else ()))

    def routes(self) -> None:
        """Forward between its interfaces."""
        for name in ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"):
            _run(*self.command, "sysctl", "-qw", f"{name}=1")

    def rules(self, text: str) -> None:
        """Load a ruleset of nftables."""
        subprocess.run([*self.command, "nft", "-f", "-"], input=text, text=True, check=True, capture_output=True)

    def browser(self, folder: Path) -> str:
        """A program that starts Chromium there."""
        program = folder / f"chromium-{self.name}"
        program.write_text(f'#!/bin/sh\nexec {" ".join(self.command)} {CHROMIUM} "$@"\n')
        program.chmod(0o755)
        return str(program)


def possible() -> bool:
    """Whether namespaces and rules can be made here."""
    if os.geteuid() != 0:
        return False
    try:
        with places("probe") as (place,):
            place.rules("table inet probe {}")
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


@contextlib.contextmanager
def places(*names: str) -> Iterator[list[Place]]:
    """Machines without any network but loopback; they are gone afterwards, and so are their cables."""
    made = [Place(f"meet{os.getpid()}{name}") for name in names]
    try:
        for place in made:
            _run("ip", "netns", "add", place.name)
            place.ip("link", "set", "lo", "up")
        yield made
    finally:
        for place in made:
            with contextlib.suppress(subprocess.CalledProcessError):
                _run("ip", "netns", "del", place.name)


def cable(one: Place, one_interface: str, other: Place, other_interface: str) -> None:
    """Connect two machines."""
    peer = ("type", "veth", "peer", "name", other_interface, "netns", other.name)
    one.ip("link", "add", one_interface, *peer)
    one.ip("link", "set", one_interface, "up")
    other.ip("link", "set", other_interface, "up")


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
