"""The admin's pages about accounts and people; Django finds them here."""

from __future__ import annotations

from meet.accounts.admin import accounts, audit, credentials, incidents, people

__all__ = ["accounts", "audit", "credentials", "incidents", "people"]
