"""What a client may ask of media beyond what the types say. All of it is told to others or kept, so all is bounded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from media.ortc.negotiation import is_rtx
from rooms.protocol.errors import Refused

if TYPE_CHECKING:
    from media.ortc.parameters import (
        ConsumerLayers,
        DtlsParameters,
        RtpCodecParameters,
        RtpEncodingParameters,
        RtpParameters,
        SctpStreamParameters,
    )

MAX_FINGERPRINTS: Final = 8
MAX_CNAME_OCTETS: Final = 255  # RFC 3550 section 6.5: an SDES item's length is one octet
MAX_MID_LENGTH: Final = 16  # RFC 8843 section 15.1 advises the SDES header extension to be short
MAX_CODEC_PARAMETERS_OCTETS: Final = 1024
MAX_BITRATE_BPS: Final = 1_000_000_000
MAX_LAYER: Final = 7
MAX_PRIORITY: Final = 100
MAX_RELIABILITY: Final = 0xFFFF  # RFC 8832 section 5.1 and W3C WebRTC: unsigned short
_FINGERPRINT: Final = re.compile(r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){15,63}")
_RID: Final = re.compile(r"[A-Za-z0-9_-]{1,16}")  # RFC 8852 section 3.1, as short as libwebrtc has them
_SCALABILITY_MODE: Final = re.compile(r"[LS][1-8]T[1-8](?:h|_KEY|_KEY_SHIFT)?")  # W3C webrtc-svc


def check_dtls_parameters(parameters: DtlsParameters) -> None:
    """Raise `Refused` for fingerprints that are none (RFC 8122 section 5)."""
    fingerprints = parameters.fingerprints
    if not 0 < len(fingerprints) <= MAX_FINGERPRINTS:
        raise _invalid(f"The DTLS parameters need one to {MAX_FINGERPRINTS} fingerprints, not {len(fingerprints)}.")
    if not all(_FINGERPRINT.fullmatch(fingerprint.value) for fingerprint in fingerprints):
        raise _invalid("A DTLS fingerprint is no list of hexadecimal octets with colons between them.")


def check_rtp_parameters(parameters: RtpParameters) -> None:
    """Raise `Refused` for values that no browser sends and that the media package need not bear."""
    cname = parameters.rtcp.cname
    if cname is not None and (len(cname.encode()) > MAX_CNAME_OCTETS or not cname.isprintable()):
        raise _invalid(f"The CNAME is not printable, or longer than {MAX_CNAME_OCTETS} octets.")
    if parameters.mid is not None and not 0 < len(parameters.mid) <= MAX_MID_LENGTH:
        raise _invalid(f"The mid needs one to {MAX_MID_LENGTH} characters.")
    if len({codec.payload_type for codec in parameters.codecs}) < len(parameters.codecs):
        raise _invalid("Two codecs have the same payload type.")
    media = {codec.payload_type: codec.mime_type.lower() for codec in parameters.codecs if not is_rtx(codec)}
    for codec in parameters.codecs:
        _check_codec(codec, media)
    for encoding in parameters.encodings:
        _check_encoding(encoding, media)


def _check_codec(codec: RtpCodecParameters, media: dict[int, str]) -> None:
    if len(msgspec.json.encode((codec.parameters, codec.rtcp_feedback))) > MAX_CODEC_PARAMETERS_OCTETS:
        raise _invalid("The parameters and feedback of a codec are too long.")
    apt = codec.parameters.get("apt")
    if is_rtx(codec) and (
        codec.mime_type.lower() != "video/rtx" or type(apt) is not int or not media.get(apt, "").startswith("video/")
    ):
        raise _invalid("An RTX codec is video/rtx, with the payload type of a video codec as its apt.")


def _check_encoding(encoding: RtpEncodingParameters, media: dict[int, str]) -> None:
    if encoding.rid is not None and not _RID.fullmatch(encoding.rid):
        raise _invalid("A rid needs one to 16 letters, digits, hyphens or underscores.")
    if encoding.scalability_mode is not None and not _SCALABILITY_MODE.fullmatch(encoding.scalability_mode):
        raise _invalid("A scalability mode must be like L1T3.")
    if encoding.max_bitrate is not None and not 0 < encoding.max_bitrate <= MAX_BITRATE_BPS:
        raise _invalid(f"A maxBitrate must be within 1 and {MAX_BITRATE_BPS} bits a second.")
    if encoding.codec_payload_type is not None and encoding.codec_payload_type not in media:
        raise _invalid("An encoding's codecPayloadType must be that of one of the codecs.")


def check_layers(layers: ConsumerLayers, priority: int = 0) -> None:
    """Raise `Refused` for layers that no codec has, or a priority out of bounds."""
    if not 0 <= priority <= MAX_PRIORITY:
        raise _invalid(f"A priority is within 0 and {MAX_PRIORITY}.")
    if not 0 <= layers.spatial_layer <= MAX_LAYER or not 0 <= (layers.temporal_layer or 0) <= MAX_LAYER:
        raise _invalid(f"Layers are within 0 and {MAX_LAYER}.")


def check_sctp_stream(stream: SctpStreamParameters) -> None:
    """Raise `Refused` for a reliability that a data channel can't have (W3C WebRTC section 6.1)."""
    reliability = [n for n in (stream.max_packet_life_time, stream.max_retransmits) if n is not None]
    if len(reliability) > 1 or not all(0 <= number <= MAX_RELIABILITY for number in reliability):
        raise _invalid(f"A data channel has one of maxPacketLifeTime and maxRetransmits, up to {MAX_RELIABILITY}.")


def _invalid(message: str) -> Refused:
    return Refused("invalidData", message)
