"""A microphone's packets that are not among the loudest: receivers see a pause, a recorder gets them all."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from media.audio.loudest import LoudestFew
from media.audio.microphone import Microphone
from media.consumer import Consumer
from media.ortc.header_extensions import AUDIO_LEVEL
from media.ortc.negotiation import get_consumer_rtp_parameters
from media.ortc.parameters import RtpHeaderExtensionParameters, RtpParameters
from media.receive.nack import MAX_GAP
from media.rtp.rtcp import Nack
from media.rtp.rtp import parse_rtp_header, read_extensions
from tests.media.clients import Listener, audio_parameters
from tests.media.packets import build_rtp
from tests.media.parts import ROUTER, FakeTransport, KeepingEgress, Track

STARTS = [0, 65_530, 65_535]
LOUD, QUIET = 30, 70
LEVEL_ID = 9


def microphone_parameters() -> RtpParameters:
    """Of a microphone whose packets tell their level."""
    parameters = audio_parameters()
    extensions = [*parameters.header_extensions, RtpHeaderExtensionParameters(AUDIO_LEVEL, LEVEL_ID)]
    return msgspec.structs.replace(parameters, header_extensions=extensions)


class Talk(Track):
    """A microphone in a room where only the loudest are forwarded, fed packets of 20 ms."""

    def __init__(self, *, gated: bool = True) -> None:
        super().__init__(microphone_parameters(), "audio")
        self.microphone = Microphone(self.now)
        self.producer.listen(self.microphone)
        if gated:
            self.microphone.gate = LoudestFew().gate(0, self.now)

    def say(self, number: int, level: int | None, *, recovered: bool = False) -> None:
        self.now += 0.02
        extensions = [] if level is None else [(LEVEL_ID, bytes([level | 0x80]))]
        payload = number.to_bytes(8, "big")
        data = build_rtp(109, number & 0xFFFF, number * 960 & 0xFFFFFFFF, 1, payload, extensions=extensions)
        header = parse_rtp_header(data, len(data))
        stream = self.streams[0]
        stream.receive(memoryview(data), header, read_extensions(data, header), self.now, recovered=recovered)

    def record(self) -> tuple[Consumer, KeepingEgress]:
        transport, listener = FakeTransport(), Listener()
        transport.takes_everything = True
        parameters = get_consumer_rtp_parameters(self.producer.consumable, ROUTER)
        consumer = Consumer(transport, self.producer, parameters, listener, lambda: self.now, paused=False)
        consumer.retarget(self.now)
        return consumer, transport.egress


def bodies(egress: KeepingEgress) -> list[int]:
    return [int.from_bytes(packet.payload[-8:], "big") for packet in egress.packets]


def sequence(egress: KeepingEgress) -> list[int]:
    """Sequence numbers less the first one."""
    first = egress.packets[0].sequence_number
    return [(packet.sequence_number - first) & 0xFFFF for packet in egress.packets]


@pytest.mark.parametrize("start", STARTS)
def test_receivers_see_no_loss_and_time_that_goes_on(start: int) -> None:
    talk = Talk()
    _, egress, _ = talk.consume()
    for number in range(400):
        talk.say(start + number, LOUD if number < 10 or number >= 300 else QUIET)
    got = bodies(egress)
    # What was said, two seconds more, and all from the first loud packet on.
    assert got[:10] == list(range(start, start + 10))
    assert got[-100:] == list(range(start + 300, start + 400))
    assert 200 <= len(got) <= 212
    assert sequence(egress) == list(range(len(got)))
    times = [packet.header.timestamp for packet in egress.packets]
    assert [(time - times[0]) // 960 & 0xFFFFFFFF for time in times] == [body - start for body in got]
    assert talk.streams[0].gated == 400 - len(got)


@pytest.mark.parametrize("start", STARTS)
def test_a_recorder_gets_everything(start: int) -> None:
    talk = Talk()
    talk.consume()
    _, egress = talk.record()
    for number in range(30):
        talk.say(start + number, QUIET)
    talk.say(start + 30, LOUD)
    talk.say(start + 31, QUIET)
    assert bodies(egress) == list(range(start, start + 32))
    assert sequence(egress) == list(range(32))


def test_who_comes_while_it_is_quiet_gets_the_first_loud_packet() -> None:
    talk = Talk()
    talk.say(1, QUIET)
    consumer, egress, _ = talk.consume()
    for number in range(2, 10):
        talk.say(number, QUIET)
    assert egress.packets == []
    talk.say(10, LOUD)
    talk.say(11, LOUD)
    assert bodies(egress) == [10, 11]
    assert consumer.stream.sent == (2, 2 * 8)


@pytest.mark.parametrize("start", STARTS)
def test_what_is_lost_while_it_is_quiet_is_no_loss_for_receivers(start: int) -> None:
    talk = Talk()
    _, egress, _ = talk.consume()
    talk.microphone.gate = None
    talk.say(start, LOUD)
    talk.microphone.gate = LoudestFew().gate(0, talk.now)
    for number in (1, 2, 5, 6):
        talk.say(start + number, QUIET)
    talk.say(start + 4, QUIET)  # late
    talk.say(start + 7, LOUD)
    talk.say(start + 3, QUIET)  # later still
    assert bodies(egress) == [start, start + 7]
    assert sequence(egress) == [0, 1]


def test_packets_that_were_sent_are_found_again_across_a_pause() -> None:
    talk = Talk()
    consumer, egress, _ = talk.consume()
    for number in range(400):
        talk.say(number, LOUD if number < 10 or number >= 390 else QUIET)
    got = bodies(egress)
    newest = egress.packets[-10].sequence_number
    before = egress.sent
    consumer.resend(Nack(consumer.ssrc, [newest]), talk.now)
    assert egress.sent == before + 1
    assert bodies(egress)[-1] == got[-10] == 390


def test_packets_without_a_level_are_always_forwarded() -> None:
    talk = Talk()
    _, egress, _ = talk.consume()
    for number in range(20):
        talk.say(number, None)
    assert bodies(egress) == list(range(20))
    assert not talk.microphone.voice.measured


def test_a_level_of_no_bytes_is_none() -> None:
    talk = Talk()
    _, egress, _ = talk.consume()
    data = build_rtp(109, 1, 960, 1, b"x" * 8)
    header = parse_rtp_header(data, len(data))
    # The two-byte form of RFC 8285 allows elements without data, here at the very end of a packet.
    extensions: dict[int, Any] = {LEVEL_ID: (len(data), 0)}
    talk.streams[0].receive(memoryview(data), header, extensions, talk.now)
    assert len(egress.packets) == 1


def test_an_outage_while_it_is_quiet_leaves_no_hole() -> None:
    talk = Talk()
    _, egress, _ = talk.consume()
    talk.say(1, LOUD)
    for number in range(2, 150):
        talk.say(number, QUIET)
    far = 150 + MAX_GAP + 50
    talk.say(far, QUIET)
    talk.say(far + 1, LOUD)
    assert sequence(egress) == list(range(len(egress.packets)))
    assert bodies(egress)[-1] == far + 1


def test_without_a_gate_levels_are_heard_and_nothing_is_gated() -> None:
    talk = Talk(gated=False)
    _, egress, _ = talk.consume()
    for number in range(10):
        talk.say(number, QUIET)
    assert len(egress.packets) == 10
    assert talk.microphone.voice.measured


def test_who_begins_with_a_gated_packet_behind_a_loss_gets_each_number_once() -> None:
    talk = Talk(gated=False)
    consumer, egress, _ = talk.consume()
    for number in range(1, 6):
        talk.say(number, LOUD)
    talk.microphone.gate = LoudestFew().gate(0, talk.now)
    consumer.pause()
    consumer.resume()
    talk.say(8, QUIET)  # 6 and 7 were lost on the way to us
    talk.microphone.gate = None
    for number in range(9, 13):
        talk.say(number, LOUD)
    numbers = [packet.sequence_number for packet in egress.packets]
    assert numbers == [numbers[0] + at & 0xFFFF for at in range(9)]
