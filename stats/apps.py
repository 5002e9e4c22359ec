"""The statistics app."""

from django.apps import AppConfig


class StatsConfig(AppConfig):
    """Who was in which room, and what went wrong there."""

    name = "stats"
    verbose_name = "Meetings"
    default_auto_field = "django.db.models.BigAutoField"
