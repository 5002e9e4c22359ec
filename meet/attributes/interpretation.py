"""What a link and its account come to for interpretation: into which language somebody interprets, and hears first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from meet.accounts.interpreted import languages_of, lookup

if TYPE_CHECKING:
    from meet.accounts.models import Account
    from meet.attributes import RoomAttributes
    from rooms.protocol import InterpreterProblem


@dataclass(frozen=True)
class Interpreting:
    """An interpreter has a `language` with its name, or a `problem`. `warnings` are for developers to read."""

    language: str
    name: str
    problem: InterpreterProblem
    preselected: str
    warnings: tuple[str, ...]


def interpreting(account: Account, attributes: RoomAttributes) -> Interpreting:
    """What counts in this account: of interpretation as a whole, and of its languages."""
    languages = languages_of(account.interpreted_languages) if account.interpretation else {}
    language = lookup(attributes.int_lang, languages)
    problem: InterpreterProblem = ""
    if not account.interpretation:
        problem = "account"
    elif not attributes.feature_interpreters:
        problem = "feature"
    elif not language:
        problem = "language"
    if attributes.role != "interpreter":
        problem, language = "", ""
    elif problem:
        language = ""
    preselected = lookup(attributes.interpretation, languages)
    wanted = {"intLang": attributes.int_lang, "interpretation": attributes.interpretation}
    warnings = tuple(
        f"{name} has no effect: the account has no language {tag}."
        for name, tag in wanted.items()
        if account.interpretation and tag and not lookup(tag, languages)
    )
    return Interpreting(language, languages.get(language, ""), problem, preselected, warnings)
