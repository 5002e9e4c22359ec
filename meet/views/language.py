"""Which of our languages a browser prefers."""

from __future__ import annotations

from typing import Final

from django.utils.translation.trans_real import parse_accept_lang_header

from meet.attributes.schema import LANGUAGES

DEFAULT: Final = "en"


def preferred_language(accept_language: str) -> str:
    """The first of our languages in an Accept-Language header (RFC 9110 section 12.5.4), else English."""
    for tag, quality in parse_accept_lang_header(accept_language):
        primary = tag.partition("-")[0]
        if primary in LANGUAGES and quality > 0:
            return primary
    return DEFAULT
