"""Negotiation without SDP: pure functions with the names of mediasoup's `ortc.ts`.

A producer's parameters are first mapped to the router's payload types and ids (`RtpMapping`), which gives the
*consumable* parameters; each consumer gets the part of those that its endpoint can handle.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from media.errors import InvalidParameters, UnsupportedError
from media.ortc.capabilities import DEFAULT_CODECS, HEADER_EXTENSIONS, RED_MIME_TYPE
from media.ortc.header_extensions import ABS_SEND_TIME, TRANSPORT_WIDE_CC
from media.ortc.parameters import (
    RtcpFeedback,
    RtcpParameters,
    RtpCapabilities,
    RtpCodecCapability,
    RtpCodecParameters,
    RtpEncodingParameters,
    RtpHeaderExtensionParameters,
    RtpParameters,
    RtxParameters,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from media.ortc.parameters import MediaKind

DYNAMIC_PAYLOAD_TYPES: Final = range(96, 128)
MAX_ENCODINGS: Final = 3
MAX_CODECS: Final = 64
MAX_EXTENSIONS: Final = 32

BandwidthFeedback = Literal["transport-cc", "remb", "none"]
"""How a receiver shall tell what arrives."""
_UNUSED_EXTENSIONS: Final[dict[BandwidthFeedback, frozenset[str]]] = {
    "transport-cc": frozenset(),
    "remb": frozenset({TRANSPORT_WIDE_CC}),
    "none": frozenset({TRANSPORT_WIDE_CC, ABS_SEND_TIME}),
}

Codec = RtpCodecCapability | RtpCodecParameters


@dataclass(frozen=True)
class RtpMapping:
    """`codecs` leads from the producer's payload types to the router's."""

    codecs: dict[int, int]


def random_ssrc() -> int:
    """An SSRC that nobody could guess (RFC 3550 section 8.1)."""
    return secrets.randbelow(0xFFFF_FFFE) + 1


def is_rtx(codec: Codec) -> bool:
    """Whether this is a retransmission format (RFC 4588)."""
    return codec.mime_type.lower().endswith("/rtx")


def is_red(mime_type: str) -> bool:
    """Whether this is the format of redundant audio (RFC 2198)."""
    return mime_type.lower() == RED_MIME_TYPE


def validate_rtp_capabilities(capabilities: RtpCapabilities) -> None:
    """Raise `InvalidParameters` for capabilities that no endpoint could have."""
    if len(capabilities.codecs) > MAX_CODECS or len(capabilities.header_extensions) > MAX_EXTENSIONS * 2:
        message = "The RTP capabilities list more codecs or header extensions than there are."
        raise InvalidParameters(message)
    for codec in capabilities.codecs:
        _validate_codec(codec, codec.preferred_payload_type)


def validate_rtp_parameters(parameters: RtpParameters) -> None:
    """Raise `InvalidParameters` for parameters that contradict themselves."""
    if not 0 < len(parameters.codecs) <= MAX_CODECS or len(parameters.header_extensions) > MAX_EXTENSIONS:
        message = "The RTP parameters need one to 64 codecs and at most 32 header extensions."
        raise InvalidParameters(message)
    if not 0 < len(parameters.encodings) <= MAX_ENCODINGS:
        message = f"The RTP parameters need one to {MAX_ENCODINGS} encodings, not {len(parameters.encodings)}."
        raise InvalidParameters(message)
    for codec in parameters.codecs:
        _validate_codec(codec, codec.payload_type)
        if is_rtx(codec) and not any(
            other.payload_type == codec.parameters.get("apt") for other in parameters.codecs if not is_rtx(other)
        ):
            message = f"The RTX payload type {codec.payload_type} belongs to no codec of the parameters."
            raise InvalidParameters(message)
    if len({codec.payload_type for codec in parameters.codecs}) != len(parameters.codecs):
        message = "Two codecs of the RTP parameters have the same payload type."
        raise InvalidParameters(message)
    if is_rtx(parameters.codecs[0]) or is_red(parameters.codecs[0].mime_type):
        message = (
            "The first codec of the RTP parameters must not be RTX or RED. Put the codec that it carries before it."
        )
        raise InvalidParameters(message)
    for extension in parameters.header_extensions:
        if not 0 < extension.id < 256 or extension.encrypt:
            message = f"The header extension {extension.uri!r} has the id {extension.id} or wants encryption."
            raise InvalidParameters(message)
    _validate_encodings(parameters)


def _validate_codec(codec: Codec, payload_type: int | None) -> None:
    kind, _, name = codec.mime_type.lower().partition("/")
    if kind not in {"audio", "video"} or not name:
        message = f"{codec.mime_type!r} is no MIME type of audio or video."
        raise InvalidParameters(message)
    if payload_type is not None and not 0 <= payload_type <= 127:
        message = f"The payload type {payload_type} of {codec.mime_type} is not within 0 to 127."
        raise InvalidParameters(message)
    if codec.clock_rate <= 0:
        message = f"The clock rate {codec.clock_rate} of {codec.mime_type} is not positive."
        raise InvalidParameters(message)


def _validate_encodings(parameters: RtpParameters) -> None:
    ssrcs: list[int] = []
    rids: list[str] = []
    for encoding in parameters.encodings:
        if encoding.ssrc is not None:
            ssrcs.append(encoding.ssrc)
        if encoding.rtx is not None and encoding.rtx.ssrc is not None:
            ssrcs.append(encoding.rtx.ssrc)
        if encoding.rid is not None:
            rids.append(encoding.rid)
        if encoding.ssrc is None and encoding.rid is None and parameters.mid is None:
            message = "An encoding needs an SSRC or a rid, or the parameters a mid."
            raise InvalidParameters(message)
    if len(set(ssrcs)) != len(ssrcs) or len(set(rids)) != len(rids):
        message = "Two encodings have the same SSRC or rid."
        raise InvalidParameters(message)
    if any(not 0 < ssrc <= 0xFFFF_FFFF for ssrc in ssrcs):
        message = "An SSRC is not within 1 to 4294967295."
        raise InvalidParameters(message)
    if len(parameters.encodings) > 1 and len(rids) not in {0, len(parameters.encodings)}:
        message = "Either all encodings have a rid or none."
        raise InvalidParameters(message)


def without_red(capabilities: RtpCapabilities) -> RtpCapabilities:
    """What an endpoint can receive that shall get plain audio: one that keeps it, or reads it itself."""
    return RtpCapabilities(
        codecs=[codec for codec in capabilities.codecs if not is_red(codec.mime_type)],
        header_extensions=capabilities.header_extensions,
    )


def generate_router_rtp_capabilities(codecs: Sequence[RtpCodecCapability] | None = None) -> RtpCapabilities:
    """The router's capabilities: these codecs in this order, each video codec with RTX at a payload type of its own."""
    chosen = DEFAULT_CODECS if codecs is None else codecs
    taken = {codec.preferred_payload_type for codec in chosen}
    free = iter([number for number in DYNAMIC_PAYLOAD_TYPES if number not in taken])
    result: list[RtpCodecCapability] = []
    for codec in chosen:
        made = msgspec.structs.replace(codec)
        if made.preferred_payload_type is None:
            made.preferred_payload_type = next(free)
        result.append(made)
        if codec.kind == "video":
            result.append(
                RtpCodecCapability(
                    mime_type="video/rtx",
                    kind="video",
                    clock_rate=codec.clock_rate,
                    preferred_payload_type=next(free),
                    parameters={"apt": made.preferred_payload_type},
                )
            )
    return RtpCapabilities(codecs=result, header_extensions=list(HEADER_EXTENSIONS))


def match_codecs(a: Codec, b: Codec) -> bool:
    """Whether two descriptions mean the same format, profiles included."""
    mime_type = a.mime_type.lower()
    if mime_type != b.mime_type.lower() or a.clock_rate != b.clock_rate:
        return False
    if mime_type.startswith("audio/") and (a.channels or 1) != (b.channels or 1):
        return False
    if mime_type == "video/h264":
        return _match_h264(a, b)
    if mime_type == "video/vp9":
        return int(a.parameters.get("profile-id", 0)) == int(b.parameters.get("profile-id", 0))
    if mime_type == "video/av1":
        return int(a.parameters.get("profile", 0)) == int(b.parameters.get("profile", 0))
    return True


def _match_h264(a: Codec, b: Codec) -> bool:
    def profile(codec: Codec) -> str:
        # RFC 6184 section 8.1: profile_idc and profile_iop; baseline (42) with constraint_set1 is constrained
        # baseline, as is main (4d) or extended (58) with constraint_set0.
        text = str(codec.parameters.get("profile-level-id", "42001f")).lower()
        try:
            idc, iop = int(text[:2], 16), int(text[2:4], 16)
        except ValueError:
            return text
        if (idc == 0x42 and iop & 0x40) or (idc == 0x4D and iop & 0x80) or (idc == 0x58 and iop & 0xC0 == 0xC0):
            return "constrained baseline"
        return f"{idc:02x}{iop & 0xF0:02x}"

    same_mode = int(a.parameters.get("packetization-mode", 0)) == int(b.parameters.get("packetization-mode", 0))
    return same_mode and profile(a) == profile(b)


def get_producer_rtp_parameters_mapping(parameters: RtpParameters, capabilities: RtpCapabilities) -> RtpMapping:
    """Which of the router's payload types each of the producer's stands for. Raises `UnsupportedError`."""
    mapping: dict[int, int] = {}
    for codec in parameters.codecs:
        if is_rtx(codec):
            continue
        matching = next((c for c in capabilities.codecs if not is_rtx(c) and _matches(codec, c)), None)
        if matching is None or matching.preferred_payload_type is None:
            message = f"This room does not forward {codec.mime_type} with these parameters."
            raise UnsupportedError(message)
        mapping[codec.payload_type] = matching.preferred_payload_type
    for codec in parameters.codecs:
        if is_rtx(codec):
            apt = mapping[codec.parameters["apt"]]
            rtx = next(c for c in capabilities.codecs if is_rtx(c) and c.parameters.get("apt") == apt)
            mapping[codec.payload_type] = rtx.preferred_payload_type or 0
    return RtpMapping(mapping)


def _matches(a: Codec, b: Codec) -> bool:
    try:
        return match_codecs(a, b)
    except (TypeError, ValueError) as error:
        message = f"The codec parameters of {a.mime_type} are malformed."
        raise InvalidParameters(message) from error


def get_consumable_rtp_parameters(
    kind: MediaKind,
    parameters: RtpParameters,
    capabilities: RtpCapabilities,
    mapping: RtpMapping,
    ssrc_source: Callable[[], int] = random_ssrc,
) -> RtpParameters:
    """A producer's parameters in the router's own payload types and ids."""
    codecs: list[RtpCodecParameters] = []
    for codec in parameters.codecs:
        if is_rtx(codec):
            continue
        matching = next(
            c for c in capabilities.codecs if c.preferred_payload_type == mapping.codecs[codec.payload_type]
        )
        if matching.kind != kind:
            message = f"A track of kind {kind} can't be sent as {codec.mime_type}."
            raise InvalidParameters(message)
        codecs.append(
            RtpCodecParameters(
                mime_type=matching.mime_type,
                payload_type=matching.preferred_payload_type or 0,
                clock_rate=matching.clock_rate,
                channels=matching.channels,
                # The sender's: its profile level, its FEC. RED's name payload types, so they are the router's.
                parameters=matching.parameters if is_red(matching.mime_type) else codec.parameters,
                rtcp_feedback=matching.rtcp_feedback,
            )
        )
        rtx = next(
            (
                c
                for c in capabilities.codecs
                if is_rtx(c) and c.parameters.get("apt") == matching.preferred_payload_type
            ),
            None,
        )
        if rtx is not None:
            codecs.append(
                RtpCodecParameters(
                    mime_type=rtx.mime_type,
                    payload_type=rtx.preferred_payload_type or 0,
                    clock_rate=rtx.clock_rate,
                    parameters=rtx.parameters,
                )
            )
    return RtpParameters(
        codecs=codecs,
        header_extensions=[
            RtpHeaderExtensionParameters(uri=extension.uri, id=extension.preferred_id)
            for extension in capabilities.header_extensions
            if extension.kind == kind and extension.direction in {"sendrecv", "sendonly"}
        ],
        encodings=[
            RtpEncodingParameters(
                ssrc=ssrc_source(), scalability_mode=encoding.scalability_mode, max_bitrate=encoding.max_bitrate
            )
            for encoding in parameters.encodings
        ],
        rtcp=RtcpParameters(cname=parameters.rtcp.cname, reduced_size=True),
    )


def can_consume(consumable: RtpParameters, capabilities: RtpCapabilities) -> bool:
    """Whether an endpoint with these capabilities can decode a producer."""
    try:
        return any(
            match_codecs(codec, capability)
            for codec in consumable.codecs[:1]
            for capability in capabilities.codecs
            if not is_rtx(capability)
        )
    except (TypeError, ValueError):
        return False


def get_consumer_rtp_parameters(
    consumable: RtpParameters,
    capabilities: RtpCapabilities,
    ssrc_source: Callable[[], int] = random_ssrc,
    bandwidth_feedback: BandwidthFeedback = "transport-cc",
) -> RtpParameters:
    """What one endpoint receives: a single encoding with SSRCs of its own. Raises `UnsupportedError`.

    Of what the endpoint can, `bandwidth_feedback` is the best that it is asked for: transport-wide feedback, or REMB.
    """
    return with_own_ssrcs(get_common_rtp_parameters(consumable, capabilities, bandwidth_feedback), ssrc_source)


def with_own_ssrcs(common: RtpParameters, ssrc_source: Callable[[], int] = random_ssrc) -> RtpParameters:
    """The parameters of one endpoint, of those that all endpoints like it have; nothing of these is to be changed."""
    encoding = msgspec.structs.replace(common.encodings[0], ssrc=ssrc_source())
    if encoding.rtx is not None:
        encoding.rtx = RtxParameters(ssrc_source())
    return msgspec.structs.replace(common, encodings=[encoding])


def get_common_rtp_parameters(
    consumable: RtpParameters, capabilities: RtpCapabilities, bandwidth_feedback: BandwidthFeedback
) -> RtpParameters:
    """What all endpoints with these capabilities receive, but for the SSRCs. Raises `UnsupportedError`."""
    if not can_consume(consumable, capabilities):
        message = f"The receiver cannot decode {consumable.codecs[0].mime_type}."
        raise UnsupportedError(message)
    media = consumable.codecs[0]
    remote = next(c for c in capabilities.codecs if not is_rtx(c) and match_codecs(media, c))
    known_uris = {extension.uri for extension in capabilities.header_extensions}
    known_uris -= _UNUSED_EXTENSIONS[bandwidth_feedback]
    extensions = [extension for extension in consumable.header_extensions if extension.uri in known_uris]
    uris = {extension.uri for extension in extensions}
    feedback = [f for f in media.rtcp_feedback if f in remote.rtcp_feedback and _useful(f, uris)]
    if any(f.type == "transport-cc" for f in feedback):
        # One way to tell what arrives: a sender that hears both can't tell which is meant.
        feedback = [f for f in feedback if f.type != "goog-remb"]
    codecs = [msgspec.structs.replace(media, rtcp_feedback=feedback)]
    rtx = next((c for c in consumable.codecs if is_rtx(c) and c.parameters.get("apt") == media.payload_type), None)
    codecs += [
        codec
        for codec in consumable.codecs
        if is_red(codec.mime_type) and any(_matches(codec, capability) for capability in capabilities.codecs)
    ]
    remote_has_rtx = any(
        is_rtx(c) and c.parameters.get("apt") == remote.preferred_payload_type for c in capabilities.codecs
    )
    encoding = RtpEncodingParameters(ssrc=0)
    if rtx is not None and remote_has_rtx:
        codecs.append(rtx)
        encoding.rtx = RtxParameters(0)
    first = consumable.encodings[0]
    if len(consumable.encodings) > 1:
        encoding.scalability_mode = f"L{len(consumable.encodings)}T{_temporal_layers(first.scalability_mode)}"
    elif first.scalability_mode:
        encoding.scalability_mode = first.scalability_mode
    return RtpParameters(codecs=codecs, header_extensions=extensions, encodings=[encoding], rtcp=consumable.rtcp)


def _useful(feedback: RtcpFeedback, uris: set[str]) -> bool:
    """Bandwidth feedback is of use only with the header extension that it measures by."""
    if feedback.type == "transport-cc":
        return TRANSPORT_WIDE_CC in uris
    if feedback.type == "goog-remb":
        return ABS_SEND_TIME in uris
    return True


def _temporal_layers(scalability_mode: str | None) -> int:
    mode = (scalability_mode or "").upper()
    digits = mode[3:4] if mode[:1] in {"L", "S"} and mode[2:3] == "T" else ""
    return int(digits) if digits.isdigit() and int(digits) > 0 else 1
