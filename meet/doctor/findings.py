"""A line of the doctor's report, and how all of them are gathered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from meet.config import Config


class Level(StrEnum):
    """How bad it is: as it should be, works but could bite, or does not work."""

    WELL = "ok"
    WARNING = "warning"
    WRONG = "error"

    @property
    def sign(self) -> str:
        """What stands before the line."""
        return {Level.WELL: "✓", Level.WARNING: "!", Level.WRONG: "✗"}[self]


class Finding(NamedTuple):
    """What was looked at, what was found in a full sentence, and, unless it is well, what to do."""

    about: str
    level: Level
    text: str
    hint: str = ""


Look = Callable[["Config"], Iterable[Finding]]


def well(about: str, text: str) -> Finding:
    """As it should be."""
    return Finding(about, Level.WELL, text)


def note(about: str, text: str, hint: str) -> Finding:
    """As it should be, and may be otherwise."""
    return well(about, f"{text} {hint}")


def warning(about: str, text: str, hint: str) -> Finding:
    """It works, and may bite."""
    return Finding(about, Level.WARNING, text, hint)


def wrong(about: str, text: str, hint: str) -> Finding:
    """It does not work."""
    return Finding(about, Level.WRONG, text, hint)


def one_line(error: BaseException) -> str:
    """What an exception says, for the middle of a sentence."""
    return " ".join(str(error).split())[:300].rstrip(".") or type(error).__name__


def gather(looks: Iterable[tuple[str, Look]], config: Config) -> list[Finding]:
    """What all of them find. One that fails is a finding itself, and ends no other."""
    found: list[Finding] = []
    for about, look in looks:
        try:
            found += look(config)
        except Exception as error:  # noqa: BLE001 - whatever it is, somebody wants to know it
            text = f"It could not be looked at ({type(error).__name__}: {one_line(error)})."
            found.append(wrong(about, text, "Tell it to whoever maintains this installation."))
    return found
