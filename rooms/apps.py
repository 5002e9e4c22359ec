"""The rooms app."""

from django.apps import AppConfig


class RoomsConfig(AppConfig):
    """Nodes, placements and, without Django, signalling."""

    name = "rooms"
    verbose_name = "Operation"
    default_auto_field = "django.db.models.BigAutoField"
