"""Traces by OpenTelemetry, where its extra is installed and `MEET_OTLP_ENDPOINT` says where they go; else nothing.

A trace begins with a page load or a request to the Server API. It goes on in the ticket that a page gets, with which a
node lets somebody in, and in the headers by which web asks a node (W3C Trace Context, `traceparent`).
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any, Final

from meet.log_context import REQUEST_ID_HEADER, About, current, request_id
from meet.log_context import about as about_work

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.http import HttpRequest

    from meet.config import Config

TRACEPARENT: Final = "traceparent"
_TRACEPARENT: Final = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
EXPORT_TIMEOUT_S: Final = 5
# Spans that wait to be sent; more are lost while the collector is away.
MAX_WAITING: Final = 4096


class Span:
    """A piece of work, begun. Without tracing it is nothing."""

    def __init__(self, inner: Any = None) -> None:
        self._inner = inner

    @property
    def traceparent(self) -> str:
        """What goes on elsewhere belongs below this; empty without tracing."""
        return _written(self._inner) if self._inner is not None else ""

    def named(self, name: str, attributes: Mapping[str, Any]) -> None:
        """It turns out to be this."""
        if self._inner is not None:
            self._inner.update_name(name)
            self._inner.set_attributes(dict(attributes))

    def end(self, outcome: str = "ok") -> None:
        """It is done, or was refused with a code."""
        if self._inner is not None:
            self._inner.set_attribute("meet.outcome", outcome)
            self._inner.end()


NO_SPAN: Final = Span()
_tracer: Any = None
_provider: Any = None


def begin(config: Config, role: str) -> None:
    """Trace from now on, if the settings say so. Raises `ImportError` where the extra is missing."""
    global _tracer, _provider  # noqa: PLW0603 - one for the process, as OpenTelemetry has it
    if not config.otlp_endpoint or not config.trace_percent:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - an extra
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased  # noqa: PLC0415

    _provider = TracerProvider(
        resource=Resource.create({"service.name": f"meet-{role}", "service.instance.id": config.node_name}),
        sampler=ParentBased(TraceIdRatioBased(config.trace_percent / 100)),
    )
    exporter = OTLPSpanExporter(
        endpoint=f"{config.otlp_endpoint.rstrip('/')}/v1/traces",
        headers=dict(_headers(config.otlp_headers)),
        timeout=EXPORT_TIMEOUT_S,
    )
    _provider.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=MAX_WAITING))
    _tracer = _provider.get_tracer("meet")


def end() -> None:
    """Send what waits, and trace no more. Idempotent."""
    global _tracer, _provider
    provider, _tracer, _provider = _provider, None, None
    if provider is not None:
        provider.shutdown()


def traceparent() -> str:
    """The work at hand, for what goes on elsewhere; empty without tracing."""
    if _tracer is None:
        return ""
    from opentelemetry import trace  # noqa: PLC0415 - an extra

    return _written(trace.get_current_span())


def begun(name: str, parent: str = "", **attributes: str) -> Span:
    """A span that its owner ends. `parent` is a `traceparent`; without a good one it is below the work at hand."""
    if _tracer is None:
        return NO_SPAN
    return Span(_tracer.start_span(name, context=_context(parent), attributes={**attributes, **_ids()}))


@contextlib.contextmanager
def span(name: str, parent: str = "", **attributes: str) -> Iterator[Span]:
    """A block that is a span; what raises is noted in it."""
    if _tracer is None:
        yield NO_SPAN
        return
    with _tracer.start_as_current_span(name, context=_context(parent), attributes={**attributes, **_ids()}) as inner:
        yield Span(inner)


@contextlib.contextmanager
def span_of_request(request: HttpRequest) -> Iterator[Span]:
    """A request of web. Where a trace begins is ours to say: a stranger's `traceparent` counts for nothing."""
    if _tracer is None:
        yield NO_SPAN
        return
    from opentelemetry.trace import SpanKind  # noqa: PLC0415 - an extra

    attributes = {"http.request.method": request.method or "", **_ids()}
    with _tracer.start_as_current_span("request", kind=SpanKind.SERVER, attributes=attributes) as inner:
        yield Span(inner)


def carried() -> dict[str, str]:
    """Headers by which the work at hand goes on in a node."""
    known = {REQUEST_ID_HEADER: current().request, TRACEPARENT: traceparent()}
    return {name: value for name, value in known.items() if value}


@contextlib.contextmanager
def served(name: str, headers: Mapping[str, str], account: str = "", room: str = "") -> Iterator[None]:
    """A node carries out what web asks by these headers, their names in lower case."""
    about = About(request_id(headers.get(REQUEST_ID_HEADER.lower())), account, room)
    with about_work(about), span(name, headers.get(TRACEPARENT, "")):
        yield


def _ids() -> dict[str, str]:
    """What logs say of the work at hand. Names of rooms and people are theirs: they are in no trace."""
    return {"meet.request_id": current().request} if current().request else {}


def _context(parent: str) -> Any:
    """The context that a `traceparent` stands for; None, which is the current one, where it is none."""
    if not _TRACEPARENT.fullmatch(parent):
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415 - an extra

    return TraceContextTextMapPropagator().extract({TRACEPARENT: parent})


def _written(inner: Any) -> str:
    context = inner.get_span_context()
    if not context.is_valid:
        return ""
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"


def _headers(text: str) -> Iterator[tuple[str, str]]:
    for part in text.split(","):
        name, found, value = part.partition("=")
        if found:
            yield name.strip().lower(), value.strip()
