"""Pictures for states, drawn from the same outlines as the page's (Lucide's, ISC licence, on a field of 24 by 24)."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from collections.abc import Iterator

IconName = Literal["micOff", "hand", "moderator", "person", "play", "screen"]

FIELD: Final = 24
STROKE: Final = 2.0
# Drawn larger by this and reduced, for smooth edges.
OVERSAMPLING: Final = 8
CURVE_STEPS: Final = 12

_OUTLINES: Final[dict[IconName, str]] = {
    "micOff": "M12 19v3 M15 9.34V5a3 3 0 0 0-5.68-1.33 M16.95 16.95A7 7 0 0 1 5 12v-2 M18.89 13.23A7 7 0 0 0 19 12v-2"
    " M2 2l20 20 M9 9v3a3 3 0 0 0 5.12 2.12",
    "hand": "M18 11V6a2 2 0 0 0-2-2a2 2 0 0 0-2 2 M14 10V4a2 2 0 0 0-2-2a2 2 0 0 0-2 2v2"
    " M10 10.5V6a2 2 0 0 0-2-2a2 2 0 0 0-2 2v8"
    " M18 8a2 2 0 1 1 4 0v6a8 8 0 0 1-8 8h-2c-2.8 0-4.5-.86-5.99-2.34l-3.6-3.6a2 2 0 0 1 2.83-2.82L7 15",
    "moderator": "M20 13c0 5-3.5 7.5-7.66 8.95a1 1 0 0 1-.67-.01C7.5 20.5 4 18 4 13V6a1 1 0 0 1 1-1"
    "c2 0 4.5-1.2 6.24-2.72a1.17 1.17 0 0 1 1.52 0C14.51 3.81 17 5 19 5a1 1 0 0 1 1 1z M9 12l2 2 4-4",
    "person": "M19 21v-2a4 4 0 0 0-4-4H9a4 4 0 0 0-4 4v2 M8 7a4 4 0 1 0 8 0a4 4 0 1 0-8 0",
    "play": "M9 9.003a1 1 0 0 1 1.517-.859l4.997 2.997a1 1 0 0 1 0 1.718l-4.997 2.997A1 1 0 0 1 9 14.996z"
    " M2 12a10 10 0 1 0 20 0a10 10 0 1 0-20 0",
    "screen": "M13 3H4a2 2 0 0 0-2 2v10a2 2 0 0 0 2 2h16a2 2 0 0 0 2-2v-3 M8 21h8 M12 17v4 M17 8l5-5 M17 3h5v5",
}
_TOKEN: Final = re.compile(r"[A-Za-z]|[-+]?(?:\d+\.?\d*|\.\d+)")
_ARGUMENTS: Final = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "A": 7, "Z": 0}

Point = tuple[float, float]


@lru_cache(maxsize=64)
def icon(name: IconName, size: int) -> Image.Image:
    """An icon as a mask (mode L) of `size` by `size` pixels."""
    scale = size * OVERSAMPLING / FIELD
    width = STROKE * scale
    large = Image.new("L", (size * OVERSAMPLING, size * OVERSAMPLING))
    draw = ImageDraw.Draw(large)
    for line in lines(_OUTLINES[name]):
        points = [(x * scale, y * scale) for x, y in line]
        draw.line(points, fill=255, width=round(width), joint="curve")
        for x, y in (points[0], points[-1]):
            draw.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=255)
    return large.resize((size, size), Image.Resampling.BOX)


def lines(path: str) -> list[list[Point]]:
    """The lines of an SVG path of moves, lines, cubic curves and arcs."""
    found: list[list[Point]] = []
    at = (0.0, 0.0)
    for command, numbers in _commands(path):
        origin = at if command.islower() else (0.0, 0.0)
        match command.upper():
            case "M":
                at = _moved(origin, numbers)
                found.append([at])
                continue
            case "Z":
                points = [found[-1][0]]
            case "H":
                points = [(origin[0] + numbers[0], at[1])]
            case "V":
                points = [(at[0], origin[1] + numbers[0])]
            case "C":
                points = _curve(at, *(_moved(origin, numbers[index : index + 2]) for index in (0, 2, 4)))
            case "A":
                points = _arc(
                    at, numbers[0], _moved(origin, numbers[5:]), large=bool(numbers[3]), sweep=bool(numbers[4])
                )
            case _:
                points = [_moved(origin, numbers)]
        found[-1] += points
        at = points[-1]
    return [line for line in found if len(line) > 1]


def _commands(path: str) -> Iterator[tuple[str, list[float]]]:
    tokens: list[str] = _TOKEN.findall(path)
    index = 0
    command = "M"
    while index < len(tokens):
        if tokens[index].isalpha():
            command = tokens[index]
            index += 1
        count = _ARGUMENTS[command.upper()]
        yield command, [float(token) for token in tokens[index : index + count]]
        index += count
        # Further pairs after a move are lines
        command = {"M": "L", "m": "l"}.get(command, command)


def _moved(origin: Point, numbers: list[float]) -> Point:
    return origin[0] + numbers[0], origin[1] + numbers[1]


def _curve(start: Point, one: Point, other: Point, end: Point) -> list[Point]:
    points: list[Point] = []
    for step in range(1, CURVE_STEPS + 1):
        t = step / CURVE_STEPS
        weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
        x, y = (
            sum(weight * point[axis] for weight, point in zip(weights, (start, one, other, end), strict=True))
            for axis in (0, 1)
        )
        points.append((x, y))
    return points


def _arc(start: Point, radius: float, end: Point, *, large: bool, sweep: bool) -> list[Point]:
    """A part of a circle (SVG 2, appendix B.2.4, for circles only)."""
    dx, dy = (end[0] - start[0]) / 2, (end[1] - start[1]) / 2
    half = math.hypot(dx, dy)
    radius = max(radius, half)
    away = math.sqrt(radius * radius - half * half) / half * (-1 if large == sweep else 1)
    centre = (start[0] + dx - away * dy, start[1] + dy + away * dx)
    begin = math.atan2(start[1] - centre[1], start[0] - centre[0])
    turn = math.atan2(end[1] - centre[1], end[0] - centre[0]) - begin
    if sweep and turn < 0:
        turn += 2 * math.pi
    elif not sweep and turn > 0:
        turn -= 2 * math.pi
    steps = [begin + turn * step / CURVE_STEPS for step in range(1, CURVE_STEPS)]
    return [*((centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle)) for angle in steps), end]
