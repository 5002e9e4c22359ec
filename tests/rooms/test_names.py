"""Display names as everybody gets to see them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.state.graphemes import clusters
from rooms.state.names import MAX_NAME_CODE_POINTS, MAX_NAME_LENGTH, NAMELESS, clean_name, visible_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ada", "Ada"),
        ("  Ada \t\n  Lovelace ", "Ada Lovelace"),
        ("Zoe\u0308", "Zoë"),
        ("<b>Ada</b>", "<b>Ada</b>"),  # escaping is the page's business
        ("Ada\x00\x1b[31m", "Ada[31m"),
        ("Ada\u202egnp.exe", "Adagnp.exe"),
        ("\u2066Ada\u2069\u200e", "Ada"),
        ("A\u200bda\ufeff", "Ada"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("\ud800Ada", "Ada"),
        ("محمد", "محمد"),
        ("x" * 100, "x" * 64),
        ("x" * 63 + "  y", "x" * 63),
        ("x" * 63 + "👩\u200d💻", "x" * 63 + "👩\u200d💻"),
        ("x" * 64 + "👩\u200d💻", "x" * 64),
        ("👨\u200d👩\u200d👧" * 30, "👨\u200d👩\u200d👧" * 30),
        ("🇩🇪" * 70, "🇩🇪" * 64),
        ("👍🏽" * 70, "👍🏽" * 64),
        ("a" + "\u0300\u0301" * 40, "à" + "\u0301" + "\u0300\u0301" * 39),
        ("Ada " + "z" + "\u0335" * 500, "Ada"),
    ],
)
def test_what_can_be_seen_stays_and_what_deceives_goes(name: str, expected: str) -> None:
    assert clean_name(name) == expected


@pytest.mark.parametrize(
    "name", ["", "   ", "\x00", "\u202e", "\u200d\u200d", "\u3164\u3164", "\u2800", "\u0301", "\U0001d159"]
)
def test_a_name_without_anything_to_see_is_none(name: str) -> None:
    assert visible_name(name) == ""
    assert clean_name(name) == NAMELESS


@given(st.text(max_size=200))
def test_every_name_is_short_printable_and_clean_for_good(name: str) -> None:
    cleaned = clean_name(name)
    assert 0 < len(cleaned) <= MAX_NAME_CODE_POINTS
    assert len(list(clusters(cleaned))) <= MAX_NAME_LENGTH
    assert cleaned == cleaned.strip()
    assert clean_name(cleaned) == cleaned
    cleaned.encode()
