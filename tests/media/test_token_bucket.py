"""A token bucket: what may pass at once and for long."""

from __future__ import annotations

import math

from media.token_bucket import TokenBucket


def test_so_much_passes_at_once_and_so_much_a_second() -> None:
    bucket = TokenBucket(rate=10, capacity=20, now=0)
    assert all(bucket.spend(5, 0) for _ in range(4))
    assert not bucket.spend(5, 0)
    assert not bucket.spend(5, 0.4)
    assert bucket.spend(5, 0.5)
    assert not bucket.spend(5, 0.9)


def test_in_a_long_time_no_more_passes_than_the_rate_allows() -> None:
    bucket = TokenBucket(rate=100, capacity=50, now=0)
    passed = sum(bucket.spend(1, step / 1000) for step in range(10_000))
    assert 1000 <= passed <= 1000 + 2 * 50


def test_it_is_never_fuller_than_its_capacity_unless_granted() -> None:
    bucket = TokenBucket(rate=10, capacity=20, now=0)
    bucket.give(100)
    assert not bucket.has(21, 1000)
    bucket.grant(60)
    assert bucket.has(60, 1000)
    bucket.tokens -= 50
    assert bucket.has(20, 2000)
    assert not bucket.has(21, 3000)


def test_without_a_limit_everything_passes() -> None:
    bucket = TokenBucket(rate=math.inf, capacity=math.inf, now=0)
    assert all(bucket.spend(1e12, 0) for _ in range(3))
