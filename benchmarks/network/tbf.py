"""The kernel's own bottleneck, to compare the emulator's with: a network namespace behind `tbf`. Needs root.

Only the receiver's browser is in the namespace; the way down to it is a pair of veth devices with a token bucket and a
queue. It has no delay: the kernels that this is for have no `netem`.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from typing import TYPE_CHECKING, Final, Self

from benchmarks.emulator import Log
from benchmarks.link import SLICE_S, Slice

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import BrowserContext

    from benchmarks.link import Direction

NAMESPACE: Final = "benchnetwork"
NEAR_DEVICE: Final = "benchnet0"
FAR_DEVICE: Final = "benchnet1"
# From the block for benchmarks of network devices (RFC 2544), which nobody routes.
NEAR_ADDRESS: Final = "198.18.77.1"
FAR_ADDRESS: Final = "198.18.77.2"
# What may pass at once: some packets, so that `tbf` keeps its rate.
BURST_BYTES: Final = 5000
# The kernel counts Ethernet's header, too.
ETHERNET_BYTES: Final = 14


class Namespace:
    """A namespace behind one direction of a link, as a context manager. Raises `CalledProcessError` without root."""

    def __init__(self, direction: Direction, chromium: str, folder: Path) -> None:
        self._direction = direction
        self._zero = time.time()
        self._slices: dict[int, Slice] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="tbf", daemon=True)
        # The port of the server's pages.
        self.port = 0
        # Chromium, started inside.
        self.chromium = folder / "chromium-behind-tbf"
        self.chromium.write_text(f'#!/bin/sh\nexec ip netns exec {NAMESPACE} {chromium} "$@"\n')
        self.chromium.chmod(0o755)

    def __enter__(self) -> Self:
        _remove()
        _run("ip netns add", NAMESPACE)
        _run("ip link add", NEAR_DEVICE, "type veth peer name", FAR_DEVICE, "netns", NAMESPACE)
        _run("ip addr add", f"{NEAR_ADDRESS}/24 dev", NEAR_DEVICE)
        _run("ip link set", NEAR_DEVICE, "up")
        for what in (f"addr add {FAR_ADDRESS}/24 dev {FAR_DEVICE}", f"link set {FAR_DEVICE} up", "link set lo up"):
            _run("ip -n", NAMESPACE, what)
        rate, queue_ms = self._direction.rate_bps[0][1], self._direction.queue_s * 1000
        limits = f"rate {rate:.0f}bit burst {BURST_BYTES} latency {queue_ms:.0f}ms"
        _run("tc qdisc add dev", NEAR_DEVICE, "root tbf", limits)
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._over.set()
        self._thread.join()
        _remove()

    def lead(self, context: BrowserContext, name: str) -> None:
        """Nothing has to be led: there is one way."""

    def url(self, name: str) -> str:  # noqa: ARG002 - all are in the same place
        """Where a page inside finds the server."""
        return f"http://{NEAR_ADDRESS}:{self.port}"

    @property
    def arguments(self) -> list[str]:
        """What the Chromium inside is told beside the usual: a page without a certificate may be trusted."""
        return [f"--unsafely-treat-insecure-origin-as-secure={self.url('')}"]

    def start(self) -> float:
        """Count from now on; in Unix time."""
        self._slices.clear()
        self._zero = time.time()
        return self._zero

    def log(self) -> tuple[Log, Log]:
        """What passed, up (nothing is known) and down."""
        return Log({}), Log(dict(self._slices))

    def _watch(self) -> None:
        before = _counters()
        while not self._over.wait(SLICE_S):
            now = _counters()
            size, packets, drops = (after - earlier for after, earlier in zip(now, before, strict=True))
            before = now
            part = Slice(packets=packets, dropped=drops, offered=size)
            part.through["all"] = size - packets * ETHERNET_BYTES
            self._slices[round((time.time() - self._zero) / SLICE_S) - 1] = part


def available() -> bool:
    """Whether namespaces can be made here."""
    return os.geteuid() == 0


def _counters() -> tuple[int, int, int]:
    """Bytes and packets that left the bottleneck, and packets that found the queue full."""
    found = json.loads(_run("tc -s -j qdisc show dev", NEAR_DEVICE))[0]
    return found["bytes"], found["packets"], found["drops"]


def _remove() -> None:
    """What an earlier run may have left, or this one has made."""
    for words in (f"ip link del {NEAR_DEVICE}", f"ip netns del {NAMESPACE}"):
        subprocess.run(words.split(), capture_output=True, check=False)


def _run(*words: str) -> str:
    return subprocess.run(" ".join(words).split(), capture_output=True, text=True, check=True).stdout
