"""The recording app; its tables are `recording_…`."""

from __future__ import annotations

from django.apps import AppConfig


class RecordingConfig(AppConfig):
    name = "recording"
    verbose_name = "Meetings"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """From now on deleted rows leave no files behind."""
        from recording.storage import garbage as discarding  # noqa: F401, PLC0415 - models are there from now on only
