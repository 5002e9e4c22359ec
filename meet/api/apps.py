"""The app of its tables, `api_…`."""

from __future__ import annotations

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "meet.api"
    label = "api"
