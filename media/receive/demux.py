"""Which stream a packet belongs to: by SSRC, else learnt from mid and rid (RFC 8843 section 9.2, RFC 8852)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from media.errors import InvalidParameters
from media.ortc.header_extensions import MID, REPAIRED_RID, RID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from media.ortc.parameters import RtpParameters
    from media.receive.stream import ReceiveStream
    from media.rtp.rtp import RtpHeader


class Track(Protocol):
    """What one track's packets are recognised by: its parameters, and a stream for each of their encodings."""

    @property
    def rtp_parameters(self) -> RtpParameters: ...
    @property
    def streams(self) -> Sequence[ReceiveStream]: ...


class _Route:
    """How one track's packets can be recognised."""

    __slots__ = (
        "by_rid",
        "learnt",
        "media_payload_types",
        "mid",
        "mid_id",
        "only",
        "payload_types",
        "repaired_rid_id",
        "rid_id",
        "track",
    )

    def __init__(self, track: Track) -> None:
        parameters = track.rtp_parameters
        ids = {extension.uri: extension.id for extension in parameters.header_extensions}
        self.track = track
        self.mid = parameters.mid
        self.mid_id = ids.get(MID, 0)
        self.rid_id = ids.get(RID, 0)
        self.repaired_rid_id = ids.get(REPAIRED_RID, 0)
        self.by_rid = {
            encoding.rid: stream
            for encoding, stream in zip(parameters.encodings, track.streams, strict=True)
            if encoding.rid
        }
        self.learnt: set[tuple[int, bool]] = set()
        # With one encoding without any SSRC given, mid alone tells.
        self.only = track.streams[0] if len(track.streams) == 1 else None
        self.media_payload_types = {
            codec.payload_type for codec in parameters.codecs if not codec.mime_type.lower().endswith("/rtx")
        }
        self.payload_types = {codec.payload_type for codec in parameters.codecs}


class Demultiplexer:
    """`find` tells the stream and whether the packet is a retransmission of it (RFC 4588)."""

    def __init__(self) -> None:
        self._streams: dict[int, tuple[ReceiveStream, bool]] = {}
        self._routes: list[_Route] = []

    def add(self, track: Track) -> None:
        """Recognise a track's packets. Raises `InvalidParameters` when an SSRC or a mid is taken."""
        route = _Route(track)
        known: dict[int, tuple[ReceiveStream, bool]] = {}
        for encoding, stream in zip(track.rtp_parameters.encodings, track.streams, strict=True):
            if encoding.ssrc is not None:
                known[encoding.ssrc] = (stream, False)
            if encoding.rtx is not None and encoding.rtx.ssrc is not None:
                known[encoding.rtx.ssrc] = (stream, True)
        taken = known.keys() & self._streams.keys()
        if taken:
            message = f"SSRC {min(taken)} is used by another producer of this transport."
            raise InvalidParameters(message)
        if route.mid and any(other.mid == route.mid for other in self._routes):
            message = f"The mid {route.mid!r} is used by another producer of this transport."
            raise InvalidParameters(message)
        self._streams.update(known)
        self._routes.append(route)

    def remove(self, track: Track) -> list[int]:
        """Forget a track's streams; returns their SSRCs."""
        streams = set(map(id, track.streams))
        gone = [ssrc for ssrc, entry in self._streams.items() if id(entry[0]) in streams]
        for ssrc in gone:
            del self._streams[ssrc]
        self._routes = [route for route in self._routes if route.track is not track]
        return gone

    def __contains__(self, ssrc: object) -> bool:
        """Whether this is the SSRC of a stream or of its retransmissions."""
        return ssrc in self._streams

    def by_ssrc(self, ssrc: int) -> ReceiveStream | None:
        """The stream with this media SSRC, for sender reports."""
        entry = self._streams.get(ssrc)
        return entry[0] if entry is not None and not entry[1] else None

    def find(
        self, view: memoryview, header: RtpHeader, extensions: dict[int, tuple[int, int]]
    ) -> tuple[ReceiveStream, bool] | None:
        """The stream of a packet, learning its SSRC where it is new; None if nobody knows it."""
        return self._streams.get(header.ssrc) or self._learn(view, header, extensions)

    def _learn(
        self, view: memoryview, header: RtpHeader, extensions: dict[int, tuple[int, int]]
    ) -> tuple[ReceiveStream, bool] | None:
        def text(identifier: int) -> str | None:
            place = extensions.get(identifier) if identifier else None
            return bytes(view[place[0] : place[0] + place[1]]).decode("ascii", "replace") if place else None

        for route in self._routes:
            mid = text(route.mid_id)
            if route.mid is not None and mid is not None and mid != route.mid:
                continue
            if (mid is None and len(self._routes) > 1) or header.payload_type not in route.payload_types:
                continue
            entry = self._recognise(route, header, text(route.rid_id), text(route.repaired_rid_id))
            if entry is not None and (id(entry[0]), entry[1]) not in route.learnt:
                # Only once: else a hostile sender could fill the table with SSRCs.
                stream, is_rtx = entry
                route.learnt.add((id(stream), is_rtx))
                if not is_rtx:
                    stream.ssrc = header.ssrc
                self._streams[header.ssrc] = entry
                return entry
        return None

    @staticmethod
    def _recognise(
        route: _Route, header: RtpHeader, rid: str | None, repaired_rid: str | None
    ) -> tuple[ReceiveStream, bool] | None:
        if repaired_rid is not None and repaired_rid in route.by_rid:
            return route.by_rid[repaired_rid], True
        if rid is not None and rid in route.by_rid:
            return route.by_rid[rid], header.payload_type not in route.media_payload_types
        if rid is None and route.only is not None and not route.by_rid:
            is_rtx = header.payload_type not in route.media_payload_types
            if is_rtx or route.only.ssrc is None:
                return route.only, is_rtx
        return None
