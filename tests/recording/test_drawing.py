from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from recording.composition.draw import look, typeface
from recording.composition.draw.canvas import Canvas, planes, stamp
from recording.composition.draw.drawing import avatar, backdrop, brand, overlay, rest, rounded
from recording.composition.draw.icons import icon, lines
from recording.composition.draw.layout import HEIGHT, WIDTH, Rect
from recording.composition.draw.look import SPEAKING, Look, avatar_colour, initials
from recording.composition.draw.scenes import Tile
from recording.composition.draw.typeface import drawable, text_mask, text_width

STATIC = Path(__file__).parents[2] / "static" / "src"
ANN = Tile("camera:ann", "ann", "camera", "Ann")
NAMES = ["Ann", "Žofia Çelik", "Жанна Щукина", "Ελένη", "Nguyễn Thị", "O'Neil", "Ѓорѓи"]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_many_languages_need_no_font_of_the_machine(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typeface, "_system_font", lambda _: None)
    assert drawable(name) == name
    missing = text_mask("\uffff", 20).tobytes()
    for letter in name.replace(" ", ""):
        assert text_mask(letter, 20).getbbox() is not None
        assert text_mask(letter, 20).tobytes() != missing


def test_what_no_font_has_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typeface, "_system_font", lambda _: None)
    assert drawable("李明 Li") == "Li"
    assert drawable("🙂 Bob 🙂") == "Bob"
    assert drawable("李明") == ""
    assert initials("李明") == ""


def test_texts_are_shortened_to_their_width() -> None:
    name = "Maximilian Alexander Freiherr von und zu Hohenlohe"
    mask = text_mask(name, 16, max_width=120)
    assert mask.width <= 120 < text_width(name, 16)
    assert text_mask("Ann", 16, max_width=120).width == text_width("Ann", 16)


@settings(deadline=None)
@given(st.text(max_size=40), st.integers(10, 200))
def test_any_text_can_be_drawn(text: str, max_width: int) -> None:
    text_mask(text, 14, max_width=max_width)
    avatar(Tile("camera:x", "x", "camera", text), 100, 60)


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Ann", "A"), ("ann marie smith", "AS"), ("O'Neil", "O"), ("жанна щукина", "ЖЩ"), ("7 of 9", "79"), ("_ x", "X")],
)
def test_initials_are_those_of_the_page(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_colours_are_those_of_the_page() -> None:
    avatars = re.findall(r'"#([0-9a-f]{6})"', (STATIC / "ui/kit/Avatar.tsx").read_text().partition("];")[0])
    assert [bytes(colour).hex() for colour in look.AVATARS] == avatars
    tokens = (STATIC / "ui/styles/tokens.css").read_text()
    for name, colour in (("bg", look.BACKGROUND), ("tile", look.TILE), ("speaking", look.SPEAKING)):
        dark = re.search(rf"--{name}: light-dark\(#\w+, #(\w+)\)", tokens)
        assert dark is not None
        assert bytes(colour).hex() == dark[1]


def test_a_person_keeps_their_colour() -> None:
    assert avatar_colour("ann") == avatar_colour("ann")
    assert len({avatar_colour(f"peer{number}") for number in range(100)}) == len(look.AVATARS)


def test_states_are_seen_on_tiles() -> None:
    def drawn(**states: object) -> bytes:
        fields = {"key": "camera:ann", "peer_id": "ann", "source": "camera", "name": "Ann", **states}
        return overlay(Tile(**fields), 300, 200, framed=True).tobytes()  # type: ignore[arg-type]

    kinds = [drawn(), drawn(mic_on=False), drawn(moderator=True), drawn(hand=1), drawn(hand=2), drawn(speaking=True)]
    assert len(set(kinds)) == len(kinds)
    assert drawn(named=False) != drawn()


def test_who_speaks_has_a_ring() -> None:
    ring = np.asarray(overlay(Tile("k", "ann", "camera", "Ann", speaking=True), 300, 200, framed=True))
    assert tuple(ring[100, 1]) == (*SPEAKING, 255)
    assert tuple(ring[1, 150]) == (*SPEAKING, 255)
    assert ring[100, 150, 3] == 0
    whole = np.asarray(overlay(Tile("k", "ann", "camera", "Ann", speaking=True), 1280, 720, framed=False))
    assert whole[360, 1, 3] == 0


@pytest.mark.parametrize("size", [(98, 54), (124, 68), (150, 100), (238, 132), (308, 172), (610, 344), (1280, 720)])
def test_tiles_of_all_sizes_can_be_drawn(size: tuple[int, int]) -> None:
    name = "Maximilian Alexander Freiherr von und zu Hohenlohe"
    for tile in (
        Tile("k", "ann", "camera", name, mic_on=False, moderator=True, hand=12, speaking=True),
        Tile("k", "ann", "screen", name, track=1),
        Tile("k", "", "video", "https://video.example/watch?v=1"),
        Tile("k", "", "video", "http://[broken"),
        Tile("k", "ann", "camera", ""),
    ):
        assert overlay(tile, *size, framed=True).size == size
        assert backdrop(tile, *size).size == size
    assert rest(123, *size).size == size


def test_a_brand_has_a_logo_and_a_name_or_one_of_them() -> None:
    logo = io.BytesIO()
    Image.new("RGB", (400, 100), (200, 0, 0)).save(logo, "PNG")
    both, name = brand(Look("Clinic", logo.getvalue())), brand(Look("Clinic"))
    assert both is not None
    assert name is not None
    assert both.width > name.width
    assert both.getpixel((20, 14)) == (200, 0, 0, 255)
    assert brand(Look()) is None
    assert brand(Look("", b"no picture")) is None


def test_icons_are_lines() -> None:
    assert lines("M1 2h3v-1l1 1z") == [[(1, 2), (4, 2), (4, 1), (5, 2), (1, 2)]]
    assert lines("M0 0a5 5 0 0 1 10 0")[0][-1] == (10, 0)
    assert icon("hand", 24).getbbox() is not None


def test_round_corners_are_the_same_at_all_four() -> None:
    mask = np.asarray(rounded(41, 30, 12))
    assert mask[0, 0] == 0
    assert mask[15, 20] == 255
    assert (mask == mask[::-1]).all()
    assert (mask == mask[:, ::-1]).all()


@settings(deadline=None)
@given(st.tuples(*[st.integers(0, 255)] * 3), st.tuples(*[st.integers(0, 255)] * 4))
def test_stamps_are_laid_over_as_pictures_are(below: tuple[int, int, int], over: tuple[int, int, int, int]) -> None:
    place = Rect(10, 20, 8, 6)
    canvas = Canvas()
    canvas.fill(Rect(0, 0, WIDTH, HEIGHT), below)
    drawing = Image.new("RGBA", (8, 6), over)
    canvas.blend(stamp(drawing, place.left, place.top))
    expected = Image.new("RGBA", (8, 6), (*below, 255))
    expected.alpha_composite(drawing)
    for plane, wanted, step in zip(canvas.planes, planes(expected.convert("RGB")), (1, 2, 2), strict=True):
        part = plane[20 // step : 26 // step, 10 // step : 18 // step].astype(int)
        assert np.abs(part - wanted).max() <= 2


def test_stamps_change_nothing_else() -> None:
    canvas = Canvas()
    canvas.fill(Rect(0, 0, WIDTH, HEIGHT), (10, 200, 30))
    before = canvas.buffer.copy()
    canvas.blend(stamp(Image.new("RGBA", (4, 4), (255, 255, 255, 255)), 1276, 716))
    assert (canvas.buffer != before).sum() == 16 + 4 + 4
    canvas.buffer[:] = before
    canvas.blend(stamp(overlay(ANN, 100, 60, framed=False), 0, 0))
    changed = np.nonzero((canvas.planes.y != before[: WIDTH * HEIGHT].reshape(HEIGHT, WIDTH)).any(axis=1))[0]
    assert changed.max() < 60
