"""The URI of every RTP header extension (RFC 8285) that a router knows, and what becomes of each on the way through."""

from __future__ import annotations

from typing import Final

# RFC 9143: which media section of the sender a packet belongs to.
MID: Final = "urn:ietf:params:rtp-hdrext:sdes:mid"
# RFC 8852: which encoding of a simulcast track a packet belongs to, and which one its retransmission repairs.
RID: Final = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID: Final = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
# When a packet was sent, in 6.18 fixed point seconds: for the receiver's bandwidth estimation.
ABS_SEND_TIME: Final = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
# draft-holmer-rmcat-transport-wide-cc-extensions-01: a number over all packets of a connection, for feedback.
TRANSPORT_WIDE_CC: Final = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
# RFC 6464: how loud an audio packet is, in -dBov.
AUDIO_LEVEL: Final = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
# AV1 RTP specification, appendix A.
DEPENDENCY_DESCRIPTOR: Final = "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"
# 3GPP TS 26.114 section 7.4.5: how to turn the picture.
VIDEO_ORIENTATION: Final = "urn:3gpp:video-orientation"
PLAYOUT_DELAY: Final = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"

# What is between the sender and us only, or stamped anew, is not handed on.
HOP_BY_HOP: Final = frozenset({MID, RID, REPAIRED_RID, ABS_SEND_TIME, TRANSPORT_WIDE_CC})
