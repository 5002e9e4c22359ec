"""What is checked before each command starts (Django's system checks); `docs/operator.md` has a table of their ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 - Django's name

from meet.conf.rules import broken
from meet.private_files import open_to_others


@dataclass(frozen=True)
class Advice:
    """What works and is not as it should be: a warning's id, what it is about, and what to do."""

    id: str
    about: str
    hint: str


DATA_FOLDER_OPEN: Final = Advice(
    "meet.W001",
    "the data folder",
    "Let the user that runs this own the data folder, and close it: chmod -R go= FOLDER",
)
NO_HTTPS: Final = Advice(
    "meet.W002",
    "MEET_BEHIND_PROXY, MEET_TLS",
    "Put a reverse proxy with a certificate in front and set MEET_BEHIND_PROXY=true, or set MEET_TLS=true.",
)
NOT_BUILT: Final = Advice("meet.W003", "the browser client", "Run `make build`, then start web again.")
ADVICE: Final = (DATA_FOLDER_OPEN, NO_HTTPS, NOT_BUILT)


@register("settings")
def check_settings(**_options: Any) -> list[CheckMessage]:
    """All rules that the operator's settings break."""
    return [Error(problem, hint=rule.hint, id=rule.id) for rule, problem in broken(settings.CONFIG)]


@register(Tags.security)
def check_data_folder(**_options: Any) -> list[CheckMessage]:
    """Whether other users of the machine can read what is in the data folder."""
    reachable = open_to_others(settings.DATA_DIR)
    if not reachable:
        return []
    return [
        Warning(
            f"Other users of this machine can reach {reachable[-1]}, and with it sessions, keys or recordings.",
            hint=DATA_FOLDER_OPEN.hint.replace("FOLDER", str(settings.DATA_DIR)),
            id=DATA_FOLDER_OPEN.id,
        )
    ]


@register(Tags.security, deploy=True)
def check_https(**_options: Any) -> list[CheckMessage]:
    """Whether anybody makes https of what we say: without it nobody can log in, and browsers give no camera."""
    config = settings.CONFIG
    if not config.production or config.behind_proxy or config.tls or config.domain:
        return []
    return [
        Warning(
            "Nobody encrypts what web and nodes say: nobody can log in, and browsers give no camera.",
            hint=NO_HTTPS.hint,
            id=NO_HTTPS.id,
        )
    ]


@register(Tags.staticfiles)
def check_client(**_options: Any) -> list[CheckMessage]:
    """Whether there is a client for pages to load: a page without it is an error."""
    vite = settings.DJANGO_VITE["default"]
    if vite["dev_mode"] or vite["manifest_path"].exists():
        return []
    return [Warning("The browser client has not been built.", hint=NOT_BUILT.hint, id=NOT_BUILT.id)]
