"""What in an account's options can't work as its admins may think."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from meet.accounts.models import Account


def advice(account: Account, *, has_keys: bool) -> list[str]:
    """Sentences to show beside the options. Pure."""
    found = []
    if account.jwt_required and not has_keys:
        found.append("Tokens are required, but there is no active signing key: nobody can enter. Add a key.")
    if account.jwt_required and account.access_url:
        found.append("Tokens are required, so accessToken is ignored and the access check is not asked.")
    if has_keys and not account.jwt_required:
        found.append(
            "Tokens can be left out of links: whoever does so comes in as a guest, without waitingRoom, startTime "
            "or tokenLifetime. Turn on “tokens required” if your tokens keep anybody out."
        )
    if account.debug_attributes:
        found.append(
            "Debug attributes are on: whoever makes a link chooses which server is asked and told. Turn them off."
        )
    return found
