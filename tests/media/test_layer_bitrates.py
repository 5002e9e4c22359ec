"""What a layer takes, as the node counts it: keyframes count less, but not for a sender that sends little else."""

from __future__ import annotations

from media.receive.bitrates import PACKET_OVERHEAD, LayerBitrates
from media.rtp.packet import HEADER, Packet

SIZE = 1000
FRAMES_PER_SECOND = 25


class Sender:
    """One layer, of frames with so many packets."""

    def __init__(self) -> None:
        self.bitrates = LayerBitrates()
        self.now = 100.0
        self.bitrates.start(self.now)
        self.frames = 0

    def send(self, packets: int, *, key: bool = False, timestamp: int | None = None) -> None:
        self.frames += 1
        for index in range(packets):
            at = 3600 * self.frames if timestamp is None else timestamp
            packet = Packet(bytearray(SIZE), self.frames * 1000 + index, at, HEADER.size)
            packet.keyframe = key and index == 0
            packet.ends_frame = index == packets - 1
            self.bitrates.count(packet, self.now)
        self.now += 1 / FRAMES_PER_SECOND

    @property
    def bps(self) -> int:
        """As measured; asked for often, as it is where somebody is limited."""
        rows = self.bitrates.measured(self.now)
        return rows[0][0].bitrate_bps if rows else 0


def bps_of(packets: float) -> float:
    """Of frames of so many packets."""
    return packets * (SIZE + PACKET_OVERHEAD) * 8 * FRAMES_PER_SECOND


def test_a_keyframe_now_and_then_counts_as_a_quarter_of_itself() -> None:
    sender = Sender()
    prices = []
    for frame in range(250):
        sender.send(60 if frame % 50 == 0 else 2, key=frame % 50 == 0)
        prices.append(sender.bps)
    assert 0 < max(prices) < bps_of(2) + 2 * 60 / 4 * (SIZE + PACKET_OVERHEAD) * 8


def test_who_calls_all_of_it_keyframes_is_not_thought_to_be_small() -> None:
    for timestamp in (None, 5):  # frames, and one that never ends
        sender = Sender()
        for _ in range(250):
            sender.send(40, key=True, timestamp=timestamp)
            _ = sender.bps
        assert sender.bps > 0.85 * bps_of(40)
