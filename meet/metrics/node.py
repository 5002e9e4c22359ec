"""What a node tells: read from its rooms and transports when somebody asks, in the loop, a few of them at a time."""

from __future__ import annotations

import asyncio
import threading
from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING, Final

from meet.metrics import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from prometheus_client.metrics_core import Metric as Family

    from meet.database_writer import DatabaseThread
    from meet.run.loop_lag import LoopLag
    from rooms.runtime.node import Node

# A transport with ten consumers takes some 50 µs.
AT_ONCE: Final = 20
TIMEOUT_S: Final = 5.0
KINDS: Final = ("audio", "video")


class NodeMetrics:
    """Collects from another thread than the loop's."""

    def __init__(self, node: Node, lag: LoopLag, database: DatabaseThread, loop: asyncio.AbstractEventLoop) -> None:
        self._node = node
        self._lag = lag
        self._database = database
        self._loop = loop
        self._lock = threading.Lock()
        # What goes away while we look would make a count smaller, which Prometheus takes for a restart.
        self._highest: dict[tuple[str, tuple[str, ...]], float] = {}
        self._most_lost = 0

    def collect(self) -> Iterable[Family]:
        """Called for each scrape. Raises `TimeoutError` where the loop is busy for too long."""
        with self._lock:
            return asyncio.run_coroutine_threadsafe(self._families(), self._loop).result(TIMEOUT_S)

    async def _families(self) -> list[Family]:
        return [*self._rooms(), *self._signalling(), *self._udp(), *self._pipes(), *await self._media()]

    def _rooms(self) -> Iterable[Family]:
        node = self._node
        rooms = [room for room in node.rooms.values() if not room.state.empty]
        viewers = sum(room.state.viewer_count for room in rooms)
        peers = sum(room.peer_count for room in rooms)
        yield catalogue.ROOMS.of(len(rooms))
        yield catalogue.PEERS.of({"false": peers - viewers, "true": viewers})
        yield catalogue.WAITING.of(sum(len(room.state.waiting) for room in rooms))
        yield catalogue.RECORDINGS.of(sum(room.state.recording_since is not None for room in rooms))

    def _signalling(self) -> Iterable[Family]:
        node = self._node
        yield catalogue.CONNECTIONS.of(len(node.sockets))
        yield catalogue.JOINS.of(node.tallies.joins)
        yield catalogue.REQUESTS.of(dict(node.tallies.requests))
        yield catalogue.LAG.distribution(self._lag.counts, self._lag.total_s)
        yield catalogue.TASKS.of(len(asyncio.all_tasks()))
        yield catalogue.WRITER.of(self._database.waiting)
        yield catalogue.WRITER_LEFT_OUT.of(self._database.left_out)

    def _udp(self) -> Iterable[Family]:
        sockets, tcp, counts = self._node.sfu.sockets, self._node.sfu.tcp, self._node.sfu.counts
        datagrams = {
            ("received", "udp"): sum(udp.received for udp in sockets),
            ("discarded", "udp"): sum(udp.discarded for udp in sockets),
            ("sent", "udp"): sum(udp.egress.sent for udp in sockets),
            ("dropped", "udp"): sum(udp.egress.dropped for udp in sockets),
        }
        if tcp is not None:
            datagrams |= {
                ("received", "tcp"): tcp.received,
                ("discarded", "tcp"): tcp.discarded,
                ("sent", "tcp"): tcp.sent,
                ("dropped", "tcp"): tcp.dropped,
            }
        yield catalogue.DATAGRAMS.of(datagrams)
        yield catalogue.NACKS.of({"in": counts.nacked_in, "out": counts.nacked_out})
        yield catalogue.PLIS.of({"in": counts.key_frames_in, "out": counts.key_frames_out})
        done = sum(counts.handshakes)
        handshakes = {"begun": counts.handshakes_begun, "done": done, "failed": counts.handshakes_failed}
        yield catalogue.HANDSHAKES.of(handshakes)
        yield catalogue.HANDSHAKE_SECONDS.distribution(counts.handshakes, counts.handshake_s)

    def _pipes(self) -> Iterable[Family]:
        spread, totals = self._node.elsewhere.spread(), self._node.sfu.pipe_totals()
        yield catalogue.BRANCHES.of({"elsewhere": spread.branches_elsewhere, "here": spread.branches_here})
        yield catalogue.BRANCH_RECEIVERS.of({"elsewhere": spread.receivers_elsewhere, "here": spread.receivers_here})
        lost = max(totals.lost, self._most_lost)  # what comes late is lost no more
        self._most_lost = lost
        yield catalogue.PIPE_PACKETS.of(
            {"sent": totals.sent, "resent": totals.resent, "received": totals.received, "lost": lost}
        )
        yield catalogue.PIPE_BYTES.of({"in": totals.octets_received, "out": totals.octets_sent})

    async def _media(self) -> list[Family]:
        totals = self._node.sfu.counts.closed.copy()
        states: Counter[str] = Counter()
        producers: Counter[str] = Counter()
        consumers: Counter[str] = Counter()
        estimates, estimated = [0] * (len(catalogue.ESTIMATE_BUCKETS) + 1), 0
        for number, transport in enumerate(self._node.sfu.transports(), 1):
            stats = transport.stats()
            states[stats.state] += 1
            totals.packets_over_limit += stats.packets_over_limit
            for producer in stats.producers:
                producers[producer.kind] += 1
                totals.add_producer(producer)
            for consumer in stats.consumers:
                consumers[consumer.kind] += 1
                totals.add_consumer(consumer)
            if stats.available_bitrate is not None:
                estimates[bisect_left(catalogue.ESTIMATE_BUCKETS, stats.available_bitrate)] += 1
                estimated += stats.available_bitrate
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
        return [
            catalogue.TRANSPORTS.of(states),
            catalogue.PRODUCERS.of({kind: producers[kind] for kind in KINDS}),
            catalogue.CONSUMERS.of({kind: consumers[kind] for kind in KINDS}),
            self._risen(catalogue.PACKETS_RECEIVED, totals.packets_received),
            self._risen(catalogue.BYTES_RECEIVED, totals.bytes_received),
            self._risen(catalogue.PACKETS_LOST, totals.packets_lost),
            self._risen(catalogue.PACKETS_REPAIRED, totals.packets_repaired),
            self._risen(catalogue.PACKETS_DISCARDED, totals.packets_discarded),
            self._risen(catalogue.PACKETS_SENT, totals.packets_sent),
            self._risen(catalogue.BYTES_SENT, totals.bytes_sent),
            self._risen(catalogue.PACKETS_RESENT, totals.packets_resent),
            self._risen(catalogue.PACKETS_POLICED, {"": totals.packets_over_limit}),
            catalogue.ESTIMATES.distribution(estimates, estimated),
        ]

    def _risen(self, metric: catalogue.Metric, values: Mapping[str, float]) -> Family:
        """A counter that never falls, of each kind or (with one value) without labels."""
        found: dict[tuple[str, ...], float] = {}
        for label in KINDS if metric.labels else ("",):
            labels = (label,) if metric.labels else ()
            found[labels] = max(values.get(label, 0), self._highest.get((metric.name, labels), 0))
            self._highest[metric.name, labels] = found[labels]
        return metric.of(found)
