"""Plays one case: a server, an emulator, a browser with its pages, and what they wrote down."""

from __future__ import annotations

import secrets
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from benchmarks.emulator import Emulator, Log, Server, Setup
from benchmarks.link import Link
from benchmarks.network.estimates import Estimates
from benchmarks.network.figures import figures, watched
from benchmarks.network.load import Load, limited_by_cpu
from benchmarks.network.participants import Caller
from tests.e2e.child import running_module

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

    from benchmarks.network.cases import Case
    from benchmarks.network.media import Media
    from tests.e2e.server import Server as RunningServer

NEAR: Final = "near"
# What follows the case: pictures that came in its last moment are in the statistics then.
TAIL_S: Final = 1.0


class Way(Protocol):
    """What is between those concerned and the server: an emulated link, or one of the kernel's."""

    def lead(self, context: BrowserContext, name: str) -> None: ...
    def url(self, name: str) -> str: ...
    def start(self) -> float: ...
    def log(self) -> tuple[Log, Log]: ...


@dataclass(frozen=True)
class Stage:
    """What cases are played on. `inside` is the browser of those behind a link of the kernel's, and that link."""

    server: RunningServer
    secret_key: str
    media: Media
    browser: Browser
    inside: tuple[Browser, Way] | None = None


class Emulated:
    """All participants behind an emulator."""

    def __init__(self, emulator: Emulator, link: str) -> None:
        self._emulator = emulator
        self._link = link
        self.lead = emulator.lead
        self.start = emulator.start

    def url(self, name: str) -> str:
        return f"http://localhost:{self._emulator.ports[name].pages}"

    def log(self) -> tuple[Log, Log]:
        return self._emulator.logs()[self._link]


class Direct:
    """Nothing in between."""

    def __init__(self, url: str) -> None:
        self._url = url

    def lead(self, context: BrowserContext, name: str) -> None:
        """Let it go where it wants."""

    def url(self, name: str) -> str:  # noqa: ARG002 - the same for all
        return self._url

    def start(self) -> float:
        return time.time()

    def log(self) -> tuple[Log, Log]:
        return Log({}), Log({})


def emulated(case: Case, server: RunningServer, senders: list[str], receivers: list[str]) -> Emulator:
    """An emulator with a case's link for those concerned, and a perfect one for the others."""
    concerned = receivers if case.behind == "receiver" else senders
    clients = {name: case.name if name in concerned else NEAR for name in (*senders, *receivers)}
    downloads = {case.name: case.download} if case.download else {}
    setup = Setup({NEAR: Link(), case.name: case.link}, clients, downloads)
    return Emulator(Server(server.media_port, server.node_port, server.port), setup)


def play(case: Case, stage: Stage) -> dict[str, Any]:
    """Play a case and return its figures, its curves and what the machine had to do."""
    senders = [f"Sender{number}" for number in range(case.senders)]
    receivers = [f"Receiver{number}" for number in range(case.receivers)]
    room = f"bench{secrets.token_hex(4)}"
    server = stage.server
    near: Way
    way: Way
    with ExitStack() as closing:
        if stage.inside is None:
            near = way = Emulated(closing.enter_context(emulated(case, server, senders, receivers)), case.name)
            inside = stage.browser
        else:
            near, (inside, way) = Direct(server.url), stage.inside
        estimates = closing.enter_context(Estimates(server, stage.secret_key, room))
        sending = [Caller(stage.browser, near, name, sends=True) for name in senders] if case.senders == 1 else []
        receiving = [Caller(inside, way, name, sends=False) for name in receivers]
        for caller in (*sending, *receiving):
            closing.callback(caller.close)
        for caller in sending:
            caller.enter(room)
        if not sending:
            arguments = (server.url, room, str(stage.media.microphone), *senders)
            printed = closing.enter_context(running_module("benchmarks.network.publishers", *arguments))
            if printed.readline() != "ready\n":
                raise RuntimeError("The replayed senders did not get in.")
        for caller in receiving:
            caller.prepare(room)
        load = Load()
        zero = way.start()
        for caller in receiving:
            caller.go_in()
        receiving[0].page.wait_for_timeout(max(0.0, zero + case.seconds + TAIL_S - time.time()) * 1000)
        machine = load.figures()
        logs = way.log()
        received = {caller.name: caller.samples() for caller in receiving}
        sent = {caller.name: caller.samples() for caller in sending}
    curves = {name: [(at - zero, bps) for at, bps in estimates.curves.get(f"peer-{name}", [])] for name in receivers}
    machine["encoder_limited"] = max((limited_by_cpu(samples) for samples in sent.values()), default=0.0)
    return {
        "began_at": zero,
        "figures": figures(case, zero, received, sent, logs, curves),
        "machine": machine,
        "curve": _curves(case, zero, received),
        "sent": {name: _layers(samples, zero) for name, samples in sent.items()},
        "estimates": curves,
    }


def _curves(case: Case, zero: float, received: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Time, width, pictures a second, bits/s of each video, by who saw whom."""
    return {
        f"{name} of {peer}": [(round(time_s, 2), width, rate, round(bps)) for time_s, width, rate, bps in seen.curve]
        for name, samples in received.items()
        for peer, seen in watched(samples, zero, case.seconds).items()
    }


def _layers(samples: list[dict[str, Any]], zero: float) -> list[Any]:
    """Every other second: time, and of each layer its width, bytes so far, target in bits/s and what limits it."""
    names = ("rid", "active", "frameWidth", "framesPerSecond", "bytesSent", "targetBitrate", "qualityLimitationReason")
    return [
        (
            round(sample["t"] / 1000 - zero, 1),
            [{name: entry.get(name) for name in names} for entry in sample["outbound"] if entry["kind"] == "video"],
        )
        for sample in samples[::4]
    ]
