"""What is checked before each command starts (Django's system checks)."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register  # noqa: A004 - Django's name

from meet.private_files import open_to_others

DATA_FOLDER_OPEN: Final = "meet.W001"


@register(Tags.security)
def check_data_folder(**_options: Any) -> list[CheckMessage]:
    """Whether other users of the machine can read what is in the data folder."""
    reachable = open_to_others(settings.DATA_DIR)
    if not reachable:
        return []
    return [
        Warning(
            f"Other users of this machine can reach {reachable[-1]}, and with it sessions, keys or recordings.",
            hint=f"Let the user that runs this own {settings.DATA_DIR}, and close it: chmod -R go= {settings.DATA_DIR}",
            id=DATA_FOLDER_OPEN,
        )
    ]
