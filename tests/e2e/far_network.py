"""A browser in a network of its own (a Linux network namespace), which can be cut off, moved, or put to sleep.

Real TCP and UDP of the kernel: what was sent into a cut line is repeated as late as the kernel repeats it. Needs root.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from typing import TYPE_CHECKING, Final

from tests.e2e.participant import CHROMIUM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Of the range for benchmarks of networks (RFC 2544), which no network here uses.
NEAR: Final = "198.18.77.1"
FAR: Final = ("198.18.77.2", "198.18.77.3")
_NAMESPACE: Final = f"meet{os.getpid()}"
_BRIDGE: Final = f"mb{os.getpid()}"
_LINK: Final = f"mv{os.getpid()}"


class FarNetwork:
    """`NEAR` is this side; the other is a namespace at the end of a virtual cable, with a switch between them."""

    def __init__(self) -> None:
        self._address = 0

    def browser(self, folder: Path) -> str:
        """A program that starts Chromium over there."""
        program = folder / "far-chromium"
        program.write_text(f'#!/bin/sh\nexec ip netns exec {_NAMESPACE} {CHROMIUM} "$@"\n')
        program.chmod(0o755)
        return str(program)

    def run(self, *command: str) -> None:
        """Run something over there, such as `nft` with rules for a firewall."""
        _run("ip", "netns", "exec", _NAMESPACE, *command)

    def cut(self, *, noticed: bool) -> None:
        """Nothing passes any more; `noticed` by the machine over there, whose cable is out, or not."""
        _run("ip", "link", "set", _LINK, *(("down",) if noticed else ("nomaster",)))

    def mend(self) -> None:
        """All passes again."""
        _run("ip", "link", "set", _LINK, "master", _BRIDGE, "up")

    def move(self) -> None:
        """Another address, at once: what the old one was used for is over."""
        old, new = FAR[self._address], FAR[1 - self._address]
        self._address = 1 - self._address
        far = ("ip", "-n", _NAMESPACE)
        _run(*far, "addr", "add", f"{new}/24", "dev", "eth0")
        _run(*far, "addr", "del", f"{old}/24", "dev", "eth0")
        # With the first address of a network the kernel takes the others, too.
        _run(*far, "addr", "replace", f"{new}/24", "dev", "eth0")
        _run(*far, "route", "replace", "default", "via", NEAR)

    def stop(self) -> None:
        """The machine over there falls asleep."""
        self._signal(signal.SIGSTOP)

    def wake(self) -> None:
        """It wakes."""
        self._signal(signal.SIGCONT)

    @staticmethod
    def _signal(number: int) -> None:
        found = subprocess.run(["ip", "netns", "pids", _NAMESPACE], check=True, capture_output=True, text=True)
        for pid in found.stdout.split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), number)


def possible() -> bool:
    """Whether namespaces can be made here."""
    if os.geteuid() != 0:
        return False
    probe = f"{_NAMESPACE}p"
    try:
        _run("ip", "netns", "add", probe)
        _run("ip", "netns", "del", probe)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


@contextlib.contextmanager
def far_network() -> Iterator[FarNetwork]:
    """Set it up, and take it away."""
    far = ("ip", "-n", _NAMESPACE)
    try:
        _run("ip", "netns", "add", _NAMESPACE)
        _run(*far, "link", "set", "lo", "up")
        _run("ip", "link", "add", _BRIDGE, "type", "bridge")
        _run("ip", "addr", "add", f"{NEAR}/24", "dev", _BRIDGE)
        _run("ip", "link", "set", _BRIDGE, "up")
        _run("ip", "link", "add", _LINK, "type", "veth", "peer", "name", "eth0", "netns", _NAMESPACE)
        _run("ip", "link", "set", _LINK, "master", _BRIDGE, "up")
        _run(*far, "addr", "add", f"{FAR[0]}/24", "dev", "eth0")
        _run(*far, "link", "set", "eth0", "up")
        _run(*far, "route", "add", "default", "via", NEAR)
        yield FarNetwork()
    finally:
        for command in (("link", "del", _LINK), ("link", "del", _BRIDGE), ("netns", "del", _NAMESPACE)):
            with contextlib.suppress(subprocess.CalledProcessError):
                _run("ip", *command)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
