"""One case: people come in, stay, are counted, and leave."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import sqlite3
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from websockets.exceptions import WebSocketException

from benchmarks.report import percentile
from benchmarks.scale.drain import Drain, Tap
from benchmarks.scale.nodes import children, use
from benchmarks.scale.people import MUTED, Person, Place, Refused, ticket_for
from media.net.dtls import generate_certificate
from media.send.batch_egress import VECTOR_THRESHOLD

if TYPE_CHECKING:
    from benchmarks.scale.cases import Case
    from benchmarks.scale.nodes import Use
    from tests.e2e.server import Server

# Each socket is emptied so often. A look costs 50 us, shared by all sockets whose turn has come since the last one,
# hence the long steps, and each message costs one. A large socket holds 2,500 packets, one of the usual size 180,
# which is enough for a tenth of a second.
ROUND_S: Final = 0.6
SHORT_ROUND_S: Final = 0.1
LARGE_BUFFER: Final = 4 * 1024 * 1024
STEP_S: Final = 0.02
SENDING_STEP_S: Final = 0.005
SETTLE_S: Final = 2.0
ENTER_S: Final = 60.0
TICKETS_AT_ONCE: Final = 10
NODES_S: Final = 60.0
# So many of the events that people hear most often are in a case's row.
MOST_TOLD: Final = 6
# A page that is refused tries again so soon, and then each 30 to 60 s, as it tells people.
RETRY_S: Final = 1.0
LATER_S: Final = 30
PROBLEMS: Final = (Refused, OSError, TimeoutError, WebSocketException)


@dataclass
class Crowd:
    """Everybody of one case."""

    url: str
    case: Case
    room: str
    drain: Drain = field(init=False)
    people: list[Person] = field(default_factory=list)
    senders: list[Person] = field(default_factory=list)
    taps: list[Tap] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    # Refusals after which a page asks for another ticket by itself.
    retries: Counter[str] = field(default_factory=Counter)
    # What somebody saw of a busy server: how often, and how many people were in, and when, at the first time.
    signs: Counter[str] = field(default_factory=Counter)
    first_signs: dict[str, str] = field(default_factory=dict)
    # By the person's number, where they were asked for before.
    tickets: dict[int, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # To a few the node sends packets of several streams as one message.
        many = self.case.others >= VECTOR_THRESHOLD
        self.drain = Drain(one_stream=self.case.interface == "webinar" and many)
        self._certificate = generate_certificate()
        self._begin = time.monotonic()

    @property
    def left_out(self) -> int:
        """Pictures that this process had no time to send."""
        return sum(person.camera.left_out for person in self.senders if person.camera is not None)

    def sign(self, what: str) -> None:
        """Somebody saw it."""
        self.signs[what] += 1
        self.first_signs.setdefault(what, f"{len(self.people)} people, {time.monotonic() - self._begin:.1f} s")

    def _place(self, number: int, *, speaker: bool) -> Place:
        """Where somebody goes, and with what."""
        case = self.case
        sends: tuple[str, ...] = ()
        if case.sends and speaker:
            sends = ("mic", "camera")
        elif case.sends and case.interface == "call":
            sends = ("mic",)
        elif case.senders_every and number % case.senders_every == 0:
            speaker, sends = True, (MUTED,)
        return Place(
            self.url,
            case.interface,
            self.room,
            f"p{number}",
            speaker=speaker,
            sends=sends,
            shows=case.shows,
            layers=case.layers,
        )

    async def ask_for_tickets(self) -> None:
        """The others have theirs before the first of them comes. Raises as `ticket_for`."""
        places = asyncio.Semaphore(TICKETS_AT_ONCE)

        async def ask(number: int) -> None:
            async with places:
                self.tickets[number] = await ticket_for(self._place(number, speaker=False))

        async with asyncio.TaskGroup() as group:
            for number in range(self.case.speakers, self.case.people):
                group.create_task(ask(number))

    async def one(self, number: int, *, speaker: bool) -> None:
        """Somebody comes in, as often as it takes, as a page would; or it is noted why not."""
        case, place = self.case, self._place(number, speaker=speaker)
        begin, tries = time.monotonic(), 0
        while True:
            tries += 1
            person = Person(place, self._certificate, self.taps.append, self.sign)
            person.admission = self.tickets.pop(number, None)  # another try needs another one
            try:
                async with asyncio.timeout(ENTER_S):
                    await person.enter()
                break
            except PROBLEMS as problem:
                await person.leave()
                said = f"{type(problem).__name__} {problem}".strip()[:40]
                if time.monotonic() - begin > case.patience_s:
                    self.failures[said] += 1
                    return
                self.retries[said] += 1
                self.sign(f"a newcomer was told {said}")
                await asyncio.sleep(RETRY_S if tries == 1 else LATER_S + number % (LATER_S + 1))
        person.waited_s = time.monotonic() - begin
        if person.microphone is not None:
            person.microphone.speaks = number < case.talk
        self.add(person)

    def add(self, person: Person) -> None:
        """Somebody is in, and sends from now on what they have."""
        self.people.append(person)
        if person.camera is not None or person.microphone is not None:
            self.senders.append(person)

    def remove(self, person: Person) -> None:
        """Somebody is about to go: nothing is sent or received for them any more."""
        self.people.remove(person)
        if person in self.senders:
            self.senders.remove(person)
        if person.tap in self.taps:
            self.taps.remove(person.tap)

    async def come(self) -> None:
        """The others come, evenly within the case's time."""
        begin = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in range(self.case.others):
                due = begin + number * self.case.joins_s / self.case.others
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                group.create_task(self.one(self.case.speakers + number, speaker=False))

    async def send(self) -> None:
        """Cameras and microphones run until cancelled."""
        while True:
            now = time.monotonic()
            for person in self.senders:
                if person.camera is not None:
                    person.camera.run(now)
                if person.microphone is not None:
                    person.microphone.run(now)
            await asyncio.sleep(SENDING_STEP_S)

    async def receive(self) -> None:
        """Sockets are emptied in turn until cancelled."""
        position = 0.0
        last = time.monotonic()
        while True:
            await asyncio.sleep(STEP_S)
            now = time.monotonic()
            taps = self.taps
            if not taps:
                last = now
                continue
            share = min(1.0, (now - last) / round_s(taps[-1].socket)) * len(taps)
            last = now
            begin, position = int(position), position + share
            self.drain.empty(taps[index % len(taps)] for index in range(begin, int(position)))
            position %= len(taps)

    async def leave(self) -> None:
        """Everybody goes."""
        await asyncio.gather(*(person.leave() for person in self.people))


def round_s(sock: socket.socket) -> float:
    """How long packets may wait in a socket like this (one that is closed says nothing)."""
    if sock.fileno() < 0:
        return SHORT_ROUND_S
    return ROUND_S if sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) >= LARGE_BUFFER else SHORT_ROUND_S


def receivers(server: Server) -> dict[str, int]:
    """How many receive from each node, as it has said in the last seconds."""
    with sqlite3.connect(f"file:{server.data}/meet.sqlite3?mode=ro", uri=True) as database:
        return dict(database.execute("SELECT name, receivers FROM rooms_node"))


async def play(server: Server, case: Case, seconds: float) -> dict[str, Any]:
    """Run a case against a server; its row."""
    async with asyncio.timeout(NODES_S):
        while len(receivers(server)) < case.nodes:  # noqa: ASYNC110 - they write when they run
            await asyncio.sleep(0.1)
    roles = {pid: role for pid, role in children(server.process.pid).items() if role in {"node", "web"}}
    crowd = Crowd(server.url, case, f"scale-{case.name}-{time.monotonic_ns() % 1_000_000}")
    gc.collect()
    gc.freeze()  # what was there before is looked through no more
    before = {pid: use(pid) for pid in roles}
    tasks = [asyncio.create_task(crowd.send()), asyncio.create_task(crowd.receive())]
    try:
        for number in range(case.speakers):
            await crowd.one(number, speaker=True)
        if case.tickets_before:
            await crowd.ask_for_tickets()
        await asyncio.sleep(0.5)
        crowd.drain.latencies_ms.clear()
        joining = {pid: use(pid) for pid in roles}
        begun, own = time.monotonic(), time.process_time()
        await crowd.come()
        _check(tasks)
        joined_s = time.monotonic() - begun
        joined = {pid: use(pid) for pid in roles}
        row = _joins(crowd, roles, joining, joined, joined_s)
        row["load joining %"] = 100 * (time.process_time() - own) / joined_s
        if seconds:
            await asyncio.sleep(SETTLE_S)
            row |= await _stay(crowd, roles, before, seconds)
            row["receivers"] = receivers(server)
        _check(tasks)
    finally:
        for task in tasks:
            task.cancel()
        await crowd.leave()
    return row


def _check(tasks: list[asyncio.Task[None]]) -> None:
    """Raises what has ended one of these, which run until cancelled: figures without it would be of something else."""
    for task in tasks:
        if task.done():
            task.result()


def _joins(
    crowd: Crowd, roles: dict[int, str], before: dict[int, Use], after: dict[int, Use], passed_s: float
) -> dict[str, Any]:
    """What coming in took."""
    others = [person for person in crowd.people if not person.place.speaker]
    first = [person.tap.first_at for person in others if person.tap is not None and person.tap.first_at]
    row: dict[str, Any] = {
        "case": crowd.case.name,
        "people": len(crowd.people),
        "joins/s": crowd.case.others / max(0.001, passed_s),
        "failed": sum(crowd.failures.values()),
        "failures": dict(crowd.failures),
        "tried again": sum(crowd.retries.values()),
        "retries": dict(crowd.retries),
        "streams began": len(first),
        "signs": dict(crowd.signs),
        "first signs": crowd.first_signs,
    }
    for name, values in (
        ("ticket", [person.times.ticket_s for person in others]),
        ("joined", [person.times.joined_s for person in others]),
        ("connected", [person.times.connected_s for person in others]),
        ("resumed", [person.times.resumed_s for person in others]),
        ("produced", [person.times.produced_s for person in others]),
        ("all", [person.waited_s for person in others]),
    ):
        for share in (0.5, 0.95, 0.99):
            row[f"{name} p{share * 100:.0f} ms"] = 1000 * percentile(values, share)
    for role in sorted(set(roles.values())):
        spent = sum(after[pid].cpu_s - before[pid].cpu_s for pid, its in roles.items() if its == role)
        row[f"{role} ms/join"] = 1000 * spent / max(1, crowd.case.others)
    row["joining p99 ms"] = percentile(crowd.drain.latencies_ms, 0.99)
    expected = sum(tap.expected for tap in crowd.taps)
    row["joining loss %"] = 100 * (1 - sum(tap.packets for tap in crowd.taps) / expected) if expected else 0.0
    told = sum((person.events for person in crowd.people), Counter[str]())
    row["events/person"] = told.total() / max(1, len(crowd.people))
    row["most told"] = {event: round(count / len(crowd.people), 1) for event, count in told.most_common(MOST_TOLD)}
    row["kB signalling/person"] = sum(person.frame_octets for person in crowd.people) / max(1, len(crowd.people)) / 1000
    return row


async def _stay(crowd: Crowd, roles: dict[int, str], idle: dict[int, Use], seconds: float) -> dict[str, Any]:
    """What staying takes."""
    for tap in crowd.taps:
        tap.begin()
    crowd.drain.latencies_ms.clear()
    left_out = crowd.left_out
    before, own, begin = {pid: use(pid) for pid in roles}, time.process_time(), time.monotonic()
    await asyncio.sleep(seconds)
    passed = time.monotonic() - begin
    load = (time.process_time() - own) / passed
    after = {pid: use(pid) for pid in roles}
    taps = crowd.taps
    packets, octets = sum(tap.packets for tap in taps), sum(tap.octets for tap in taps)
    expected = sum(tap.expected for tap in taps)
    nodes = [pid for pid, role in roles.items() if role == "node"]
    spent = [after[pid].cpu_s - before[pid].cpu_s for pid in nodes]
    latencies = crowd.drain.latencies_ms
    with contextlib.suppress(ValueError):
        latencies = [value for value in latencies if value < 60_000]
    return {
        "node %": [round(100 * value / passed, 1) for value in spent],
        "load %": 100 * load,
        "left out": crowd.left_out - left_out,
        "packets/s": packets / passed,
        "Mbit/s": octets * 8 / passed / 1e6,
        "µs/packet": 1e6 * sum(spent) / max(1, packets),
        "loss %": 100 * (1 - packets / expected) if expected else 0.0,
        "bad": sum(tap.bad for tap in taps),
        "silent": sum(not tap.packets for tap in taps),
        "p50 ms": percentile(latencies, 0.5),
        "p95 ms": percentile(latencies, 0.95),
        "p99 ms": percentile(latencies, 0.99),
        "node MB": [round(after[pid].memory / 1e6, 1) for pid in nodes],
        "kB/person": sum(after[pid].memory - idle[pid].memory for pid in nodes) / max(1, len(crowd.people)) / 1000,
        "people/core": len(crowd.people) / (sum(spent) / passed) if sum(spent) else 0.0,
        "lost people": sum(bool(person.closed_by) for person in crowd.people),
    }
