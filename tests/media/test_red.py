"""Redundant audio: what is parsed, and who gets which form of it."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from media.codecs.red import MAX_BLOCKS, name_blocks, parse_red
from media.consumer import Consumer
from media.errors import InvalidParameters, ParseError
from media.ortc.negotiation import get_consumer_rtp_parameters, validate_rtp_parameters, without_red
from media.ortc.parameters import RtpCodecParameters, RtpParameters
from media.rtp.reception import SenderClock
from media.rtp.rtcp import SenderReport
from tests.media.clients import Listener, audio_parameters
from tests.media.parts import ROUTER, FakeTransport, KeepingEgress, Track

# The sender's payload types, which are not the router's (63 and 111).
SENT_RED, SENT_OPUS = 121, 109


def red(primary: bytes, *redundant: bytes, payload_type: int = SENT_OPUS) -> bytes:
    """A payload with these blocks, the oldest first (RFC 2198 section 3)."""
    headers = b"".join(
        bytes([0x80 | payload_type]) + (((960 * (len(redundant) - at)) & 0x3FFF) << 10 | len(block)).to_bytes(3, "big")
        for at, block in enumerate(redundant)
    )
    return headers + bytes([payload_type]) + b"".join(redundant) + primary


def red_parameters() -> RtpParameters:
    parameters = audio_parameters()
    parameters.codecs[0].payload_type = SENT_OPUS
    parameters.codecs.append(
        RtpCodecParameters(mime_type="audio/red", payload_type=SENT_RED, clock_rate=48_000, channels=2)
    )
    return parameters


class Speech(Track):
    """A sender with RED; `listen` adds a receiver."""

    def __init__(self) -> None:
        super().__init__(red_parameters(), "audio")

    def listen(self, *, knows_red: bool) -> tuple[Consumer, KeepingEgress]:
        transport = FakeTransport()
        capabilities = ROUTER if knows_red else without_red(ROUTER)
        parameters = get_consumer_rtp_parameters(self.producer.consumable, capabilities)
        consumer = Consumer(transport, self.producer, parameters, Listener(), lambda: self.now, paused=False)
        consumer.retarget(self.now)
        return consumer, transport.egress

    def say(self, number: int, payload: bytes, payload_type: int = SENT_RED) -> None:
        self.streams[0].format.received_payload_type = SENT_OPUS
        self.feed(number, payload, number * 960, payload_type=payload_type)


@pytest.mark.parametrize("redundant", [(), (b"before",), (b"", b"b" * 1023, b"c")])
def test_the_primary_block_is_found(redundant: tuple[bytes, ...]) -> None:
    payload = red(b"now", *redundant)
    parsed = parse_red(payload)
    assert payload[parsed.primary_at :] == b"now"
    assert len(parsed.headers) == len(redundant) + 1


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x6f",
        b"\xef",
        b"\xef\x00\x00",
        b"\xef\x00\x00\x05",
        b"\xef\x00\x00\x05\x6f1234",
        b"\xef\x00\x00\x05\x6f12345",
        b"\xef\x00\x00\x00" * MAX_BLOCKS + b"\x6fx",
    ],
)
def test_what_is_cut_off_is_refused(payload: bytes) -> None:
    with pytest.raises(ParseError):
        parse_red(payload)


def test_noise_is_parsed_within_bounds_or_refused() -> None:
    noise = random.Random(3)  # noqa: S311 - the same noise each time
    good = red(b"now", b"before", b"earlier")
    for _ in range(20_000):
        if noise.random() < 0.5:
            payload = bytearray(noise.randbytes(noise.randrange(40)))
        else:
            payload = bytearray(good[: noise.randrange(len(good) + 1)])
            if payload:
                payload[noise.randrange(len(payload))] = noise.randrange(256)
        size = len(payload)
        try:
            parsed = parse_red(payload)
            name_blocks(payload, SENT_OPUS, 111)
        except ParseError:
            continue
        assert 0 < parsed.primary_at < size == len(payload)
        assert all(payload[at] & 0x7F == 111 for at in parsed.headers)


def test_receivers_that_know_red_get_it_as_it_is_and_others_the_primary_alone() -> None:
    speech = Speech()
    (one, with_red), (other, plain) = speech.listen(knows_red=True), speech.listen(knows_red=False)
    speech.say(1, red(b"first"))
    speech.say(2, red(b"second", b"first"))
    first, second = with_red.of(one.ssrc)
    assert (first.header.payload_type, first.payload) == (63, red(b"first", payload_type=111))
    assert second.payload == red(b"second", b"first", payload_type=111)
    alone = plain.of(other.ssrc)
    assert [(packet.header.payload_type, packet.payload) for packet in alone] == [(111, b"first"), (111, b"second")]
    assert alone[1].sequence_number - alone[0].sequence_number & 0xFFFF == 1
    assert alone[1].header.timestamp - alone[0].header.timestamp == 960
    assert speech.producer.stats().streams[0].consumers == 2
    assert one.stream.sent[0] == other.stream.sent[0] == 2


def test_a_sender_may_send_plain_packets_in_between() -> None:
    speech = Speech()
    (one, with_red), (other, plain) = speech.listen(knows_red=True), speech.listen(knows_red=False)
    speech.say(1, b"alone", SENT_OPUS)
    speech.say(2, red(b"second", b"alone"))
    assert [packet.header.payload_type for packet in with_red.of(one.ssrc)] == [111, 63]
    assert [packet.payload for packet in plain.of(other.ssrc)] == [b"alone", b"second"]


@pytest.mark.parametrize("reported", [True, False])
def test_who_knows_red_gets_the_primary_alone_while_the_link_hardly_carries_sound(reported: bool) -> None:
    speech = Speech()
    consumer, egress = speech.listen(knows_red=True)
    if reported:
        speech.streams[0].clock = SenderClock(SenderReport(1, 1 << 32, 0, 0, 0), speech.now, 48_000)
    for number, bare in enumerate((False, True, True, False), start=1):
        consumer.go_bare(speech.now, bare=bare)
        speech.say(number, red(b"now", b"before"))
    packets = egress.of(consumer.ssrc)
    assert [packet.header.payload_type for packet in packets] == [63, 111, 111, 63]
    assert [packet.payload for packet in packets[1:3]] == [b"now", b"now"]
    for one, other in pairwise(packets):
        assert other.sequence_number - one.sequence_number & 0xFFFF == 1
        assert other.header.timestamp - one.header.timestamp == 960


def test_what_was_lost_is_sent_again_in_the_receivers_own_form() -> None:
    speech = Speech()
    consumer, egress = speech.listen(knows_red=False)
    speech.say(1, red(b"first"))
    sent = egress.of(consumer.ssrc)[0]
    found = consumer.stream.numbers.find(sent.sequence_number)
    assert found is not None
    packet, _ = found
    assert bytes(packet.data[packet.payload_at :]) == b"first"
    assert packet.data[1] & 0x7F == 111


@pytest.mark.parametrize(
    "payload", [b"\xef\x00\x00\xff", red(b"now", payload_type=0), red(b"now", b"x", payload_type=63)]
)
def test_nonsense_is_dropped_and_nothing_else(payload: bytes) -> None:
    speech = Speech()
    consumer, egress = speech.listen(knows_red=True)
    speech.say(1, red(b"first"))
    with pytest.raises(ParseError):  # the transport drops such a packet
        speech.say(2, payload)
    speech.say(3, red(b"third"))
    assert [packet.payload[-5:] for packet in egress.of(consumer.ssrc)] == [b"first", b"third"]


def test_nobody_pays_for_the_plain_form_where_nobody_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    speech = Speech()
    plain = speech.streams[0].plain
    assert plain is not None
    made: list[object] = []
    monkeypatch.setattr(plain, "form", made.append)
    speech.listen(knows_red=True)
    speech.say(1, red(b"first"))
    assert not made


def test_opus_stays_the_codec_and_names_the_routers_payload_types() -> None:
    consumable = Speech().producer.consumable
    assert [(codec.mime_type, codec.payload_type) for codec in consumable.codecs] == [
        ("audio/opus", 111),
        ("audio/red", 63),
    ]
    taken = get_consumer_rtp_parameters(consumable, ROUTER)
    assert [codec.parameters.get("") for codec in taken.codecs] == [None, "111/111"]
    assert len(get_consumer_rtp_parameters(consumable, without_red(ROUTER)).codecs) == 1
    plain = get_consumer_rtp_parameters(Track(audio_parameters(), "audio").producer.consumable, ROUTER)
    assert [codec.mime_type for codec in plain.codecs] == ["audio/opus"]


def test_red_alone_is_refused() -> None:
    parameters = red_parameters()
    parameters.codecs.reverse()
    with pytest.raises(InvalidParameters, match="RED"):
        validate_rtp_parameters(parameters)


def test_a_recording_has_the_plain_frames() -> None:
    speech = Speech()
    transport = FakeTransport()
    transport.takes_everything = True
    parameters = get_consumer_rtp_parameters(speech.producer.consumable, without_red(ROUTER))
    consumer = Consumer(transport, speech.producer, parameters, Listener(), lambda: speech.now, paused=False)
    consumer.retarget(speech.now)
    speech.say(1, red(b"first"))
    speech.say(2, red(b"second", b"first"))
    packets = transport.egress.of(consumer.ssrc)
    assert [(packet.header.payload_type, packet.payload) for packet in packets] == [(111, b"first"), (111, b"second")]
