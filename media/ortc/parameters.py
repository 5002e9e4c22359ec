"""The JSON shapes of ORTC as mediasoup spells them (camelCase on the wire, snake_case here).

Source: mediasoup's documentation, "RTP Parameters and Capabilities", "WebRtcTransport" and
"SCTP Parameters". `mediasoup-client` and the mobile mediasoup clients send and expect exactly these.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

MediaKind = Literal["audio", "video"]
DtlsRole = Literal["auto", "client", "server"]
ProducerType = Literal["simple", "simulcast", "svc"]
HeaderExtensionDirection = Literal["sendrecv", "sendonly", "recvonly", "inactive"]


class Parameters(msgspec.Struct, rename="camel", omit_defaults=True):
    """Base of all shapes: camelCase, defaults left out of the JSON, unknown fields ignored."""


class RtcpFeedback(msgspec.Struct, rename="camel", frozen=True):
    """One `a=rtcp-fb` line (RFC 4585), for example `nack` with parameter `pli`."""

    type: str
    parameter: str = ""


class RtpCodecCapability(Parameters):
    """A codec that a router or an endpoint can handle (`mime_type` such as `video/VP8`)."""

    mime_type: str
    kind: MediaKind
    clock_rate: int
    preferred_payload_type: int | None = None
    channels: int | None = None
    parameters: dict[str, Any] = {}
    rtcp_feedback: list[RtcpFeedback] = []


class RtpHeaderExtensionCapability(Parameters):
    """A header extension (RFC 8285) that a router or an endpoint can handle."""

    kind: MediaKind
    uri: str
    preferred_id: int
    preferred_encrypt: bool = False
    direction: HeaderExtensionDirection = "sendrecv"


class RtpCapabilities(Parameters):
    """What an endpoint can receive."""

    codecs: list[RtpCodecCapability] = []
    header_extensions: list[RtpHeaderExtensionCapability] = []


class RtpCodecParameters(Parameters):
    """A codec in use, with the payload type that packets carry."""

    mime_type: str
    payload_type: int
    clock_rate: int
    channels: int | None = None
    parameters: dict[str, Any] = {}
    rtcp_feedback: list[RtcpFeedback] = []


class RtpHeaderExtensionParameters(Parameters):
    """A header extension in use, with the id that packets carry."""

    uri: str
    id: int
    encrypt: bool = False
    parameters: dict[str, Any] = {}


class RtxParameters(Parameters):
    """The SSRC of a retransmission stream (RFC 4588)."""

    ssrc: int | None = None


class RtpEncodingParameters(Parameters):
    """One encoding: known by SSRC, or by `rid` (RFC 8852) where the browser gives no SSRC."""

    ssrc: int | None = None
    rid: str | None = None
    codec_payload_type: int | None = None
    rtx: RtxParameters | None = None
    dtx: bool = False
    scalability_mode: str | None = None
    scale_resolution_down_by: float | None = None
    max_bitrate: int | None = None


class RtcpParameters(Parameters):
    """RTCP settings: the CNAME (RFC 7022) and whether RFC 5506 reduced size is used."""

    cname: str | None = None
    reduced_size: bool = True
    mux: bool = True


class RtpParameters(Parameters):
    """What a producer sends or a consumer receives."""

    mid: str | None = None
    codecs: list[RtpCodecParameters] = []
    header_extensions: list[RtpHeaderExtensionParameters] = []
    encodings: list[RtpEncodingParameters] = []
    rtcp: RtcpParameters = msgspec.field(default_factory=RtcpParameters)


class IceParameters(Parameters, omit_defaults=False):
    """Our side's ICE credentials (RFC 8445 section 5.3)."""

    username_fragment: str
    password: str
    ice_lite: bool = True


class IceCandidate(Parameters, omit_defaults=False):
    """One host candidate (RFC 8445 section 5.1, RFC 6544); `address` and `ip` hold the same text."""

    foundation: str
    priority: int
    ip: str
    address: str
    port: int
    protocol: Literal["udp", "tcp"] = "udp"
    type: Literal["host"] = "host"
    tcp_type: Literal["passive"] | msgspec.UnsetType = msgspec.UNSET


class DtlsFingerprint(Parameters):
    """A certificate's digest (RFC 8122), `algorithm` such as `sha-256`."""

    algorithm: str
    value: str


class DtlsParameters(Parameters):
    """One side of the DTLS association; `role` is that side's own role."""

    fingerprints: list[DtlsFingerprint]
    role: DtlsRole = "auto"


class SctpParameters(Parameters):
    """Our side of the SCTP association (RFC 8841)."""

    port: int
    os: int = msgspec.field(name="OS")
    mis: int = msgspec.field(name="MIS")
    max_message_size: int
    max_send_message_size: int
    max_receive_message_size: int


class SctpStreamParameters(Parameters):
    """One data channel's stream (RFC 8831 section 6.4): id and how reliable it is."""

    stream_id: int | None = None
    ordered: bool = True
    max_packet_life_time: int | None = None
    max_retransmits: int | None = None


class ConsumerLayers(Parameters):
    """A spatial layer (0 the smallest) and a temporal layer (0 the slowest)."""

    spatial_layer: int
    temporal_layer: int | None = None


class TransportOptions(Parameters):
    """What a client needs to make its side of a WebRtcTransport."""

    id: str
    ice_parameters: IceParameters
    ice_candidates: list[IceCandidate]
    dtls_parameters: DtlsParameters
    sctp_parameters: SctpParameters | None = None
