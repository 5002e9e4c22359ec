"""Metrics: what each role tells, that labels are few, and that everything that names one names one that there is."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from django.test import Client as Browser
from django.utils import timezone
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from media.config import MediaConfig
from media.counts import Totals
from media.stats import ConsumerStats, ProducerStats, StreamStats
from meet.accounts.hosts import default_account
from meet.config import PROJECT
from meet.database_writer import DatabaseThread
from meet.management import monitoring
from meet.metrics import catalogue
from meet.metrics.backlog import Backlog
from meet.metrics.node import NodeMetrics
from meet.metrics.registry import registry_of
from meet.metrics.requests import MAX_ROUTES, OTHER, Requests
from meet.run.loop_lag import BUCKETS, LoopLag
from meet.run.readiness import Readiness
from rooms.runtime.node import Node, NodeConfig
from rooms.webhooks.models import Delivery, Endpoint

if TYPE_CHECKING:
    from rooms.webhooks.models import Delivery as DeliveryType

DASHBOARD = PROJECT / "deploy" / "grafana" / "meet.json"
ALERTS = PROJECT / "deploy" / "prometheus" / "alerts.yml"
METRIC = re.compile(r"\b(?:meet|process|python)_[a-z_]+\b")


LABELS = {metric.name: metric.labels for metric in catalogue.metrics()}


def told(*collectors: Any) -> dict[str, dict[tuple[str, ...], float]]:
    """Values by name of sample and values of labels."""
    readiness = Readiness([])
    text = generate_latest(registry_of("node", readiness, *collectors)).decode()
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            order = LABELS.get(sample.name, tuple(sample.labels))
            labels = tuple(sample.labels[name] for name in order) or tuple(sample.labels.values())
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


def samples_of(metric: catalogue.Metric) -> set[str]:
    if metric.kind == "histogram":
        return {f"{metric.name}_{part}" for part in ("bucket", "sum", "count")}
    return {metric.name}


KNOWN = {name for metric in catalogue.metrics() for name in samples_of(metric)} | catalogue.PROCESS_METRICS.keys()


async def node_told(node: Node, lag: LoopLag | None = None) -> dict[str, dict[tuple[str, ...], float]]:
    database = DatabaseThread()
    metrics = NodeMetrics(node, lag or LoopLag(), database, asyncio.get_running_loop())
    try:
        return await asyncio.to_thread(told, metrics)
    finally:
        database.close()


async def test_a_node_tells_all_that_the_catalogue_says_and_nothing_else() -> None:
    node = Node(NodeConfig("serv0", MediaConfig(port=0)))
    await node.start()
    try:
        node.tallies.answered("join", "ok")
        node.tallies.answered("join", "roomLocked")
        node.tallies.answered("chat", "ok")
        found = await node_told(node)
    finally:
        await node.close()
    ours = {name for name in found if name.startswith("meet_")}
    expected = {name for metric in catalogue.metrics() if "node" in metric.roles for name in samples_of(metric)}
    # No transport, no writer and no check is there whose label there could be.
    nothing = {"meet_transports", "meet_database_writer_entries", "meet_database_writer_left_out_total", "meet_ready"}
    assert ours == expected - nothing
    assert found["meet_joins_total"] == {("ok",): 1, ("roomLocked",): 1}
    assert found["meet_signalling_requests_total"][("chat", "ok")] == 1
    assert found["meet_producers"] == {("audio",): 0, ("video",): 0}


def stats(packets: int) -> ProducerStats:
    stream = StreamStats(
        layer=0,
        ssrc=1,
        packets_received=packets,
        bytes_received=10 * packets,
        packets_lost=-1,
        packets_repaired=2,
        packets_discarded=3,
        jitter=0.0,
        consumers=0,
    )
    return ProducerStats("p", "video", "simple", paused=False, streams=[stream])


async def test_counts_of_what_has_ended_stay_and_never_fall() -> None:
    node = Node(NodeConfig("serv0", MediaConfig(port=0)))
    node.sfu.counts.closed.add_producer(stats(100))
    node.sfu.counts.closed.add_consumer(ConsumerStats("c", "p", "audio", False, 0, 7, 70, 1, 0.0, None))
    node.sfu.counts.handshake_done(0.2)
    database = DatabaseThread()
    metrics = NodeMetrics(node, LoopLag(), database, asyncio.get_running_loop())
    first = await asyncio.to_thread(told, metrics)
    node.sfu.counts.closed = Totals()  # as if a transport were closed while somebody looks
    second = await asyncio.to_thread(told, metrics)
    database.close()
    for found in (first, second):
        assert found["meet_rtp_packets_received_total"] == {("audio",): 0, ("video",): 100}
        assert found["meet_rtp_packets_sent_total"] == {("audio",): 7, ("video",): 0}
        assert found["meet_rtp_packets_lost_total"][("video",)] == 0
    assert first["meet_dtls_handshake_seconds_bucket"][("0.1",)] == 0
    assert first["meet_dtls_handshake_seconds_bucket"][("0.25",)] == 1
    assert first["meet_dtls_handshakes_total"] == {("begun",): 0, ("done",): 1, ("failed",): 0}


def test_lag_falls_into_buckets() -> None:
    lag = LoopLag()
    for late_s in (-1.0, 0.0, 0.0015, 100.0):
        lag.note(late_s)
    assert (lag.counts[0], lag.counts[1], lag.counts[len(BUCKETS)]) == (2, 1, 1)


def test_web_counts_by_pattern_and_never_by_address() -> None:
    requests = Requests()
    requests.answered("/rooms/<str:room_id>/numberPeers", "GET", 200, 0.03)
    requests.answered("/rooms/<str:room_id>/numberPeers", "BREW", 404, 0.003)
    for number in range(2 * MAX_ROUTES):
        requests.answered(f"/{number}", "GET", 200, 1)
    found = told(requests)
    assert found["meet_http_requests_total"][("/rooms/<str:room_id>/numberPeers", "GET", "200")] == 1
    assert found["meet_http_requests_total"][("/rooms/<str:room_id>/numberPeers", OTHER, "404")] == 1
    assert len(found["meet_http_requests_total"]) <= MAX_ROUTES + 2


@pytest.mark.django_db
def test_each_request_of_web_is_counted_once_with_its_pattern(monkeypatch: pytest.MonkeyPatch) -> None:
    requests = Requests()
    monkeypatch.setattr("meet.watched_requests.REQUESTS", requests)
    browser = Browser()
    browser.get("/rooms/secret-name/numberPeers")
    browser.get("/no/such/page/as/secret-name")
    browser.get("/static/no-such-file")
    routes = {labels[0] for labels in told(requests)["meet_http_requests_total"]}
    assert len(routes) == 3
    assert not any("secret-name" in route for route in routes)


def delivery(endpoint: Endpoint, happened_at: dt.datetime, **more: Any) -> DeliveryType:
    return Delivery.objects.create(
        endpoint=endpoint,
        room_id="demo",
        kind="joinPeer",
        body="{}",
        happened_at=happened_at,
        due_at=happened_at,
        **more,
    )


@pytest.mark.django_db(transaction=True)
def test_a_worker_tells_what_waits_and_since_when() -> None:
    now = timezone.now()
    endpoint = Endpoint.objects.create(account=default_account(), url="https://example.org/events")
    delivery(endpoint, now - dt.timedelta(seconds=120))
    delivery(endpoint, now - dt.timedelta(seconds=300), state="failed", failures=1)
    found = told(Backlog())
    assert found["meet_webhooks_waiting"] == {("waiting",): 1, ("failed",): 1}
    assert 119 < found["meet_webhooks_oldest_seconds"][()] < 200
    assert 119 < found["meet_webhooks_overdue_seconds"][()] < 200
    assert found["meet_backlog_unknown"][()] == 0
    ours = {name for name in found if name.startswith("meet_")} - {"meet_info"}
    assert ours == {
        name for metric in catalogue.metrics() if metric.roles == ("worker",) for name in samples_of(metric)
    }


@pytest.mark.django_db(transaction=True)
def test_the_database_is_asked_once_in_a_while(django_assert_num_queries: Any) -> None:
    backlog = Backlog(lambda: 0.0)
    told(backlog)
    with django_assert_num_queries(0):
        told(backlog)


def named_in(text: str) -> set[str]:
    """Names of metrics in PromQL, without those of labels and groups."""
    without_strings = re.sub(r"\"[^\"]*\"|'[^']*'", "", text)
    return set(METRIC.findall(without_strings))


def expressions() -> list[str]:
    dashboard = msgspec.json.decode(DASHBOARD.read_bytes())
    targets = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
    rules = msgspec.yaml.decode(ALERTS.read_bytes())
    return targets + [rule["expr"] for group in rules["groups"] for rule in group["rules"]]


def test_the_dashboard_and_the_alerts_name_only_metrics_that_there_are() -> None:
    found = expressions()
    assert len(found) > 30
    for expression in found:
        names = named_in(expression) - {"process", "python"}
        assert names or expression.startswith(("up", "absent(up")), expression
        assert names <= KNOWN, expression


def test_every_alert_says_what_to_do_and_the_page_has_it() -> None:
    page = (PROJECT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    rules = msgspec.yaml.decode(ALERTS.read_bytes())
    for group in rules["groups"]:
        for rule in group["rules"]:
            assert rule["annotations"]["summary"], rule
            assert f"| `{rule['alert']}` |" in page, rule["alert"]


def test_the_table_of_metrics_is_that_of_the_code() -> None:
    page = monitoring.TARGET.read_text(encoding="utf-8")
    assert monitoring.generate(page) == page, "run manage.py generate"


def test_prometheus_itself_understands_the_alerts() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool (Debian's package prometheus) is not installed")
    subprocess.run([promtool, "check", "rules", str(ALERTS)], check=True, capture_output=True)
