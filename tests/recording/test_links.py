"""Signed addresses: for one video, for a time, for nobody who guesses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.delivery.links import LIFE_S, STEP_S, LinkExpired, LinkRefused, check, derive_key, expiry_of, sign

KEY = derive_key("a secret of some length")
NOW = 1_790_000_000.5


def test_an_address_counts_until_it_expires() -> None:
    token = sign(KEY, "slug", "video", 1_790_000_100)
    assert check(KEY, "slug", "video", token, NOW) == 1_790_000_100
    assert check(KEY, "slug", "video", token, 1_790_000_099.9) == 1_790_000_100
    with pytest.raises(LinkExpired):
        check(KEY, "slug", "video", token, 1_790_000_100)


def test_it_is_for_these_files_of_this_video_and_signed_with_this_key() -> None:
    token = sign(KEY, "slug", "video", 1_790_000_100)
    for key, slug, files in (
        (KEY, "other", "video"),
        (KEY, "slug", "people"),
        (derive_key("another"), "slug", "video"),
    ):
        with pytest.raises(LinkRefused) as refused:
            check(key, slug, files, token, NOW)  # type: ignore[arg-type]
        assert refused.type is LinkRefused
    later = token.replace("1790000100", "1790000200")
    with pytest.raises(LinkRefused):
        check(KEY, "slug", "video", later, NOW)
    with pytest.raises(LinkRefused):  # an old one is no better for having expired
        check(KEY, "slug", "video", token.replace("1790000100", "1790000000"), NOW)


@given(st.text() | st.from_regex(r"\d{1,12}-[\w-]{0,30}"))
def test_no_other_text_counts(text: str) -> None:
    with pytest.raises(LinkRefused):
        check(KEY, "slug", "video", text, NOW)


@given(st.floats(0, 4e9), st.integers(1, 10**6))
def test_addresses_made_at_about_the_same_time_are_the_same_and_live_long_enough(now: float, life: int) -> None:
    until = expiry_of(now, life)
    assert until % STEP_S == 0
    assert life - 1 <= until - now <= life + STEP_S


def test_six_hours_is_what_they_have() -> None:
    assert expiry_of(1_790_000_000) - 1_790_000_000 in range(LIFE_S, LIFE_S + STEP_S)
