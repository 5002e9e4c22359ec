"""A node's transport at our end: ICE, DTLS and SRTP of aiortc, one RTP sender or receiver a track, without SDP.

ORTC's parameters go straight into aiortc's ORTC objects, so that nobody's coming and going makes an exchange of session
descriptions necessary. Names of aiortc that are not public are used here and nowhere else (`_connection`, `_set_role`,
`_set_rtcp_ssrc`, `_track`, `_ssrc`, `_rtx_ssrc`, and of a receiver of video its estimator and its list of what is
missing); that is why its minor version is pinned.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, Any, Final

from aiortc import (
    MediaStreamTrack,
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    RTCIceCandidate,
    RTCIceGatherer,
    RTCIceParameters,
    RTCIceServer,
    RTCIceTransport,
    RTCRtcpParameters,
    RTCRtpCodecParameters,
    RTCRtpHeaderExtensionParameters,
    RTCRtpReceiver,
    RTCRtpSender,
)
from aiortc.rate import RemoteBitrateEstimator
from aiortc.rtcrtpparameters import (
    RTCRtcpFeedback,
    RTCRtpDecodingParameters,
    RTCRtpReceiveParameters,
    RTCRtpRtxParameters,
    RTCRtpSendParameters,
)
from aiortc.rtcrtpreceiver import RemoteStreamTrack

from meet_participant import capabilities
from meet_participant.errors import ConnectionLost
from meet_participant.sources import Lent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from meet_participant.signalling import Connection
    from meet_participant.wire import (
        ConsumerCreated,
        DtlsParameters,
        IceServer,
        Produced,
        RtpCapabilities,
        RtpParameters,
        TransportOptions,
    )

# ICE and DTLS on a bad network.
CONNECT_TIMEOUT_S: Final = 15.0
# aiortc asks for a lost packet of video once; a repair that is lost itself is asked for again so often.
REPEAT_NACK_S: Final = 0.1
# Packets in one request for repair: enough for a burst, and no more than a node answers at once.
MAX_NACKS: Final = 64
# What aiortc calls them, as Python mangles it.
ESTIMATOR: Final = "_RTCRtpReceiver__remote_bitrate_estimator"
NACKS: Final = "_RTCRtpReceiver__nack_generator"


class Transport:
    """One direction. It connects with its first track; `on_failed` is called when it has failed for good."""

    def __init__(
        self,
        options: TransportOptions,
        ice_servers: Sequence[IceServer],
        connection: Connection,
        on_failed: Callable[[], None],
    ) -> None:
        self.options = options
        self.connection = connection
        servers = [
            RTCIceServer(urls=one["urls"], username=one["username"], credential=one["credential"])
            for one in ice_servers
        ]
        self._gatherer = RTCIceGatherer(iceServers=servers)
        self._ice = RTCIceTransport(self._gatherer)
        self._ice._connection.ice_controlling = True  # noqa: SLF001 - the node is ICE-lite (RFC 8445 section 6.1.1)
        self.dtls = RTCDtlsTransport(self._ice, [RTCCertificate.generateCertificate()])
        self.dtls._set_role("client")  # noqa: SLF001
        self._on_failed = on_failed
        self._connecting: asyncio.Task[None] | None = None
        self._closed = False
        self.dtls.on("statechange", self._changed)

    async def connect(self) -> None:
        """Be connected. Raises `ConnectionLost`."""
        if self._closed:
            raise ConnectionLost
        if self._connecting is None:
            self._connecting = asyncio.create_task(self._connect())
        await asyncio.shield(self._connecting)

    async def close(self) -> None:
        """Stop it. Idempotent."""
        self._closed = True
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.wait((self._connecting,))
        await self.dtls.stop()
        await self._ice.stop()

    async def _connect(self) -> None:
        fingerprints: Any = [
            {"algorithm": one.algorithm, "value": one.value} for one in self.dtls.getLocalParameters().fingerprints
        ]
        ours: DtlsParameters = {"role": "client", "fingerprints": fingerprints}
        theirs = self.options["iceParameters"]
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await self.connection.request(
                    "connectTransport", {"transportId": self.options["id"], "dtlsParameters": ours}
                )
                await self._gatherer.gather()
                for candidate in self.options["iceCandidates"]:
                    if candidate.get("protocol", "udp") == "udp":  # aioice knows no TCP
                        await self._ice.addRemoteCandidate(_candidate(candidate))
                await self._ice.addRemoteCandidate(None)
                await self._ice.start(RTCIceParameters(theirs["usernameFragment"], theirs["password"], iceLite=True))
                if self._ice.state == "completed":
                    await self.dtls.start(_fingerprints(self.options["dtlsParameters"]))
        except TimeoutError as error:
            self._on_failed()
            raise ConnectionLost("No media can be sent to or received from the server.") from error
        if self.dtls.state != "connected":
            self._on_failed()
            raise ConnectionLost("No media can be sent to or received from the server.")

    def _changed(self) -> None:
        if self.dtls.state in ("closed", "failed") and not self._closed:
            self._on_failed()


class SendTransport(Transport):
    """What this participant sends."""

    async def produce(self, track: MediaStreamTrack, source: str, ours: RtpCapabilities) -> tuple[str, RTCRtpSender]:
        """Send a track; its producer's id. Raises `RequestRefused`, `ConnectionLost`, `NoAnswer`."""
        await self.connect()
        sender = RTCRtpSender(Lent(track), self.dtls)
        ssrc, rtx_ssrc = sender._ssrc, sender._rtx_ssrc  # noqa: SLF001
        parameters = capabilities.sending(ours, track.kind, source, ssrc, rtx_ssrc, self.options["id"])
        data = {"kind": track.kind, "source": source, "rtpParameters": parameters}
        produced: Produced = await self.connection.request("produce", data)
        await sender.send(RTCRtpSendParameters(**_common(parameters)))
        return produced["producerId"], sender


class ReceiveTransport(Transport):
    """What this participant receives."""

    def __init__(
        self,
        options: TransportOptions,
        ice_servers: Sequence[IceServer],
        connection: Connection,
        on_failed: Callable[[], None],
    ) -> None:
        super().__init__(options, ice_servers, connection, on_failed)
        self._estimator = Estimator()

    async def consume(self, created: ConsumerCreated) -> tuple[MediaStreamTrack, RTCRtpReceiver]:
        """A track of what a paused consumer will send. Raises `ConnectionLost`."""
        await self.connect()
        receiver = RTCRtpReceiver(created["kind"], self.dtls)
        track = receiver._track = RemoteStreamTrack(kind=created["kind"])  # noqa: SLF001
        receiver._set_rtcp_ssrc(secrets.randbits(32))  # noqa: SLF001
        parameters = created["rtpParameters"]
        if created["kind"] == "video":
            setattr(receiver, ESTIMATOR, self._estimator)
        await receiver.receive(RTCRtpReceiveParameters(**_common(parameters), encodings=_encodings(parameters)))
        return track, receiver


class Estimator:
    """What a link carries, by all videos on it: an estimate of a receiver's own (REMB) would count for all of them."""

    def __init__(self) -> None:
        self._estimator = RemoteBitrateEstimator()

    def add(self, *, ssrc: int, **packet: int) -> tuple[int, list[int]] | None:
        """Take a packet; sometimes bits/s, and the stream in whose name to tell them."""
        found = self._estimator.add(ssrc=ssrc, **packet)
        self._estimator.ssrcs.clear()  # those that have ended would be named for ever
        return None if found is None else (found[0], [ssrc])


async def repeat_nacks(receiver: RTCRtpReceiver, ssrc: int) -> None:
    """Ask again and again for what is missing of a video; for a task of its own."""
    generator = getattr(receiver, NACKS)
    before: set[int] = set()
    while True:
        await asyncio.sleep(REPEAT_NACK_S)
        missing = generator.missing & before  # what is new has just been asked for
        before = set(generator.missing)
        if missing:
            await receiver._send_rtcp_nack(ssrc, sorted(missing)[:MAX_NACKS])  # noqa: SLF001


def _common(parameters: RtpParameters) -> dict[str, Any]:
    return {
        "codecs": [_codec(codec) for codec in parameters.get("codecs", [])],
        "headerExtensions": [
            RTCRtpHeaderExtensionParameters(id=one["id"], uri=one["uri"])
            for one in parameters.get("headerExtensions", [])
        ],
        "muxId": parameters.get("mid") or "",
        "rtcp": RTCRtcpParameters(cname=(parameters.get("rtcp") or {}).get("cname") or "", mux=True),
    }


def _codec(codec: Any) -> RTCRtpCodecParameters:
    feedback = [RTCRtcpFeedback(one["type"], one.get("parameter") or None) for one in codec.get("rtcpFeedback", [])]
    return RTCRtpCodecParameters(
        mimeType=codec["mimeType"],
        clockRate=codec["clockRate"],
        channels=codec.get("channels"),
        payloadType=codec["payloadType"],
        rtcpFeedback=feedback,
        parameters=codec.get("parameters", {}),
    )


def _encodings(parameters: RtpParameters) -> list[RTCRtpDecodingParameters]:
    """The streams of a consumer; that of repairs stands for itself, too, so that its packets find their receiver."""
    payload_type = parameters.get("codecs", [])[0]["payloadType"]
    found = []
    for encoding in parameters.get("encodings", []):
        rtx = (encoding.get("rtx") or {}).get("ssrc")
        made = RTCRtpDecodingParameters(ssrc=encoding.get("ssrc") or 0, payloadType=payload_type)
        if rtx:
            made.rtx = RTCRtpRtxParameters(ssrc=rtx)
            found.append(RTCRtpDecodingParameters(ssrc=rtx, payloadType=payload_type))
        found.append(made)
    return found


def _candidate(candidate: Any) -> RTCIceCandidate:
    return RTCIceCandidate(
        component=1,
        foundation=candidate["foundation"],
        ip=candidate["address"],
        port=candidate["port"],
        priority=candidate["priority"],
        protocol="udp",
        type=candidate["type"],
    )


def _fingerprints(parameters: DtlsParameters) -> RTCDtlsParameters:
    return RTCDtlsParameters(
        fingerprints=[RTCDtlsFingerprint(one["algorithm"], one["value"]) for one in parameters["fingerprints"]]
    )
