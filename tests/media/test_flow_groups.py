"""Who share a bottleneck, and what each of them gets of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.bandwidth.flow_groups import (
    AGAIN_S,
    HEARD_S,
    LOOKED_AT_AFTER_S,
    QUEUE_S,
    SHARED,
    FlowGroups,
    place_of,
    shares,
)

HOME, ELSEWHERE = "203.0.113.7", "198.51.100.9"


class Receiver:
    """One with a flow of known figures."""

    def __init__(
        self,
        arriving_bps: float,
        queue_s: float = 0.06,
        *,
        heard_at: float = 10.0,
        wanted_bps: float = 3e6,
        well: bool = False,
    ) -> None:
        self.arriving_bps = arriving_bps
        self.queue_s = queue_s
        self.heard_at = heard_at
        self.wanted_bps = wanted_bps
        self.well = well
        self.given: list[float] = []
        self.told: list[float] = []

    @property
    def flow(self) -> Receiver:
        return self

    def overused(self, now: float, within_s: float) -> bool:
        assert now - within_s < self.heard_at + AGAIN_S * 3
        return not self.well

    def share(self, bitrate_bps: float, now: float) -> None:
        assert now >= self.heard_at
        self.given.append(bitrate_bps)

    def on_shared(self, now: float) -> None:
        assert self.given, "Told when it has been shared out."
        self.told.append(now)


class Unreported(Receiver):
    """One of whom nobody tells what arrives."""

    @property
    def flow(self) -> None:  # type: ignore[override]
        return None


def overused(one: Receiver, *others: tuple[Receiver, str], now: float = 10.0) -> FlowGroups:
    groups = FlowGroups()
    groups.join(one, HOME)
    for other, address in others:
        groups.join(other, address)
    groups.overused(one, now)
    return groups


def test_two_behind_one_address_whose_packets_wait_as_long_get_the_same_of_what_arrives() -> None:
    large, small = Receiver(1_600_000), Receiver(200_000, 0.04)
    overused(small, (large, HOME))
    assert small.given == large.given == [pytest.approx(SHARED * 900_000)]
    assert large.told == [10.0]
    assert small.told == [], "Who asked knows."


def test_who_wants_less_leaves_the_rest_to_the_others() -> None:
    large, small = Receiver(1_600_000), Receiver(200_000, wanted_bps=300_000)
    overused(large, (small, HOME))
    assert small.given == [300_000]
    assert large.given == [pytest.approx(SHARED * 1_800_000 - 300_000)]


@pytest.mark.parametrize(
    ("other", "address"),
    [
        (Receiver(900_000), ELSEWHERE),
        (Receiver(900_000, well=True), HOME),  # whatever others report
        (Receiver(900_000, 0.02), HOME),  # its packets wait for less
        (Receiver(900_000, 0.2), HOME),
        (Receiver(900_000, heard_at=10 - HEARD_S - 0.01), HOME),
        (Receiver(0), HOME),
        (Receiver(900_000, wanted_bps=0), HOME),
        (Unreported(900_000), HOME),
    ],
)
def test_who_does_not_share_the_bottleneck_keeps_what_they_have(other: Receiver, address: str) -> None:
    one = Receiver(200_000)
    overused(one, (other, address))
    assert one.given == other.given == other.told == []


def test_who_wants_nothing_asks_for_nobody() -> None:
    one, other = Receiver(200_000, wanted_bps=0), Receiver(900_000)
    overused(one, (other, HOME))
    assert one.given == other.given == []


def test_short_queues_are_alike_by_chance() -> None:
    one, other = Receiver(200_000, QUEUE_S / 2), Receiver(900_000, QUEUE_S / 2)
    overused(one, (other, HOME))
    assert one.given == []


def test_what_has_been_shared_is_not_shared_again_before_all_have_followed() -> None:
    receivers = [Receiver(100_000) for _ in range(300)]
    groups = overused(receivers[0], *((one, HOME) for one in receivers[1:]))
    for one in receivers:
        one.heard_at = 10.0 + AGAIN_S - 0.1
        groups.overused(one, 10.0 + AGAIN_S - 0.1)
    assert all(len(one.given) == 1 for one in receivers)
    groups.overused(receivers[5], 10.0 + AGAIN_S + 0.1)
    assert all(len(one.given) == 2 for one in receivers)


def test_one_who_asks_again_and_again_is_not_listened_to_more_often_than_five_times_a_second() -> None:
    asked: list[float] = []

    class Asked(Receiver):
        def overused(self, now: float, within_s: float) -> bool:  # noqa: ARG002
            asked.append(now)
            return False

    one, other = Receiver(900_000), Asked(900_000)
    groups = overused(one, (other, HOME))
    for step in range(1, 21):
        one.heard_at = other.heard_at = 10.0 + step / 50
        groups.overused(one, 10.0 + step / 50)
    assert len(asked) <= 1 + 0.4 / LOOKED_AT_AFTER_S
    assert len(asked) > 1
    assert one.given == []


def test_who_moves_or_goes_is_no_longer_with_those_who_stay() -> None:
    one, moved, gone = Receiver(200_000), Receiver(900_000), Receiver(900_000)
    groups = FlowGroups()
    for receiver in (one, moved, gone):
        groups.join(receiver, HOME)
    groups.join(moved, ELSEWHERE)
    groups.leave(gone)
    groups.leave(gone)
    groups.overused(one, 10.0)
    groups.overused(gone, 10.0)
    assert one.given == moved.given == gone.given == []
    for receiver in (one, moved):
        groups.leave(receiver)
    assert not groups._members
    assert not groups._places


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("no address", "no address"),
    ],
)
def test_a_household_has_one_address_of_ipv4_or_one_prefix_of_ipv6(address: str, place: str) -> None:
    assert place_of(address) == place


@given(st.floats(0, 1e9), st.lists(st.floats(0, 1e8), min_size=1, max_size=50))
def test_shares_are_all_there_is_and_the_same_for_all_who_want_more(total: float, wanted: list[float]) -> None:
    found = shares(total, wanted)
    assert sum(found) == pytest.approx(min(total, sum(wanted)), abs=1)
    assert all(0 <= share <= want for share, want in zip(found, wanted, strict=True))
    most = max(found)
    assert all(share == want or share == pytest.approx(most) for share, want in zip(found, wanted, strict=True))
