"""The app of accounts; its tables are `accounts_…`."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "meet.accounts"
    label = "accounts"
