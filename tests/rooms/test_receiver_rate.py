"""What somebody in a room receives, told from what leaves. Time is a number."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from rooms.runtime.receiver_rate import LEAST_S, ReceiverRate

if TYPE_CHECKING:
    from media.producer import Producer


class Sent:
    """A stream's packets and those who get them (`media.send.fanout.Forwards`)."""

    def __init__(self, receivers: int) -> None:
        self.packets = 0
        self.receivers = receivers

    def __len__(self) -> int:
        return self.receivers


def sends(*streams: Sent, plain: Sent | None = None) -> Producer:
    made: list[Any] = [SimpleNamespace(forwards=one, plain=None) for one in streams]
    if plain is not None:
        made[0].plain = SimpleNamespace(forwards=plain)
    return cast("Producer", SimpleNamespace(streams=made))


def test_nothing_is_known_before_two_looks_that_are_apart() -> None:
    rate, sent = ReceiverRate(), Sent(10)
    assert rate.measure([sends(sent)], 0.0) is None
    sent.packets = 50
    assert rate.measure([sends(sent)], LEAST_S / 2) is None
    assert rate.measure([sends(sent)], 2 * LEAST_S) == pytest.approx(25 / LEAST_S)


def test_of_layers_and_of_what_only_some_show_each_gets_their_share() -> None:
    audio, small, large, other = Sent(100), Sent(60), Sent(40), Sent(50)
    producers = [sends(audio), sends(small, large), sends(other)]
    rate = ReceiverRate()
    rate.measure(producers, 0.0)
    audio.packets, small.packets, large.packets, other.packets = 50, 30, 120, 100
    assert rate.measure(producers, 1.0) == pytest.approx(50 + 0.6 * 30 + 0.4 * 120 + 0.5 * 100)


def test_sound_without_redundancy_counts_as_well() -> None:
    redundant, plain = Sent(30), Sent(10)
    producers, rate = [sends(redundant, plain=plain)], ReceiverRate()
    rate.measure(producers, 0.0)
    redundant.packets = plain.packets = 50
    assert rate.measure(producers, 1.0) == pytest.approx(50 * 40 / 30)


def test_where_nobody_receives_there_is_nothing_to_tell() -> None:
    rate = ReceiverRate()
    rate.measure([], 0.0)
    assert rate.measure([sends(Sent(0))], 1.0) is None


def test_what_is_sent_of_tracks_that_are_all_new_is_not_known_yet() -> None:
    rate, sent = ReceiverRate(), Sent(10)
    rate.measure([], 0.0)
    assert rate.measure([sends(sent)], 1.0) is None
    sent.packets = 50
    assert rate.measure([sends(sent)], 2.0) == pytest.approx(50)


def test_a_new_track_does_not_take_over_what_was_counted_of_an_old_one() -> None:
    rate, kept, old = ReceiverRate(), Sent(10), Sent(10)
    old.packets = 1000
    rate.measure([sends(kept), sends(old)], 0.0)
    del old
    kept.packets += 10
    new = [sends(Sent(10)) for _ in range(1000)]  # one of them where the old one was, if its place is free
    assert rate.measure([sends(kept), *new], 1.0) == pytest.approx(10)
