"""A consumer's numbers: one line across layers, pauses and dropped layers, and no number with two meanings."""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.consumer import KEY_FRAMES_AT_ONCE, KEY_FRAMES_PER_SECOND, Consumer
from media.ortc.parameters import ConsumerLayers
from media.rtp.rtcp import Nack, ReportBlock, SenderReport, parse_compound
from media.send.retransmitter import RESENDS_AT_ONCE, USELESS_NACK_COST
from media.send.sequence_map import SequenceMap
from tests.media.clients import Rtp, video_parameters
from tests.media.parts import KeepingEgress, Narrow, Track, body

if TYPE_CHECKING:
    from collections.abc import Callable


def simulcast() -> Track:
    track = Track(video_parameters(rids=("a", "b", "c")), producer_type="simulcast")
    for layer in range(3):
        track.now = 100.0
        track.feed(layer * 20_000, b"\x00\x01", layer=layer)
        track.streams[layer].receive_sender_report(SenderReport(1, 5000 << 32, layer * 1_000_000, 0, 0), track.now)
    return track


def line(packets: list[Rtp]) -> list[int]:
    """Sequence numbers, counted from the first."""
    return [(packet.sequence_number - packets[0].sequence_number + 0x8000 & 0xFFFF) - 0x8000 for packet in packets]


def feed_all(track: Track, step: int, *, key: int | None = None) -> None:
    """One frame of each layer at the same moment of the sender's clock, the keyframe first."""
    track.now = 100.0 + step / 30
    for layer in sorted(range(3), key=lambda layer: layer != key):
        number = layer * 20_000 + step
        payload = bytes([0x90, 0xE0, 0x80 | number >> 8 & 0x7F, number & 0xFF, number & 0xFF, 0, layer != key])
        track.feed(number, payload + number.to_bytes(8, "big"), layer * 1_000_000 + step * 3000, layer)


def test_layer_switches_go_on_in_numbers_timestamps_and_picture_ids() -> None:
    track = simulcast()
    consumer, egress, listener = track.consume()
    for step in range(1, 40):
        if step in (10, 20, 30):
            consumer.set_preferred_layers(ConsumerLayers({10: 0, 20: 2, 30: 1}[step]))
        feed_all(track, step, key={3: 2, 13: 0, 23: 2, 33: 1}.get(step))
    got = egress.of(consumer.ssrc)
    assert line(got) == list(range(37))
    assert [(body(packet) // 20_000, body(packet) % 20_000) for packet in got] == [
        (2 if step < 13 or 23 <= step < 33 else 0 if step < 23 else 1, step) for step in range(3, 40)
    ]
    ids = [int.from_bytes(packet.payload[2:4], "big") & 0x7FFF for packet in got]
    assert [(number - ids[0]) % 0x8000 for number in ids] == list(range(37))
    indexes = [packet.payload[4] for packet in got]
    assert [(index - indexes[0]) % 256 for index in indexes] == list(range(37))
    steps = [
        (after.header.timestamp - before.header.timestamp) & 0xFFFFFFFF for before, after in itertools.pairwise(got)
    ]
    assert steps == [3000] * 36
    assert listener.layers == [ConsumerLayers(2), ConsumerLayers(0), ConsumerLayers(2), ConsumerLayers(1)]


def test_a_resend_after_a_switch_finds_both_layers() -> None:
    track = simulcast()
    consumer, egress, _ = track.consume()
    for step in range(1, 8):
        feed_all(track, step, key=2 if step == 1 else 0 if step == 5 else None)
        if step == 2:
            consumer.set_preferred_layers(ConsumerLayers(0))
    got = egress.of(consumer.ssrc)
    track.now += 1
    consumer.resend(Nack(consumer.ssrc, [packet.sequence_number for packet in got]), track.now)
    resent = egress.of(consumer.stream.rtx_ssrc)
    assert [packet.payload[2:] for packet in resent] == [packet.payload for packet in got]
    assert [int.from_bytes(packet.payload[:2], "big") for packet in resent] == [p.sequence_number for p in got]
    assert line(resent) == list(range(7))
    assert [packet.header.timestamp for packet in resent] == [packet.header.timestamp for packet in got]


def test_late_packets_of_the_layer_before_stay_away_but_can_be_asked_for() -> None:
    track = simulcast()
    consumer, egress, _ = track.consume()
    feed_all(track, 1, key=2)
    number = 2 * 20_000
    for step in (2, 4):
        track.frame(number + step, layer=2)
    consumer.set_preferred_layers(ConsumerLayers(0))
    feed_all(track, 5, key=0)
    sent = egress.sent
    track.frame(number + 3, layer=2)
    assert egress.sent == sent
    got = egress.of(consumer.ssrc)
    assert line(got) == [0, 1, 3, 4]
    consumer.resend(Nack(consumer.ssrc, [got[1].sequence_number + 1]), track.now + 1)
    assert body(egress.of(consumer.stream.rtx_ssrc)[0]) == number + 3


def test_a_pause_leaves_no_hole_and_resuming_waits_for_a_keyframe() -> None:
    track = Track()
    consumer, egress, listener = track.consume()
    track.frame(1, key=True)
    consumer.pause()
    consumer.pause()
    track.frame(2)
    consumer.resume()
    track.frame(3)
    track.frame(4, key=True)
    assert [body(packet) for packet in egress.of(consumer.ssrc)] == [1, 4]
    assert line(egress.of(consumer.ssrc)) == [0, 1]
    assert listener.layers == [ConsumerLayers(0), None, ConsumerLayers(0)]


@pytest.mark.parametrize("start", [1, 65_530])
def test_dropped_temporal_layers_leave_no_hole_even_at_the_end_of_a_time(start: int) -> None:
    track = Track()
    consumer, egress, _ = track.consume(paused=True)
    consumer.set_preferred_layers(ConsumerLayers(0, 0))
    consumer.resume()
    for number in range(8):
        track.frame(start + number, key=number == 0, temporal_layer=(0, 2, 1, 2)[number % 4])
    consumer.set_preferred_layers(ConsumerLayers(0))
    assert consumer.current_layers == ConsumerLayers(0, 0)
    for number in range(8, 12):
        track.frame(start + number, key=number == 8, temporal_layer=(0, 2, 1, 2)[number % 4])
    got = egress.of(consumer.ssrc)
    assert [body(packet) - start for packet in got] == [0, 4, 8, 9, 10, 11]
    assert line(got) == list(range(6))
    assert consumer.current_layers == ConsumerLayers(0)
    picture_ids = [int.from_bytes(packet.payload[2:4], "big") & 0x7FFF for packet in got[:2]]
    assert (picture_ids[1] - picture_ids[0]) & 0x7FFF == 1


def test_layers_out_of_range_mean_the_nearest() -> None:
    track = simulcast()
    consumer, _, _ = track.consume()
    consumer.set_preferred_layers(ConsumerLayers(99))
    assert consumer.preferred == ConsumerLayers(2)
    consumer.set_preferred_layers(ConsumerLayers(-5))
    assert consumer.preferred == ConsumerLayers(0)


def test_going_back_to_the_layer_that_is_sent_needs_no_keyframe() -> None:
    track = simulcast()
    consumer, egress, _ = track.consume()
    feed_all(track, 1, key=2)
    consumer.set_preferred_layers(ConsumerLayers(0))
    consumer.set_preferred_layers(ConsumerLayers(2))
    feed_all(track, 2, key=0)
    assert [body(packet) // 20_000 for packet in egress.of(consumer.ssrc)] == [2, 2]


def test_a_svc_track_without_layers_is_sent_whole() -> None:
    parameters = video_parameters(mime_type="video/VP9", profile_id=0)
    track = Track(parameters, producer_type="svc")
    consumer, egress, _ = track.consume()
    consumer.set_preferred_layers(ConsumerLayers(2, 1))
    track.feed(1, b"\x08\x00")
    track.feed(2, b"\x48\x00")
    assert len(egress.of(consumer.ssrc)) == 2
    assert consumer.preferred.spatial_layer == 0
    assert consumer.current_layers == ConsumerLayers(0, 1)


def test_nothing_is_sent_before_the_transport_is_connected() -> None:
    track = Track()
    consumer, egress, _ = track.consume(paused=True)
    consumer._transport.connected = False  # type: ignore[misc]
    consumer.resume()
    track.frame(1, key=True)
    consumer._transport.connected = True  # type: ignore[misc]
    consumer.retarget(track.now)
    assert track.transport.requested
    track.frame(2, key=True)
    assert [body(packet) for packet in egress.of(consumer.ssrc)] == [2]


def test_a_lost_transport_stops_and_starts_again_at_a_keyframe() -> None:
    track = Track()
    consumer, egress, listener = track.consume()
    track.frame(1, key=True)
    consumer.transport_lost()
    track.frame(2)
    consumer.retarget(track.now)
    track.frame(3)
    track.frame(4, key=True)
    assert [body(packet) for packet in egress.of(consumer.ssrc)] == [1, 4]
    assert listener.layers == [ConsumerLayers(0), None, ConsumerLayers(0)]


def test_closing_tells_nobody_and_can_be_repeated() -> None:
    track = Track()
    consumer, egress, listener = track.consume()
    track.frame(1, key=True)
    consumer.close()
    consumer.close()
    track.frame(2)
    track.producer.close()
    assert listener.closed == []
    assert listener.layers == [ConsumerLayers(0)]
    assert len(egress.packets) == 1
    assert consumer.stats().packets_sent == 1


def test_resends_are_bounded_in_time() -> None:
    track = Track()
    consumer, egress, _ = track.consume()
    for number in range(1, 501):
        track.frame(number, key=number == 1)
    everything = [packet.sequence_number for packet in egress.of(consumer.ssrc)]
    for moment in range(10):
        consumer.resend(Nack(consumer.ssrc, everything), track.now + moment * 0.05)
    assert len(egress.of(consumer.stream.rtx_ssrc)) <= RESENDS_AT_ONCE + 0.5 * 500
    sent = consumer.stream.resent
    consumer.resend(Nack(consumer.ssrc, everything[-3:] * 2), track.now + 60)
    assert consumer.stream.resent == sent + 3


def test_a_receiver_that_asks_in_vain_gets_a_keyframe_before_it_stands_still_for_seconds() -> None:
    track = Track()
    consumer, egress, _ = track.consume()
    track.frame(1, key=True)
    track.frame(2)
    lost = egress.of(consumer.ssrc)[-1].sequence_number
    before, began = len(track.transport.requested), track.now
    for _ in range(10):  # as often as a browser asks, which then waits for three seconds
        consumer.resend(Nack(consumer.ssrc, [lost]), track.now)
        track.now += 0.1
    assert len(track.transport.requested) == before + 1
    assert track.now - began < 1.01


def test_a_nack_for_what_was_never_sent_is_ignored() -> None:
    track = Track()
    consumer, egress, _ = track.consume()
    consumer.resend(Nack(consumer.ssrc, [1, 2]), 1.0)
    track.frame(1, key=True)
    number = egress.packets[0].sequence_number
    consumer.resend(Nack(consumer.ssrc, [number - 1, number + 1, number ^ 0x8000]), 2.0)
    assert not egress.of(consumer.stream.rtx_ssrc)


def test_reports_tell_loss_and_round_trip() -> None:
    track = Track()
    consumer, _, _ = track.consume()
    assert consumer.sender_report(track.now) is None
    track.frame(1, key=True)
    track.streams[0].receive_sender_report(SenderReport(1, 7 << 32, 3000, 0, 0), track.now)
    data = consumer.sender_report(track.now + 1)
    assert data is not None
    report = parse_compound(data)[0]
    assert isinstance(report, SenderReport)
    assert (report.ssrc, report.ntp, report.packet_count, report.octet_count) == (consumer.ssrc, 8 << 32, 1, 15)
    assert report.rtp_timestamp == 3000 + 90_000
    consumer.reports.receive(ReportBlock(consumer.ssrc, 64, lsr=8 << 16, dlsr=65_536 // 2), track.now + 2)
    stats = consumer.stats()
    assert (stats.fraction_lost, stats.round_trip_time) == (0.25, 0.5)


def run(
    track: Track,
    consumer: Any,
    egress: KeepingEgress,
    actions: list[tuple[str, int]],
    narrow: Narrow | None = None,
) -> None:
    next_number = [0, 0, 0]
    orders = {"pause": consumer.pause, "resume": consumer.resume, "skip": consumer.skip_to_key_frame}
    missing: list[tuple[int, int]] = []
    for action, value in actions:
        layer = value % 3
        if action in {"frame", "key"}:
            feed_one(track, next_number, layer, key=action == "key", size=8 if narrow is None else 1000)
        elif action == "lose":
            missing.append((layer, next_number[layer]))
            next_number[layer] += 1
        elif action == "late" and missing:
            late_layer, number = missing.pop(value % len(missing))
            track.frame(late_layer * 20_000 + 1 + number, late_layer)
        elif action == "padding":
            track.feed(layer * 20_000 + 1 + next_number[layer], b"", layer=layer, padding=True)
            next_number[layer] += 1
        elif action == "prefer":
            consumer.set_preferred_layers(ConsumerLayers(layer, (None, 0, 1)[value // 3 % 3]))
        elif action in orders:
            orders[action]()
        elif action == "nack" and egress.of(consumer.ssrc):
            recent = egress.of(consumer.ssrc)[-1].sequence_number - value
            consumer.resend(Nack(consumer.ssrc, [recent & 0xFFFF]), track.now)
        track.now += 0.01
        if narrow is not None:
            narrow.drain(1)


def feed_one(track: Track, next_number: list[int], layer: int, *, key: bool, size: int = 8) -> None:
    number = next_number[layer]
    next_number[layer] += 1
    track.frame(layer * 20_000 + 1 + number, layer, key=key, temporal_layer=0 if key else number % 3, size=size)


kinds = st.sampled_from(["frame"] * 8 + ["key", "lose", "late", "padding", "prefer", "pause", "resume", "nack", "skip"])


def who_watches(track: Track, rate_bps: int | None) -> tuple[Consumer, KeepingEgress, Narrow | None]:
    if rate_bps is None:
        consumer, egress, _ = track.consume()
        return consumer, egress, None
    narrow = Narrow(track, rate_bps)
    return narrow.consumer, narrow.egress, narrow


@pytest.mark.parametrize("rate_bps", [None, 100_000])
@given(st.lists(st.tuples(kinds, st.integers(0, 40)), max_size=150))
@settings(max_examples=150, deadline=None)
def test_no_number_ever_carries_two_different_packets(rate_bps: int | None, actions: list[tuple[str, int]]) -> None:
    """A second packet under one SSRC and number would reuse the nonce of AES-GCM and give the keys away."""
    track = simulcast()
    consumer, egress, narrow = who_watches(track, rate_bps)
    run(track, consumer, egress, actions, narrow)
    seen: dict[tuple[int, int], bytes] = {}
    for packet in egress.packets:
        key = (packet.header.ssrc, packet.sequence_number)
        assert seen.setdefault(key, packet.data) == packet.data
        assert packet.header.ssrc in {consumer.ssrc, consumer.stream.rtx_ssrc}


@pytest.mark.parametrize("rate_bps", [None, 100_000])
def test_in_order_packets_always_have_consecutive_numbers(rate_bps: int | None) -> None:
    chance = random.Random(3)  # noqa: S311 - the same actions in each run
    track = simulcast()
    consumer, egress, narrow = who_watches(track, rate_bps)
    choices = ["frame"] * 12 + ["key", "key", "padding", "prefer", "pause", "resume"]
    run(track, consumer, egress, [(chance.choice(choices), chance.randrange(40)) for _ in range(3000)], narrow)
    if narrow is not None:
        assert narrow.pacing.dropped > 0
    got = egress.of(consumer.ssrc)
    assert len(got) > 140
    assert [after - before for before, after in zip(line(got), line(got)[1:], strict=False)] == [1] * (len(got) - 1)


def test_one_consumer_can_ask_for_few_keyframes_only() -> None:
    track = Track()
    consumer, _, _ = track.consume()
    for number in range(600):
        track.frame(number, key=True)  # as asked for: each of them costs the sender, and all who watch
        track.now += 0.1
        consumer.request_key_frame()
    assert len(track.transport.requested) <= 60 * KEY_FRAMES_PER_SECOND + 2 * KEY_FRAMES_AT_ONCE + 1


def _pauses(consumer: Consumer) -> None:
    consumer.pause()
    consumer.resume()


def _changes_layers(consumer: Consumer) -> None:
    consumer.set_preferred_layers(ConsumerLayers(1 - consumer.preferred.spatial_layer % 2))


@pytest.mark.parametrize("action", [_pauses, _changes_layers, Consumer.skip_to_key_frame], ids=lambda one: one.__name__)
def test_nor_can_it_cause_many_in_another_way(action: Callable[[Consumer], None]) -> None:
    track = simulcast()
    consumer, egress, _ = track.consume()
    for number in range(600):
        for layer in range(len(track.streams)):
            track.frame(number, layer, key=number % 10 == 0 or track.streams[layer].keyframes.pending)
        track.now += 0.1
        action(consumer)
        track.producer.retry_key_frames(track.now)
    streams = len(track.streams)
    assert len(track.transport.requested) <= 60 * KEY_FRAMES_PER_SECOND + 2 * KEY_FRAMES_AT_ONCE + streams
    assert len(egress.of(consumer.ssrc)) > 50  # it goes on with the keyframes that come anyway


def test_asking_for_packets_that_are_gone_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    track = Track()
    consumer, _, _ = track.consume()
    track.frame(1, key=True)
    looked: list[int] = []
    monkeypatch.setattr(SequenceMap, "find", lambda _self, number: looked.append(number))
    for start in range(0, 60_000, 1000):
        consumer.resend(Nack(consumer.ssrc, list(range(start, start + 1000))), track.now)
    assert len(looked) <= 2 * RESENDS_AT_ONCE / USELESS_NACK_COST
