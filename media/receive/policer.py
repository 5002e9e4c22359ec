"""What one client may send: everything over its rate is dropped before it is decrypted, forwarded or answered.

Only authentic packets are counted, so whoever forges a client's address can't use up what the client may send. What is
dropped isn't acknowledged either: the sender's congestion control takes it for loss, and slows down.
"""

from __future__ import annotations

import math
from typing import Final

from media.token_bucket import TokenBucket

# So long a client may send without a break what it may send for long: keyframes, and the packets of a network stall.
BURST_S: Final = 1.0
MIN_BURST_OCTETS: Final = 32_768
# A small packet costs us as much as a large one: 2500 of them a second take what the client may send, but none counts
# for more than 400 bytes. A camera sends 120 packets a second, a microphone 50.
PACKETS_PER_S: Final = 2500
MAX_PACKET_COST: Final = 400
# A room's limit is one of video, as encoders keep it on average, and without headers and retransmissions.
ROOM_LIMIT_FACTOR: Final = 1.5
# What else comes with limited video, in bits/s: a microphone and the sound of a screen.
AUDIO_BPS: Final = 256_000
# So many bytes of video may still come after a room got a limit, until the sender's encoder has adapted to it.
ADAPTING_OCTETS: Final = 262_144
# RTCP, in bytes a second and at once: some 1000 small or 60 large packets a second.
RTCP_OCTETS_PER_S: Final = 100_000
RTCP_BURST_OCTETS: Final = 200_000
RTCP_MIN_COST: Final = 100


class Police:
    """Of one transport. `max_bps` is what may be sent, in bits/s, 0 for any number; `dropped` counts packets.

    Before a packet is decrypted `rtp` or `rtcp` must have as many tokens as it has bytes (`least` at least); they are
    taken once it has proved authentic. Where `video_limited`, `admits_video` is asked for each packet of video too.
    """

    __slots__ = ("_max_bps", "_video", "dropped", "rtcp", "rtp", "video_limited")

    def __init__(self, max_bps: int, now: float) -> None:
        self._max_bps = max_bps
        self.rtp = _bucket(max_bps or math.inf, now)
        burst = RTCP_BURST_OCTETS if max_bps else math.inf
        self.rtcp = TokenBucket(RTCP_OCTETS_PER_S, burst, now, RTCP_MIN_COST)
        self._video = _bucket(math.inf, now)
        self.video_limited = False
        self.dropped = 0

    def limit_video(self, bitrate_bps: int, now: float) -> None:
        """Take a room's limit of video over, 0 for none."""
        limit_bps = ROOM_LIMIT_FACTOR * bitrate_bps
        self.video_limited = bitrate_bps > 0
        total_bps = self._max_bps or math.inf
        if self.video_limited:
            total_bps = min(total_bps, limit_bps + AUDIO_BPS)
        self.rtp = _bucket(total_bps, now)
        self._video = _bucket(limit_bps if self.video_limited else math.inf, now)
        for bucket in (self.rtp, self._video):
            bucket.grant(ADAPTING_OCTETS)

    def admits_video(self, length: int, now: float) -> bool:
        """Whether an authentic packet of video is within the room's limit; it is counted then."""
        if self._video.spend(length, now):
            return True
        self.dropped += 1
        return False


def _bucket(rate_bps: float, now: float) -> TokenBucket:
    octets_per_s = rate_bps / 8
    least = min(MAX_PACKET_COST, octets_per_s / PACKETS_PER_S)
    return TokenBucket(octets_per_s, max(BURST_S * octets_per_s, MIN_BURST_OCTETS), now, least)
