"""What a consumer leaves out of a stream: without waiting for keyframes, and so that what is left can be decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from media.bandwidth.allocation import Allocation
from media.bandwidth.allocation_ladder import EVERY_LAYER, PAUSED, UNLIMITED, Layers
from media.ortc.parameters import ConsumerLayers
from media.receive.bitrates import TRUSTED_AFTER_S, WINDOW_S, YOUNG_S
from media.rtp.rtcp import Nack
from tests.media.clients import Rtp, audio_parameters, video_parameters
from tests.media.parts import Track

if TYPE_CHECKING:
    from media.consumer import Consumer

FRAME_S: Final = 1 / 30
# libwebrtc's pattern of three temporal layers; the first of each after a T0 depends on that T0 only (layer sync).
PATTERN: Final = ((0, False), (2, True), (1, True), (2, False))


class Layered:
    """A VP8 camera with temporal layers, of one or more simulcast streams, with several packets a frame."""

    def __init__(self, *, streams: int = 1, packets: int = 2, first: int = 3, octets: int = 70) -> None:
        parameters = video_parameters(rids=tuple("abc"[:streams])) if streams > 1 else video_parameters()
        self.track = Track(parameters, producer_type="simulcast")
        self.packets = packets
        self.octets = octets
        self.frame = first
        self.number = [65_530 + 1000 * layer for layer in range(streams)]

    def send(self, frames: int = 1, *, key: tuple[int, ...] = (), sync: bool = True, layers: int = 3) -> None:
        """Frames of all streams, or of the `layers` smallest; the first of them a keyframe of the streams in `key`."""
        for step in range(frames):
            self.track.now += FRAME_S
            self.frame += 1
            for layer in range(min(layers, len(self.number))):
                self._send_frame(layer, key=step == 0 and layer in key, sync=sync)

    def _send_frame(self, layer: int, *, key: bool, sync: bool) -> None:
        temporal, synced = (0, False) if key else PATTERN[self.frame % 4]
        base = self.frame // 4 & 0xFF
        for index in range(self.packets):
            descriptor = bytes(
                [
                    0x90 if index == 0 else 0x80,
                    0xE0,
                    0x80 | self.frame >> 8 & 0x7F,
                    self.frame & 0xFF,
                    base,
                    temporal << 6 | (0x20 if synced and sync else 0),
                ]
            )
            body = bytes([0 if key else 1]) + self.frame.to_bytes(4, "big") + bytes([temporal, index])
            payload = descriptor + body + bytes(self.octets << 2 * layer)
            last = index == self.packets - 1
            self.track.feed(self.number[layer], payload, self.frame * 3000, layer, marker=last)
            self.number[layer] += 1


def frames(packets: list[Rtp]) -> list[tuple[int, int, int]]:
    """(frame, temporal layer, packets) of what was sent."""
    seen: dict[int, tuple[int, int]] = {}
    for packet in packets:
        frame, temporal = int.from_bytes(packet.payload[7:11], "big"), packet.payload[11]
        seen[frame] = (temporal, seen.get(frame, (0, 0))[1] + 1)
    return [(frame, temporal, count) for frame, (temporal, count) in seen.items()]


def check_decodable(packets: list[Rtp], each: int) -> None:
    """No hole in the numbers, no frame cut in two, picture ids one after the other, no frame without what it needs."""
    numbers = [packet.sequence_number for packet in packets]
    assert [(number - numbers[0]) & 0xFFFF for number in numbers] == list(range(len(numbers)))
    sent = frames(packets)
    assert all(count == each for _, _, count in sent)
    ids = [int.from_bytes(packet.payload[2:4], "big") & 0x7FFF for packet in packets[::each]]
    assert [(number - ids[0]) & 0x7FFF for number in ids] == list(range(len(ids)))
    known: set[int] = set()
    for frame, temporal, _ in sent:
        if temporal == 1:
            assert frame - 2 in known, "T1 needs the T0 before it."
        elif temporal == 2:
            assert frame - 1 in known, "T2 needs the frame before it."
        known.add(frame)


@pytest.mark.parametrize("first", [3, 0x7FFB])
@pytest.mark.parametrize("cut", range(4))
def test_temporal_layers_go_at_once_and_come_back_where_they_may_without_a_keyframe(first: int, cut: int) -> None:
    camera = Layered(first=first)
    consumer, egress, _ = camera.track.consume()
    camera.send(key=(0,))
    camera.send(6 + cut)
    asked = len(camera.track.transport.requested)
    consumer.allow(Layers(0, 0), camera.track.now)
    sent = len(egress.packets)
    camera.send(16)
    assert {temporal for _, temporal, _ in frames(egress.packets[sent:])} == {0}
    assert consumer.current_layers == ConsumerLayers(0, 0)
    consumer.allow(Layers(0, 1), camera.track.now)
    sent = len(egress.packets)
    camera.send(16)
    assert {temporal for _, temporal, _ in frames(egress.packets[sent:])} == {0, 1}
    consumer.allow(UNLIMITED, camera.track.now)
    sent = len(egress.packets)
    camera.send(16)
    assert {temporal for _, temporal, _ in frames(egress.packets[sent:])} == {0, 1, 2}
    check_decodable(egress.of(consumer.ssrc), 2)
    assert len(camera.track.transport.requested) == asked


def test_without_a_frame_that_says_so_a_layer_waits_for_a_keyframe() -> None:
    camera = Layered()
    consumer, egress, _ = camera.track.consume()
    camera.send(key=(0,))
    consumer.allow(Layers(0, 0), camera.track.now)
    camera.send(8)
    consumer.allow(UNLIMITED, camera.track.now)
    asked = len(camera.track.transport.requested)
    for _ in range(5):
        camera.send(30, sync=False)
        consumer.retarget(camera.track.now)
    assert {temporal for _, temporal, _ in frames(egress.packets)} == {0}
    assert len(camera.track.transport.requested) > asked, "It is asked for where there is no other way."
    camera.send(key=(0,))
    camera.send(8, sync=False)
    assert len({temporal for _, temporal, _ in frames(egress.packets)}) == 3
    assert consumer.current_layers == ConsumerLayers(0)


def test_what_a_full_queue_left_out_for_a_moment_costs_no_keyframe_however_long_all_was_sent_before() -> None:
    camera = Layered()
    consumer, egress, _ = camera.track.consume()
    camera.send(key=(0,))
    for _ in range(5):
        camera.send(30)
        consumer.retarget(camera.track.now)
    forward = consumer.stream.numbers.forward
    assert forward is not None
    asked = len(camera.track.transport.requested)
    forward.thin(0, [], [])
    consumer.stream.numbers.changed()
    camera.send(3)
    forward.thicken()
    assert forward.misses_frames
    consumer.retarget(camera.track.now)
    assert len(camera.track.transport.requested) == asked
    sent = len(egress.packets)
    camera.send(8)
    consumer.retarget(camera.track.now)
    assert {temporal for _, temporal, _ in frames(egress.packets[sent:])} == {0, 1, 2}
    assert len(camera.track.transport.requested) == asked


def test_a_limit_in_the_middle_of_a_frame_leaves_it_whole() -> None:
    camera = Layered(packets=1)
    consumer, egress, _ = camera.track.consume()
    camera.send(key=(0,))
    camera.send(4)
    camera.packets = 3
    camera.frame = 4 * 100
    camera._send_frame(0, key=False, sync=True)
    number, timestamp = camera.number[0], camera.frame * 3000
    upper = bytes([0x90, 0xE0, 0x80, 9, 1, 2 << 6, 1]) + bytes(10)
    camera.track.feed(number, upper, timestamp + 3000)
    sent = len(egress.packets)
    consumer.allow(Layers(0, 0), camera.track.now)
    camera.track.feed(number + 1, b"\x80" + upper[1:], timestamp + 3000)
    assert len(egress.packets) == sent + 1, "What has begun goes on."
    camera.track.feed(number + 2, b"\x90" + upper[1:], timestamp + 6000)
    assert len(egress.packets) == sent + 1


def test_all_layers_again_means_the_fast_way_again_in_the_same_numbers() -> None:
    camera = Layered()
    consumer, egress, _ = camera.track.consume()
    camera.send(key=(0,))
    consumer.allow(Layers(0, 1), camera.track.now)
    camera.send(16)
    consumer.allow(UNLIMITED, camera.track.now)
    forwards = camera.track.streams[0].forwards
    assert forwards._picky
    camera.send(16)
    consumer.retarget(camera.track.now)
    camera.send(16)
    assert not forwards._picky
    assert len(forwards) == 1
    check_decodable(egress.of(consumer.ssrc), 2)
    packets = len(egress.of(consumer.ssrc))
    assert consumer.stream.sent[0] == packets, "What was left out is not counted as sent."


def measured(camera: Layered, seconds: float = TRUSTED_AFTER_S + WINDOW_S) -> None:
    """Send for so long that all bitrates are known."""
    camera.send(int(seconds / FRAME_S))


def kbps(consumer: Consumer, layers: Layers, now: float) -> int:
    costs = consumer.producer.costs
    assert costs is not None
    costs.ladder(Layers(2, EVERY_LAYER), now, keeps_sharp=False)
    return costs.bitrate_bps(layers) // 1000


def test_what_layers_take_is_measured_and_a_layer_that_has_just_begun_is_not_taken_for_small() -> None:
    camera = Layered(streams=3)
    for encoding in camera.track.parameters.encodings:
        encoding.max_bitrate = 900_000
        encoding.scalability_mode = "L1T3"
    consumer, _, _ = camera.track.consume()
    assert [kbps(consumer, Layers(0, temporal), camera.track.now) for temporal in range(3)] == [360, 540, 900]
    camera.send(key=(0, 1, 2))
    camera.track.now += 0.3
    assert kbps(consumer, Layers(0, EVERY_LAYER), camera.track.now) == 900, "Announced, not measured."
    camera.track.now -= 0.3
    measured(camera)
    assert kbps(consumer, Layers(0, EVERY_LAYER), camera.track.now) == 900, (
        "An encoder takes a while to reach its rate."
    )
    for _ in range(50):
        measured(camera, 0.5)
        kbps(consumer, Layers(0, EVERY_LAYER), camera.track.now)
    packet = 70 + 12 + 8 + 13 + 44  # payload, header, its extension, descriptor and body, IP to SRTP
    whole = kbps(consumer, Layers(0, EVERY_LAYER), camera.track.now)
    assert whole == pytest.approx(packet * 2 * 30 * 8 / 1000, rel=0.1)
    assert kbps(consumer, Layers(0, 0), camera.track.now) == pytest.approx(whole / 4, rel=0.1)
    assert kbps(consumer, Layers(0, 1), camera.track.now) == pytest.approx(whole / 2, rel=0.1)
    camera.track.now += 5
    assert kbps(consumer, Layers(0, 0), camera.track.now) == pytest.approx(whole / 4, rel=0.1), "As it was last."


def test_the_price_of_a_layer_rises_at_once_and_falls_slowly() -> None:
    camera = Layered()
    consumer, _, _ = camera.track.consume()
    camera.send(key=(0,))
    measured(camera, YOUNG_S + 1)
    still = kbps(consumer, Layers(0, EVERY_LAYER), camera.track.now)
    camera.octets = 400
    measured(camera, WINDOW_S + 0.5)
    moving = kbps(consumer, Layers(0, EVERY_LAYER), camera.track.now)
    camera.octets = 70
    measured(camera, WINDOW_S + 0.5)
    assert still < 0.6 * moving < kbps(consumer, Layers(0, EVERY_LAYER), camera.track.now)
    for _ in range(40):
        measured(camera, 0.5)
        kbps(consumer, Layers(0, EVERY_LAYER), camera.track.now)
    assert kbps(consumer, Layers(0, EVERY_LAYER), camera.track.now) == pytest.approx(still, rel=0.1)


def test_a_narrow_link_does_not_wait_for_the_keyframe_of_the_smaller_layer() -> None:
    camera = Layered(streams=3)
    consumer, egress, listener = camera.track.consume()
    camera.send(key=(0, 1, 2))
    consumer.retarget(camera.track.now)
    camera.send(key=(2,))
    listener.layers.clear()
    measured(camera)
    allocation = Allocation({consumer.id: consumer}, lambda: None)
    asked = len(camera.track.transport.requested)
    allocation.update(kbps(consumer, Layers(0, EVERY_LAYER), camera.track.now) * 1000 + 999, camera.track.now)
    assert len(camera.track.transport.requested) == asked + 1, "It is asked for at once."
    sent = len(egress.packets)
    camera.send(8)
    assert len(egress.packets) == sent, "Even the slowest layer of the large size would be too much."
    camera.send(key=(0,))
    camera.send(7)
    assert len(frames(egress.packets[sent:])) == 8
    assert listener.layers == [ConsumerLayers(0)]
    assert line_is_unbroken(egress.of(consumer.ssrc))


def test_a_layer_that_the_sender_stops_is_left_before_its_silence_is_long() -> None:
    camera = Layered(streams=3)
    consumer, egress, _ = camera.track.consume()
    camera.send(key=(0, 1, 2))
    consumer.retarget(camera.track.now)
    camera.send(key=(2,))
    camera.send(30)  # an encoder leaves out pictures after its keyframes
    assert consumer.current_layers == ConsumerLayers(2)
    asked = len(camera.track.transport.requested)
    camera.send(10, layers=2)
    assert len(camera.track.transport.requested) == asked, "A third of a second may be a slow keyframe."
    camera.send(5, layers=2)
    assert len(camera.track.transport.requested) == asked + 1
    camera.send(20, layers=2)
    assert len(camera.track.transport.requested) == asked + 1, "Once is enough: the answer is on its way."
    camera.send(key=(1,), layers=2)
    assert consumer.current_layers == ConsumerLayers(1)
    camera.send(8, key=(2,))
    assert consumer.current_layers == ConsumerLayers(2), "It comes again, and is taken with its first keyframe."
    assert line_is_unbroken(egress.of(consumer.ssrc))


def test_a_little_too_narrow_a_link_gets_fewer_frames_until_the_smaller_layer_comes() -> None:
    camera = Layered(streams=3)
    consumer, egress, _ = camera.track.consume()
    camera.send(key=(0, 1, 2))
    consumer.retarget(camera.track.now)
    camera.send(key=(2,))
    measured(camera)
    kbps(consumer, Layers(1, EVERY_LAYER), camera.track.now)
    consumer.allow(Layers(1, EVERY_LAYER), camera.track.now)
    sent = len(egress.packets)
    camera.send(8)
    assert {temporal for _, temporal, _ in frames(egress.packets[sent:])} == {0}
    camera.send(key=(1,))
    camera.send(8)
    assert consumer.current_layers == ConsumerLayers(1)
    assert line_is_unbroken(egress.of(consumer.ssrc))


def test_a_sender_makes_a_layer_cheaper_for_a_narrow_link_until_somebody_has_plenty() -> None:
    camera = Layered(streams=3)
    narrow, _, _ = camera.track.consume()
    camera.send(key=(0, 1, 2))
    measured(camera)
    allocation = Allocation({narrow.id: narrow}, lambda: None)
    takes = 1000 * kbps(narrow, Layers(1, EVERY_LAYER), camera.track.now)
    for _ in range(20):
        camera.send(8)
        allocation.update(int(0.8 * takes), camera.track.now)
    cap = camera.track.transport.caps_asked[1]
    assert camera.track.transport.caps_asked == [0, cap, 0]
    assert 0.6 * takes < cap < 0.8 * takes
    wide, _, _ = camera.track.consume()
    wide.set_preferred_layers(ConsumerLayers(1))
    for _ in range(10):
        camera.track.now += 1
        wide.retarget(camera.track.now)
    assert camera.track.transport.caps_asked == [0, 0, 0]


def test_a_link_that_has_just_become_narrow_asks_for_no_more_of_a_layer_than_others_have_place_for() -> None:
    camera = Layered(streams=3)
    narrow, _, _ = camera.track.consume()
    camera.send(key=(0, 1, 2))
    measured(camera)
    takes = 1000 * kbps(narrow, Layers(1, EVERY_LAYER), camera.track.now)
    narrower, _, _ = camera.track.consume()
    links = [Allocation({one.id: one}, lambda: None) for one in (narrow, narrower)]
    for step in range(40):
        camera.send(8)
        links[0].update(int(0.8 * takes), camera.track.now)
        links[1].update(10_000_000 if step < 20 else int(0.8 * takes), camera.track.now)
        for one in (narrow, narrower):
            one.retarget(camera.track.now)
    assert narrower.limits.allowed.spatial == 1
    assert narrower.limits.usable is None, "Nothing is told of it so soon after the fall."
    cap = camera.track.transport.caps_asked[1]
    assert 0.6 * takes < cap < 0.8 * takes


def exceeds(consumer: Consumer) -> bool:
    return consumer.exceeds_link


def line_is_unbroken(packets: list[Rtp]) -> bool:
    numbers = [packet.sequence_number for packet in packets]
    return [(number - numbers[0]) & 0xFFFF for number in numbers] == list(range(len(numbers)))


def test_what_the_link_does_not_carry_is_paused_told_and_comes_back_by_itself() -> None:
    camera = Layered()
    consumer, egress, listener = camera.track.consume()
    camera.send(key=(0,))
    measured(camera)
    allocation = Allocation({consumer.id: consumer}, lambda: None)
    allocation.update(1000, camera.track.now)
    assert listener.layers == [ConsumerLayers(0), None]
    assert exceeds(consumer)
    sent = len(egress.packets)
    camera.send(8, key=(0,))
    consumer.retarget(camera.track.now)
    assert len(egress.packets) == sent
    for _ in range(20):
        camera.send(3)
        allocation.update(10_000_000, camera.track.now)
    assert exceeds(consumer), "Until there is a picture."
    camera.send(key=(0,))
    assert not exceeds(consumer)
    assert listener.layers == [ConsumerLayers(0), None, ConsumerLayers(0)]
    assert line_is_unbroken(egress.of(consumer.ssrc))


def test_of_a_video_that_the_link_does_not_carry_nothing_is_sent_again() -> None:
    camera = Layered()
    consumer, egress, _ = camera.track.consume()
    camera.send(key=(0,))
    lost = [packet.sequence_number for packet in egress.of(consumer.ssrc)]
    consumer.allow(PAUSED, camera.track.now)
    for _ in range(20):
        assert consumer.resend(Nack(consumer.ssrc, lost), camera.track.now) == 0
        camera.track.now += 0.1
    assert consumer.stream.resent == 0


def test_what_the_page_or_the_sender_paused_is_not_the_links_fault() -> None:
    camera = Layered()
    consumer, _, _ = camera.track.consume()
    camera.send(key=(0,))
    consumer.allow(PAUSED, camera.track.now)
    camera.track.producer.pause()
    assert not exceeds(consumer)
    camera.track.producer.resume()
    assert exceeds(consumer)
    consumer.pause()
    assert not exceeds(consumer)
    assert consumer.need(camera.track.now) is None


def test_the_smaller_of_wish_and_limit_counts() -> None:
    camera = Layered(streams=3)
    consumer, _, _ = camera.track.consume()
    camera.send(key=(0, 1, 2))
    consumer.set_preferred_layers(ConsumerLayers(1))
    camera.send(key=(0, 1, 2))
    assert consumer.current_layers == ConsumerLayers(1)
    consumer.allow(Layers(2, EVERY_LAYER), camera.track.now)
    camera.send(key=(0, 1, 2))
    assert consumer.current_layers == ConsumerLayers(1)
    consumer.allow(Layers(0, 1), camera.track.now)
    camera.send(key=(0, 1, 2))
    measured(camera)
    assert consumer.current_layers == ConsumerLayers(0, 1)
    need = consumer.need(camera.track.now)
    assert need is not None
    assert need.ladder.rungs[-1].layers.spatial == 1


def test_sound_takes_no_part() -> None:
    track = Track(audio_parameters(), kind="audio")
    consumer, _, _ = track.consume()
    assert consumer.need(track.now) is None


def test_wishes_are_passed_on_when_they_change() -> None:
    camera = Layered()
    consumer, _, _ = camera.track.consume()
    told: list[str] = []
    consumer.on_wish = told.append
    consumer.set_importance(1, on_stage=True)
    consumer.set_importance(1, on_stage=True)
    consumer.pause()
    consumer.resume()
    consumer.set_preferred_layers(ConsumerLayers(0))
    assert told == [consumer.id] * 4


def test_a_camera_that_is_on_again_on_a_narrow_link_is_not_paused_first() -> None:
    camera = Layered()
    camera.octets *= 8
    consumer, _, listener = camera.track.consume()
    camera.send(key=(0,))
    measured(camera)
    allocation = Allocation({consumer.id: consumer}, lambda: None)
    consumer.on_wish = allocation.changed
    narrow = int(kbps(consumer, Layers(0, 1), camera.track.now) * 1000 * 1.3)
    for _ in range(60):
        camera.send(3)
        allocation.update(narrow, camera.track.now)
    assert allocation.limited
    camera.track.producer.pause()
    allocation.update(narrow, camera.track.now + 1)
    camera.track.now += 2
    camera.track.producer.resume()
    listener.layers.clear()
    allocation.update(narrow, camera.track.now)
    assert not exceeds(consumer)
    camera.send(key=(0,))
    assert listener.layers == [consumer.current_layers]
    assert listener.layers != [None]


def test_the_best_layer_that_a_room_spares_goes_to_nobody_until_it_is_spared_no_more() -> None:
    camera = Layered(streams=3)
    consumer, _, _ = camera.track.consume()
    camera.send(key=(0, 1, 2))
    camera.send(8)
    assert consumer.current_layers == ConsumerLayers(2)
    camera.track.producer.spared_layers = 1
    consumer.retarget(camera.track.now)
    camera.send(key=(0, 1, 2))
    assert consumer.current_layers == ConsumerLayers(1)
    camera.track.producer.spared_layers = 0
    consumer.retarget(camera.track.now)
    camera.send(key=(0, 1, 2))
    assert consumer.current_layers == ConsumerLayers(2)


def test_who_records_gets_the_best_layer_however_many_are_spared() -> None:
    camera = Layered(streams=3)
    recorder, _, _ = camera.track.consume()
    recorder._transport.takes_everything = True
    camera.track.producer.spared_layers = 2
    recorder.retarget(camera.track.now)
    camera.send(3, key=(0, 1, 2))
    assert recorder.current_layers == ConsumerLayers(2)


def test_who_waits_for_a_keyframe_while_a_track_is_withheld_for_a_moment_gets_the_next_one() -> None:
    camera = Layered()
    consumer, egress, _ = camera.track.consume()
    camera.track.producer.withheld = True
    camera.send(key=(0,))
    camera.track.producer.withheld = False
    consumer.retarget(camera.track.now)
    camera.send(key=(0,))
    assert egress.of(consumer.ssrc)


def test_what_is_withheld_is_not_the_links_fault_as_well() -> None:
    camera = Layered()
    consumer, _, _ = camera.track.consume()
    camera.send(key=(0,))
    consumer.allow(PAUSED, camera.track.now)
    assert consumer.exceeds_link
    camera.track.producer.withheld = True
    consumer.retarget(camera.track.now)
    assert (consumer.withheld, consumer.exceeds_link) == (True, False)


def test_what_is_withheld_goes_to_nobody_but_who_records_and_comes_back_with_a_keyframe() -> None:
    camera = Layered(streams=2)
    consumer, egress, listener = camera.track.consume()
    recorder, kept, _ = camera.track.consume()
    recorder._transport.takes_everything = True
    camera.send(3, key=(0, 1))
    camera.track.producer.withheld = True
    for each in (consumer, recorder):
        each.retarget(camera.track.now)
    before = len(egress.of(consumer.ssrc)), len(kept.of(recorder.ssrc))
    camera.send(3, key=(0, 1))
    assert len(egress.of(consumer.ssrc)) == before[0]
    assert len(kept.of(recorder.ssrc)) > before[1]
    assert (listener.layers[-1], consumer.withheld, consumer.exceeds_link) == (None, True, False)
    assert consumer.need(camera.track.now) is None
    camera.track.producer.withheld = False
    consumer.retarget(camera.track.now)
    camera.send(3, key=(0, 1))
    assert len(egress.of(consumer.ssrc)) > before[0]
    assert (listener.layers[-1], consumer.withheld) == (ConsumerLayers(1), False)


def test_who_is_paused_hears_of_nothing_withheld_before_they_resume() -> None:
    camera = Layered()
    consumer, _, listener = camera.track.consume()
    consumer.pause()
    camera.track.producer.withheld = True
    consumer.retarget(camera.track.now)
    assert (consumer.withheld, listener.layers) == (False, [])
    consumer.resume()
    assert (consumer.withheld, listener.layers) == (True, [None])


def test_who_sends_one_layer_only_is_sent_however_many_are_spared() -> None:
    camera = Layered()
    consumer, _, _ = camera.track.consume()
    camera.track.producer.spared_layers = 1
    consumer.retarget(camera.track.now)
    camera.send(key=(0,))
    assert consumer.current_layers == ConsumerLayers(0)
