"""How long somebody stays logged in at the admin, and that a login is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user, logout
from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from meet.accounts.second_factor.sessions import is_whole
from meet.session_keys import BEGAN, SEEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

# What somebody does is noted at most so often, in s: noting it is a write to the database.
NOTED_EVERY_S: Final = 60


class SessionLimits:
    """Ends logins that nobody has used for `session_idle_hours`, and all after `session_hours`.

    Pages that ask for news by themselves count as used, as long as they are open. A moment that lies ahead was noted by
    a clock that was, and counts as now.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve one request."""
        if SESSION_KEY in request.session:
            self._look(request, int(timezone.now().timestamp()))
        return self._get_response(request)

    @staticmethod
    def _look(request: HttpRequest, now_s: int) -> None:
        session: Any = request.session
        began, seen = (min(session.get(name, now_s), now_s) for name in (BEGAN, SEEN))
        config = settings.CONFIG
        if now_s - seen > config.session_idle_hours * 3600 or now_s - began > config.session_hours * 3600:
            logout(request)
        elif session.get(BEGAN) != began or session.get(SEEN, now_s + 1) > now_s or now_s - seen >= NOTED_EVERY_S:
            session[BEGAN], session[SEEN] = began, now_s


class WholeLogins:
    """Who has given a right password and not the second factor that they have, or must have, is nobody as yet.

    So is everybody who was logged in without one, from the moment at which it is wanted.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve one request."""
        if SESSION_KEY in request.session:
            user: Any = SimpleLazyObject(lambda: self._whole(request))
            request.user = user
            request.auser = sync_to_async(lambda: self._whole(request))
        return self._get_response(request)

    @staticmethod
    def _whole(request: HttpRequest) -> User | AnonymousUser:
        user = get_user(request)
        return user if isinstance(user, User) and is_whole(request.session, user) else AnonymousUser()
