from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recording.composition.draw.layout import HEIGHT, WIDTH, Rect, arrange, inside


def overlapping(one: Rect, other: Rect) -> bool:
    across = one.left < other.left + other.width and other.left < one.left + one.width
    return across and one.top < other.top + other.height and other.top < one.top + one.height


@pytest.mark.parametrize("bar", [0, 52])
@pytest.mark.parametrize("staged", [False, True])
@pytest.mark.parametrize("count", [*range(60), 119])
def test_places_are_even_inside_and_apart(count: int, staged: bool, bar: int) -> None:
    found = arrange(count, staged=staged, bar=bar)
    places = [*found.places, *([found.stage] if found.stage else [])]
    for left, top, width, height in places:
        assert all(number % 2 == 0 for number in (left, top, width, height))
        assert left >= 0
        assert top >= 0
        assert 0 < width <= WIDTH - left
        assert 0 < height <= HEIGHT - bar - top
    assert not any(overlapping(one, other) for one, other in combinations(places, 2))
    assert (found.stage is not None) == staged
    # Everybody has a place, or is counted in the last one
    assert len(found.places) + max(0, found.hidden - 1) == count


def test_one_alone_fills_the_picture() -> None:
    assert arrange(1, staged=False).places == (Rect(0, 0, WIDTH, HEIGHT),)
    assert arrange(0, staged=True).stage == Rect(0, 0, WIDTH, HEIGHT)
    (place,) = arrange(1, staged=False, bar=52).places
    assert place.width / place.height == pytest.approx(WIDTH / HEIGHT, abs=0.01)


@pytest.mark.parametrize(("count", "columns", "rows"), [(2, 2, 1), (3, 2, 2), (4, 2, 2), (9, 3, 3), (16, 4, 4)])
def test_grids_are_those_of_the_page(count: int, columns: int, rows: int) -> None:
    places = arrange(count, staged=False).places
    assert len({place.left for place in places[:columns]}) == columns
    assert len({place.top for place in places}) == rows
    assert len({(place.width, place.height) for place in places}) == 1


def test_a_short_last_row_is_centred() -> None:
    first, second, third = arrange(3, staged=False).places
    middle = (first.left + second.left + second.width) / 2
    assert abs(middle - WIDTH / 2) <= 1
    assert abs(third.left + third.width / 2 - middle) <= 1


def test_a_stage_takes_most_and_the_others_stand_at_its_right() -> None:
    found = arrange(3, staged=True)
    assert found.stage is not None
    assert found.stage.width > 0.75 * WIDTH
    assert all(place.left > found.stage.left + found.stage.width for place in found.places)
    assert len({place.top for place in found.places}) == 3


def test_the_last_place_counts_those_without_one() -> None:
    assert arrange(12, staged=True).hidden == 0
    crowd = arrange(40, staged=True)
    assert crowd.hidden == 40 - (len(crowd.places) - 1)
    assert arrange(49, staged=False).hidden == 0
    assert arrange(100, staged=False).hidden == 52


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (412, 232), (226, 126)])
def test_a_phone_held_upright_is_shown_as_a_whole_in_a_wide_tile(width: int, height: int) -> None:
    place = Rect(0, 0, width, height)
    shown = inside(place, 720, 1280, cover=True)
    assert shown == inside(place, 720, 1280, cover=False)
    assert (shown.height, shown.top) == (height, 0)


def test_a_square_tile_is_covered_by_wide_pictures_and_upright_ones() -> None:
    place = Rect(0, 0, 320, 320)
    for size in ((1280, 720), (720, 1280), (640, 480)):
        shown = inside(place, *size, cover=True)
        assert min(shown.width, shown.height) == 320


@settings(deadline=None)
@given(
    st.integers(1, 400).map(lambda number: 2 * number),
    st.integers(1, 300).map(lambda number: 2 * number),
    st.integers(1, 4000),
    st.integers(1, 4000),
)
def test_pictures_cover_a_place_or_stand_in_it(
    width: int, height: int, picture_width: int, picture_height: int
) -> None:
    place = Rect(100, 60, width, height)
    whole = inside(place, picture_width, picture_height, cover=False)
    assert place.left <= whole.left
    assert whole.left + whole.width <= place.left + place.width
    assert place.top <= whole.top
    assert whole.top + whole.height <= place.top + place.height
    assert whole.width == width or whole.height == height
    cover = inside(place, picture_width, picture_height, cover=True)
    assert cover.width * cover.height <= 5 * width * height + 4 * (width + height)
    if cover == whole:
        return  # a strip of a picture, of which hardly anything would be left
    assert cover.left <= place.left
    assert cover.left + cover.width >= place.left + place.width
    assert cover.top <= place.top
    assert cover.top + cover.height >= place.top + place.height
