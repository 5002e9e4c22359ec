"""Logins that are whole, and those that lack their second factor.

A session with a right password only is nobody's: `request.user` is anonymous there (`meet.logged_in.WholeLogins`), and
for some minutes the pages of the second step know whose it is to become. A whole one names the second factor that it
was made with, so it ends when that is reset.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth import get_user
from django.contrib.auth.models import User

from meet.accounts.second_factor.policy import factor_of, is_required
from meet.session_keys import BEGAN, SECOND

if TYPE_CHECKING:
    from django.http import HttpRequest

    from meet.accounts.models import SecondFactor

HALF_FOR: Final = dt.timedelta(minutes=10)
# Who changes their second factor has logged in so lately: a browser that was left open is not enough.
FRESH_FOR: Final = dt.timedelta(minutes=15)


def is_whole(session: Any, user: User) -> bool:
    """Whether somebody who has given their password has given all that they must.

    A login with a second factor that is there no more has ended.
    """
    factor, shown = factor_of(user), session.get(SECOND)
    return bool(shown == factor.handle) if factor is not None else shown is None and not is_required(user)


def half_user(request: HttpRequest, now: dt.datetime) -> User | None:
    """Who has lately given their password, and lacks the second factor."""
    user = get_user(request)
    if not isinstance(user, User) or not _began_within(HALF_FOR, request, now) or is_whole(request.session, user):
        return None
    return user


def is_fresh(request: HttpRequest, now: dt.datetime) -> bool:
    """Whether the login is young enough to change what logs somebody in."""
    return _began_within(FRESH_FOR, request, now)


def do_make_whole(request: HttpRequest, factor: SecondFactor) -> None:
    """The second factor was shown. The session gets another id, since it may do more now."""
    request.session.cycle_key()
    request.session[SECOND] = factor.handle


def _began_within(time: dt.timedelta, request: HttpRequest, now: dt.datetime) -> bool:
    return bool(0 <= now.timestamp() - request.session.get(BEGAN, 0) <= time.total_seconds())
