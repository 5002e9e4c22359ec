"""What a sender is asked for, and when."""

from __future__ import annotations

from array import array

import pytest

from media.net.arrival_times import ArrivalTimes
from media.net.buffers import Block
from media.net.datagrams import StampedBlock
from media.receive.rtcp_feedback import PROMPT_INTERVAL_S, RtcpFeedback
from media.rtp.rtcp import Nack, TransportWide, parse_compound
from media.rtp.rtp import parse_rtp_header
from media.rtp.twcc import parse_feedback
from tests.media.clients import vp8
from tests.media.packets import build_rtp
from tests.media.parts import FakeTransport, Track


class Transport(FakeTransport):
    """Asks for what is missing, as the real one does."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []
        self.hurried = 0
        self.prompt = 0
        self.delays: list[float] = []
        self.feedback = RtcpFeedback(self.sent.append, self.hurry, self.soon, self.delays.append)

    def hurry(self) -> None:
        self.hurried += 1

    def soon(self) -> None:
        self.prompt += 1

    def watch_repairs(self, stream: object, now: float) -> None:
        self.feedback.watch_repairs(stream, now)  # type: ignore[arg-type]

    def asked(self) -> list[list[int]]:
        """The numbers in each NACK since the last call."""
        packets = [packet for data in self.sent for packet in parse_compound(data)]
        self.sent.clear()
        return [packet.lost for packet in packets if isinstance(packet, Nack)]


def numbered(number: int, memory: Block | None = None) -> Block:
    """A packet that begins with a transport-wide sequence number."""
    memory = memory or Block(2)
    memory.view[:2] = number.to_bytes(2, "big")
    return memory


def watched() -> tuple[Track, Transport]:
    transport = Transport()
    track = Track(transport=transport)
    track.frame(1, key=True)
    return track, transport


def lose_and_repair(track: Track, transport: Transport, number: int, after_s: float) -> None:
    """One packet is lost, asked for, and comes by RTX after so long; the timer ticks all the while."""
    track.frame(number + 1)
    end = track.now + after_s
    while track.now < end - 1e-9:
        transport.feedback.tick(track.now)
        track.now += 0.01
    track.feed(number, vp8(number), recovered=True)
    transport.feedback.tick(track.now)


def test_a_loss_is_asked_for_at_once_and_together_with_others_of_its_burst() -> None:
    track, transport = watched()
    for number in (3, 5, 6, 9):
        track.frame(number)
    assert (transport.prompt, transport.asked()) == (1, [])
    assert transport.feedback.tick(track.now)
    assert transport.asked() == [[2, 4, 7, 8]]
    transport.feedback.tick(track.now)
    assert transport.asked() == []


def test_what_came_out_of_order_within_a_burst_is_not_asked_for() -> None:
    track, transport = watched()
    for number in (3, 2, 4):
        track.frame(number)
    assert not transport.feedback.tick(track.now)
    assert transport.asked() == []


def test_prompt_requests_are_bounded_and_the_next_tick_takes_the_others() -> None:
    track, transport = watched()
    for number in range(1000):
        track.frame(3 + 2 * number)
        track.now += 0.001
    assert transport.prompt <= 1.0 / PROMPT_INTERVAL_S + 1
    assert transport.hurried >= 1000 - transport.prompt


def test_the_first_loss_is_asked_for_again_after_100_ms() -> None:
    track, transport = watched()
    track.frame(3)
    times = []
    began = track.now
    for step in range(21):
        track.now = began + step * 0.02
        transport.feedback.tick(track.now)
        times += [step * 20] * len(transport.asked())
    assert times == [0, 100, 200, 300, 400]


def test_a_far_sender_is_not_asked_again_before_its_answer_can_be_there() -> None:
    track, transport = watched()
    for number in range(2, 42, 2):
        lose_and_repair(track, transport, number, 0.3)
    transport.asked()
    for number in range(42, 62, 2):
        lose_and_repair(track, transport, number, 0.3)
        assert transport.asked() == [[number]]


def test_a_near_sender_is_asked_again_soon() -> None:
    track, transport = watched()
    for number in range(2, 62, 2):
        lose_and_repair(track, transport, number, 0.03)
    transport.asked()
    track.frame(63)
    began, times = track.now, []
    for step in range(8):
        track.now = began + step * 0.01
        transport.feedback.tick(track.now)
        times += [step * 10] * len(transport.asked())
    assert times in ([0, 40], [0, 30])


def test_a_loss_that_padding_shows_is_asked_for_too() -> None:
    track, transport = watched()
    track.feed(3, b"", padding=True)
    assert transport.prompt == 1
    transport.feedback.tick(track.now)
    assert transport.asked() == [[2]]


def test_a_closed_track_is_asked_for_nothing_more() -> None:
    track, transport = watched()
    track.frame(3)
    transport.feedback.forget(track.streams)
    assert not transport.feedback.tick(track.now)
    assert transport.asked() == []


def test_arrivals_are_told_of_by_one_call_each_tenth_of_a_second() -> None:
    transport = Transport()
    feedback = transport.feedback
    feedback.transport_wide_id = 5
    header = parse_rtp_header(build_rtp(96, 1, 2, 3, b"x"), 13)
    calls = told = 0
    for step in range(500):
        now = 10 + step * 0.002
        feedback.note_arrival(numbered(step), header, {5: (0, 2)}, now)
        while transport.delays and transport.delays[0] <= 1e-9:
            transport.delays.pop(0)
            assert not feedback.tick(now)
            calls += 1
        transport.delays[:] = [delay - 0.002 for delay in transport.delays]
        told += len(transport.sent)
        transport.sent.clear()
    assert 9 <= calls <= 12
    assert told == calls
    assert not transport.hurried


@pytest.mark.parametrize("turn_ms", [5, 10, 20, 40, 80])
def test_a_loop_that_is_busy_does_not_make_an_upload_look_narrow(turn_ms: float) -> None:
    """A sender measures its upload by how fast a burst arrives: here 1.8 Mbit/s, as Chromium does at first."""
    size, bitrate_bps, wall_s = 1200, 1_800_000, 1_800_000_000
    spacing_ms = size * 8 / bitrate_bps * 1000
    transport, times = Transport(), ArrivalTimes()
    feedback = transport.feedback
    feedback.transport_wide_id = 5
    header = parse_rtp_header(build_rtp(96, 1, 2, 3, b"x"), 13)
    times.looked(10.0, wall_s, emptied=True)
    waiting = [(number, 1 + number * spacing_ms) for number in range(12)]
    taken_ms = 0.0
    while waiting:
        taken_ms += turn_ms
        now = 10 + taken_ms / 1000
        times.looked(now, wall_s + taken_ms / 1000, emptied=True)
        while waiting and waiting[0][1] <= taken_ms:
            number, came_ms = waiting.pop(0)
            stamp = memoryview(array("q", (wall_s, int(came_ms * 1_000_000))))
            feedback.note_arrival(numbered(number, StampedBlock(times, stamp)), header, {5: (0, 2)}, now)
    feedback.tick(11.0)
    (packet,) = [packet for data in transport.sent for packet in parse_compound(data)]
    assert isinstance(packet, TransportWide)
    arrived_us = parse_feedback(packet.fci).arrived_at_us
    assert 11 * size * 8 / (arrived_us[-1] - arrived_us[0]) * 1e6 == pytest.approx(bitrate_bps, rel=0.01)


def test_a_call_for_something_else_leaves_arrivals_to_their_own_time() -> None:
    transport = Transport()
    feedback = transport.feedback
    feedback.transport_wide_id = 5
    header = parse_rtp_header(build_rtp(96, 1, 2, 3, b"x"), 13)
    feedback.note_arrival(numbered(0), header, {5: (0, 2)}, 10.0)
    feedback.tick(10.0)
    assert len(transport.sent) == 1
    feedback.note_arrival(numbered(1), header, {5: (0, 2)}, 10.01)
    feedback.tick(10.02)
    assert len(transport.sent) == 1
    assert transport.delays[-1] > 0.07
    feedback.tick(10.1)
    assert len(transport.sent) == 2
