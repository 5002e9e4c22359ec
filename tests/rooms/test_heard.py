"""Which microphones everybody has a consumer of."""

import math

from hypothesis import given
from hypothesis import strategies as st

from rooms.runtime.heard import Change, Heard


def test_as_long_as_there_are_places_everybody_has_one() -> None:
    heard = Heard(2)
    assert heard.add("a", on=False) == Change("a")
    assert heard.add("b", on=True) == Change("b")
    assert heard.add("c", on=False) == Change()
    assert "a" in heard
    assert "c" not in heard


def test_who_turns_it_on_gets_the_place_of_who_has_been_off_for_longest() -> None:
    heard = Heard(2)
    for key in "abc":
        heard.add(key, on=False)
    heard.turn("a", on=True)
    heard.turn("a", on=False)  # later than b was there
    assert heard.turn("c", on=True) == Change("c", "b")
    assert heard.turn("b", on=True) == Change("b", "a")
    assert heard.turn("a", on=True) == Change()  # both others are on


def test_who_is_loud_gets_the_place_of_who_was_on_or_loud_first() -> None:
    heard = Heard(2)
    for key in "abc":
        heard.add(key, on=True)
    assert heard.loud(["a"]) == []
    assert heard.loud(["c", "unknown"]) == [Change("c", "b")]
    assert heard.loud(["b"]) == [Change("b", "a")]


def test_a_place_is_free_when_its_microphone_is_gone() -> None:
    heard = Heard(1)
    heard.add("a", on=True)
    heard.remove("a")
    heard.remove("a")
    assert heard.add("b", on=True) == Change("b")
    assert heard.turn("a", on=True) == Change()


def test_without_a_bound_all_are_heard() -> None:
    heard = Heard(math.inf)
    assert all(heard.add(str(number), on=False).new for number in range(1000))


@given(st.integers(1, 4), st.lists(st.tuples(st.sampled_from("+-10!x"), st.integers(0, 7))))
def test_places_are_bounded_and_changes_say_who_has_them(places: int, steps: list[tuple[str, int]]) -> None:
    heard, mirror, there = Heard(places), set[str](), set[str]()
    for step, number in steps:
        key = str(number)
        changes: list[Change] = []
        match step:
            case "+" | "-" if key not in there:
                there.add(key)
                changes = [heard.add(key, on=step == "+")]
            case "1" | "0":
                changes = [heard.turn(key, on=step == "1")]
            case "!":
                changes = heard.loud([key])
                assert key in heard or key not in there
            case "x":
                heard.remove(key)
                there.discard(key)
                mirror.discard(key)
        for change in changes:
            mirror.discard(change.old or "")
            mirror |= {change.new} if change.new else set()
        assert {one for one in map(str, range(8)) if one in heard} == mirror
        assert len(mirror) <= places
