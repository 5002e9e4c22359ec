"""Whole calls over real UDP: tracks reach receivers to the last byte, repaired, reported, in the layer asked for."""

from __future__ import annotations

import asyncio
import itertools
import random
from typing import TYPE_CHECKING, Any

import pytest

from media.errors import InvalidParameters, InvalidState, MediaError, NotFound, UnsupportedError
from media.ortc.parameters import (
    ConsumerLayers,
    RtpCapabilities,
    RtpCodecCapability,
    RtpEncodingParameters,
)
from media.receive.keyframes import MIN_INTERVAL_S
from media.rtp.rtcp import Nack, Pli, ReceiverReport, Remb, SenderReport, build_nack, build_pli
from media.rtp.rtp import read_extensions
from media.send.downlink import feedback_kind
from media.send.retransmitter import RESENDS_AT_ONCE, RESENDS_PER_SECOND
from media.states import TransportState
from tests.media.clients import (
    MID,
    Call,
    Camera,
    Peer,
    Rtp,
    audio_parameters,
    settle,
    until,
    video_parameters,
    vp8,
)
from tests.media.packets import build_fir, build_rtp

if TYPE_CHECKING:
    from media.producer import Producer


def numbers(packets: list[Rtp]) -> list[int]:
    """Sequence numbers without wrap-around."""
    result: list[int] = []
    for packet in packets:
        last = result[-1] if result else packet.sequence_number
        result.append(last + ((packet.sequence_number - last + 0x8000) & 0xFFFF) - 0x8000)
    return result


def consecutive(packets: list[Rtp]) -> bool:
    got = numbers(packets)
    return got == list(range(got[0], got[0] + len(got)))


def picture_id(packet: Rtp) -> int:
    return int.from_bytes(packet.payload[2:4], "big") & 0x7FFF


async def test_audio_and_video_reach_all_receivers_to_the_last_byte(call: Call) -> None:
    sender = await call.join()
    receivers = [await call.join() for _ in range(10)]
    audio = sender.produce("audio", audio_parameters())
    video = sender.produce("video", video_parameters())
    consumers = [
        (receiver, receiver.consume(audio, call.capabilities)[0], receiver.consume(video, call.capabilities)[0])
        for receiver in receivers
    ]
    camera = Camera(sender, 0x2000, extensions=[(4, b"1")])
    sent_video, sent_audio = [], []
    for number in range(60):
        sent_video.append(camera.send(key=number % 30 == 0))
        payload = random.Random(number).randbytes(80)  # noqa: S311 - the same bytes in each run
        sent_audio.append(payload)
        sender.send_rtp(
            bytes(build_rtp(109, 65_530 + number & 0xFFFF, number * 960, 0x1000, payload, marker=number == 0))
        )
        if number % 10 == 9:
            await asyncio.sleep(0.005)
    for receiver, heard, seen in consumers:
        await until(lambda r=receiver, c=seen: len(r.of(c.ssrc)) == 60)  # type: ignore[misc]
        await until(lambda r=receiver, c=heard: len(r.of(c.ssrc)) == 60)  # type: ignore[misc]
        assert [packet.payload for packet in receiver.of(seen.ssrc)] == sent_video
        assert [packet.payload for packet in receiver.of(heard.ssrc)] == sent_audio
        assert consecutive(receiver.of(seen.ssrc))
        assert consecutive(receiver.of(heard.ssrc))
        assert {packet.header.payload_type for packet in receiver.of(seen.ssrc)} == {96}
        assert {packet.header.payload_type for packet in receiver.of(heard.ssrc)} == {111}
        assert receiver.of(heard.ssrc)[0].header.marker
        assert receiver.undecryptable == 0
    assert not sender.rtp
    assert video.stats().streams[0].packets_received == 60
    assert sum(consumer.stats().packets_sent for _, _, consumer in consumers) == 600


async def test_header_extensions_are_translated_and_those_of_one_hop_left_out(one_call: Call) -> None:
    sender, receiver = await one_call.join(), await one_call.join()
    producer = sender.produce("video", video_parameters())
    consumer, _ = receiver.consume(producer, one_call.router.rtp_capabilities)
    began = int(one_call.clock() * 2**18)
    Camera(sender, 0x2000, extensions=[(4, b"1"), (10, b"x")]).send(key=True)
    await until(lambda: receiver.of(consumer.ssrc))
    packet = receiver.of(consumer.ssrc)[0]
    extensions = read_extensions(packet.data, packet.header)
    assert set(extensions) == {4, 5}  # abs-send-time and transport-wide number, stamped here
    stamp = int.from_bytes(packet.data[extensions[4][0] : sum(extensions[4])], "big")
    now = int(one_call.clock() * 2**18)
    assert (stamp - began) & 0xFFFFFF <= now - began
    assert MID not in {extension.uri for extension in consumer.rtp_parameters.header_extensions}


def resent_to(receiver: Peer, rtx_ssrc: int | None) -> list[Rtp]:
    """What came by RTX but for padding, which probes the link."""
    return [packet for packet in receiver.of(rtx_ssrc) if packet.payload]


async def test_a_lost_packet_is_resent_by_rtx_from_the_cache(one_call: Call) -> None:
    sender, receiver = await one_call.join(), await one_call.join()
    producer = sender.produce("video", video_parameters())
    consumer, _ = receiver.consume(producer, one_call.capabilities)
    camera = Camera(sender, 0x2000)
    sent = [camera.send(key=number == 0) for number in range(5)]
    await until(lambda: len(receiver.of(consumer.ssrc)) == 5)
    lost = receiver.of(consumer.ssrc)[2]
    receiver.send_rtcp(build_nack(7, consumer.ssrc, [lost.sequence_number]))
    await until(lambda: resent_to(receiver, consumer.stream.rtx_ssrc))
    (resent,) = resent_to(receiver, consumer.stream.rtx_ssrc)
    assert resent.header.payload_type == 97
    assert resent.payload == lost.sequence_number.to_bytes(2, "big") + sent[2]
    assert resent.header.timestamp == lost.header.timestamp
    receiver.send_rtcp(build_nack(7, consumer.ssrc, [lost.sequence_number, (lost.sequence_number + 999) & 0xFFFF]))
    receiver.send_rtcp(build_nack(7, consumer.ssrc, [lost.sequence_number]))
    await settle(0.05)
    assert len(resent_to(receiver, consumer.stream.rtx_ssrc)) <= 2
    assert not sender.feedback(Nack)


async def test_lost_audio_is_resent_on_its_own_ssrc_as_the_same_bytes(one_call: Call) -> None:
    sender, receiver = await one_call.join(), await one_call.join()
    producer = sender.produce("audio", audio_parameters())
    consumer, _ = receiver.consume(producer, one_call.capabilities)
    sender.send_rtp(bytes(build_rtp(109, 1, 960, 0x1000, b"sound")))
    await until(lambda: receiver.of(consumer.ssrc))
    first = receiver.of(consumer.ssrc)[0]
    raw: list[bytes] = []
    receiver.lose_incoming = lambda data: raw.append(data) or False  # type: ignore[func-returns-value]
    receiver.send_rtcp(build_nack(7, consumer.ssrc, [first.sequence_number]))
    await until(lambda: len([data for data in raw if data[8:12] == consumer.ssrc.to_bytes(4, "big")]) == 1)


async def test_a_flood_of_nacks_is_not_amplified_without_bound(one_call: Call) -> None:
    sender, receiver = await one_call.join(), await one_call.join()
    began = one_call.clock()
    producer = sender.produce("video", video_parameters())
    consumer, _ = receiver.consume(producer, one_call.capabilities)
    camera = Camera(sender, 0x2000)
    for number in range(400):
        camera.send(key=number == 0)
        if number % 20 == 0:
            await asyncio.sleep(0.002)
    await until(lambda: len(receiver.of(consumer.ssrc)) == 400)
    everything = [packet.sequence_number for packet in receiver.of(consumer.ssrc)]
    for _ in range(10):
        receiver.send_rtcp(build_nack(7, consumer.ssrc, everything[:200]))
        receiver.send_rtcp(build_nack(7, consumer.ssrc, everything[200:]))
        await asyncio.sleep(0.025)
    passed = one_call.clock() - began
    assert 400 <= consumer.stream.resent <= RESENDS_AT_ONCE + RESENDS_PER_SECOND * passed


async def test_keyframe_requests_reach_the_sender_throttled(one_call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    sender = await one_call.join()
    producer = sender.produce("video", video_parameters())
    sent_at: list[float] = []
    request = sender.transport.request_key_frame

    def noting(ssrc: int) -> None:
        sent_at.append(one_call.clock())
        request(ssrc)

    monkeypatch.setattr(sender.transport, "request_key_frame", noting)
    receivers = [await one_call.join() for _ in range(5)]
    for receiver in receivers:
        receiver.consume(producer, one_call.capabilities)
    await until(lambda: sender.feedback(Pli))
    assert sender.feedback(Pli)[0].media_ssrc == 0x2000
    camera = Camera(sender, 0x2000)
    camera.send(key=True)
    await until(lambda: all(receiver.rtp for receiver in receivers))
    for receiver in receivers:
        ssrc = next(iter(receiver.transport.consumers.values())).ssrc
        receiver.send_rtcp(build_pli(7, ssrc))
        receiver.send_rtcp(build_fir(7, ssrc, 1))
    await until(lambda: len(sender.feedback(Pli)) == 2)
    first, second = sent_at
    assert second - first >= MIN_INTERVAL_S


async def test_sender_reports_arrive_with_the_receivers_own_timestamps(one_call: Call) -> None:
    sender, receiver = await one_call.join(), await one_call.join()
    producer = sender.produce("video", video_parameters())
    consumer, _ = receiver.consume(producer, one_call.capabilities)
    camera = Camera(sender, 0x2000)
    camera.send(key=True)
    await until(lambda: receiver.of(consumer.ssrc))
    began = one_call.clock()
    sender.report(0x2000, 1000 << 32, camera.timestamp)
    await until(lambda: receiver.feedback(SenderReport))
    report = receiver.feedback(SenderReport)[0]
    assert report.ssrc == consumer.ssrc
    passed = (report.ntp - (1000 << 32)) / 2**32
    assert 0 <= passed <= one_call.clock() - began
    media_timestamp = receiver.of(consumer.ssrc)[0].header.timestamp
    assert (report.rtp_timestamp - media_timestamp) & 0xFFFFFFFF == pytest.approx(passed * 90_000, abs=2)
    assert b"alice" in receiver.raw_rtcp[0]
    await until(lambda: sender.feedback(ReceiverReport) and sender.feedback(Remb))
    block = sender.feedback(ReceiverReport)[0].reports[0]
    assert (block.ssrc, block.packets_lost) == (0x2000, 0)
    assert sender.feedback(Remb)[0].bitrate_bps == pytest.approx(5_000_000, rel=0.01)


async def test_transport_wide_feedback_covers_what_was_sent(one_call: Call) -> None:
    sender = await one_call.join()
    sender.produce("video", video_parameters(transport_cc=True))
    camera = Camera(sender, 0x2000)
    for number in range(100):
        camera.extensions = [(3, (65_500 + number & 0xFFFF).to_bytes(2, "big"))]
        camera.send(key=number == 0)
        await asyncio.sleep(0.002)

    def received() -> list[bytes]:
        return [data for data in sender.raw_rtcp if data[1] == 205 and data[0] & 31 == 15]

    def told() -> list[int]:
        return [int.from_bytes(data[14:16], "big") for data in received()]

    await until(lambda: sum(told()) >= 100)
    feedback, counted = received(), told()
    bases = [int.from_bytes(data[12:14], "big") for data in feedback]
    assert bases[0] == 65_500
    assert sum(counted) == 100
    assert all((base + count) & 0xFFFF == after for base, count, after in zip(bases, counted, bases[1:], strict=False))
    assert [data[19] for data in feedback] == list(range(len(feedback)))
    assert not sender.feedback(Remb)
    assert len(feedback) >= 2


async def start_repairing(call: Call) -> tuple[Peer, Peer, Camera, int, int]:
    sender, receiver = await call.join(), await call.join()
    producer = sender.produce("video", video_parameters())
    consumer, _ = receiver.consume(producer, call.capabilities)
    camera = Camera(sender, 0x2000)
    camera.send(key=True)
    await until(lambda: receiver.of(consumer.ssrc))
    assert consumer.stream.rtx_ssrc is not None
    return sender, receiver, camera, consumer.ssrc, consumer.stream.rtx_ssrc


def repaired(receiver: Peer, ssrc: int, rtx_ssrc: int) -> dict[int, bytes]:
    """Payloads by sequence number, from both streams."""
    result = {packet.sequence_number: packet.payload for packet in receiver.of(ssrc)}
    for packet in resent_to(receiver, rtx_ssrc):
        result[int.from_bytes(packet.payload[:2], "big")] = packet.payload[2:]
    return result


async def test_a_loss_of_5_percent_at_the_sender_is_repaired(one_call: Call) -> None:
    sender, receiver, camera, ssrc, rtx_ssrc = await start_repairing(one_call)
    chance = random.Random(5)  # noqa: S311 - the same losses in each run
    sender.lose_outgoing = lambda data: data[0] >= 128 and data[8:12] == b"\0\0\x20\0" and chance.random() < 0.05
    for _ in range(300):
        camera.send()
        camera.answer_nacks(0x2001)
        await asyncio.sleep(0.001)
    sender.lose_outgoing = lambda _: False
    camera.send()

    def complete() -> bool:
        camera.answer_nacks(0x2001)
        return len(repaired(receiver, ssrc, rtx_ssrc)) == len(camera.payloads)

    await until(complete)
    assert sorted(repaired(receiver, ssrc, rtx_ssrc).values()) == sorted(camera.payloads.values())
    stats = next(iter(sender.transport.producers.values())).stats().streams[0]
    assert stats.packets_repaired >= 5
    assert stats.packets_lost == stats.packets_repaired


async def test_losses_of_a_burst_are_asked_for_in_one_nack_without_waiting_for_the_timer(one_call: Call) -> None:
    sender = await one_call.join()
    sender.produce("video", video_parameters())
    camera = Camera(sender, 0x2000, first=10)
    camera.send(key=True)
    await until(lambda: sender.transport.received_packets == 1)
    one_call.sfu.ticker.close()
    camera.number = 12
    camera.send()
    camera.number = 15
    camera.send()
    await until(lambda: sender.feedback(Nack))
    assert [nack.lost for nack in sender.feedback(Nack)] == [[11, 13, 14]]


async def test_a_loss_of_5_percent_at_the_receiver_is_repaired(one_call: Call) -> None:
    _, receiver, camera, ssrc, rtx_ssrc = await start_repairing(one_call)
    chance = random.Random(6)  # noqa: S311 - the same losses in each run
    receiver.lose_incoming = lambda data: data[0] >= 128 and chance.random() < 0.05
    first = receiver.of(ssrc)[0].sequence_number
    for number in range(300):
        camera.send()
        if number % 20 == 19:
            await asyncio.sleep(0.025)
            have = repaired(receiver, ssrc, rtx_ssrc)
            missing = [first + index for index in range(number) if first + index not in have]
            if missing:
                receiver.send_rtcp(build_nack(7, ssrc, missing))
    receiver.lose_incoming = lambda _: False

    def complete() -> bool:
        have = repaired(receiver, ssrc, rtx_ssrc)
        missing = [first + index for index in range(301) if first + index not in have]
        if missing:
            receiver.send_rtcp(build_nack(7, ssrc, missing))
        return not missing

    await until(complete)
    assert sorted(repaired(receiver, ssrc, rtx_ssrc).values()) == sorted(camera.payloads.values())


@pytest.mark.parametrize(
    ("mime_type", "parameters", "key", "delta"),
    [
        (
            "video/H264",
            {"packetization_mode": 1, "profile_level_id": "42e01f", "level_asymmetry_allowed": 1},
            b"\x67\x42\xe0\x1f" + bytes(20),
            b"\x61" + bytes(20),
        ),
        ("video/VP9", {"profile_id": 0}, b"\x8a\x80\x01" + bytes(20), b"\xca\x80\x02" + bytes(20)),
        ("video/AV1", {}, b"\x18" + bytes(20), b"\x10" + bytes(20)),
    ],
)
async def test_other_codecs_start_at_a_keyframe(
    one_call: Call, mime_type: str, parameters: dict[str, Any], key: bytes, delta: bytes
) -> None:
    sender, receiver = await one_call.join(), await one_call.join()
    producer = sender.produce("video", video_parameters(mime_type=mime_type, **parameters))
    consumer, _ = receiver.consume(producer, one_call.capabilities)
    camera = Camera(sender, 0x2000)
    camera.send(payload=delta)
    await settle(0.05)
    for payload in (key, delta, delta):
        camera.send(payload=payload)
    await until(lambda: len(receiver.of(consumer.ssrc)) == 3)
    assert [packet.payload for packet in receiver.of(consumer.ssrc)] == [key, delta, delta]


class Layers:
    """Three cameras of one simulcast track, known by mid and rid only, with sender reports."""

    def __init__(self, sender: Peer) -> None:
        self.cameras = [
            Camera(sender, 0x3000 + layer, first=1000 * layer, extensions=[(4, b"1"), (10, rid)], seed=layer)
            for layer, rid in enumerate((b"a", b"b", b"c"))
        ]
        for layer, camera in enumerate(self.cameras):
            camera.frame = 1000 * layer
            camera.timestamp = 0xFFFF_0000 + layer * 10_000_000 & 0xFFFF_FFFF

    def report(self) -> None:
        for camera in self.cameras:
            camera.peer.report(camera.ssrc, 5000 << 32, camera.timestamp)

    async def send(self, frames: int, *, key: int | None = None, silent: int | None = None) -> None:
        for _ in range(frames):
            for layer, camera in enumerate(self.cameras):
                if layer != silent:
                    camera.send(key=layer == key)
            key = None
            await asyncio.sleep(0.01)


async def test_a_simulcast_layer_is_sent_from_its_next_keyframe_on_with_numbers_that_go_on(call: Call) -> None:
    sender, receiver = await call.join(), await call.join()
    producer = sender.produce("video", video_parameters(rids=("a", "b", "c")))
    assert producer.type == "simulcast"
    consumer, listener = receiver.consume(producer, call.capabilities)
    layers = Layers(sender)
    await layers.send(1)
    layers.report()
    await layers.send(5)
    consumer.retarget(call.clock())
    await layers.send(3, key=2)
    await until(lambda: consumer.current_layers == ConsumerLayers(2))
    consumer.set_preferred_layers(ConsumerLayers(0))
    await layers.send(4)
    assert consumer.current_layers == ConsumerLayers(2)  # until a keyframe of layer 0 comes
    await until(lambda: any(pli.media_ssrc == 0x3000 for pli in sender.feedback(Pli)))
    await layers.send(4, key=0)
    assert consumer.current_layers == ConsumerLayers(0)
    consumer.set_preferred_layers(ConsumerLayers(1))
    await layers.send(4, key=1)
    await until(lambda: consumer.current_layers == ConsumerLayers(1))
    got = receiver.of(consumer.ssrc)
    assert consecutive(got)
    ids = [picture_id(packet) for packet in got]
    assert ids == [(ids[0] + index) & 0x7FFF for index in range(len(ids))]
    steps = [
        (after.header.timestamp - before.header.timestamp) & 0xFFFFFFFF for before, after in itertools.pairwise(got)
    ]
    assert all(0 < step <= 90_000 + 3000 for step in steps)
    bodies = {packet.payload[6:] for packet in got}
    from_each = [sum(payload[6:] in bodies for payload in camera.payloads.values()) for camera in layers.cameras]
    assert from_each == [5, 4, 7]  # the camera of layer 0 sends before that of layer 1 switches
    assert listener.layers == [ConsumerLayers(2), ConsumerLayers(0), ConsumerLayers(1)]
    assert not receiver.undecryptable


async def test_a_layer_that_falls_silent_is_replaced_and_taken_up_again(one_call: Call) -> None:
    sender, receiver = await one_call.join(), await one_call.join()
    producer = sender.produce("video", video_parameters(rids=("a", "b", "c")))
    consumer, _ = receiver.consume(producer, one_call.capabilities)
    layers = Layers(sender)
    await layers.send(2, key=2)
    await until(lambda: consumer.current_layers == ConsumerLayers(2))
    one_call.clock.ahead_s += 2
    await layers.send(1, silent=2)
    consumer.retarget(one_call.clock())
    await layers.send(2, key=1, silent=2)
    await until(lambda: consumer.current_layers == ConsumerLayers(1))
    await layers.send(2)
    consumer.retarget(one_call.clock())
    await layers.send(2, key=2)
    await until(lambda: consumer.current_layers == ConsumerLayers(2))
    assert consecutive(receiver.of(consumer.ssrc))


async def test_temporal_layers_are_left_out_without_a_hole(one_call: Call) -> None:
    sender, receiver = await one_call.join(), await one_call.join()
    producer = sender.produce("video", video_parameters())
    consumer, listener = receiver.consume(producer, one_call.capabilities, paused=True)
    consumer.set_preferred_layers(ConsumerLayers(0, 0))
    consumer.resume()
    camera = Camera(sender, 0x2000)
    for number in range(16):
        camera.send(key=number == 0, temporal_layer=(0, 2, 1, 2)[number % 4])
    await until(lambda: len(receiver.of(consumer.ssrc)) == 4)
    assert listener.layers == [ConsumerLayers(0, 0)]
    consumer.set_preferred_layers(ConsumerLayers(0, None))
    for number in range(8):
        camera.send(key=number == 0, temporal_layer=(0, 2, 1, 2)[number % 4])
    await until(lambda: len(receiver.of(consumer.ssrc)) == 12)
    consumer.retarget(one_call.clock())
    assert consecutive(receiver.of(consumer.ssrc))
    assert listener.layers == [ConsumerLayers(0, 0), ConsumerLayers(0)]
    # NACKs find the way back across the gaps.
    third = receiver.of(consumer.ssrc)[2]
    receiver.send_rtcp(build_nack(7, consumer.ssrc, [third.sequence_number]))
    await until(lambda: receiver.of(consumer.stream.rtx_ssrc))
    assert receiver.of(consumer.stream.rtx_ssrc)[0].payload[2:] == third.payload


async def test_pausing_and_resuming_either_end_leaves_the_numbers_whole(one_call: Call) -> None:
    sender, receiver = await one_call.join(), await one_call.join()
    producer = sender.produce("video", video_parameters())
    consumer, listener = receiver.consume(producer, one_call.capabilities)
    camera = Camera(sender, 0x2000)

    async def send(*, key: bool = False) -> None:
        camera.send(key=key)
        await settle(0.01)

    await send(key=True)
    consumer.pause()
    await send()
    consumer.resume()
    await send()
    await send(key=True)
    producer.pause()
    assert consumer.producer.paused
    await send(key=True)
    producer.resume()
    await send(key=True)
    await send()
    await until(lambda: len(receiver.of(consumer.ssrc)) == 4)
    assert consecutive(receiver.of(consumer.ssrc))
    assert listener.layers == [ConsumerLayers(0), None] * 2 + [ConsumerLayers(0)]
    sent = list(camera.payloads.values())
    assert [packet.payload for packet in receiver.of(consumer.ssrc)] == [sent[0], sent[3], sent[5], sent[6]]


async def test_padding_leaves_no_hole(one_call: Call) -> None:
    sender, receiver = await one_call.join(), await one_call.join()
    producer = sender.produce("video", video_parameters())
    consumer, _ = receiver.consume(producer, one_call.capabilities)
    camera = Camera(sender, 0x2000)
    camera.send(key=True)
    for _ in range(5):
        camera.send_padding()
        camera.send()
    await until(lambda: len(receiver.of(consumer.ssrc)) == 6)
    assert consecutive(receiver.of(consumer.ssrc))
    await settle(0.05)
    assert not sender.feedback(Nack)


async def test_packets_larger_than_a_slot_are_dropped_and_hurt_nobody(call: Call) -> None:
    sender = await call.join()
    receivers = [await call.join() for _ in range(9)]
    producer = sender.produce("video", video_parameters())
    consumers = [receiver.consume(producer, call.capabilities)[0] for receiver in receivers]
    camera = Camera(sender, 0x2000)
    camera.send(key=True)
    fitting = [camera.send(payload=vp8(1, body=bytes(size))) for size in (1300, 1400, 1800)]
    for size in range(1870, 2000, 5):
        camera.send(payload=vp8(1, body=bytes(size)))
    last = camera.send()
    for receiver, consumer in zip(receivers, consumers, strict=True):
        await until(lambda r=receiver, c=consumer: r.of(c.ssrc) and r.of(c.ssrc)[-1].payload == last)  # type: ignore[misc]
        assert [packet.payload for packet in receiver.of(consumer.ssrc)][1:4] == fitting
        assert receiver.undecryptable == 0


async def test_closing_cascades_downward_and_tells_whom_it_should(one_call: Call) -> None:
    sender, receiver = await one_call.join(), await one_call.join()
    first = sender.produce("video", video_parameters())
    second = sender.produce("audio", audio_parameters())
    consumer, listener = receiver.consume(first, one_call.capabilities)
    other, other_listener = receiver.consume(second, one_call.capabilities)
    camera = Camera(sender, 0x2000)
    camera.send(key=True)
    await until(lambda: consumer.current is not None)
    first.close()
    first.close()
    assert consumer.closed
    assert listener.closed == [consumer]
    assert listener.layers == [ConsumerLayers(0)]
    assert list(receiver.transport.consumers.values()) == [other]
    other.close()
    other.close()
    assert other_listener.closed == []
    third, third_listener = receiver.consume(second, one_call.capabilities)
    sender.transport.close()
    assert second.closed
    assert third_listener.closed == [third]
    assert receiver.transport.connected
    one_call.router.close()
    one_call.router.close()
    assert receiver.transport.state is TransportState.CLOSED
    with pytest.raises(InvalidState):
        one_call.router.create_webrtc_transport(receiver.listener)
    with pytest.raises(InvalidState):
        receiver.produce("audio", audio_parameters())
    udp = one_call.sfu.sockets[0]
    assert not udp._by_key
    assert not one_call.sfu.endpoints.by_fragment


def reports_by(receiver: Peer, producer: Producer, capabilities: RtpCapabilities) -> str:
    """How a receiver of one more track is asked to report."""
    consumer, _ = receiver.consume(producer, capabilities)
    return feedback_kind(consumer.rtp_parameters)


async def test_of_a_large_room_so_many_receivers_report_precisely_and_the_others_by_remb() -> None:
    call = Call(precise_up_to=2)
    await call.start()
    capabilities = call.router.rtp_capabilities
    try:
        sender = await call.join()
        sound, picture = sender.produce("audio", audio_parameters()), sender.produce("video", video_parameters())
        receivers = [await call.join() for _ in range(4)]
        for receiver in receivers:
            receiver.consume(sound, capabilities)  # whoever only listens takes nobody's place
        first, second, third, fourth = receivers
        assert reports_by(second, picture, capabilities) == "transport-cc"
        assert reports_by(first, picture, capabilities) == "transport-cc"
        assert reports_by(third, picture, capabilities) == "remb"
        # A client has one way for all that it gets, and keeps it.
        second.transport.close()
        assert reports_by(third, picture, capabilities) == "remb"
        assert reports_by(fourth, picture, capabilities) == "transport-cc"
    finally:
        await call.close()


async def test_wrong_parameters_raise_errors_with_a_code_and_a_sentence(one_call: Call) -> None:
    sender, receiver = await one_call.join(), await one_call.join()
    producer = sender.produce("video", video_parameters())
    wrong: list[tuple[type[MediaError], object]] = [
        (InvalidParameters, lambda: sender.produce("video", video_parameters())),  # the SSRC is taken
        (InvalidParameters, lambda: sender.produce("video", video_parameters(5, 6))),  # the mid is taken
        (InvalidParameters, lambda: sender.produce("audio", video_parameters(5, 6, mid="2"))),
        (UnsupportedError, lambda: sender.produce("video", video_parameters(5, 6, mid="2", mime_type="video/VP7"))),
        (NotFound, lambda: receiver.transport.consume("nobody", one_call.capabilities, receiver.listener)),
        (UnsupportedError, lambda: receiver.consume(producer, RtpCapabilities())),
        (InvalidState, lambda: receiver.transport.consume_data("nobody")),  # without data channels
    ]
    for error, attempt in wrong:
        with pytest.raises(error) as caught:
            attempt()  # type: ignore[operator]
        assert caught.value.code
        assert str(caught.value).endswith(".")
    assert list(sender.transport.producers) == [producer.id]
    audio_only = RtpCapabilities([RtpCodecCapability("audio/opus", "audio", 48_000, channels=2)])
    assert not one_call.router.can_consume(producer.id, audio_only)
    assert not one_call.router.can_consume("nobody", one_call.capabilities)
    assert one_call.router.can_consume(producer.id, one_call.capabilities)


async def test_a_single_vp8_encoding_with_temporal_layers_can_have_them_dropped(one_call: Call) -> None:
    sender = await one_call.join()
    parameters = video_parameters()
    parameters.encodings = [RtpEncodingParameters(ssrc=0x2000, scalability_mode="L1T3")]
    assert sender.produce("video", parameters).type == "simulcast"
    svc = video_parameters(5, 6, mid="2", mime_type="video/VP9", profile_id=0)
    svc.encodings = [RtpEncodingParameters(ssrc=5, scalability_mode="L3T3_KEY")]
    assert sender.produce("video", svc).type == "svc"


async def test_made_up_ssrcs_and_ended_tracks_do_not_pile_up_in_the_srtp_sessions(one_call: Call) -> None:
    from media.net.ssrc_guard import MAX_STRANGERS  # noqa: PLC0415 - used here only

    sender, receiver = await one_call.join(), await one_call.join()
    for ssrc in range(100_000, 100_300):
        sender.send_rtp(bytes(build_rtp(99, 1, 1, ssrc, b"x")))
        sender.send_rtcp(build_pli(ssrc + 1000, 1))
        if ssrc % 50 == 0:
            await asyncio.sleep(0.005)
    await until(lambda: sender.transport.received_packets == 300)
    strangers = sender.transport._receiver._strangers
    assert strangers is not None
    assert len(strangers._seen) == MAX_STRANGERS
    for number in range(50):
        producer = sender.produce("video", video_parameters(5000 + 2 * number, 5001 + 2 * number, mid=f"x{number}"))
        consumer, _ = receiver.consume(producer, one_call.capabilities)
        Camera(sender, 5000 + 2 * number).send(key=True)
        await until(lambda c=consumer: receiver.of(c.ssrc))  # type: ignore[misc]
        producer.close()
    assert len(strangers._seen) == MAX_STRANGERS
    assert len(sender.transport._receiver._demultiplexer._streams) == 0
