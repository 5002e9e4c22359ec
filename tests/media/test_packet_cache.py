"""The last packets, and never more."""

from __future__ import annotations

import pytest

from media.receive.packet_cache import PacketCache


@pytest.mark.parametrize("start", [0, 65_530, 2**33 - 3])
def test_the_newest_are_there_and_older_ones_are_not(start: int) -> None:
    cache: PacketCache[int] = PacketCache(8)
    for number in range(start, start + 20):
        cache.put(number, number)
    assert [cache.get(number) for number in range(start, start + 20)] == [None] * 12 + list(
        range(start + 12, start + 20)
    )
    assert cache.get(start + 20) is None


def test_holes_stay_holes() -> None:
    cache: PacketCache[str] = PacketCache(4)
    cache.put(1, "a")
    cache.put(3, "c")
    assert [cache.get(number) for number in range(5)] == [None, "a", None, "c", None]


def test_only_powers_of_two() -> None:
    with pytest.raises(ValueError, match="power of two"):
        PacketCache(12)
