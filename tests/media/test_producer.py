"""A producer's followers: who starts where, who is told what, who asks for keyframes."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING

import pytest

from media.ortc.parameters import ConsumerLayers
from media.receive.keyframes import IGNORED_S
from tests.media.clients import audio_parameters, video_parameters
from tests.media.parts import FakeTransport, Track, body

if TYPE_CHECKING:
    from media.consumer import Consumer


def test_each_consumer_starts_at_the_next_keyframe() -> None:
    track = Track()
    first, first_egress, _ = track.consume()
    track.frame(1)
    track.frame(2, key=True)
    second, second_egress, _ = track.consume()
    track.frame(3)
    track.frame(4, key=True)
    assert [body(packet) for packet in first_egress.of(first.ssrc)] == [2, 3, 4]
    assert [body(packet) for packet in second_egress.of(second.ssrc)] == [4]
    assert track.producer.stats().streams[0].consumers == 2


def test_waiting_consumers_ask_once_and_again_while_nothing_comes() -> None:
    track = Track()
    for _ in range(5):
        track.consume()
    assert track.transport.requested == [0x2000]
    for tenth in range(1, 31):
        track.producer.retry_key_frames(track.now + tenth / 10)
    assert track.transport.requested == [0x2000] * 7
    track.frame(1, key=True)
    track.producer.retry_key_frames(track.now + 60)
    assert len(track.transport.requested) == 7


def test_an_unanswered_request_is_repeated_between_the_reports_too() -> None:
    track = Track()
    track.consume()
    for tenth in range(1, 6):
        track.producer.repeat_key_frame_requests(track.now + tenth / 10)
    assert track.transport.requested == [0x2000] * 2
    track.frame(1, key=True)
    track.producer.repeat_key_frame_requests(track.now + 60)
    assert track.transport.requested == [0x2000] * 2


def test_a_request_that_came_too_soon_is_sent_later() -> None:
    track = Track()
    consumer, _, _ = track.consume()
    track.frame(1, key=True)
    consumer.request_key_frame()
    assert len(track.transport.requested) == 1
    track.producer.retry_key_frames(track.now + 1)
    assert len(track.transport.requested) == 2


def test_nobody_asks_for_keyframes_of_audio_or_of_what_is_paused_or_unknown() -> None:
    audio = Track(audio_parameters(), "audio")
    audio.consume()
    audio.producer.retry_key_frames(audio.now + 10)
    assert not audio.transport.requested
    paused = Track()
    paused.producer.pause()
    paused.consume()
    paused.producer.retry_key_frames(paused.now + 10)
    assert not paused.transport.requested
    unknown = Track(video_parameters(rids=("a",)))
    unknown.streams[0].ssrc = None
    unknown.consume()
    unknown.producer.retry_key_frames(unknown.now + 10)
    assert not unknown.transport.requested


def test_a_pause_of_the_producer_stops_all_and_resuming_asks_for_a_keyframe() -> None:
    track = Track()
    consumers = [track.consume() for _ in range(3)]
    track.frame(1, key=True)
    track.producer.pause()
    track.producer.pause()
    track.frame(2, key=True)
    track.now += 5
    track.producer.resume()
    track.producer.resume()
    assert track.transport.requested == [0x2000] * 2
    track.frame(3)
    track.frame(4, key=True)
    for consumer, egress, _ in consumers:
        assert [body(packet) for packet in egress.of(consumer.ssrc)] == [1, 4]


def test_closing_closes_and_tells_the_consumers_once() -> None:
    track = Track()
    consumer, _, listener = track.consume()
    track.producer.close()
    track.producer.close()
    assert consumer.closed
    assert listener.closed == [consumer]
    assert track.transport.removed == [track.producer]


def test_a_consumer_that_left_while_waiting_is_not_started() -> None:
    track = Track()
    consumer, egress, _ = track.consume()
    consumer.close()
    track.frame(1, key=True)
    assert not egress.packets
    assert not track.producer._waiting


def simulcast() -> Track:
    return Track(video_parameters(rids=("a", "b", "c")), producer_type="simulcast")


def seconds(track: Track, count: int, *consumers: Consumer) -> None:
    """Let reports come once a second, as on a transport."""
    for _ in range(count):
        track.now += 1
        for consumer in consumers:
            consumer.retarget(track.now)
        track.producer.let_layers_go(track.now)


def test_the_sender_is_asked_for_the_layers_that_somebody_receives() -> None:
    track = simulcast()
    thumbnail, stage = track.consume()[0], track.consume()[0]
    thumbnail.set_preferred_layers(ConsumerLayers(0))
    stage.set_preferred_layers(ConsumerLayers(1))
    seconds(track, 10, thumbnail, stage)
    assert track.transport.layers_asked == [2]
    stage.pause()
    seconds(track, 10, thumbnail, stage)
    assert track.transport.layers_asked == [2, 1]
    stage.set_preferred_layers(ConsumerLayers(2))
    assert track.transport.layers_asked == [2, 1], "Who is paused wants nothing."
    stage.resume()
    assert track.transport.layers_asked == [2, 1, 3]
    thumbnail.close()
    stage.close()
    seconds(track, 10)
    assert track.transport.layers_asked == [2, 1, 3, 0]


def test_a_new_consumer_has_a_layer_ready_before_it_is_resumed() -> None:
    track = simulcast()
    seconds(track, 10)
    assert track.transport.layers_asked == [0]
    track.consume(paused=True)
    assert track.transport.layers_asked == [0, 1]


def test_the_layer_that_is_being_received_stays_until_the_other_has_come() -> None:
    track = simulcast()
    consumer, egress, _ = track.consume()
    track.frame(1, 2, key=True)
    consumer.set_preferred_layers(ConsumerLayers(0))
    for number in range(2, 20):
        track.frame(number, 0)
        track.frame(number, 2)
        seconds(track, 1, consumer)
    assert not track.transport.layers_asked
    assert len(egress.packets) == 19
    track.frame(20, 0, key=True)
    seconds(track, 10, consumer)
    assert track.transport.layers_asked == [1]


def test_a_paused_producer_is_asked_for_nothing_and_a_microphone_never() -> None:
    track = simulcast()
    consumer, _, _ = track.consume()
    track.producer.pause()
    seconds(track, 20, consumer)
    track.producer.resume()
    seconds(track, 5, consumer)
    assert not track.transport.layers_asked
    sound = Track(audio_parameters(), "audio")
    seconds(sound, 20)
    assert not sound.transport.layers_asked


def test_a_layer_that_comes_back_is_taken_with_its_first_keyframe() -> None:
    track = simulcast()
    consumer, egress, _ = track.consume()
    track.frame(1, 0, key=True)
    assert consumer.current is track.streams[0]
    requested = list(track.transport.requested)
    track.frame(2, 2, key=True)
    assert consumer.current is track.streams[2]
    assert [body(packet) for packet in egress.packets] == [1, 2]
    assert track.transport.requested == requested, "The keyframe is there: nobody asks for another."


def test_a_layer_whose_first_keyframe_was_lost_is_asked_for_one_as_soon_as_the_sender_listens() -> None:
    track = simulcast()
    consumer, egress, _ = track.consume()
    track.frame(1, 0, key=True)
    requested = len(track.transport.requested)
    track.frame(2, 1)
    assert track.transport.requested[requested:] == [], "The smallest was asked for just now."
    assert track.producer.repeat_key_frame_requests(track.now + IGNORED_S)
    assert track.transport.requested[requested:] == [track.streams[1].ssrc]
    track.frame(2, 0)
    track.frame(3, 1, key=True)
    assert consumer.current is track.streams[1]
    assert [body(packet) for packet in egress.packets] == [1, 2, 3]


def test_a_consumer_without_any_layer_begins_with_the_first_that_comes() -> None:
    track = simulcast()
    consumer, _, _ = track.consume()
    track.frame(1, 0, key=True)
    seconds(track, 2, consumer)
    consumer.pause()
    seconds(track, 10)
    consumer.resume()
    for layer in (0, 1, 2):
        track.frame(10 + layer, layer, key=True)
        assert consumer.current is track.streams[layer]


def test_a_layer_that_was_not_sent_for_a_while_has_lost_nothing() -> None:
    track = simulcast()
    for number in range(1, 30):
        track.frame(number, 2, key=number == 1)
    before = track.producer.stats().streams[2]
    track.now += 60
    report = track.streams[2].report(track.now)
    for number in range(30, 60):
        track.frame(number, 2, key=number == 30)
    after = track.producer.stats().streams[2]
    assert (before.packets_lost, after.packets_lost) == (0, 0)
    assert report is not None
    assert report.fraction_lost == 0
    again = track.streams[2].report(track.now)
    assert again is not None
    assert again.fraction_lost == 0
    assert not track.streams[2].missing(track.now)[0]


@pytest.mark.parametrize("kind", ["audio", "video"])
def test_what_a_closed_track_has_kept_is_gone_at_once(kind: str) -> None:
    track = Track(audio_parameters() if kind == "audio" else None, kind)
    receiver = FakeTransport()
    consumer, _, listener = track.consume(transport=receiver)
    track.frame(1, key=True)
    producer, stream = weakref.ref(track.producer), weakref.ref(track.streams[0])
    gc.collect()
    gc.disable()
    try:
        track.producer.close()
        assert consumer.closed
        track.transport.removed.clear()
        receiver.removed.clear()
        listener.closed.clear()
        del consumer, track.producer, track.streams
        assert (producer(), stream()) == (None, None)
    finally:
        gc.enable()


def test_what_still_comes_of_a_closed_track_is_nobodys() -> None:
    track = Track()
    track.consume()
    track.frame(1, key=True)
    track.producer.close()
    track.frame(2, key=True)
    track.frame(9)
    assert track.streams[0].cached(track.streams[0].highest - 2) is None
