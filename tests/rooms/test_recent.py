"""A bounded memory."""

from __future__ import annotations

from rooms.state.recent import Recent


def test_what_was_kept_longest_ago_is_forgotten_first() -> None:
    recent: Recent[int] = Recent(2)
    assert [recent.keep(key, value) for key, value in (("a", 1), ("b", 2), ("a", 3), ("c", 4))] == [
        None,
        None,
        None,
        "b",
    ]
    assert recent == {"a": 3, "c": 4}


def test_what_was_taken_out_makes_room() -> None:
    recent: Recent[int] = Recent(1)
    recent.keep("a", 1)
    del recent["a"]
    assert recent.keep("b", 2) is None
