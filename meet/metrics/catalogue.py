"""Every metric of the product: its name, kind, labels, meaning, and which role tells it.

`docs/monitoring.md` has a table of this list. A label's values are few and ours: names of roles, kinds, requests, codes
and address patterns, never an id that somebody else has chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from media.counts import HANDSHAKE_BUCKETS
from meet.run import loop_lag

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from prometheus_client.metrics_core import Metric as Family

Kind = Literal["counter", "gauge", "histogram"]
Role = Literal["web", "node", "worker", "composer"]
ALL: Final[tuple[Role, ...]] = ("web", "node", "worker", "composer")

# In seconds.
REQUEST_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
# In bits/s: no video, a thumbnail, a small tile, 360p, 720p, several of them.
ESTIMATE_BUCKETS: Final = (100e3, 250e3, 500e3, 1e6, 2e6, 4e6, 8e6, 16e6)


@dataclass(frozen=True)
class Metric:
    """`name` as it is exported, a counter's with `_total`; `labels` in their order; `roles` are who tells it."""

    name: str
    kind: Kind
    help: str
    roles: tuple[Role, ...]
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()

    def of(self, values: float | Mapping[Any, float]) -> Family:
        """The metric with its value, or with a value for each tuple of labels, or each value of the only one."""
        family: Any = (CounterMetricFamily if self.kind == "counter" else GaugeMetricFamily)(
            self.name, self.help, labels=self.labels
        )
        known: Mapping[Any, float] = {(): values} if isinstance(values, int | float) else values
        for labels, value in known.items():
            family.add_metric((labels,) if isinstance(labels, str) else labels, value)
        found: Family = family
        return found

    def distribution(self, counts: Sequence[int], total: float) -> Family:
        """A histogram without labels: how many fell into each bucket (one more than `buckets`), and their sum."""
        family = HistogramMetricFamily(self.name, self.help)
        cumulative, so_far = [], 0
        for edge, count in zip((*self.buckets, float("inf")), counts, strict=True):
            so_far += count
            cumulative.append(("+Inf" if edge == float("inf") else str(edge), so_far))
        family.add_metric([], cumulative, total)
        return family


def _of(*roles: Role) -> tuple[Role, ...]:
    return roles


# --- every role ---
INFO: Final = Metric(
    "meet_info", "gauge", "Always 1; says which role this is, and its version.", ALL, ("role", "version")
)
READY: Final = Metric(
    "meet_ready", "gauge", "1 where what `/readyz` looks at is well, 0 where it is not.", ALL, ("check",)
)

# --- web ---
HTTP_REQUESTS: Final = Metric(
    "meet_http_requests_total",
    "counter",
    "Requests that were answered, by the pattern of their address, method and status.",
    _of("web"),
    ("route", "method", "code"),
)
HTTP_SECONDS: Final = Metric(
    "meet_http_request_seconds",
    "histogram",
    "How long answers took, in seconds.",
    _of("web"),
    ("route",),
    REQUEST_BUCKETS,
)
TICKETS: Final = Metric(
    "meet_tickets_total",
    "counter",
    "Tickets that were given to pages, by outcome: `ok`, or the code of the refusal.",
    _of("web"),
    ("outcome",),
)

# --- node: who is there ---
ROOMS: Final = Metric("meet_rooms", "gauge", "Rooms with somebody in them, or in their waiting room.", _of("node"))
PEERS: Final = Metric(
    "meet_peers", "gauge", "Participants in rooms, by whether they only watch.", _of("node"), ("viewer",)
)
WAITING: Final = Metric("meet_waiting_peers", "gauge", "People in waiting rooms.", _of("node"))
CONNECTIONS: Final = Metric("meet_connections", "gauge", "Open signalling connections.", _of("node"))
RECORDINGS: Final = Metric("meet_recordings_running", "gauge", "Rooms that are being recorded.", _of("node"))
JOINS: Final = Metric(
    "meet_joins_total",
    "counter",
    "Joins that were answered, by outcome: `ok`, or the code of the refusal.",
    _of("node"),
    ("outcome",),
)
REQUESTS: Final = Metric(
    "meet_signalling_requests_total",
    "counter",
    "Requests of clients that were answered, by name and outcome: `ok`, or the code of the refusal.",
    _of("node"),
    ("request", "outcome"),
)
LAG: Final = Metric(
    "meet_loop_lag_seconds",
    "histogram",
    "How late the event loop comes to what is due, looked at ten times a second.",
    _of("node"),
    (),
    loop_lag.BUCKETS,
)
TASKS: Final = Metric(
    "meet_loop_tasks", "gauge", "Tasks of the event loop: a few, and some for each connection.", _of("node")
)

# --- node: media ---
TRANSPORTS: Final = Metric("meet_transports", "gauge", "Media connections, by state.", _of("node"), ("state",))
PRODUCERS: Final = Metric("meet_producers", "gauge", "Tracks that participants send.", _of("node"), ("kind",))
CONSUMERS: Final = Metric("meet_consumers", "gauge", "Tracks that participants receive.", _of("node"), ("kind",))
PACKETS_RECEIVED: Final = Metric(
    "meet_rtp_packets_received_total", "counter", "RTP packets of known tracks that came.", _of("node"), ("kind",)
)
BYTES_RECEIVED: Final = Metric(
    "meet_rtp_bytes_received_total", "counter", "Octets of their payload.", _of("node"), ("kind",)
)
PACKETS_LOST: Final = Metric(
    "meet_rtp_packets_lost_total",
    "counter",
    "RTP packets that did not come by themselves on the way to the node; what came later on request is among them.",
    _of("node"),
    ("kind",),
)
PACKETS_REPAIRED: Final = Metric(
    "meet_rtp_packets_repaired_total", "counter", "Lost packets that came on request (RTX).", _of("node"), ("kind",)
)
PACKETS_DISCARDED: Final = Metric(
    "meet_rtp_packets_discarded_total",
    "counter",
    "RTP packets of known tracks that were of no use: late, twice, or malformed.",
    _of("node"),
    ("kind",),
)
PACKETS_POLICED: Final = Metric(
    "meet_packets_over_limit_total",
    "counter",
    "Packets that were dropped because a participant sent more than `MEET_MAX_SEND_KBPS` or its room allow.",
    _of("node"),
)
PACKETS_SENT: Final = Metric(
    "meet_rtp_packets_sent_total", "counter", "RTP packets that were forwarded.", _of("node"), ("kind",)
)
BYTES_SENT: Final = Metric("meet_rtp_bytes_sent_total", "counter", "Octets of their payload.", _of("node"), ("kind",))
PACKETS_RESENT: Final = Metric(
    "meet_rtp_packets_resent_total", "counter", "Packets that receivers had sent again.", _of("node"), ("kind",)
)
DATAGRAMS: Final = Metric(
    "meet_datagrams_total",
    "counter",
    "Datagrams of the media ports, by protocol (`udp`, `tcp`): `received`, of those `discarded` (they fit nowhere), "
    "`sent`, and `dropped` (media that could not be sent).",
    _of("node"),
    ("what", "protocol"),
)
NACKS: Final = Metric(
    "meet_nacked_packets_total",
    "counter",
    "Packets that were asked for again by NACK: `in` by receivers, `out` by the node.",
    _of("node"),
    ("direction",),
)
PLIS: Final = Metric(
    "meet_keyframe_requests_total",
    "counter",
    "Keyframes that were asked for by PLI or FIR: `in` by receivers, `out` by the node.",
    _of("node"),
    ("direction",),
)
ESTIMATES: Final = Metric(
    "meet_estimate_bits_per_second",
    "histogram",
    "What receivers' links are thought to carry at the moment, of those of which it is known. It is a picture of this "
    "moment, not a count since the start: use it without `rate`.",
    _of("node"),
    (),
    ESTIMATE_BUCKETS,
)
BRANCHES: Final = Metric(
    "meet_branches",
    "gauge",
    "Parts of rooms larger than one node: of its own rooms on others (`elsewhere`), of others' rooms on it (`here`).",
    _of("node"),
    ("where",),
)
BRANCH_RECEIVERS: Final = Metric(
    "meet_branch_receivers",
    "gauge",
    "People who receive by such a part: of its own rooms from others (`elsewhere`), of others' from it (`here`).",
    _of("node"),
    ("where",),
)
PIPE_PACKETS: Final = Metric(
    "meet_pipe_packets_total",
    "counter",
    "RTP packets of pipes between nodes: `sent`, `resent` on request, `received`, and `lost` for good on the way here.",
    _of("node"),
    ("what",),
)
PIPE_BYTES: Final = Metric(
    "meet_pipe_bytes_total",
    "counter",
    "Octets of datagrams of pipes between nodes, by `direction`: `in` and `out`.",
    _of("node"),
    ("direction",),
)
HANDSHAKES: Final = Metric(
    "meet_dtls_handshakes_total",
    "counter",
    "DTLS handshakes: `begun`, `done`, `failed`.",
    _of("node"),
    ("outcome",),
)
HANDSHAKE_SECONDS: Final = Metric(
    "meet_dtls_handshake_seconds",
    "histogram",
    "How long those took that were done.",
    _of("node"),
    (),
    HANDSHAKE_BUCKETS,
)
WRITER: Final = Metric(
    "meet_database_writer_entries",
    "gauge",
    "Entries that wait to be written to the database, by what they are.",
    _of("node"),
    ("writer",),
)
WRITER_LEFT_OUT: Final = Metric(
    "meet_database_writer_left_out_total",
    "counter",
    "Entries that were left out because too many waited.",
    _of("node"),
    ("writer",),
)

# --- worker: what waits in the database; every worker tells the same ---
NODES: Final = Metric("meet_nodes", "gauge", "Nodes that are known, by whether they run.", _of("worker"), ("running",))
WEBHOOKS: Final = Metric(
    "meet_webhooks_waiting",
    "gauge",
    "Deliveries that have not arrived: `waiting` for their first attempt, or `failed` and to be tried again.",
    _of("worker"),
    ("state",),
)
WEBHOOKS_AGE: Final = Metric(
    "meet_webhooks_oldest_seconds",
    "gauge",
    "How long ago the oldest event happened whose first attempt is still due; 0 for none.",
    _of("worker"),
)
WEBHOOKS_OVERDUE: Final = Metric(
    "meet_webhooks_overdue_seconds",
    "gauge",
    "For how long an attempt has been due that nobody makes; 0 for none. Endpoints that fail do not count.",
    _of("worker"),
)
COMPOSITIONS: Final = Metric(
    "meet_compositions",
    "gauge",
    "Videos and files of people that are to be made (`waiting`), are being made (`composing`), or could not be made "
    "(`failed`).",
    _of("worker"),
    ("status",),
)
COMPOSITIONS_AGE: Final = Metric(
    "meet_compositions_overdue_seconds",
    "gauge",
    "For how long the oldest of those has been due that wait for a composer; 0 for none.",
    _of("worker"),
)
UNFINISHED: Final = Metric(
    "meet_recordings_unfinished", "gauge", "Recordings that have begun and not ended, of all nodes.", _of("worker")
)
DATABASE_AWAY: Final = Metric(
    "meet_backlog_unknown", "gauge", "1 where the database did not say what waits; 0 where it did.", _of("worker")
)


def metrics() -> Iterable[Metric]:
    """All of them, in the order of this file."""
    return (value for value in globals().values() if isinstance(value, Metric))


# What prometheus-client tells of every process, and the product adds nothing to.
PROCESS_METRICS: Final = {
    "process_virtual_memory_bytes": "Virtual memory size in bytes.",
    "process_resident_memory_bytes": "Resident memory size in bytes.",
    "process_start_time_seconds": "Start time of the process since the Unix epoch, in seconds.",
    "process_cpu_seconds_total": "User and system processor time, in seconds.",
    "process_open_fds": "Open files and sockets.",
    "process_max_fds": "Most open files and sockets.",
    "python_gc_objects_collected_total": "Objects that the garbage collector has freed, by generation.",
    "python_gc_objects_uncollectable_total": "Objects that it could not free.",
    "python_gc_collections_total": "How often it ran.",
    "python_info": "Python's version.",
}
