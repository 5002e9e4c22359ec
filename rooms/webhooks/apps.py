"""The app of its tables, `webhooks_…`."""

from __future__ import annotations

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "rooms.webhooks"
    label = "webhooks"
