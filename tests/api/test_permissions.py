"""Addresses of the Server API say by their classes who may ask, and how often. Who may not is refused, and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import get_resolver
from rest_framework.permissions import AllowAny
from rest_framework.test import APIRequestFactory

from meet.accounts.models import Account, Role
from meet.api.authentication import AuthorizationHeader, Caller
from meet.api.permissions import HasRole, IsAdmin, IsAdminOrReadOnly
from meet.api.throttling import AccountThrottle
from meet.api.views import OpenView, ServerView
from meet.errors import Forbidden, TooManyRequests, Unauthorized

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rest_framework.request import Request


def views(patterns: Any) -> Iterator[type[ServerView]]:
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from views(pattern.url_patterns)
        else:
            view = getattr(pattern.callback, "cls", None)
            if isinstance(view, type) and issubclass(view, ServerView):
                yield view


def test_whoever_need_not_say_who_they_are_is_at_an_open_view() -> None:
    found = set(views(get_resolver().url_patterns))
    assert len(found) > 20
    for view in found:
        if issubclass(view, OpenView):
            assert view.authentication_classes == view.throttle_classes == ()
            assert view.permission_classes == (AllowAny,)
        else:
            assert view.authentication_classes == (AuthorizationHeader,)
            assert view.throttle_classes == (AccountThrottle,)
            assert view.permission_classes
            assert all(issubclass(permission, HasRole) for permission in view.permission_classes)


def request_of(role: Role | None, method: str = "GET") -> Request:
    request = ServerView().initialize_request(APIRequestFactory().generic(method, "/"))
    request.auth = None if role is None else Caller(Account(pk=1), role)
    return request


@pytest.mark.parametrize(
    ("permission", "readers", "writers"),
    [
        (HasRole, set(), set()),
        (IsAdmin, {Role.OWNER, Role.ADMIN}, {Role.OWNER, Role.ADMIN}),
        (IsAdminOrReadOnly, set(Role), {Role.OWNER, Role.ADMIN}),
    ],
)
def test_a_role_may_read_or_change(permission: type[HasRole], readers: set[Role], writers: set[Role]) -> None:
    for methods, roles in ((("GET", "HEAD"), readers), (("POST", "PUT", "PATCH", "DELETE"), writers)):
        for method in methods:
            may = {role for role in Role if permission().has_permission(request_of(role, method), ServerView())}
            assert may == roles
            assert not permission().has_permission(request_of(None, method), ServerView())


class Counted(AccountThrottle):
    asked = 0

    def allow_request(self, request: Request, view: Any) -> bool:  # noqa: ARG002 - the framework's signature
        Counted.asked += 1
        self._wait_s = 7 if Counted.asked > 1 else 0
        return not self._wait_s


def test_a_request_that_is_refused_for_its_role_counts_like_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ServerView, "throttle_classes", (Counted,))
    view = ServerView()
    with pytest.raises(Unauthorized):
        view.check_permissions(request_of(None))
    assert Counted.asked == 0
    with pytest.raises(Forbidden):
        view.check_permissions(request_of(Role.VIEWER))
    assert Counted.asked == 1
    with pytest.raises(TooManyRequests) as caught:
        view.check_permissions(request_of(Role.VIEWER))
    assert caught.value.retry_s == 7
