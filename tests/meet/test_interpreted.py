"""The languages into which an account's meetings are interpreted."""

from __future__ import annotations

import pytest

from meet.accounts.interpreted import (
    INTERPRETED,
    MAX_LANGUAGES,
    canonical,
    check_languages,
    default_languages,
    languages_of,
    lookup,
)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("de", "de"),
        ("DE-at", "de-AT"),
        ("pt_br", "pt-BR"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("zh-CMN-Hans", "zh-cmn-Hans"),
        ("sl-rozaj-biske-1994", "sl-rozaj-biske-1994"),
        ("de-u-co-phonebk-x-Private", "de-u-co-phonebk-x-private"),
        (" gsw ", "gsw"),
    ],
)
def test_tags_are_spelt_as_the_rfc_says(given: str, expected: str) -> None:
    assert canonical(given) == expected


@pytest.mark.parametrize("given", ["", "d", "deutsch!", "de--AT", "de-", "-de", "de at", "de-" + "a" * 9, "дe"])
def test_what_is_no_tag_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="a language tag such as"):
        canonical(given)


def test_a_language_is_found_by_a_longer_tag() -> None:
    assert lookup("de-AT", INTERPRETED) == lookup("de", INTERPRETED) == "de"
    assert lookup("zh-Hant-x-a", {"zh", "zh-Hant"}) == "zh-Hant"
    assert lookup("de", {"de-AT"}) == lookup("it", INTERPRETED) == lookup("", INTERPRETED) == ""


def test_an_account_begins_with_the_tutorials_ten() -> None:
    assert check_languages(default_languages()) == default_languages()
    assert languages_of(default_languages()) == INTERPRETED
    assert list(INTERPRETED) == ["zh", "nl", "en", "fr", "de", "lb", "pt", "es", "sv", "uk"]


def test_a_list_is_kept_in_one_spelling() -> None:
    kept = check_languages("  DE   Deutsch \n\npt_br  Português  do Brasil\n")
    assert kept == "de Deutsch\npt-BR Português do Brasil"
    assert languages_of(kept) == {"de": "Deutsch", "pt-BR": "Português do Brasil"}
    assert languages_of(check_languages("")) == {}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("de Deutsch\nItaliano", "Line 2: the language's name must follow italiano"),
        ("1 Eins", "Line 1 must begin with a language tag such as de or pt-BR, of at most 35 characters."),
        ("de", "Line 1: the language's name must follow de, 60 characters at most."),
        ("de " + "x" * 61, "Line 1: the language's name must follow de, 60 characters at most."),
        ("de a\u202eb", "Line 1: the language's name must follow de, 60 characters at most."),
        ("de Deutsch\nDE German", "de is there twice."),
        ("\n".join(f"x-{number}" for number in range(3)), "Line 1 must begin with"),
        (
            "\n".join(f"aa-x-{number} Name" for number in range(MAX_LANGUAGES + 1)),
            "There can be 100 languages",
        ),
    ],
)
def test_what_is_wrong_with_a_list_is_said(given: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence.split(" such", maxsplit=1)[0].replace(".", r"\.")):
        check_languages(given)
