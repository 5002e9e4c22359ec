"""What a rule of an operator's settings is, and ways to find what is wrong (`meet.conf.rules` has the list)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from meet.config import Config, ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True)
class Rule:
    """One thing that must hold. `problem` says in a full sentence what is wrong, None where nothing is.

    `id` is the system check's; `about` names the settings, without `MEET_`; `hint` says what to do.
    """

    id: str
    about: tuple[str, ...]
    hint: str
    problem: Callable[[Config], str | None]
    fatal: bool = False

    @property
    def settings(self) -> str:
        """The settings as an operator sets them, for example `MEET_HOST, MEET_PORT`."""
        return ", ".join(f"MEET_{name.upper()}" for name in self.about)

    def line(self, problem: str) -> str:
        """What is wrong and what to do, in one line."""
        return f"{problem} {self.hint} ({self.id})"


def unless(good: Callable[[Config], bool], problem: str) -> Callable[[Config], str | None]:
    """A rule's `problem`: a sentence that `str.format` fills with the setting (`{config.host}`, for example)."""

    def check(config: Config) -> str | None:
        return None if good(config) else problem.format(config=config)

    return check


def raised(read: Callable[[Config], object]) -> Callable[[Config], str | None]:
    """A rule's `problem` where reading a setting finds it."""

    def check(config: Config) -> str | None:
        try:
            read(config)
        except (ConfigError, ValueError) as error:
            return str(error)
        return None

    return check


def unlisted(
    name: str, text: Callable[[Config], Sequence[str]], good: Callable[[str], bool]
) -> Callable[[Config], str | None]:
    """A rule's `problem` where each of a list's parts must be good."""

    def check(config: Config) -> str | None:
        return next((f"MEET_{name} lists {part!r}." for part in text(config) if not good(part)), None)

    return check


def unreadable(
    name: str, path: Callable[[Config], str], read: Callable[[str], object]
) -> Callable[[Config], str | None]:
    """A rule's `problem` where a PEM file is named that can't be used."""

    def check(config: Config) -> str | None:
        try:
            if path(config):
                read(path(config))
        except OSError as error:
            return f"{name} is {path(config)!r}, which can't be used: {error}."
        return None

    return check
