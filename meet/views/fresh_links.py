"""The links of a new meeting: bare ones, or signed ones where the account lets nobody in without a token."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from meet.accounts.keyring import secret_until
from meet.accounts.scope import ADMINS, may
from meet.accounts.tokens import mint

if TYPE_CHECKING:
    from django.http import HttpRequest

    from meet.accounts.keys import VerificationKey
    from meet.accounts.models import Account

LIFETIME: Final = dt.timedelta(days=1)


@dataclass(frozen=True)
class FreshLinks:
    """Of a call and a webinar, each for who makes it and for all others. `ends_at` is None for those that stay good."""

    call_url: str
    call_join_url: str
    webinar_url: str
    webinar_join_url: str
    ends_at: dt.datetime | None = None


@dataclass(frozen=True)
class NoLinks:
    """Why there are none, and where somebody signs in who could get some."""

    why: str
    login_url: str = ""


def fresh_links(request: HttpRequest, account: Account, room_id: str, now: dt.datetime) -> FreshLinks | NoLinks:
    """What opens a new room for whoever asks."""
    if not account.jwt_required:
        bare = _links(request, room_id, {}, {})
        return FreshLinks(bare[0], bare[0], bare[2], f"{bare[2]}&itisparticipant=true")
    if not may(request.user, account, ADMINS):
        login = f"{reverse('admin:login')}?{urlencode({'next': request.get_full_path()})}"
        return NoLinks(_("You can't make a link on this page, because you are not signed in as its admin."), login)
    ends_at = now.replace(microsecond=0) + LIFETIME
    key = secret_until(account, ends_at)
    if key is None:
        return NoLinks(_("This page can't sign one: the account has no HS256 secret among its signing keys."))
    claims = {"roomId": room_id, "iat": int(now.timestamp()), "exp": int(ends_at.timestamp())}
    moderators, others = ({"token": _sign({**claims, **more}, key)} for more in ({"role": "moderator"}, {}))
    return FreshLinks(*_links(request, room_id, others, moderators), ends_at)


def _links(
    request: HttpRequest, room_id: str, others: dict[str, str], moderators: dict[str, str]
) -> tuple[str, str, str, str]:
    def url(interface: str, more: dict[str, str]) -> str:
        return request.build_absolute_uri(f"{reverse(interface)}?{urlencode({'roomId': room_id, **more})}")

    return url("call", others), url("call", moderators), url("webinar", others), url("webinar", moderators)


def _sign(claims: dict[str, Any], key: VerificationKey) -> str:
    return mint(claims, key.algorithm, key.key, key.kid)
