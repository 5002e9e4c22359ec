"""What an account's admins get to know of links and tokens that don't do what whoever made them thinks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.core.cache import cache

from meet.accounts.incidents import report
from meet.accounts.models import Incident

if TYPE_CHECKING:
    import datetime as dt

    from meet.accounts.models import Account
    from meet.accounts.tokens import TokenRefusedError
    from meet.attributes.links import Link

# For each attribute and account, in one web process: anybody can open such a link as often as they like.
TOLD_EVERY_S: Final = 60


def tell_ignored(link: Link, now: dt.datetime) -> None:
    """Attributes have no effect because of the account's options."""
    for name in link.ignored:
        _tell(
            link.account,
            Incident.Kind.IGNORED_ATTRIBUTE,
            name,
            f"{name} of a link had no effect: the account's options forbid it.",
            now,
        )


def tell_unreadable(account: Account, refused: TokenRefusedError, now: dt.datetime) -> None:
    """A token was signed by the account, and can't be read."""
    claim = refused.data.get("claim")
    if claim:
        _tell(
            account,
            Incident.Kind.UNREADABLE_CLAIM,
            claim,
            f"A token was refused, because its {claim} can't be read.",
            now,
        )


def _tell(account: Account, kind: Incident.Kind, name: str, message: str, now: dt.datetime) -> None:
    if cache.add(f"{kind}:{account.pk}:{name}", 1, TOLD_EVERY_S):
        report(account, kind, message, now)
