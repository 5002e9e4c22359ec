"""What a router can forward: codecs and header extensions with the ids that all consumers get.

After mediasoup's `supportedRtpCapabilities`, with these differences: consumers get no mid and rid (they tell streams
apart by SSRC), and audio only its level and no transport-wide sequence numbers, so that a packet sent again is the same
to the last bit.
"""

from __future__ import annotations

from typing import Final

from media.ortc.header_extensions import (
    ABS_SEND_TIME,
    AUDIO_LEVEL,
    DEPENDENCY_DESCRIPTOR,
    MID,
    PLAYOUT_DELAY,
    REPAIRED_RID,
    RID,
    TRANSPORT_WIDE_CC,
    VIDEO_ORIENTATION,
)
from media.ortc.parameters import (
    HeaderExtensionDirection,
    MediaKind,
    RtcpFeedback,
    RtpCodecCapability,
    RtpHeaderExtensionCapability,
)

AUDIO_FEEDBACK: Final = [RtcpFeedback("nack"), RtcpFeedback("transport-cc")]
VIDEO_FEEDBACK: Final = [
    RtcpFeedback("nack"),
    RtcpFeedback("nack", "pli"),
    RtcpFeedback("ccm", "fir"),
    RtcpFeedback("goog-remb"),
    RtcpFeedback("transport-cc"),
]

OPUS: Final = RtpCodecCapability(
    mime_type="audio/opus",
    kind="audio",
    clock_rate=48_000,
    preferred_payload_type=111,
    channels=2,
    parameters={"minptime": 10, "useinbandfec": 1},
    rtcp_feedback=AUDIO_FEEDBACK,
)

RED_MIME_TYPE: Final = "audio/red"
# The fmtp line of RED names payload types and no parameter ("111/111", RFC 2198 section 5). With the empty name
# libwebrtc reads it so, though mediasoup-client writes `name=value` always.
RED_ENCODINGS: Final = ""
# The sound that Opus makes, with each frame twice. Behind Opus: it is what receivers choose, and RED comes along.
RED: Final = RtpCodecCapability(
    mime_type=RED_MIME_TYPE,
    kind="audio",
    clock_rate=48_000,
    preferred_payload_type=63,
    channels=2,
    parameters={RED_ENCODINGS: "111/111"},
)


def _video(mime_type: str, payload_type: int, **parameters: int | str) -> RtpCodecCapability:
    return RtpCodecCapability(
        mime_type=mime_type,
        kind="video",
        clock_rate=90_000,
        preferred_payload_type=payload_type,
        parameters={name.replace("_", "-"): value for name, value in parameters.items()},
        rtcp_feedback=VIDEO_FEEDBACK,
    )


VP8: Final = _video("video/VP8", 96)
H264: Final = _video("video/H264", 98, level_asymmetry_allowed=1, packetization_mode=1, profile_level_id="42e01f")
VP9: Final = _video("video/VP9", 100, profile_id=0)
AV1: Final = _video("video/AV1", 102)

# One id in all rooms: numbers are written for receivers of all of them at once.
TRANSPORT_WIDE_ID: Final = 5

# In the order in which a room prefers them.
DEFAULT_CODECS: Final = (OPUS, RED, VP8, H264, VP9, AV1)

_EXTENSIONS: Final[tuple[tuple[int, str, HeaderExtensionDirection, tuple[MediaKind, ...]], ...]] = (
    (1, MID, "recvonly", ("audio", "video")),
    (2, RID, "recvonly", ("video",)),
    (3, REPAIRED_RID, "recvonly", ("video",)),
    (4, ABS_SEND_TIME, "recvonly", ("audio",)),
    (4, ABS_SEND_TIME, "sendrecv", ("video",)),
    (TRANSPORT_WIDE_ID, TRANSPORT_WIDE_CC, "recvonly", ("audio",)),
    (TRANSPORT_WIDE_ID, TRANSPORT_WIDE_CC, "sendrecv", ("video",)),
    (6, AUDIO_LEVEL, "sendrecv", ("audio",)),
    (7, DEPENDENCY_DESCRIPTOR, "sendrecv", ("video",)),
    (8, VIDEO_ORIENTATION, "sendrecv", ("video",)),
    (9, PLAYOUT_DELAY, "sendrecv", ("video",)),
)

HEADER_EXTENSIONS: Final = tuple(
    RtpHeaderExtensionCapability(kind=kind, uri=uri, preferred_id=identifier, direction=direction)
    for identifier, uri, direction, kinds in _EXTENSIONS
    for kind in kinds
)
