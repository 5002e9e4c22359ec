"""What people see as one character."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.state.graphemes import clusters, is_visible, shortened


@pytest.mark.parametrize(
    "pieces",
    [
        ["A", "d", "a"],
        ["e\u0301", "x"],
        ["👩\u200d💻", "👨\u200d👩\u200d👧\u200d👦", "!"],
        ["👍🏽", "❤\ufe0f", "🏳\ufe0f\u200d🌈"],
        ["🇩🇪", "🇦🇹", "🇱"],
        ["🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "x"],
        ["1\ufe0f\u20e3", "2"],
        ["\u1112\u1161\u11ab", "\uae00"],
        ["\r\n", "\n"],
        ["\n", "\u0301"],
        ["क\u093e", "न"],
    ],
)
def test_what_belongs_together_stays_together(pieces: list[str]) -> None:
    assert list(clusters("".join(pieces))) == pieces


@given(st.text())
def test_nothing_is_lost(text: str) -> None:
    assert "".join(clusters(text)) == text
    assert text.startswith(shortened(text, 5, 9))


def test_a_text_ends_with_a_whole_character() -> None:
    assert shortened("ab👩\u200d💻c", 3, 99) == "ab👩\u200d💻"
    assert shortened("ab👩\u200d💻c", 9, 4) == "ab"
    assert shortened("a" + "\u0301" * 99, 9, 50) == ""


@pytest.mark.parametrize(("text", "seen"), [("a", True), ("🙂", True), ("-", True), ("", False), ("\u200b", False)])
def test_what_can_be_seen(text: str, seen: bool) -> None:
    assert is_visible(text) is seen
