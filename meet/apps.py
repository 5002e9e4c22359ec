"""What belongs to the project as a whole: its checks at the start."""

from __future__ import annotations

from django.apps import AppConfig


class MeetConfig(AppConfig):
    """The project's own application: templates' tags, commands and checks."""

    name = "meet"

    def ready(self) -> None:
        """Have Django run our checks before each command."""
        from meet import checks  # noqa: F401, PLC0415 - it registers itself, when all applications are there
