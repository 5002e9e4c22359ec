"""Text in pictures. Inter, which comes with the administration's theme, has Latin, Cyrillic, Greek and Vietnamese.

For other scripts the machine's own fonts serve where there are any (such as Noto Sans CJK). What no font can draw, and
emoji, is left out; `drawable` tells what remains of a name.
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Iterator

Weight = Literal["Medium", "SemiBold"]

SYSTEM_FOLDERS: Final = ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts", "/System/Library/Fonts")
ELLIPSIS: Final = "…"
# Inter's capitals are so high, as a share of the size.
CAPITALS: Final = 0.727
# A noncharacter, which every font draws as it draws what it hasn't.
_MISSING: Final = "\uffff"
# Joiners and variation selectors have no picture of their own; marks belong to the letter before.
_WITHOUT_PICTURE: Final = frozenset({"Cf", "Mn", "Me", "Mc"})
_UNSEEN: Final = frozenset({"Cc", "Cs", "Co", "Cn"})
_PROBE_SIZE: Final = 24

Font = ImageFont.FreeTypeFont


def drawable(text: str) -> str:
    """The text without what can't be drawn, and without blanks around it or doubled."""
    return " ".join("".join(part for _, part in _runs(text)).split())


def text_mask(text: str, size: int, weight: Weight = "Medium", max_width: int | None = None) -> Image.Image:
    """A text as a mask (mode L), cut to its width and as high as a line; shortened by an ellipsis where it is too wide.

    The baseline is at the same height for every text of a size.
    """
    if max_width is not None and text_width(text, size, weight) > max_width:
        text = _shortened(text, size, weight, max_width)
    ascent, descent = _font(_own(weight), size).getmetrics()
    mask = Image.new("L", (max(1, text_width(text, size, weight)), ascent + descent))
    draw = ImageDraw.Draw(mask)
    x = 0.0
    for path, part in _runs(text, weight):
        font = _font(path, size)
        draw.text((x, ascent), part, fill=255, font=font, anchor="ls")
        x += font.getlength(part)
    return mask


def capitals_middle(size: int, weight: Weight = "Medium") -> int:
    """How far below the top of a text's mask its capital letters have their middle."""
    ascent, _ = _font(_own(weight), size).getmetrics()
    return round(ascent - CAPITALS * size / 2)


def text_width(text: str, size: int, weight: Weight = "Medium") -> int:
    """How wide a text is, in pixels."""
    return round(sum(_font(path, size).getlength(part) for path, part in _runs(text, weight)))


def _shortened(text: str, size: int, weight: Weight, max_width: int) -> str:
    short, long = 0, len(text)
    while short < long:
        middle = (short + long + 1) // 2
        if text_width(text[:middle].rstrip() + ELLIPSIS, size, weight) <= max_width:
            short = middle
        else:
            long = middle - 1
    return text[:short].rstrip() + ELLIPSIS


def _runs(text: str, weight: Weight = "Medium") -> Iterator[tuple[str, str]]:
    """The text in pieces of one font each, given by its file, without what no font has."""
    own = _own(weight)
    run_path, run = own, ""
    for character in unicodedata.normalize("NFC", text):
        category = unicodedata.category(character)
        path: str | None
        if character.isspace() or category in _WITHOUT_PICTURE:
            # Goes with what stands before it, so that the words of one script stay together
            path = run_path if run and (character.isspace() or _has(run_path, character)) else None
        elif category in _UNSEEN:
            path = None
        else:
            path = own if _has(own, character) else _system_font(character)
        if path is None:
            continue
        if path != run_path and run:
            yield run_path, run
            run = ""
        run_path = path
        run += " " if character.isspace() else character
    if run:
        yield run_path, run


@cache
def _own(weight: Weight) -> str:
    return str(files("unfold") / f"static/unfold/fonts/inter/Inter-{weight}.woff2")


@lru_cache(maxsize=64)
def _font(path: str, size: int) -> Font:
    return ImageFont.truetype(path, size)


@lru_cache(maxsize=4096)
def _has(path: str, character: str) -> bool:
    font = _font(path, _PROBE_SIZE)
    return _picture(font, character) != _picture(font, _MISSING)


def _picture(font: Font, character: str) -> tuple[tuple[int, int], bytes]:
    mask = font.getmask(character)
    return mask.size, bytes(mask)


@lru_cache(maxsize=4096)
def _system_font(character: str) -> str | None:
    return next((path for path in _system_fonts() if _has(path, character)), None)


@cache
def _system_fonts() -> tuple[str, ...]:
    """The machine's upright sans serif fonts of medium weight, as far as they can be read."""
    found: list[str] = []
    for folder in SYSTEM_FOLDERS:
        for path in sorted(Path(folder).rglob("*Sans*")):
            style = path.stem.partition("-")[2]
            plain = style in {"", "Regular", "Medium", "VF"} and "Mono" not in path.stem
            if plain and path.suffix.lower() in {".ttf", ".otf", ".ttc"} and _readable(str(path)):
                found.append(str(path))
    return tuple(found)


def _readable(path: str) -> bool:
    try:
        _font(path, _PROBE_SIZE)
    except OSError:
        return False
    return True
