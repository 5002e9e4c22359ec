"""Who gets a packet: groups by socket, those that drop layers, late packets, members that come and go."""

from __future__ import annotations

import gc
from random import Random
from typing import TYPE_CHECKING

from media.bandwidth.allocation_ladder import EVERY_LAYER, Layers
from media.rtp.packet import HEADER, Packet
from media.send.fanout import Forwards
from media.send.gathering import GATHERED_FROM
from media.send.rewriter import PacketRewriter
from tests.media.parts import KeepingEgress, ready_destination

if TYPE_CHECKING:
    from media.send.egress import Members


def packet(extended: int, temporal_layer: int = 0, *, late: bool = False) -> Packet:
    made = Packet(bytearray(HEADER.pack(0x80, 96, extended & 0xFFFF, 0, 0)) + b"media", extended, 0, HEADER.size)
    made.temporal_layer = temporal_layer
    made.late = late
    return made


def member(egress: KeepingEgress, ssrc: int, *, start: int = 0) -> PacketRewriter:
    made = PacketRewriter(ready_destination(egress), ssrc)
    made.start = start
    return made


def test_each_socket_sends_to_its_own() -> None:
    forwards, first, second = Forwards(), KeepingEgress(), KeepingEgress()
    for ssrc in range(1, 11):
        forwards.add(member(first if ssrc % 2 else second, ssrc))
    forwards.send(packet(1))
    assert [p.header.ssrc for p in first.packets] == [1, 3, 5, 7, 9]
    assert [p.header.ssrc for p in second.packets] == [2, 4, 6, 8, 10]
    assert (forwards.packets, forwards.octets, len(forwards)) == (1, 5, 10)


def test_members_come_and_go() -> None:
    forwards, egress = Forwards(), KeepingEgress()
    one, two = member(egress, 1), member(egress, 2)
    forwards.add(one)
    forwards.send(packet(1))
    forwards.add(two)
    forwards.send(packet(2))
    forwards.remove(one)
    forwards.remove(one)
    forwards.send(packet(3))
    assert [p.header.ssrc for p in egress.packets] == [1, 1, 2, 2]


def test_a_stream_that_rests_keeps_nobody_who_has_left() -> None:
    forwards, egress = Forwards(may_wait=True), KeepingEgress()
    plain, picky = member(egress, 77_001), member(egress, 77_002)
    picky.limit_layers(Layers(EVERY_LAYER, 0))
    for forward in (plain, picky):
        forwards.add(forward)
    forwards.send(packet(1))
    for forward in (plain, picky):
        forwards.remove(forward)
    del plain, picky, forward
    gc.collect()
    assert not [o for o in gc.get_objects() if type(o) is PacketRewriter and o.ssrc in {77_001, 77_002}]


def test_a_changed_offset_counts_from_the_next_packet_on() -> None:
    forwards, egress = Forwards(), KeepingEgress()
    one = member(egress, 1)
    forwards.add(one)
    forwards.send(packet(1))
    one.sequence_offset = 100
    forwards.changed(one)
    forwards.send(packet(2))
    assert [p.sequence_number for p in egress.packets] == [1, 102]


def test_those_that_drop_layers_dont_hinder_the_others() -> None:
    forwards, egress = Forwards(), KeepingEgress()
    picky = member(egress, 1)
    picky.limit_layers(Layers(EVERY_LAYER, 0))
    forwards.add(picky)
    forwards.add(member(egress, 2))
    for number in range(1, 5):
        forwards.send(packet(number, temporal_layer=number % 2))
    assert [p.sequence_number for p in egress.of(2)] == [1, 2, 3, 4]
    assert [p.sequence_number for p in egress.of(1)] == [1, 2]


def test_late_packets_go_to_those_who_were_there() -> None:
    forwards, egress = Forwards(), KeepingEgress()
    forwards.add(member(egress, 1, start=1))
    forwards.add(member(egress, 2, start=5))
    forwards.send(packet(4, late=True))
    forwards.send(packet(6, late=True))
    assert [(p.header.ssrc, p.sequence_number) for p in egress.packets] == [(1, 4), (1, 6), (2, 6)]
    assert forwards.packets == 0


def test_a_transport_is_once_in_a_group_though_it_has_two_members() -> None:
    class Grouping(KeepingEgress):
        def fan_out(self, _packet: Packet, members: Members) -> None:
            groups.append([forward.ssrc for forward in members.forwards])

    groups: list[list[int]] = []
    forwards, egress = Forwards(), Grouping()
    twice, once = ready_destination(egress), ready_destination(egress)
    for ssrc, destination in ((1, twice), (2, once), (3, twice)):
        forwards.add(PacketRewriter(destination, ssrc))
    forwards.send(packet(1))
    assert groups == [[1, 2], [3]]


def test_many_who_go_one_by_one_do_not_have_the_others_arranged_anew() -> None:
    class Grouping(KeepingEgress):
        def fan_out(self, _packet: Packet, members: Members) -> None:
            groups.append((members, members.gathers))

    groups: list[tuple[Members, bool]] = []
    egress, forwards = Grouping(), Forwards(may_wait=True)
    there = [member(egress, ssrc) for ssrc in range(1, 41)]
    for one in there:
        forwards.add(one)
    for number in range(30):
        forwards.send(packet(number))
        forwards.remove(there.pop())
    assert all(members is groups[0][0] for members, _ in groups)
    assert [gathers for _, gathers in groups] == [40 - number >= GATHERED_FROM for number in range(30)]


def test_many_who_come_go_and_change_between_two_packets_get_what_few_would() -> None:
    """However many are seen to at once, and in whatever order: each gets its own packets, once and in order."""
    random = Random(19)  # noqa: S311 - the same in each run
    forwards, egresses = Forwards(may_wait=True), [KeepingEgress(), KeepingEgress()]
    there: dict[int, PacketRewriter] = {}
    expected: dict[int, list[int]] = {}
    for number in range(60):
        for _ in range(random.choice((0, 1, 3, 20, 60))):
            choice = random.random()
            if choice < 0.5 or not there:
                made = member(random.choice(egresses), 1 + len(expected))
                expected[made.ssrc] = []
                there[made.ssrc] = made
                forwards.add(made)
            elif choice < 0.75:
                forwards.remove(there.pop(random.choice(list(there))))
            else:
                made = there[random.choice(list(there))]
                made.sequence_offset += 100
                if random.random() < 0.3:
                    made.destination.set_address(("192.0.2.2", 2000), random.choice(egresses))
                forwards.changed(made)
        for ssrc, made in there.items():
            expected[ssrc].append(number + made.sequence_offset)
        forwards.send(packet(number))
    got: dict[int, list[int]] = {ssrc: [] for ssrc in expected}
    for egress in egresses:
        for sent in egress.packets:
            got[sent.header.ssrc].append(sent.sequence_number)
    assert {ssrc: sorted(numbers) for ssrc, numbers in got.items()} == {
        ssrc: sorted(number & 0xFFFF for number in numbers) for ssrc, numbers in expected.items()
    }
    assert len(forwards) == len(there)
