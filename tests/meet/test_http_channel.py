"""What a connection may take before its request has been looked at. Bytes go in, time is a parameter."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from meet.run.http_channel import (
    DISCARDED,
    LINGER_S,
    TURNED_AWAY_AT_ONCE,
    BoundedChannel,
    BoundedFactory,
    BoundedRequest,
    Connections,
    Limits,
)
from meet.run.patience import HEAD_S, IDLE_S

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMITS = Limits(max_body=1000, max_connections=3)
HEAD = b"POST /tickets/ HTTP/1.1\r\nHost: a.example\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


class Server:
    """What a request wants of daphne: it notes which requests came through, with their bodies."""

    proxy_forwarded_address_header = None
    request_buffer_size = 8192
    root_path = ""
    server_name = "meet"

    def __init__(self) -> None:
        self.scopes: list[dict[str, Any]] = []
        self.ended: list[Any] = []

    def protocol_connected(self, _protocol: Any) -> None:
        return

    def protocol_disconnected(self, protocol: Any) -> None:
        self.ended.append(protocol)

    def create_application(self, request: BoundedRequest, scope: dict[str, Any]) -> None:
        self.scopes.append({**scope, "body": request.content.read(), "request": request})

    def log_action(self, *_details: Any) -> None:
        return


class Transport(StringTransport):  # type: ignore[misc]  # twisted is not typed here
    """A TCP connection that notes how it was ended."""

    aborted = False

    def abortConnection(self) -> None:  # noqa: N802 - Twisted's name
        self.aborted = True
        super().abortConnection()


class Edge:
    """A server's edge whose clock stands still."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.server = Server()
        self.clock = Clock()
        self.connections = Connections(limits.max_connections, self.clock.seconds)
        self.factory = BoundedFactory(self.server, limits, self.connections)
        self.factory.reactor = self.clock

    def connect(self) -> tuple[BoundedChannel, Transport]:
        channel, transport = self.factory.buildProtocol(None), Transport()
        channel.makeConnection(transport)
        return channel, transport

    def trickle(self, channel: BoundedChannel, transport: Transport, octet: bytes, seconds: int) -> int:
        """Send an octet each second; after how many something came back or the connection ended."""
        for second in range(seconds):
            if transport.value() or transport.disconnecting:
                return second
            channel.dataReceived(octet)
            self.clock.advance(1)
        return seconds


@pytest.fixture
def edge() -> Iterator[Edge]:
    edge = Edge()
    yield edge
    edge.clock.advance(1000)


def answer(transport: Transport) -> tuple[int, str]:
    """Status and error code."""
    head, _, body = transport.value().partition(b"\r\n\r\n")
    assert b"\r\nConnection: close" in head
    assert f"Content-Length: {len(body)}".encode() in head
    return int(head.split()[1]), json.loads(body)["error"]["code"]


class TestBodies:
    def test_one_within_the_limit_comes_through(self, edge: Edge) -> None:
        channel, transport = edge.connect()
        channel.dataReceived(HEAD + b"Content-Length: 1000\r\n\r\n" + b"x" * 999)
        assert edge.server.scopes == []
        channel.dataReceived(b"x")
        assert edge.server.scopes[0]["body"] == b"x" * 1000
        assert transport.value() == b""

    def test_one_in_chunks_too(self, edge: Edge) -> None:
        channel, _ = edge.connect()
        channel.dataReceived(CHUNKED + b"1f4\r\n" + b"x" * 500 + b"\r\n1f4\r\n" + b"y" * 500 + b"\r\n0\r\n\r\n")
        assert edge.server.scopes[0]["body"] == b"x" * 500 + b"y" * 500

    @pytest.mark.parametrize("length", ["1001", str(10**12), "9" * 4000])
    def test_a_length_beyond_it_is_refused_at_once(self, edge: Edge, length: str) -> None:
        channel, transport = edge.connect()
        channel.dataReceived(HEAD + f"Content-Length: {length}\r\n\r\n".encode())
        assert answer(transport) == (413, "requestTooLarge")
        channel.dataReceived(b"x" * 2000)
        edge.clock.advance(LINGER_S)
        assert transport.aborted
        assert edge.server.scopes == []

    def test_a_length_that_is_no_number_any_more_is_refused(self, edge: Edge) -> None:
        channel, transport = edge.connect()
        channel.dataReceived(HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n")
        assert answer(transport) == (400, "invalidData")

    def test_chunks_are_counted(self, edge: Edge) -> None:
        channel, transport = edge.connect()
        channel.dataReceived(CHUNKED + b"3e8\r\n" + b"x" * 1000 + b"\r\n")
        assert transport.value() == b""
        channel.dataReceived(b"1\r\nx\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n")
        assert answer(transport) == (413, "requestTooLarge")
        assert edge.server.scopes == []

    @pytest.mark.parametrize("header", [b"Content-Length: 1", b"Transfer-Encoding: chunked"])
    def test_where_none_is_taken_a_head_is_enough_to_refuse(self, header: bytes) -> None:
        edge = Edge(Limits(max_body=0, max_connections=3))
        channel, transport = edge.connect()
        channel.dataReceived(HEAD + header + b"\r\n\r\n")
        assert answer(transport) == (413, "requestTooLarge")
        other, _ = edge.connect()
        other.dataReceived(HEAD + b"Content-Length: 0\r\n\r\n")
        assert len(edge.server.scopes) == 1

    def test_who_goes_on_sending_is_not_read_any_more(self, edge: Edge) -> None:
        channel, transport = edge.connect()
        channel.dataReceived(HEAD + b"Content-Length: 5000000\r\n\r\n")
        for _ in range(DISCARDED // 65536 + 1):
            assert transport.producerState == "producing"
            channel.dataReceived(b"x" * 65536)
        assert transport.producerState == "paused"

    def test_a_browsers_page_shows_a_sentence(self, edge: Edge) -> None:
        channel, transport = edge.connect()
        channel.dataReceived(HEAD + b"Accept: text/html,*/*\r\nContent-Length: 5000\r\n\r\n")
        assert transport.value().endswith(b"\r\n\r\nThe request's body is too large.")

    def test_on_a_full_disk_it_is_refused_with_503(self, edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(_length: int | None) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("twisted.web.http._getContentFile", full)
        channel, transport = edge.connect()
        channel.dataReceived(HEAD + b"Content-Length: 900\r\n\r\n" + b"x" * 900)
        assert answer(transport) == (503, "storageUnavailable")
        assert edge.server.scopes == []


class TestTime:
    def test_a_head_has_its_time_however_busily_it_trickles_in(self, edge: Edge) -> None:
        channel, transport = edge.connect()
        channel.dataReceived(HEAD)
        assert edge.trickle(channel, transport, b"x", 100) == HEAD_S
        assert answer(transport) == (408, "requestTimeout")
        edge.clock.advance(LINGER_S)
        assert transport.aborted

    def test_so_has_a_body(self, edge: Edge) -> None:
        channel, transport = edge.connect()
        channel.dataReceived(HEAD + b"Content-Length: 900\r\n\r\n")
        assert edge.trickle(channel, transport, b"x", 100) == pytest.approx(LIMITS.body_s, abs=1)
        assert answer(transport) == (408, "requestTimeout")

    def test_a_connection_without_a_request_ends_without_a_word(self, edge: Edge) -> None:
        _, transport = edge.connect()
        edge.clock.advance(IDLE_S)
        assert transport.disconnecting
        assert transport.value() == b""

    def test_an_application_may_take_longer(self, edge: Edge) -> None:
        channel, transport = edge.connect()
        channel.dataReceived(b"GET / HTTP/1.1\r\n\r\n")
        edge.clock.advance(1000)
        assert not transport.disconnecting
        assert edge.clock.getDelayedCalls() == []

    def test_after_an_answer_the_next_request_has_the_same_time_again(self, edge: Edge) -> None:
        channel, transport = edge.connect()
        for _ in range(3):
            channel.dataReceived(b"GET / HTTP/1.1\r\n\r\n")
            request = edge.server.scopes[-1]["request"]
            request.handle_reply({"type": "http.response.start", "status": 204})
            request.handle_reply({"type": "http.response.body"})
            edge.clock.advance(IDLE_S - 1)
            assert not transport.disconnecting
        channel.dataReceived(b"GET / HTTP/1.1\r\nA: ")
        transport.clear()
        assert edge.trickle(channel, transport, b"x", 100) == HEAD_S

    def test_requests_in_a_row_are_answered_one_by_one(self, edge: Edge) -> None:
        channel, _ = edge.connect()
        channel.dataReceived(b"GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n")
        assert [scope["path"] for scope in edge.server.scopes] == ["/1"]
        request = edge.server.scopes[0]["request"]
        request.handle_reply({"type": "http.response.start", "status": 204})
        request.handle_reply({"type": "http.response.body"})
        assert [scope["path"] for scope in edge.server.scopes] == ["/1", "/2"]
        edge.clock.advance(1000)
        assert edge.server.scopes[1]["request"] not in edge.server.ended


class TestConnections:
    def test_those_beyond_the_bound_are_told_and_the_log_says_so_once(
        self, edge: Edge, caplog: pytest.LogCaptureFixture
    ) -> None:
        first = [edge.connect() for _ in range(LIMITS.max_connections)]
        with caplog.at_level(logging.WARNING):
            late = [edge.connect() for _ in range(TURNED_AWAY_AT_ONCE)]
        assert {answer(transport) for _, transport in late} == {(503, "serverBusy")}
        assert edge.factory.buildProtocol(None) is None
        (record,) = caplog.records
        assert "MEET_MAX_CONNECTIONS" in record.getMessage()
        for channel, _ in late:
            channel.connectionLost(None)
        assert len(edge.connections) == LIMITS.max_connections
        first[0][0].connectionLost(None)
        _, transport = edge.connect()
        assert transport.value() == b""

    def test_the_log_says_it_again_after_a_minute_with_a_sum(self, caplog: pytest.LogCaptureFixture) -> None:
        clock = Clock()
        connections = Connections(0, clock.seconds)
        for number in range(3):
            connections.opened(number)
        clock.advance(61)
        connections.opened(4)
        assert [record.args[-1] for record in caplog.records if isinstance(record.args, tuple)] == [1, 3]


def test_a_client_does_not_say_below_which_path_the_site_is(edge: Edge) -> None:
    channel, _ = edge.connect()
    channel.dataReceived(b"GET / HTTP/1.1\r\nDaphne-Root-Path: /elsewhere\r\n\r\n")
    assert edge.server.scopes[0]["root_path"] == ""


def test_a_subprotocol_that_is_no_token_is_refused_without_a_line_in_the_log(
    edge: Edge, caplog: pytest.LogCaptureFixture
) -> None:
    channel, transport = edge.connect()
    channel.dataReceived(b"GET /ws/ HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: m\xe9et\r\n\r\n")
    assert transport.value().startswith(b"HTTP/1.1 400 ")
    assert caplog.records == []
