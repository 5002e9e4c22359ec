"""Which of our languages a page speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header

from meet.attributes.schema import LANGUAGES
from meet.attributes.values import primary_language

if TYPE_CHECKING:
    from django.http import HttpRequest, QueryDict

    from meet.accounts.models import Account

DEFAULT: Final = "en"


def preferred_language(accept_language: str) -> str:
    """The first of our languages in an Accept-Language header (RFC 9110 section 12.5.4), else English."""
    for tag, quality in parse_accept_lang_header(accept_language):
        primary = tag.partition("-")[0]
        if primary in LANGUAGES and quality > 0:
            return primary
    return DEFAULT


def language_of(request: HttpRequest, account: Account | None = None, query: QueryDict | None = None) -> str:
    """Of the link (`lang` in its query, the request's own by default), else of the account, else of the browser."""
    query = request.GET if query is None else query
    chosen = (primary_language(query.get("lang", "")), account.language if account is not None else "")
    return next((one for one in chosen if one in LANGUAGES), None) or preferred_language(
        request.headers.get("Accept-Language", "")
    )


def speak(request: HttpRequest, account: Account | None) -> str:
    """Answer this request in the language of `language_of`, which is returned.

    `meet.middleware.VisitorLanguage` sets it back after the request.
    """
    language = language_of(request, account)
    translation.activate(language)
    return language
