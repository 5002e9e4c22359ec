"""What of a stream that waits too long is left out: whole pictures that nobody needs, and the rest is as if never more
had come."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from media.ortc.parameters import ConsumerLayers
from media.rtp.packet import HEADER, Packet
from media.send.pacer import MAX_WAIT_S
from media.send.pacing import FACTOR, THICK_S
from media.send.thinning import LONGEST_PICTURE, NOTHING, Departed, Thinned, numbers, thin
from tests.media.clients import vp8
from tests.media.parts import Narrow, Track

if TYPE_CHECKING:
    from tests.media.clients import Rtp

RATE = 400_000
# libwebrtc's pattern of three temporal layers: the layer, and whether it needs nothing but the slowest one.
PATTERN = (
    (0, False),
    (2, True),
    (1, True),
    (2, False),
    (0, False),
    (2, True),
    (1, False),
    (2, False),
)


def picture(number: int, temporal: int, *extended: int, starts: bool = True) -> list[Packet]:
    """The packets of one picture, of which `number` is the timestamp."""
    packets = []
    for one in extended:
        packet = Packet(bytearray(HEADER.size + 100), one, number, HEADER.size)
        packet.temporal_layer = temporal
        packet.starts_frame = starts and one == extended[0]
        packets.append(packet)
    return packets


def test_pictures_of_the_fastest_layer_go_first() -> None:
    packets = [*picture(1, 0, 1, 2), *picture(2, 2, 3), *picture(3, 1, 4), *picture(4, 2, 5), *picture(5, 0, 6)]
    assert thin(packets, NOTHING) == Thinned(frozenset({2, 4}), 1)
    rest = [packet for packet in packets if packet.temporal_layer < 2]
    assert thin(rest, NOTHING) == Thinned(frozenset({3}), 0)
    assert thin([packet for packet in packets if packet.temporal_layer < 1], NOTHING) is None


@pytest.mark.parametrize("departed", [Departed(3, 2), Departed(4, 2)])
def test_a_picture_of_which_a_part_has_left_goes_on(departed: Departed) -> None:
    packets = [*picture(2, 2, 4, 5), *picture(3, 2, 6), *picture(4, 0, 7)]
    assert thin(packets, departed) == Thinned(frozenset({3}), 1)
    assert thin([*picture(2, 2, 4, 5, starts=False), *picture(4, 0, 7)], NOTHING) is None


def test_nothing_goes_that_comes_before_what_has_left() -> None:
    # A late packet of number 6 has overtaken what waits.
    packets = [*picture(2, 2, 4, 5), *picture(3, 1, 7), *picture(4, 0, 8)]
    assert thin(packets, Departed(6, 9)) == Thinned(frozenset({3}), 0)


def test_the_picture_that_is_coming_is_not_cut_in_two() -> None:
    coming = picture(4, 2, 7, starts=False)
    assert thin([*picture(2, 2, 4), *picture(3, 0, 5), *coming], Departed(6, 4)) is None
    assert thin([*picture(2, 2, 4), *picture(3, 0, 5), *picture(4, 2, 6, 7)], NOTHING) == Thinned(frozenset({2, 4}), 1)


def test_what_is_missing_within_a_picture_has_no_number_either() -> None:
    assert numbers([*picture(1, 2, 3, 6), *picture(2, 2, 9)]) == {3, 4, 5, 6, 9}
    assert numbers(picture(1, 2, 3, 4 + LONGEST_PICTURE)) == {3, 4 + LONGEST_PICTURE}


class Played:
    """A video of three temporal layers to somebody on a narrow link."""

    def __init__(self, seed: int = 1) -> None:
        self.narrow = Narrow(Track(), RATE)
        self.chance = random.Random(seed)  # noqa: S311 - the same sizes in each run
        self.number = 65_000
        self.sent: list[tuple[int, bool]] = []
        self._position = 0

    def picture(self, packets: int = 1, *, key: bool = False, lost: int = -1) -> tuple[int, bytes, int] | None:
        """The next picture of so many packets of 1000 bytes; the packet that gets lost, as `feed` takes it."""
        if key:
            self._position = 0
        temporal, sync = PATTERN[self._position % len(PATTERN)]
        self._position += 1
        index = len(self.sent)
        self.sent.append((temporal, sync))
        missing = None
        for piece in range(packets):
            body = self.number.to_bytes(1000, "big")
            payload = bytearray(vp8(index, key=key, start=piece == 0, temporal_layer=temporal, body=body))
            payload[5] |= sync << 5
            packet = (self.number, bytes(payload), index)
            self.number += 1
            if piece == lost:
                missing = packet
            else:
                self.feed(packet, marker=piece == packets - 1)
        return missing

    def feed(self, packet: tuple[int, bytes, int], *, marker: bool = False, recovered: bool = False) -> None:
        number, payload, index = packet
        self.narrow.track.feed(number, payload, 6000 * index, marker=marker, recovered=recovered)

    def let_go(self) -> None:
        while len(self.narrow.pacing):
            self.narrow.drain(1)

    @property
    def waits_s(self) -> float:
        return self.narrow.pacing.queued_bytes * 8 / (FACTOR * RATE)

    def arrived(self) -> list[Rtp]:
        """In order of their numbers, of which each is there and none twice."""
        packets = self.narrow.egress.of(self.narrow.consumer.ssrc)
        first = packets[0].sequence_number
        packets.sort(key=lambda packet: (packet.sequence_number - first) & 0xFFFF)
        assert [(p.sequence_number - first) & 0xFFFF for p in packets] == list(range(len(packets)))
        return packets

    def shown(self) -> list[int]:
        """Which of the pictures arrived, as a whole, with picture ids in a row, and with all that they need."""
        pictures: dict[int, list[Rtp]] = {}
        for packet in self.arrived():
            pictures.setdefault(packet.header.timestamp, []).append(packet)
        ids = [(packets[0].payload[2] & 0x7F) << 8 | packets[0].payload[3] for packets in pictures.values()]
        assert ids == list(range(ids[0], ids[0] + len(ids)))
        zero = min(pictures)
        found = [(timestamp - zero) // 6000 for timestamp in pictures]
        for packets in pictures.values():
            assert packets[0].payload[0] & 0x10
            assert [packet.header.marker for packet in packets] == [False] * (len(packets) - 1) + [True]
        newest: dict[int, int] = {}
        for index, (temporal, sync) in enumerate(self.sent):
            if index in found:
                assert sync or newest.get(temporal) in {None, *found}, index
            newest[temporal] = index
        return found


def test_too_many_pictures_become_fewer_and_no_keyframe_is_needed() -> None:
    played = Played()
    played.picture(2, key=True)
    played.let_go()
    asked = len(played.narrow.track.transport.requested)
    for _ in range(40):
        played.picture(5)
        assert played.waits_s <= MAX_WAIT_S + 0.03
        played.narrow.drain(16)
    played.let_go()
    layers = [played.sent[index][0] for index in played.shown()]
    assert layers.count(0) == 11
    assert layers.count(2) < 16
    assert len(played.narrow.track.transport.requested) == asked
    packets, octets = played.narrow.consumer.stream.sent
    assert packets == len(played.arrived())
    assert octets == sum(len(packet.payload) for packet in played.arrived())


def test_all_layers_come_back_when_little_waits() -> None:
    played = Played()
    played.picture(key=True)
    while not played.narrow.pacing.dropped:
        played.picture(3)
    before = len(played.sent)
    while played.waits_s > THICK_S:
        played.narrow.drain(1)
    for _ in range(16):
        played.picture()
        played.narrow.drain(13)
    played.let_go()
    after = [index for index in played.shown() if index >= before + len(PATTERN)]
    assert after == list(range(before + len(PATTERN), len(played.sent)))


def test_what_a_full_queue_leaves_out_is_no_change_of_layers_for_who_receives_them() -> None:
    played = Played()
    consumer, stream = played.narrow.consumer, played.narrow.consumer.stream
    consumer.set_preferred_layers(ConsumerLayers(0, 2))
    played.picture(key=True)
    sent: set[int] = set()
    for _ in range(60):
        played.picture(4)
        played.narrow.drain(13)
        assert stream.numbers.forward is not None
        sent.add(stream.numbers.forward.layers.temporal)
        assert consumer.current_layers == ConsumerLayers(0, 2)
    assert min(sent) < 2
    consumer.set_preferred_layers(ConsumerLayers(0, 1))
    played.picture()
    played.picture()
    assert consumer.current_layers == ConsumerLayers(0, 1)


def test_without_layers_all_is_dropped_up_to_a_keyframe_as_before() -> None:
    narrow = Narrow(Track(), RATE)
    narrow.track.frame(1, key=True)
    narrow.drain(20)
    asked = len(narrow.track.transport.requested)
    narrow.track.now += 5
    for number in range(2, 40):
        narrow.track.frame(number, size=1000)
    assert len(narrow.track.transport.requested) > asked


def test_what_is_lost_of_a_picture_that_is_left_out_is_not_sent_when_it_comes() -> None:
    played = Played()
    played.picture(key=True)
    missing = played.picture(4, lost=1)
    assert missing is not None
    while not played.narrow.pacing.dropped:
        played.picture(4)
    played.feed(missing, recovered=True)
    played.let_go()
    assert 1 not in played.shown()


@pytest.mark.parametrize("seed", range(20))
def test_whatever_waits_and_gets_lost_what_arrives_is_a_whole_video(seed: int) -> None:
    played = Played(seed)
    chance = played.chance
    played.picture(3, key=True)
    late: list[tuple[int, bytes, int]] = []
    for _ in range(200):
        packets = chance.choice((1, 1, 2, 4, 7))
        # A last packet would be missed only with the next picture.
        lost = chance.randrange(packets - 1) if packets > 1 and chance.random() < 0.1 else -1
        missing = played.picture(packets, key=chance.random() < 0.02, lost=lost)
        if missing is not None:
            late.append(missing)
        played.narrow.drain(chance.choice((0, 5, 13, 30)))
        if late and chance.random() < 0.7:
            played.feed(late.pop(0), recovered=True)
    for packet in late:
        played.feed(packet, recovered=True)
    played.let_go()
    assert played.narrow.pacing.dropped > 0
    played.arrived()
    packets_sent, octets = played.narrow.consumer.stream.sent
    assert packets_sent > 0
    assert octets > 0


def hostile(seed: int) -> list[Rtp]:
    """What leaves of packets of any pictures in any order, of which some come late, while pacing ends and begins."""
    chance = random.Random(seed)  # noqa: S311 - the same packets in each run
    narrow = Narrow(Track(), RATE)
    narrow.track.frame(1, key=True)
    late: list[tuple[int, bytes, int]] = []
    picture = 2
    for number in range(2, 500):
        picture = max(2, picture + chance.choice((0, 0, 0, 1, 1, -1)))
        start, temporal = chance.random() < 0.7, chance.choice((0, 1, 2, 2))
        size = chance.choice((50, 300, 1000))
        key = start and chance.random() < 0.05
        payload = vp8(picture, key=key, start=start, temporal_layer=temporal, body=number.to_bytes(size, "big"))
        packet = (number, payload, 6000 * picture)
        if chance.random() < 0.1:
            late.append(packet)
        else:
            narrow.track.feed(*packet)
        if late and chance.random() < 0.1:
            narrow.track.feed(*late.pop(0), recovered=True)
        if chance.random() < 0.1:
            narrow.drain(chance.choice((1, 10, 100)))
        if chance.random() < 0.02:
            narrow.track.now += 10
            rate, limited = chance.choice((None, RATE)), chance.random() < 0.5
            if narrow.pacing.adapt(rate, 0.0, narrow.track.now, limited=limited):
                narrow.consumer.stream.socket_changed()
    while len(narrow.pacing):
        narrow.drain(1)
    return narrow.egress.of(narrow.consumer.ssrc)


@pytest.mark.parametrize("seed", range(60))
def test_no_two_packets_leave_under_one_number_whatever_a_sender_sends(seed: int) -> None:
    left: dict[int, bytes] = {}
    for packet in hostile(seed):
        assert left.setdefault(packet.sequence_number, packet.payload) == packet.payload
    assert len(left) > 20
