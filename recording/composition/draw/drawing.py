"""What is drawn over and instead of people's pictures, as the page does (`static/src/ui/styles/tile.css`).

Each function gives a picture of its own; where it goes is the renderer's business. Sizes are pixels.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from PIL import Image, ImageChops, ImageDraw, UnidentifiedImageError

from recording.composition.draw.icons import icon
from recording.composition.draw.look import (
    AROUND_PICTURE,
    BACKGROUND,
    FAINT,
    HAND,
    LABEL,
    LABEL_OPACITY,
    MODERATOR,
    MUTED,
    ON_HAND,
    SPEAKING,
    TEXT,
    TILE,
    Colour,
    avatar_colour,
    initials,
)
from recording.composition.draw.typeface import capitals_middle, drawable, text_mask

if TYPE_CHECKING:
    from recording.composition.draw.look import Look
    from recording.composition.draw.scenes import Tile

RADIUS: Final = 12
RING: Final = 4
OVERSAMPLING: Final = 4
AVATAR_SHARE: Final = 0.38
AVATAR_LIMITS: Final = (36, 168)
BRAND_HEIGHT: Final = 28
BRAND_MAX_WIDTH: Final = 240
# Below the tiles, as the page's bar is.
BAR: Final = 52
# A logo of more pixels is no logo.
MAX_LOGO_PIXELS: Final = 20_000_000

Piece = Image.Image


@dataclass(frozen=True)
class _Sizes:
    """Of what stands on a tile, by the tile's size."""

    inset: int
    text: int
    icon: int
    padding: int
    radius: int
    gap: int


def _sizes(width: int, height: int) -> _Sizes:
    if width <= 88 or height <= 60:
        return _Sizes(inset=3, text=10, icon=10, padding=4, radius=5, gap=3)
    if width <= 180 or height <= 130:
        return _Sizes(inset=5, text=12, icon=12, padding=7, radius=6, gap=4)
    if width <= 340 or height <= 200:
        return _Sizes(inset=8, text=15, icon=15, padding=8, radius=8, gap=5)
    return _Sizes(inset=10, text=19, icon=19, padding=10, radius=8, gap=7)


# --- over a tile's picture ---


def overlay(tile: Tile, width: int, height: int, *, framed: bool) -> Piece:
    """What lies over a tile (RGBA): name, states, and the outline of who speaks.

    `framed` tiles have round corners; one that fills the whole picture has none, and needs no outline either.
    """
    drawing = Image.new("RGBA", (width, height))
    sizes = _sizes(width, height)
    if tile.hand is not None:
        drawing.alpha_composite(_hand(tile.hand, sizes), (sizes.inset, sizes.inset))
    label = _label(tile, sizes, width - 2 * sizes.inset) if tile.named else None
    if label is not None:
        drawing.alpha_composite(label, (sizes.inset, height - sizes.inset - label.height))
    if tile.speaking and framed:
        drawing.alpha_composite(_outline(width, height))
    if framed:
        drawing.alpha_composite(corners(width, height))
    return drawing


def _label(tile: Tile, sizes: _Sizes, max_width: int) -> Piece | None:
    """What stands at the bottom of a tile; nothing if there is nothing to tell."""
    icons: list[tuple[Piece, Colour]] = []
    if tile.source == "screen":
        icons.append((icon("screen", sizes.icon), TEXT))
    elif tile.source == "camera":
        if not tile.mic_on:
            icons.append((icon("micOff", sizes.icon), MUTED))
        if tile.moderator:
            icons.append((icon("moderator", sizes.icon), MODERATOR))
    name = drawable(_host(tile.name) if tile.source == "video" else tile.name)
    taken = 2 * sizes.padding + sum(mask.width + sizes.gap for mask, _ in icons)
    if name and max_width - taken >= 2 * sizes.text:
        icons.append((text_mask(name, sizes.text, max_width=max_width - taken), TEXT))
    return _pill(icons, LABEL, round(255 * LABEL_OPACITY), sizes) if icons else None


def _hand(place: int, sizes: _Sizes) -> Piece:
    parts = [(icon("hand", sizes.icon), ON_HAND), (text_mask(str(place), sizes.text, "SemiBold"), ON_HAND)]
    return _pill(parts, HAND, 255, sizes)


def _pill(parts: list[tuple[Piece, Colour]], colour: Colour, opacity: int, sizes: _Sizes) -> Piece:
    """Masks in a row, each in its colour, on a ground with round corners."""
    width = 2 * sizes.padding + sum(mask.width for mask, _ in parts) + sizes.gap * (len(parts) - 1)
    height = _pill_height(sizes)
    ground = rounded(width, height, min(sizes.radius, height // 2)).point(lambda value: value * opacity // 255)
    pill = Image.new("RGBA", (width, height), (*colour, 0))
    pill.putalpha(ground)
    x = sizes.padding
    for mask, part_colour in parts:
        pill.alpha_composite(_coloured(mask, part_colour), (x, max(0, (height - mask.height) // 2)))
        x += mask.width + sizes.gap
    return pill


def _pill_height(sizes: _Sizes) -> int:
    return round(sizes.text * 1.45) + 2 * round(sizes.padding / 3)


@lru_cache(maxsize=64)
def _outline(width: int, height: int) -> Piece:
    """The ring of who speaks, with a thin shadow at its inside so that it is seen on every picture."""
    whole = rounded(width, height, RADIUS)
    ring = ImageChops.subtract(whole, _shrunk(width, height, RING))
    shadow = ImageChops.subtract(whole, _shrunk(width, height, RING + 1)).point(lambda value: value // 4)
    drawing = _coloured(shadow, (0, 0, 0))
    drawing.alpha_composite(_coloured(ring, SPEAKING))
    return drawing


def _shrunk(width: int, height: int, by: int) -> Piece:
    mask = Image.new("L", (width, height))
    mask.paste(rounded(width - 2 * by, height - 2 * by, max(0, RADIUS - by)), (by, by))
    return mask


@lru_cache(maxsize=64)
def corners(width: int, height: int) -> Piece:
    """What makes a tile's corners round (RGBA)."""
    return _coloured(ImageChops.invert(rounded(width, height, RADIUS)), BACKGROUND)


# --- instead of a picture ---


def backdrop(tile: Tile, width: int, height: int) -> Piece:
    """A tile while it has no picture (RGB): the avatar, or a sign of what is to come on dark ground."""
    if tile.source == "camera":
        return avatar(tile, width, height)
    drawing = Image.new("RGB", (width, height), AROUND_PICTURE)
    _centre(drawing, icon("play" if tile.source == "video" else "screen", _even_share(width, height, 0.2)), FAINT)
    return drawing


def avatar(tile: Tile, width: int, height: int) -> Piece:
    """Initials on somebody's colour; a figure where no letter of the name can be drawn."""
    drawing = Image.new("RGB", (width, height), TILE)
    sizes = _sizes(width, height)
    smallest, largest = AVATAR_LIMITS
    size = min(largest, max(smallest, _even_share(width, height, AVATAR_SHARE)), width - 12)
    middle = height // 2
    above_name = height - sizes.inset - _pill_height(sizes)
    if middle + size // 2 > above_name:
        # In a low tile the circle stands above the name
        size = min(size, above_name - sizes.inset - 2 * RING)
        middle = (above_name - sizes.inset + 2 * RING) // 2
    _centre(drawing, rounded(size, size, size / 2), avatar_colour(tile.peer_id), middle)
    letters = initials(tile.name)
    if letters:
        _letters(drawing, letters, round(size * AVATAR_SHARE), TEXT, middle)
    else:
        _centre(drawing, icon("person", round(size * 0.5)), TEXT, middle)
    return drawing


def rest(count: int, width: int, height: int) -> Piece:
    """A tile (RGB) for so many people who have none."""
    drawing = Image.new("RGB", (width, height), TILE)
    _letters(drawing, f"+{count}", max(14, min(40, height // 4)), FAINT, height // 2)
    return drawing


def nobody() -> Piece:
    """What stands in the middle while nobody is there to be seen (RGBA)."""
    return _coloured(icon("person", 96), TILE)


# --- the account's mark ---


def brand(look: Look) -> Piece | None:
    """Logo and name (RGBA), None if there is neither. A file that is no picture is left out."""
    parts: list[Piece] = []
    logo = _logo(look.logo) if look.logo is not None else None
    if logo is not None:
        parts.append(logo)
    name = drawable(look.name)
    if name:
        parts.append(_coloured(text_mask(name, 17, "SemiBold", BRAND_MAX_WIDTH), FAINT))
    if not parts:
        return None
    gap = 10
    width = sum(part.width + gap for part in parts)
    drawing = Image.new("RGBA", (width + width % 2, BRAND_HEIGHT))
    x = 0
    for part in parts:
        drawing.alpha_composite(part, (x, (BRAND_HEIGHT - part.height) // 2))
        x += part.width + gap
    return drawing


def _logo(data: bytes) -> Piece | None:
    try:
        with Image.open(io.BytesIO(data)) as picture:
            if picture.width * picture.height > MAX_LOGO_PIXELS:
                return None
            logo = picture.convert("RGBA")
    except (OSError, ValueError, UnidentifiedImageError, Image.DecompressionBombError):
        return None
    logo.thumbnail((BRAND_MAX_WIDTH, BRAND_HEIGHT), Image.Resampling.LANCZOS)
    return logo


# --- pieces ---


@lru_cache(maxsize=256)
def rounded(width: int, height: int, radius: float) -> Piece:
    """A mask (mode L) of a rectangle with round corners, of half its height and width at most."""
    mask = Image.new("L", (width, height), 255)
    corner = math.ceil(radius)
    if corner == 0:
        return mask
    large = Image.new("L", (corner * OVERSAMPLING, corner * OVERSAMPLING))
    beyond = 2 * corner * OVERSAMPLING
    ImageDraw.Draw(large).rounded_rectangle((0, 0, beyond, beyond), radius * OVERSAMPLING, fill=255)
    small = large.resize((corner, corner), Image.Resampling.BOX)
    flipped = small.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    for piece, x in ((small, 0), (flipped, width - corner)):
        mask.paste(piece, (x, 0))
        mask.paste(piece.transpose(Image.Transpose.FLIP_TOP_BOTTOM), (x, height - corner))
    return mask


def _coloured(mask: Piece, colour: Colour) -> Piece:
    drawing = Image.new("RGBA", mask.size, (*colour, 0))
    drawing.putalpha(mask)
    return drawing


def _centre(drawing: Piece, mask: Piece, colour: Colour, middle: int | None = None) -> None:
    """Paint a mask in the middle, or with its own middle at this height."""
    y = (drawing.height // 2 if middle is None else middle) - mask.height // 2
    drawing.paste(colour, ((drawing.width - mask.width) // 2, y), mask)


def _letters(drawing: Piece, text: str, size: int, colour: Colour, middle: int) -> None:
    """Paint a word whose capitals have their middle at this height, whatever hangs below or stands above them."""
    mask = text_mask(text, size, "SemiBold")
    drawing.paste(colour, ((drawing.width - mask.width) // 2, middle - capitals_middle(size, "SemiBold")), mask)


def _even_share(width: int, height: int, share: float) -> int:
    return max(2, round(min(width, height) * share / 2) * 2)


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
