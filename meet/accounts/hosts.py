"""Host names: how they are written, and which account each leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.http.request import validate_host

from meet.accounts.models import Account
from meet.errors import NotFoundError
from meet.log_context import tell

if TYPE_CHECKING:
    from django.http import HttpRequest

    from meet.config import Config

DEFAULT_NAME: Final = "Default"
_FOUND: Final = "_account_of_host"
# Each page asks this, and Django would take several times as long to write it as a database to answer. Whom a domain
# names comes first.
_OF_HOST: Final = """
    SELECT * FROM accounts_account
    WHERE id IN (SELECT account_id FROM accounts_domain WHERE host = %(host)s) OR (%(operators)s AND is_default)
    ORDER BY is_default LIMIT 1
"""


def account_for(host: str) -> Account:
    """The account of a request's host, with or without a port. Raises `NotFoundError`.

    What no domain names leads to the default account, in production for the hosts that the operator lists only.
    """
    name = host_name(host)
    operators = is_operators(name)
    account = next(iter(Account.objects.raw(_OF_HOST, {"host": name, "operators": operators})), None)
    if account is not None:
        return account
    if not operators:
        raise NotFoundError(
            "hostUnknown",
            f"There are no meetings at {name}.",
            hint="Check the address. Operators: add the host name to an account's domains.",
            data={"host": name},
        )
    return default_account()


def account_of(request: HttpRequest) -> Account:
    """The same for a request, looked up once in its life: a page, its headers and its host's check all want to know."""
    found: Account | None = getattr(request, _FOUND, None)
    if found is None:
        found = account_for(request.get_host())
        setattr(request, _FOUND, found)
        tell(account=str(found.pk))
    return found


def is_operators(name: str) -> bool:
    """Whether a host name is among those that the operator lists, which is any where none is listed (development)."""
    return validate_host(name, settings.CONFIG.hosts)


def default_account() -> Account:
    """The account that is always there."""
    account, _ = Account.objects.get_or_create(is_default=True, defaults={"name": DEFAULT_NAME})
    return account


def address_of(account: Account, config: Config | None = None) -> str:
    """Scheme, host and port at which an account's rooms are; empty where no host leads to it."""
    config = config or settings.CONFIG
    domain = account.domains.first()
    if domain is not None:
        host = domain.host
    elif account.is_default:
        host = config.hosts[0].lstrip(".") if config.allowed_hosts else "localhost"
    else:
        return ""
    if config.production:
        return f"https://{host}"
    return f"{'https' if config.tls else 'http'}://{host}:{config.port}"


def host_name(host: str) -> str:
    """A Host header without its port, in lower case, without the root's dot."""
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return name.lower().rstrip(".")
