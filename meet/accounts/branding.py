"""What of an account shows on its room pages, and where those may be shown."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, TypedDict

from meet.accounts.addresses import check_origins

if TYPE_CHECKING:
    from meet.accounts.models import Account


class Brand(TypedDict):
    """Empty texts where the account has none: pages then show our own."""

    name: str
    logo: str


class PageSettings(TypedDict):
    """`contact` is shown to people who find a room locked, `brand` instead of our name."""

    contact: str
    brand: Brand


def for_page(account: Account) -> PageSettings:
    """An account's settings that its room pages need."""
    logo = account.logo.url if account.logo else ""
    return {"contact": account.contact, "brand": {"name": account.brand_name, "logo": logo}}


def frame_ancestors(account: Account) -> str:
    """Which pages may embed an account's rooms, in the words of a Content-Security-Policy.

    Our own pages always may (the playground does). Without a list everybody may.
    """
    origins: list[str] = []
    with contextlib.suppress(ValueError):
        origins = check_origins(account.embed_origins)
    return " ".join(("'self'", *origins)) if account.embed_origins.strip() else "*"
