"""The load generator of the scale benchmark counts what came and what did not, on real sockets and real keys."""

from __future__ import annotations

import socket
import struct
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest
from pylibsrtp import Policy, Session

from benchmarks.light_client import SO_TIMESTAMPNS
from benchmarks.scale.cases import CASES, sized
from benchmarks.scale.drain import AT_ONCE, SENT_AT, SLOTS, SOL_UDP, Drain, Stream, Tap
from benchmarks.scale.media import (
    FRAME_S,
    PACKETS_PER_FRAME,
    SOUNDS_BETWEEN_WORDS,
    SOUNDS_PER_SILENCE,
    SOUNDS_PER_WORD,
    Camera,
    Microphone,
)
from benchmarks.scale.people import Person, Place
from benchmarks.scale.run import Crowd
from media.audio.loudest import LOUD_DB
from media.audio.voice import Voice
from media.net.dtls import generate_certificate
from media.rtp.packet import HEADER
from media.send.slots import UDP_SEGMENT

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = bytes(30)


@contextmanager
def loopback() -> Iterator[tuple[socket.socket, socket.socket, Tap]]:
    """A socket that sends, one that receives, and what looks at the latter."""
    receiver = Session(Policy(key=KEY, ssrc_type=Policy.SSRC_ANY_INBOUND))
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here,
    ):
        here.bind(("127.0.0.1", 0))
        here.setblocking(False)
        here.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        yield there, here, Tap(here, receiver)


@pytest.mark.parametrize("start", [0, 100, 0xFFF0, 0xFFFE])
def test_a_stream_expects_what_its_numbers_say_also_across_their_end(start: int) -> None:
    stream = Stream()
    for first, last, count in ((0, 7, 8), (8, 8, 1), (11, 20, 9)):
        stream.take((start + first) & 0xFFFF, (start + last) & 0xFFFF, count)
    assert (stream.received, stream.expected) == (18, 21)


def test_packets_are_counted_by_stream_and_some_are_decrypted() -> None:
    sender = Session(Policy(key=KEY, ssrc_type=Policy.SSRC_ANY_OUTBOUND))
    with loopback() as (there, here, tap):
        drain = Drain()
        for turn in range(3):
            for ssrc in (1, 2):
                for number in range(40):
                    if (ssrc, number) == (2, 20):
                        continue  # lost
                    head = HEADER.pack(0x80, 96, turn * 40 + number, 0, ssrc)
                    packet = sender.protect(head + bytes(100) + SENT_AT.pack(time.time_ns()))
                    there.sendto(packet, here.getsockname())
            there.sendto(b"\x80\xc9" + bytes(30), here.getsockname())  # RTCP counts as none
            drain.empty([tap])
        assert {ssrc: (one.received, one.expected) for ssrc, one in tap.streams.items()} == {
            1: (120, 120),
            2: (117, 120),
        }
        assert tap.packets == 237
        assert drain.decrypted == 1
        assert tap.bad == 0
        assert 0 <= drain.latencies_ms[0] < 60_000


def test_packets_of_several_streams_in_one_message_are_told_apart() -> None:
    sender = Session(Policy(key=KEY, ssrc_type=Policy.SSRC_ANY_OUTBOUND))
    with loopback() as (there, here, tap):
        drain = Drain()
        for turn in range(9):
            packets = [
                sender.protect(HEADER.pack(0x80, 96, turn * (3 - ssrc) + index, 0, ssrc) + bytes(60) + SENT_AT.pack(1))
                for ssrc in (1, 2)
                for index in range(3 - ssrc)
            ]
            segment = (SOL_UDP, UDP_SEGMENT, struct.pack("=H", len(packets[0])))
            there.sendmsg(packets, [segment], 0, here.getsockname())
            drain.empty([tap])
        assert {ssrc: (one.received, one.expected) for ssrc, one in tap.streams.items()} == {1: (18, 18), 2: (9, 9)}
        assert (tap.packets, drain.decrypted, tap.bad) == (27, 3, 0)


@pytest.mark.parametrize("one_stream", [True, False])
def test_packets_of_one_message_are_told_apart(one_stream: bool) -> None:
    sender = Session(Policy(key=KEY, ssrc_type=Policy.SSRC_ANY_OUTBOUND))
    with loopback() as (there, here, tap):
        drain = Drain(one_stream=one_stream)
        sizes = (100, 100, 100, 60)
        octets = 0
        for turn in range(9):
            packets = [
                sender.protect(HEADER.pack(0x80, 96, turn * 4 + index, 0, 1) + bytes(size) + SENT_AT.pack(1))
                for index, size in enumerate(sizes)
            ]
            segment = (SOL_UDP, UDP_SEGMENT, struct.pack("=H", len(packets[0])))
            there.sendmsg(packets, [segment], 0, here.getsockname())
            alone = sender.protect(HEADER.pack(0x80, 111, turn, 0, 2) + SENT_AT.pack(1))
            there.sendto(alone, here.getsockname())
            octets += sum(map(len, packets)) + len(alone)
            drain.empty([tap])
        assert {ssrc: (one.received, one.expected) for ssrc, one in tap.streams.items()} == {1: (36, 36), 2: (9, 9)}
        assert (tap.packets, tap.octets) == (45, octets)
        assert (drain.decrypted, tap.bad) == (3, 0)


def test_many_are_counted_together_and_none_as_anothers() -> None:
    sender = Session(Policy(key=KEY, ssrc_type=Policy.SSRC_ANY_OUTBOUND))
    with ExitStack() as stack:
        made = [stack.enter_context(loopback()) for _ in range(SLOTS // AT_ONCE + 3)]
        drain = Drain()
        for index, (there, here, _) in enumerate(made[1:], 1):
            for number in range(AT_ONCE + index):
                packet = sender.protect(HEADER.pack(0x80, 96, index * 1000 + number, 0, 7) + SENT_AT.pack(1))
                there.sendto(packet, here.getsockname())
        taps = [tap for _, _, tap in made]
        assert drain.empty(taps) == sum(AT_ONCE + index for index in range(1, len(taps)))
        assert not taps[0].streams
        for index, tap in enumerate(taps[1:], 1):
            assert (tap.packets, tap.expected, tap.streams[7].first) == (AT_ONCE + index,) * 2 + (index * 1000,)
        assert drain.empty(taps) == 0


def test_a_camera_counts_the_pictures_that_it_had_no_time_for() -> None:
    sent: list[bytes] = []
    camera = Camera(sent.append, 0.0)
    camera.run(10 * FRAME_S)
    assert (len(sent), camera.left_out) == (2 * PACKETS_PER_FRAME, 8)
    camera.run(11.5 * FRAME_S)
    assert (len(sent), camera.left_out) == (3 * PACKETS_PER_FRAME, 8)


@pytest.mark.parametrize("speaks", [True, False])
def test_who_speaks_is_heard_to_speak_however_long(speaks: bool) -> None:
    sent: list[bytes] = []
    microphone, voice = Microphone(sent.append, 0.0), Voice(0.0)
    microphone.speaks = speaks
    for number in range(1, 2000):
        now = number * 0.02
        microphone.run(now + 0.001)
        excess = [voice.note(packet[HEADER.size + 5], now) for packet in sent]
        sent.clear()
        if number > 1900 and number % SOUNDS_PER_WORD > SOUNDS_BETWEEN_WORDS:
            assert all((one >= LOUD_DB) is speaks for one in excess)
            assert len(excess) == (1 if speaks or number % SOUNDS_PER_SILENCE == 1 else 0)


def test_a_short_run_has_the_same_cases_in_small() -> None:
    for case in CASES:
        small = sized(case, 0.1)
        assert small.others < case.others or not case.others
        assert (small.name, small.speakers, small.measured) == (case.name, case.speakers, case.measured)
        assert (small.nodes, bool(small.receivers_per_node)) == (case.nodes, bool(case.receivers_per_node))
        assert 2 * case.receivers_per_node <= case.people  # half of them receive from another node


async def test_whoever_is_in_sends_until_they_go() -> None:
    crowd = Crowd("", CASES[0], "")
    person = Person(Place("", "call", "", "p1", sends=("mic",)), generate_certificate(), crowd.taps.append)
    person.microphone = Microphone(lambda _packet: None, 1)
    watcher = Person(Place("", "call", "", "p2"), generate_certificate(), crowd.taps.append)
    for one in (person, watcher):
        crowd.add(one)
    assert (crowd.people, crowd.senders) == ([person, watcher], [person])
    for one in (person, watcher):
        crowd.remove(one)
    assert (crowd.people, crowd.senders) == ([], [])
