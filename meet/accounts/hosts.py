"""Which account a host name leads to."""

from __future__ import annotations

from typing import Final

from django.conf import settings

from meet.accounts.models import Account
from meet.errors import NotFoundError

DEFAULT_NAME: Final = "Default"


def account_for(host: str) -> Account:
    """The account of a request's host, with or without a port. Raises `NotFoundError`.

    What no domain names leads to the default account in development, and in production for the hosts that the
    operator lists.
    """
    name = host_name(host)
    account = Account.objects.filter(domains__host=name).first()
    if account is not None:
        return account
    if settings.CONFIG.production and name not in settings.CONFIG.hosts:
        raise NotFoundError(
            "hostUnknown",
            f"There are no meetings at {name}.",
            hint="Check the address. Operators: add the host name to an account's domains.",
        )
    return default_account()


def default_account() -> Account:
    """The account that is always there."""
    account, _ = Account.objects.get_or_create(is_default=True, defaults={"name": DEFAULT_NAME})
    return account


def host_name(host: str) -> str:
    """A Host header without its port, in lower case, without the root's dot."""
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return name.lower().rstrip(".")
