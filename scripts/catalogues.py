"""Keeps the catalogues of server-made pages: `python -m scripts.catalogues`, a part of `make generate`.

Brings `locale/*/LC_MESSAGES/django.po` up to what the sources say (new texts come without a translation, what nobody
says any more goes), and makes the `django.mo` beside it that Django reads. `tests/meet/test_catalogues.py` tells what
is missing. No GNU gettext is needed, and to run the product not even this: the `.mo` files are in the repository.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = PROJECT / "locale"
LANGUAGES: Final = ("fr", "de", "lb", "ru")
# What visitors see. The other pages are English: docs/contributor.md says which and why.
SOURCES: Final = (
    "meet/accounts/second_factor/*.py",
    "meet/views/*.py",
    "recording/pages/*.py",
    "templates/*.html",
    "templates/includes/*.html",
    "templates/recordings/*.html",
    "templates/admin/login.html",
    "templates/admin/second_step/login.html",
    "templates/admin/reset/*",
)
# What visitors see of Django and of the admin's theme, where these have no translation of their own.
_THEME: Final = ("Welcome back to", "Return to site", "Light", "Dark", "System")
BORROWED: Final[dict[str, tuple[str | tuple[str, str], ...]]] = {
    "fr": _THEME,
    "de": _THEME,
    "ru": _THEME,
    "lb": (
        *_THEME,
        "Log in",
        "Username",
        "username",
        "Password",
        "Email",
        "Email address",
        "New password confirmation",
        "Enter the same password as before, for verification.",
        "This field is required.",
        "This account is inactive.",
        "Enter a valid email address.",
        ("Please correct the error below.", "Please correct the errors below."),
        "The two password fields didn’t match.",  # noqa: RUF001 - Django's
        "This password is too common.",
        "Your password can’t be a commonly used password.",  # noqa: RUF001 - Django's
        (
            "Your password must contain at least %(min_length)d character.",
            "Your password must contain at least %(min_length)d characters.",
        ),
        (
            "This password is too short. It must contain at least %d character.",
            "This password is too short. It must contain at least %d characters.",
        ),
        (
            "Please enter the correct %(username)s and password for a staff account. "
            "Note that both fields may be case-sensitive."
        ),
        *("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    ),
}
KEYWORDS: Final = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
}
# What Django's `templatize` leaves of a template is no Python, but its calls are.
_CALL: Final = re.compile(r"\b(?:_|n?gettext)\(\s*(?:u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")\s*,?\s*)+", re.DOTALL)
HEADER: Final = "# Texts of server-made pages. `python -m scripts.catalogues` keeps the keys, people the translations."


def messages() -> Catalog:
    """All texts of the sources, each with the files that say it."""
    found = Catalog(header_comment=HEADER)
    for pattern in SOURCES:
        for path in sorted(PROJECT.glob(pattern)):
            for text in texts_of(path):
                found.add(text, locations=[(str(path.relative_to(PROJECT)), 0)])
    return found


def texts_of(path: Path) -> Iterator[str | tuple[str, ...]]:
    """The texts that a file has translated: a pair for one with a plural."""
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        calls = _CALL.findall(templatize(source, origin=str(path)))
        source = "\n".join(f"{call})" for call in calls)
    for _line, text, _comments, _context in extract("python", io.BytesIO(source.encode()), KEYWORDS):
        yield text


def catalogue(language: str) -> Catalog:
    """A language's translations as they are kept."""
    path = po_path(language)
    if not path.exists():
        return Catalog(language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def updated(language: str, found: Catalog) -> Catalog:
    """A language's translations, with the texts that are said now and no others."""
    kept = catalogue(language)
    new = Catalog(language, header_comment=HEADER, fuzzy=False)
    borrowed = Catalog()
    for text in BORROWED[language]:
        borrowed.add(text, locations=[("borrowed", 0)])
    for message in [*found, *borrowed]:
        if not message.id:
            continue
        before = kept.get(message.id)
        new.add(
            message.id,
            before.string if before is not None else None,
            locations=message.locations,
            flags=({"fuzzy"} if before is not None and before.fuzzy else set()) | (message.flags - {"fuzzy"}),
        )
    return new


def po_of(made: Catalog) -> bytes:
    """The file that people edit."""
    file = io.BytesIO()
    write_po(file, made, width=0, sort_output=True, omit_header=False, include_lineno=False)
    # No dates and versions: the same texts make the same file.
    kept = [line for line in file.getvalue().splitlines(keepends=True) if not line.startswith(_VARYING)]
    return b"".join(kept)


def mo_of(made: Catalog) -> bytes:
    """The file that Django reads, made of the other."""
    file = io.BytesIO()
    kept = read_po(io.BytesIO(po_of(made)), locale=made.locale)
    kept.creation_date = kept.revision_date = _NO_DATE
    write_mo(file, kept)
    return file.getvalue()


def po_path(language: str) -> Path:
    """Where the translations of a language are kept."""
    return FOLDER / language / "LC_MESSAGES" / "django.po"


_NO_DATE: Final = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_VARYING: Final = (
    b'"POT-Creation-Date', b'"PO-Revision-Date', b'"Last-Translator', b'"Project-Id-Version', b'"Report-Msgid',
    b'"Language-Team', b'"Generated-By', b'"MIME-Version',
)  # fmt: skip


def main() -> None:
    """Write all files."""
    found = messages()
    for language in LANGUAGES:
        made = updated(language, found)
        path = po_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(po_of(made))
        path.with_suffix(".mo").write_bytes(mo_of(made))
        print(f"{language}: {sum(1 for one in made if one.id and not one.string)} to translate")


if __name__ == "__main__":
    main()
