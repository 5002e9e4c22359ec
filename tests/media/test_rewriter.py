"""Outgoing numbers: without gaps, without repeats, and with a way back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.bandwidth.allocation_ladder import EVERY_LAYER, Layers
from media.rtp.packet import HEADER, Packet
from media.send.destination import Destination
from media.send.rewriter import Gaps, PacketRewriter


def packet(extended: int, temporal_layer: int = 0) -> Packet:
    made = Packet(bytearray(HEADER.pack(0x80, 96, extended & 0xFFFF, 0, 0)) + b"payload", extended, 0, HEADER.size)
    made.temporal_layer = temporal_layer
    return made


@given(st.lists(st.booleans(), max_size=200), st.integers(0, 70_000))
def test_kept_numbers_are_consecutive_and_lead_back(kept: list[bool], start: int) -> None:
    gaps = Gaps()
    outgoing = []
    for number, keep in enumerate(kept, start):
        if keep:
            outgoing.append((number, gaps.close(number)))
        else:
            gaps.drop(number)
    assert [closed for _, closed in outgoing] == list(range(start, start + len(outgoing)))
    for number, closed in outgoing:
        assert gaps.close(number) == closed
        assert gaps.reopen(closed) == number


def test_old_drops_are_forgotten_but_still_counted() -> None:
    gaps = Gaps(keep=4)
    for number in range(10):
        gaps.drop(number)
    assert gaps.close(10) == 0
    assert gaps.reopen(0) == 10


@pytest.mark.parametrize("start", [0, 65_530, 131_000])
def test_dropping_a_temporal_layer_leaves_no_hole_in_the_sequence_numbers(start: int) -> None:
    forward = PacketRewriter(Destination(), ssrc=1)
    forward.start = start
    forward.sequence_offset = 100 - start
    forward.limit_layers(Layers(EVERY_LAYER, 1))
    sent = []
    for extended in range(start, start + 12):
        candidate = packet(extended, temporal_layer=(0, 2, 1, 2)[(extended - start) % 4])
        if forward.admits(candidate):
            sent.append((extended, forward.outgoing(extended)))
    assert [number for _, number in sent] == list(range(100, 106))
    assert all(forward.incoming(number) == extended for extended, number in sent)


def test_late_packets_from_before_the_switch_or_of_dropped_layers_stay_away() -> None:
    forward = PacketRewriter(Destination(), ssrc=1)
    forward.start = 50
    assert not forward.admits_late(packet(49))
    assert forward.admits_late(packet(50))
    forward.limit_layers(Layers(EVERY_LAYER, 0))
    assert not forward.admits(packet(51, temporal_layer=1))
    assert not forward.admits_late(packet(51, temporal_layer=1))
    assert forward.admits_late(packet(52))


def test_writing_leaves_the_packet_itself_alone() -> None:
    forward = PacketRewriter(Destination(), ssrc=0x01020304)
    forward.sequence_offset = 5
    original = packet(65_535)
    before = bytes(original.data)
    view = memoryview(bytearray(64))
    forward.write(original, view, 8)
    assert bytes(original.data) == before
    assert bytes(view[8:20]) == HEADER.pack(0x80, 96, 4, 0, 0x01020304)
    assert bytes(view[20:27]) == b"payload"
