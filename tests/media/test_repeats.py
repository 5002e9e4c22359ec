"""Which packets follow once more unasked, and how many of them."""

from __future__ import annotations

from media.send.repeats import AFTER_S, AT_ONCE, REMEMBERED, SHARE, Repeat, Repeats


def packet(number: int, size: int = 1000) -> Repeat:
    return Repeat(7, number, size)


def test_what_later_pictures_need_follows_soon_and_nothing_else() -> None:
    repeats = Repeats()
    repeats.sent(packet(1), 10.0, needed=False)
    repeats.sent(packet(2), 10.0, needed=True)
    repeats.sent(packet(3), 10.1, needed=False)
    assert repeats.due(10.0 + 0.9 * AFTER_S) == []
    assert repeats.due(10.0 + AFTER_S) == [packet(2)]
    assert repeats.due(11.0) == []
    assert len(repeats) == 0


def test_copies_take_a_share_of_what_is_sent_where_all_is_needed() -> None:
    repeats = Repeats()
    found = 0
    for step in range(1000):
        now = 10.0 + step * 0.05
        repeats.sent(packet(step), now, needed=True)
        found += len(repeats.due(now))
    assert abs(found - 1000 * SHARE) <= AT_ONCE / 1000 + 1


def test_of_many_at_once_few_follow() -> None:
    repeats = Repeats()
    for number in range(10 * REMEMBERED):
        repeats.sent(packet(number), 10.0, needed=True)
    assert len(repeats) == REMEMBERED
    assert sum(one.size for one in repeats.due(11.0)) <= AT_ONCE


def test_what_was_to_follow_can_be_forgotten() -> None:
    repeats = Repeats()
    repeats.sent(packet(1), 10.0, needed=False)
    repeats.sent(packet(2), 10.0, needed=True)
    repeats.clear()
    assert repeats.due(11.0) == []
