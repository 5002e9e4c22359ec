"""Server-made pages in five languages: nothing is missing or left over, and nothing is said past the catalogues."""

from __future__ import annotations

import ast
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final

import pytest
from django.conf import settings
from django.utils.translation import gettext, override

from meet.attributes.schema import LANGUAGES
from scripts import catalogues

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

each_language = pytest.mark.parametrize("language", catalogues.LANGUAGES)
MEND: Final = "run `make generate`, then translate what is new"

SAME_EVERYWHERE: Final = {"Meet", "UTC"}
# Pages for who writes programs, and denied.html, whose words its script puts into the visitor's language.
ENGLISH: Final = {"playground.html", "playground_control.html", "api.html", "denied.html"}
# What these say is for programs, or for who runs the server.
FOR_PROGRAMS: Final = {
    "bridge.py": {"The bridge's library has not been built: run `make build`."},
    "errors.py": {"Ask for a new link.", "Try again later."},  # hints to look for, not to say
    "health.py": {"Not built."},
    "json_body.py": {
        "The request is too large: ",
        "The request is no valid JSON of a ",
        "The request is too large.",
    },
    "pages.py": {"The request is too large: "},
    "passkeys.py": {  # said on a page that is English
        "Passkey of ",
        "Passkeys need a host name: open this page at one, not at an address of numbers.",
        "Somebody has ",
        "This passkey is kept already.",
    },
}
ALL_FOR_PROGRAMS: Final = {
    "changes.py",
    "own_second_step.py",
    "participant_tokens.py",
    "persons.py",
    "playground.py",
    "retention.py",
}
SAID: Final = {"title", "alt", "placeholder", "aria-label"}
# Of `data-…`, those that a script reads as a place or a name.
SELECTORS: Final = {
    "data-act",
    "data-testid",
    "data-status",
    "data-text",
    "data-copy",
    "data-passkey",
    "data-size",
    "data-variant",
    "data-tone",
}
CODE: Final = {"pre", "code", "script", "style"}


def texts(value: object) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (str(value),)


def placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)[sd]|%[sd]|%%|\{\w+\}|</?\w+>", text))


def test_there_is_one_catalogue_for_each_language_of_the_client_but_english() -> None:
    assert {"en", *catalogues.LANGUAGES} == set(LANGUAGES) == {code for code, _ in settings.LANGUAGES}
    assert {path.parent.parent.name for path in catalogues.FOLDER.rglob("django.po")} == set(catalogues.LANGUAGES)


@each_language
def test_the_catalogues_have_what_the_sources_say_and_nothing_else(language: str) -> None:
    kept = catalogues.po_path(language)
    made = catalogues.updated(language, catalogues.messages())
    assert catalogues.po_of(made) == kept.read_bytes(), MEND
    assert catalogues.mo_of(made) == kept.with_suffix(".mo").read_bytes(), MEND


@each_language
def test_everything_is_translated_and_looked_at(language: str) -> None:
    for message in catalogues.catalogue(language):
        if message.id:
            assert all(texts(message.string)), f"{message.id} is not translated: {MEND}"
            assert not message.fuzzy, message.id


@each_language
def test_translations_have_the_same_placeholders(language: str) -> None:
    for message in catalogues.catalogue(language):
        for text in texts(message.string) if message.id else ():
            assert placeholders(text) == placeholders(texts(message.id)[-1]), message.id


def test_what_is_borrowed_is_still_said_by_django_and_by_django_alone() -> None:
    for text in catalogues.BORROWED["lb"][len(catalogues.BORROWED["de"]) :]:
        with override("de"):
            assert gettext(texts(text)[0]) != texts(text)[0], f"Django no longer says {text!r}"
        assert text not in catalogues.messages(), f"{text!r} is ours"


class Untranslated(HTMLParser):
    """Collects what people read of a template whose tags have been taken out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._code = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._code += tag in CODE
        for name, value in attrs:
            self._note(value or "", said=name in SAID or (name.startswith("data-") and name not in SELECTORS))

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag in CODE

    def handle_data(self, data: str) -> None:
        self._note(data, said=not self._code)

    def _note(self, text: str, *, said: bool) -> None:
        for part in text.split("\x00"):
            text = part.strip(" \n·,")
            if said and re.search(r"[^\W\d_]{2}", text) and text not in SAME_EVERYWHERE:
                self.found.append(text)


def untranslated(source: str) -> list[str]:
    for pattern in (
        r"\{%\s*blocktranslate\b.*?\{%\s*endblocktranslate\s*%\}",
        r"\{#.*?#\}",
        r"\{%.*?%\}",
        r"\{\{.*?\}\}",
        r"&\w+;",
    ):
        source = re.sub(pattern, "\x00", source, flags=re.DOTALL)
    parser = Untranslated()
    parser.feed(source)
    return parser.found


def sources(suffix: str) -> list[Path]:
    found = [path for pattern in catalogues.SOURCES for path in catalogues.PROJECT.glob(pattern)]
    return [path for path in found if path.suffix == suffix]


@pytest.mark.parametrize("path", sources(".html"), ids=lambda path: path.name)
def test_templates_say_nothing_past_the_catalogues(path: Path) -> None:
    if path.name not in ENGLISH:
        assert untranslated(path.read_text(encoding="utf-8")) == []


def test_the_search_for_untranslated_texts_finds_them() -> None:
    assert untranslated("<p title='Read me'>{% translate 'a' %} <b>Hello</b> {{ x }}</p><code>ls</code>") == [
        "Read me",
        "Hello",
    ]
    assert untranslated("{% if a %}<p>{% blocktranslate %}Hello{% endblocktranslate %} UTC</p>{% endif %}") == []


def test_pages_that_are_english_on_purpose_mark_nothing() -> None:
    """`ngettext` alone may choose an English plural there."""
    visitors = {path for pattern in catalogues.SOURCES for path in catalogues.PROJECT.glob(pattern)}
    for package in ("meet", "rooms", "recording", "stats"):
        for path in {*(catalogues.PROJECT / package).rglob("*.py")} - visitors:
            assert not re.search(r"\bp?gettext(_lazy|_noop)?\b", path.read_text(encoding="utf-8")), path
    for path in {*(catalogues.PROJECT / "templates").rglob("*.html")} - visitors:
        assert not re.search(r"\{% (block)?translate", path.read_text(encoding="utf-8")), path


def sentences(path: Path) -> Iterator[str]:
    """What looks like text for people among a module's strings: a capital, a small letter, a space."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    left_out: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):  # docstrings
            left_out.add(node.value)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in {*catalogues.KEYWORDS, "TypeVar"}:
            left_out.update(ast.walk(node))
    strings = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and node not in left_out)
    for node in strings:
        if isinstance(node.value, str) and re.match(r"[A-Z][a-z']+ .*[a-z]", node.value):
            yield node.value


@pytest.mark.parametrize("path", sources(".py"), ids=lambda path: path.name)
def test_views_say_nothing_past_the_catalogues(path: Path) -> None:
    if path.name not in ALL_FOR_PROGRAMS:
        assert set(sentences(path)) - FOR_PROGRAMS.get(path.name, set()) == set()
