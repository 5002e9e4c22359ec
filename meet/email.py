"""The server that takes our e-mail: one address that an operator sets, as Django's settings have it."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import unquote, urlsplit

# smtp begins in the clear and must be encrypted before anything is said, smtps is from the beginning.
PORTS: Final = {"smtp": 587, "smtps": 465}
TIMEOUT_S: Final = 10
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def check_email_url(text: str) -> None:
    """Raise `ValueError` for what is no such address, without the password in it."""
    try:
        parts = urlsplit(text)
        good = parts.scheme in PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        message = "MEET_EMAIL_URL must look like smtp://user:password@mail.example.org:587, or smtps://…"
        raise ValueError(message)


def email_settings(url: str) -> dict[str, Any]:
    """Django's `EMAIL_…` settings. On this machine alone it is not encrypted."""
    if not url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
    parts = urlsplit(url)
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or PORTS[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp" and parts.hostname not in _LOCAL,
        "EMAIL_TIMEOUT": TIMEOUT_S,
    }
