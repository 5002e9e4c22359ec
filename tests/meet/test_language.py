"""Which language a page is in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meet.attributes.language import preferred_language
from meet.attributes.schema import LANGUAGES


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "en"),
        ("de", "de"),
        ("DE-at", "de"),
        ("lb-LU,fr;q=0.9", "lb"),
        ("fr;q=0.3, de;q=0.8, en;q=0.5", "de"),
        ("ja, ru;q=0.2", "ru"),
        ("ja,*", "en"),
        ("de;q=0", "en"),
        ("de;q=0, fr;q=0.1", "fr"),
        ("defr", "en"),
        ("; q=1,,", "en"),
        ("de" + ",ja" * 10_000, "de"),
        ("x" * 100_000, "en"),
    ],
)
def test_the_first_of_ours_that_the_browser_wants(header: str, expected: str) -> None:
    assert preferred_language(header) == expected


@given(st.text())
def test_any_header_gives_one_of_ours(header: str) -> None:
    assert preferred_language(header) in LANGUAGES
