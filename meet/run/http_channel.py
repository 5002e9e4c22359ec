"""What a server gives to strangers before anybody has looked at their request: octets, seconds and sockets.

Twisted's channel counts neither a body's length nor the time that a head takes, and daphne hands all of it on. Here a
request that is too large is answered as soon as that shows, each part of a request has its time however busily it
trickles in, and sockets beyond the bound are told to come back later.
"""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final

from daphne.http_protocol import HTTPFactory, WebRequest
from twisted.web.http import HTTPChannel

from media.token_bucket import TokenBucket
from meet.run.patience import HEAD_S, IDLE_S
from meet.run.prompt_socket import PromptSocket

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

# For a body: so long, and longer by what it takes to send the largest one at so many octets a second.
BODY_S: Final = 20.0
SLOWEST_BODY: Final = 50_000
# A refusal is read by then; what still comes meanwhile is thrown away, and after so many octets not even read.
LINGER_S: Final = 1.0
DISCARDED: Final = 256 * 1024
# Sockets beyond the bound that are told so at the same time; further ones are closed without a word.
TURNED_AWAY_AT_ONCE: Final = 64
TELL_EVERY_S: Final = 60.0
# Frames of one WebSocket, of all kinds. A client sends far fewer, and a room counts its requests more strictly.
FRAMES_PER_S: Final = 200
FRAMES_AT_ONCE: Final = 1000
# Octets of a message on a WebSocket; the longest that anybody may send has 64 Ki characters.
MAX_MESSAGE: Final = 256 * 1024


@dataclass(frozen=True)
class Limits:
    """`max_body` is in octets of a request's body; `max_connections` are open sockets of all kinds."""

    max_body: int
    max_connections: int
    head_s: float = HEAD_S
    idle_s: float = IDLE_S

    @property
    def body_s(self) -> float:
        """How long a body may take, in seconds."""
        return BODY_S + self.max_body / SLOWEST_BODY


@dataclass(frozen=True)
class Refusal:
    """An answer of the server itself: status line, a stable code for programs, and a sentence for people."""

    status: str
    code: str
    message: str

    def encode(self, *, as_text: bool) -> bytes:
        """The whole answer as it goes over the wire: in JSON like all our errors, or as text for a browser's page."""
        body = self.message if as_text else json.dumps({"error": {"code": self.code, "message": self.message}})
        kind = "text/plain; charset=utf-8" if as_text else "application/json"
        head = (
            f"HTTP/1.1 {self.status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
            "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
        )
        return (head + body).encode("ascii")


BAD_LENGTH: Final = Refusal("400 Bad Request", "invalidData", "The Content-Length of the request is no length.")
TIMED_OUT: Final = Refusal(
    "408 Request Timeout", "requestTimeout", "The request took too long to arrive. Send it again."
)
TOO_LARGE: Final = Refusal("413 Content Too Large", "requestTooLarge", "The request's body is too large.")
TOO_MANY: Final = Refusal(
    "503 Service Unavailable", "serverBusy", "The server has too many connections at the moment. Try again in a minute."
)
NO_SPACE: Final = Refusal(
    "503 Service Unavailable",
    "storageUnavailable",
    "The server can't store the request at the moment. Try again later.",
)


@dataclass
class _Telling:
    """When the log was last told of something, and how often it has happened since."""

    told_at: float = -TELL_EVERY_S
    untold: int = 0


class Connections:
    """The sockets that are open in this process. `now_s` is any clock that only goes forward."""

    def __init__(self, most: int, now_s: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._now_s = now_s
        self._open: set[Any] = set()
        self._turned_away: dict[str, _Telling] = {}
        self.winding_down = False
        # Channels on which no request has begun, the first or the next.
        self.idle: set[Any] = set()

    def __len__(self) -> int:
        return len(self._open)

    def wind_down(self) -> None:
        """From now on a connection ends with the answer that it waits for, and at once if it waits for none."""
        self.winding_down = True
        for channel in list(self.idle):
            channel.loseConnection()

    @property
    def overrun(self) -> bool:
        """Whether there are so many that one more would not even be told."""
        return len(self._open) >= self._most + TURNED_AWAY_AT_ONCE

    def opened(self, transport: Any) -> bool:
        """One more; whether it is within the bound."""
        self._open.add(transport)
        if len(self._open) <= self._most:
            return True
        self.turned_away()
        return False

    def closed(self, transport: Any) -> None:
        """One less. Idempotent."""
        self._open.discard(transport)

    def turned_away(self, why: str = "") -> None:
        """Somebody could not be served; the log says so at once, and then once a minute for each reason.

        The reason is their number where there is no other.
        """
        why = why or f"this process takes {self._most} (MEET_MAX_CONNECTIONS)"
        telling = self._turned_away.setdefault(why, _Telling())
        telling.untold += 1
        if self._now_s() - telling.told_at >= TELL_EVERY_S:
            logger.warning(
                "%d connections are open, and %s: %d more were turned away.", len(self._open), why, telling.untold
            )
            self._turned_away[why] = _Telling(self._now_s())


class BoundedRequest(WebRequest):  # type: ignore[misc]  # daphne has no types
    """daphne's request, with a bound on its body and without headers that daphne would believe anybody."""

    def __init__(self, channel: Any, _queued: object = None) -> None:
        # Twisted's own parsing of forms, in the event loop, is for nobody: the application parses.
        super().__init__(channel, parsePOSTFormSubmission=False)
        self._received = 0

    def gotLength(self, length: int | None) -> None:  # noqa: N802 - Twisted's name
        """Find a place for the body."""
        try:
            super().gotLength(length)
        except OSError as error:
            self.channel.refuse_unstored(error)

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Take a piece of the body, as long as all of them together are within the limit."""
        if self.channel.refused:
            return
        self._received += len(data)
        if self._received > self.channel.limits.max_body:
            self.channel.refuse(TOO_LARGE)
            return
        try:
            super().handleContentChunk(data)
        except OSError as error:
            self.channel.refuse_unstored(error)

    def process(self) -> Any:
        """Hand the request to the application."""
        # With it any client could move the whole site below another path.
        self.requestHeaders.removeHeader(b"daphne-root-path")
        for value in self.requestHeaders.getRawHeaders(b"sec-websocket-protocol", []):
            if not value.isascii():
                self.basic_error(400, b"Bad Request", "Invalid header value")
                return None
        return super().process()


class _Stage(Enum):
    """What a connection waits for."""

    IDLE = auto()  # a request's first octet
    HEAD = auto()
    BODY = auto()
    ANSWER = auto()  # the application's; or it has become a WebSocket
    REFUSED = auto()  # its end


class BoundedChannel(HTTPChannel):  # type: ignore[misc]  # twisted's are not complete
    """One connection. Its factory has `limits` and `connections`."""

    def __init__(self) -> None:
        super().__init__()
        self._stage = _Stage.IDLE
        self._discarded = 0
        self._lingering: Any = None

    @property
    def limits(self) -> Limits:
        """What holds for all connections of this server."""
        limits: Limits = self.factory.limits
        return limits

    @property
    def refused(self) -> bool:
        """Whether the last word has been said."""
        return self._stage is _Stage.REFUSED

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's names, here and below
        """Begin to wait for a request, where there is room for one more connection."""
        super().connectionMade()
        self._enter(_Stage.IDLE)
        if not self.factory.connections.opened(self.transport):
            self.refuse(TOO_MANY)

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        """Make room for another connection."""
        self.factory.connections.closed(self.transport)
        self.factory.connections.idle.discard(self)
        if self._lingering is not None and self._lingering.active():
            self._lingering.cancel()
        super().connectionLost(reason)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        """Take what has come."""
        if self.refused:
            self._discarded += len(data)
            if self._discarded > DISCARDED:
                self.transport.pauseProducing()
            return
        if self._stage is _Stage.IDLE:
            self._enter(_Stage.HEAD)
        super().dataReceived(data)

    def resetTimeout(self) -> None:  # noqa: N802
        """Nothing: a part of a request has its time as a whole, not once more with each octet."""

    def headerReceived(self, line: bytes) -> bool:  # noqa: N802
        """Take a header; whether to go on."""
        try:
            return bool(super().headerReceived(line))
        except ValueError:  # more digits than Python reads as a number
            self.refuse(BAD_LENGTH)
            return False

    def allHeadersReceived(self) -> None:  # noqa: N802
        """Look at the length that the request says it has. A length of None is told in chunks."""
        if self.refused:
            return
        limit = self.limits.max_body
        if (self.length is None and not limit) or (self.length or 0) > limit:
            self.refuse(TOO_LARGE)
            return
        self._enter(_Stage.BODY)
        super().allHeadersReceived()

    def rawDataReceived(self, data: bytes) -> None:  # noqa: N802
        """Take a piece of a body, or of the next request."""
        if not self.refused:
            super().rawDataReceived(data)

    def lineReceived(self, line: bytes) -> None:  # noqa: N802
        """Take a line of a head."""
        if not self.refused:
            super().lineReceived(line)

    def allContentReceived(self) -> None:  # noqa: N802
        """The request is whole: now it is the application's turn."""
        if not self.refused:
            self._enter(_Stage.ANSWER)
            super().allContentReceived()

    def requestDone(self, request: Any) -> None:  # noqa: N802
        """The answer is given; another request may follow."""
        self._enter(_Stage.IDLE)
        super().requestDone(request)
        if self.factory.connections.winding_down:
            self.loseConnection()

    def timeoutConnection(self) -> None:  # noqa: N802
        """A part of a request is late. Who never began one is told nothing: browsers open connections in advance."""
        if self._stage is _Stage.IDLE:
            super().timeoutConnection()
        else:
            self.refuse(TIMED_OUT)

    def refuse(self, refusal: Refusal) -> None:
        """Answer in the server's own name, then end the connection. The first refusal counts."""
        if self.refused:
            return
        wants_page = any(
            b"text/html" in value
            for request in self.requests
            for value in request.requestHeaders.getRawHeaders(b"accept", [])
        )
        self._enter(_Stage.REFUSED)
        self.transport.write(refusal.encode(as_text=wants_page))
        self._lingering = self.callLater(LINGER_S, self.forceAbortClient)

    def refuse_unstored(self, error: OSError) -> None:
        """A body has no place on the disk."""
        logger.warning("The body of a request can't be stored: %s", error.strerror)
        self.refuse(NO_SPACE)

    def _enter(self, stage: _Stage) -> None:
        if self.refused:
            return
        self._stage = stage
        idle = self.factory.connections.idle
        (idle.add if stage is _Stage.IDLE else idle.discard)(self)
        limits = self.limits
        times = {_Stage.IDLE: limits.idle_s, _Stage.HEAD: limits.head_s, _Stage.BODY: limits.body_s}
        self.setTimeout(times.get(stage))


class BoundedFactory(HTTPFactory):  # type: ignore[misc]
    """Makes bounded channels for one of daphne's servers. HTTP/1.1 only: HTTP/2 would have its own limits."""

    protocol = BoundedChannel

    def __init__(self, server: Any, limits: Limits, connections: Connections) -> None:
        super().__init__(server)
        self.limits = limits
        self.connections = connections

    def buildProtocol(self, addr: Any) -> Any:  # noqa: N802
        """A channel for a new connection; None closes it at once."""
        if self.connections.overrun:
            self.connections.turned_away()
            return None
        channel = super().buildProtocol(addr)
        channel.requestFactory = BoundedRequest
        return channel

    def acceptableProtocols(self) -> list[bytes]:  # noqa: N802
        """For ALPN (RFC 7301)."""
        return [b"http/1.1"]


class CountedSocket(PromptSocket):
    """daphne's WebSocket. Its connection was counted as a channel and now ends here.

    Frames are counted before anything is done about them: a ping of six octets is answered, and a message may come in
    any number of pieces, without the application seeing either.
    """

    def connectionMade(self) -> None:  # noqa: N802 - autobahn's names, here and below
        """Begin to count."""
        self._frames = TokenBucket(FRAMES_PER_S, FRAMES_AT_ONCE, time.monotonic())
        super().connectionMade()

    def onFrameBegin(self) -> None:  # noqa: N802
        """Take one more frame, or drop a connection that has sent too many."""
        super().onFrameBegin()
        if not self._frames.spend(1, time.monotonic()):
            self.dropConnection(abort=True)

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        """Make room for another connection."""
        self.factory.server_class.open_connections.closed(self.transport)
        super().connectionLost(reason)
