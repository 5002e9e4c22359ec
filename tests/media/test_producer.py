"""A producer's followers: who starts where, who is told what, who asks for keyframes."""

from __future__ import annotations

from tests.media.clients import audio_parameters, video_parameters
from tests.media.parts import Track, body


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
