"""The languages into which meetings are interpreted. Source: the tutorial's "Language Interpretation (beta)". Pure."""

from __future__ import annotations

from typing import Final

# Those of every account, in the tutorial's order, each under its own name.
INTERPRETED: Final = {
    "zh": "中文",
    "nl": "Nederlands",
    "en": "English",
    "fr": "Français",
    "de": "Deutsch",
    "lb": "Lëtzebuergesch",
    "pt": "Português",
    "es": "Español",
    "sv": "Svenska",
    "uk": "Українська",
}
