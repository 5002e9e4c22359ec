"""What of an account shows on its room pages, and where those may be shown."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, TypedDict

from meet.accounts.addresses import check_origins

if TYPE_CHECKING:
    from meet.accounts.models import Account


class Brand(TypedDict):
    """Shown instead of ours; one of the two may be empty."""

    name: str
    logoUrl: str


class PageSettings(TypedDict):
    """`contact` is shown to people who find a room locked."""

    contact: str
    brand: Brand | None


def for_page(account: Account) -> PageSettings:
    """An account's settings that its room pages need."""
    logo = account.logo.url if account.logo else ""
    brand: Brand | None = {"name": account.brand_name, "logoUrl": logo} if account.brand_name or logo else None
    return {"contact": account.contact, "brand": brand}


def frame_ancestors(account: Account) -> str:
    """Which pages may embed an account's rooms, in the words of a Content-Security-Policy.

    Our own pages always may (the playground does). Without a list everybody may.
    """
    origins: list[str] = []
    with contextlib.suppress(ValueError):
        origins = check_origins(account.embed_origins)
    return " ".join(("'self'", *origins)) if account.embed_origins.strip() else "*"
