"""Traces and error reports, sent to real servers on this machine: from a page load to the join on a node."""

from __future__ import annotations

import gzip
import json
import logging
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
import pytest
from django.test import Client
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from meet import tracing
from meet.config import Config
from meet.log_context import REQUEST_ID_HEADER, About, about, current
from meet.run import error_reports
from meet.run.error_reports import scrubbed
from meet.run.secrets_in_logs import Redaction
from rooms.nodes.tickets import sign, verify
from rooms.state.ticket import Ticket

if TYPE_CHECKING:
    from collections.abc import Iterator

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Collector(BaseHTTPRequestHandler):
    """Keeps the path, headers and body of each request."""

    taken: ClassVar[list[tuple[str, dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.taken.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *args: object) -> None:
        """Be quiet."""


@contextmanager
def collecting() -> Iterator[tuple[str, list[tuple[str, dict[str, str], bytes]]]]:
    """A server's address, and what it takes."""
    Collector.taken = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", Collector.taken
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def traced() -> Iterator[list[tuple[str, dict[str, str], bytes]]]:
    """Tracing to a collector; `tracing.end` sends what waits."""
    with collecting() as (address, taken):
        tracing.begin(Config(otlp_endpoint=f"http://{address}/", otlp_headers="x-key=secret-1"), "web")
        yield taken
        tracing.end()


def spans(taken: list[tuple[str, dict[str, str], bytes]]) -> dict[str, Any]:
    """What a collector has taken, by name."""
    tracing.end()
    found: dict[str, Any] = {}
    for path, headers, body in taken:
        assert path == "/v1/traces"
        assert headers["x-key"] == "secret-1"
        request = ExportTraceServiceRequest.FromString(body)
        for resource in request.resource_spans:
            for scope in resource.scope_spans:
                found |= {span.name: span for span in scope.spans}
    return found


@pytest.mark.django_db
@pytest.mark.usefixtures("client_build", "live_node")
def test_a_page_load_goes_on_in_the_ticket_and_in_the_join(traced: list[tuple[str, dict[str, str], bytes]]) -> None:
    page = Client().get("/call/?roomId=asecretname", headers={"traceparent": PARENT, "x-request-id": "req-1"})
    assert page.status_code == 200
    boot = json.loads(
        page.content.decode().split('<script id="boot" type="application/json">')[1].split("</script>")[0]
    )
    ticket = verify(boot["ticket"], node="serv0")
    tracing.begun("join", ticket.trace).end("roomLocked")
    found = spans(traced)
    load, join = found["GET /call/"], found["join"]
    assert join.trace_id == load.trace_id
    assert join.parent_span_id == load.span_id
    assert load.trace_id.hex() not in PARENT  # a stranger does not choose our traces
    attributes = {one.key: one.value.string_value or one.value.int_value for one in load.attributes}
    assert attributes["meet.request_id"] == "req-1"
    assert attributes["http.response.status_code"] == 200
    assert {one.key: one.value.string_value for one in join.attributes}["meet.outcome"] == "roomLocked"
    assert not any(b"asecretname" in body for _, _, body in traced)


def test_a_question_of_web_goes_on_in_the_node(traced: list[tuple[str, dict[str, str], bytes]]) -> None:
    with about(About(request="req-2")), tracing.span("ask a node"):
        headers = {name.lower(): value for name, value in tracing.carried().items()}
    with tracing.served("ListRooms", headers, "1", "demo"):
        assert current() == About("req-2", "1", "demo")
    found = spans(traced)
    assert found["ListRooms"].parent_span_id == found["ask a node"].span_id


def test_a_header_that_is_none_begins_a_trace(traced: list[tuple[str, dict[str, str], bytes]]) -> None:
    with tracing.served("Act", {"traceparent": "00-zz", REQUEST_ID_HEADER.lower(): "a b"}):
        assert current().request not in {"", "a b"}
    assert spans(traced)["Act"].parent_span_id == b""


def test_without_an_endpoint_nothing_is_traced_and_old_nodes_take_the_ticket() -> None:
    tracing.begin(Config(), "web")
    assert tracing.traceparent() == ""
    with tracing.span("nothing") as span:
        assert (span.traceparent, tracing.carried().keys() - {REQUEST_ID_HEADER}) == ("", set())
    text = sign(Ticket(1, "demo", "serv0", "ada", "Ada", name_fixed=False))
    from django.core import signing  # noqa: PLC0415 - beside what needs it

    assert "trace" not in signing.loads(text, salt="meet.tickets")


def test_an_error_that_is_logged_is_reported_without_secrets() -> None:
    import sentry_sdk  # noqa: PLC0415 - an extra

    with collecting() as (address, taken):
        config = Config(
            sentry_dsn=f"http://0123456789abcdef@{address}/1",
            secret_key="k9" * 25,
            database_url="postgresql://meet:hunter22@db.example/meet",
        )
        error_reports.begin(config, "node")
        try:
            with about(About("req-3", "7", "demo", "ada")):
                password = "a-local-variable"
                try:
                    dict[str, str]()["postgresql://meet:hunter22@db.example/meet" + password[:0]]
                except KeyError:
                    logging.getLogger("meet.tests").exception("It failed with token=%s", "k9" * 25)
            sentry_sdk.flush(60)
        finally:
            sentry_sdk.get_client().close()
            sentry_sdk.init()
    ((path, _, body),) = taken
    assert path == "/api/1/envelope/"
    for secret in (b"hunter22", b"k9k9", b"a-local-variable"):
        assert secret not in body
    event = msgspec.json.decode(body.splitlines()[2])
    assert event["tags"] == {"role": "node", "request": "req-3", "account": "7", "room": "demo", "peer": "ada"}
    assert event["exception"]["values"][-1]["type"] == "KeyError"
    assert not {"request", "user", "breadcrumbs", "server_name", "modules", "extra"} & event.keys()


def test_a_report_is_bounded_however_deep_it_is() -> None:
    deep: Any = "password=hunter22"
    for _ in range(100):
        deep = {"x": [deep]}
    assert "hunter22" not in repr(scrubbed({"contexts": deep, "request": {"cookies": 1}}, Redaction(), "web"))
