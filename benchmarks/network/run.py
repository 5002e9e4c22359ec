"""Plays one case: a server, an emulator, a browser with its pages, and what they wrote down."""

from __future__ import annotations

import secrets
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

from benchmarks.emulator import Emulator, Server, Setup
from benchmarks.link import Link
from benchmarks.network.estimates import Estimates
from benchmarks.network.figures import figures, watched
from benchmarks.network.load import Load, limited_by_cpu
from benchmarks.network.participants import Caller
from tests.e2e.child import running_module

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from benchmarks.network.cases import Case
    from benchmarks.network.media import Media
    from tests.e2e.server import Server as RunningServer

NEAR: Final = "near"
# What follows the case: pictures that came in its last moment are in the statistics then.
TAIL_S: Final = 1.0


def play(case: Case, browser: Browser, media: Media, server: RunningServer, secret_key: str) -> dict[str, Any]:
    """Play a case and return its figures, its curves and what the machine had to do."""
    senders = [f"Sender{number}" for number in range(case.senders)]
    receivers = [f"Receiver{number}" for number in range(case.receivers)]
    concerned = receivers if case.behind == "receiver" else senders
    clients = {name: case.name if name in concerned else NEAR for name in (*senders, *receivers)}
    downloads = {case.name: case.download} if case.download else {}
    setup = Setup({NEAR: Link(), case.name: case.link}, clients, downloads)
    room = f"bench{secrets.token_hex(4)}"
    ports = Server(server.media_port, server.node_port, server.port)
    with ExitStack() as stack:
        emulator = stack.enter_context(Emulator(ports, setup))
        estimates = stack.enter_context(Estimates(server, secret_key, room))
        sending = [Caller(browser, emulator, name, sends=True) for name in senders] if case.senders == 1 else []
        receiving = [Caller(browser, emulator, name, sends=False) for name in receivers]
        for caller in (*sending, *receiving):
            stack.callback(caller.close)
        for caller in sending:
            caller.enter(room)
        if not sending:
            arguments = (server.url, room, str(media.microphone), *senders)
            printed = stack.enter_context(running_module("benchmarks.network.publishers", *arguments))
            if printed.readline() != "ready\n":
                raise RuntimeError("The replayed senders did not get in.")
        for caller in receiving:
            caller.prepare(room)
        load = Load()
        zero = emulator.start()
        for caller in receiving:
            caller.go_in()
        receiving[0].page.wait_for_timeout(max(0.0, zero + case.seconds + TAIL_S - time.time()) * 1000)
        machine = load.figures()
        logs = emulator.logs()[case.name]
        received = {caller.name: caller.samples() for caller in receiving}
        sent = {caller.name: caller.samples() for caller in sending}
    curves = {
        name: [(at - zero, bps) for at, bps in curve]
        for name, curve in ((name, estimates.curves.get(f"peer-{name}", [])) for name in receivers)
    }
    machine["encoder_limited"] = max((limited_by_cpu(samples) for samples in sent.values()), default=0.0)
    return {
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
