"""How often the Server API may be asked, as its callers find out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client, RequestFactory
from django.urls import path
from django.utils import timezone
from rest_framework.response import Response

from meet.accounts.models import Account, Role
from meet.api.sessions import LoginView, RefreshView
from meet.api.throttling import FAILURES, LOGINS
from meet.api.views import ServerView
from meet.client_address import client_address
from meet.config import Config
from tests.api.programs import api_key, bearer, error_in, person, program
from tests.password import PASSWORD

if TYPE_CHECKING:
    from django.conf import LazySettings
    from rest_framework.request import Request


class Hello(ServerView):
    def get(self, request: Request) -> Response:  # noqa: ARG002 - the framework's signature
        return Response({})


urlpatterns = [
    path("rooms/hello", Hello.as_view()),
    path("auth/jwt/login", LoginView.as_view()),
    path("auth/jwt/refresh", RefreshView.as_view()),
]

pytestmark = pytest.mark.urls(__name__)


@pytest.fixture(autouse=True)
def _one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """All requests come at once: however slow the test is, nobody is allowed another one meanwhile."""
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)


@pytest.fixture
def account(db: None) -> Account:  # noqa: ARG001 - its table
    return Account.objects.create(name="Acme")


@pytest.fixture
def slow(settings: LazySettings) -> None:
    """Few requests are allowed."""
    settings.CONFIG = Config(api_requests_per_second=1)


def hello(authorization: str, **more: Any) -> Any:
    return program(authorization).get("/rooms/hello", **more)


def until_refused(ask: Any, most: int = 200) -> list[Any]:
    """Answers until one says that these were too many."""
    answers = []
    for _ in range(most):
        answers.append(ask())
        if answers[-1].status_code == 429:
            break
    return answers


def check_refusal(answer: Any) -> dict[str, Any]:
    """That it says when to come back."""
    assert int(answer.headers["Retry-After"]) >= 1
    error = error_in(answer, 429)
    assert error["code"] == "tooManyRequests"
    return error


@pytest.mark.usefixtures("slow")
class TestAnAccount:
    def test_too_many_requests_are_refused(self, account: Account) -> None:
        key = api_key(account)
        *fine, refused = until_refused(lambda: hello(key))
        assert {answer.status_code for answer in fine} == {200}
        error = check_refusal(refused)
        assert error["message"] == "Too many requests: an account may make 1 a second."
        assert "Retry-After" in error["hint"]

    def test_all_of_its_tokens_and_people_count_together_and_no_other_account(self, account: Account) -> None:
        keys = [api_key(account), api_key(account, Role.OWNER), bearer(person("ada", account))]
        other = api_key(Account.objects.create(name="Zenith"))
        until_refused(lambda: hello(keys[0]))
        answers = until_refused(lambda: hello(keys[1]), 2) + until_refused(lambda: hello(keys[2]), 2)
        assert 429 in {answer.status_code for answer in answers}
        assert hello(other).status_code == 200

    def test_requests_that_are_refused_for_their_role_count_too(self, account: Account) -> None:
        key = api_key(account, Role.VIEWER)
        *refused, throttled = until_refused(lambda: hello(key))
        assert {answer.status_code for answer in refused} == {403}
        check_refusal(throttled)


class TestByDefault:
    def test_there_are_four_a_second(self) -> None:
        assert Config().api_requests_per_second == 4

    def test_none_is_one_too_many_where_there_is_no_limit(self, account: Account, settings: LazySettings) -> None:
        settings.CONFIG = Config(api_requests_per_second=0)
        key = api_key(account)
        assert {hello(key).status_code for _ in range(30)} == {200}
        assert {hello(key + "0").status_code for _ in range(FAILURES.requests + 10)} == {401}


class TestWrongTokens:
    def test_who_goes_on_with_one_is_told_less_often(self, account: Account) -> None:
        wrong = api_key(account) + "0"
        *told, refused = until_refused(lambda: hello(wrong))
        assert {answer.status_code for answer in told} == {401}
        assert len(told) >= FAILURES.requests
        check_refusal(refused)

    def test_right_ones_from_there_still_count(self, account: Account) -> None:
        until_refused(lambda: hello("Bearer wrong"))
        assert hello(api_key(account)).status_code == 200
        assert hello("Bearer wrong", REMOTE_ADDR="192.0.2.7").status_code == 401

    def test_refresh_tokens_too(self, account: Account) -> None:
        del account
        wrong = {"refresh": "wrong"}
        refused = until_refused(lambda: Client().post("/auth/jwt/refresh", wrong, content_type="application/json"))[-1]
        check_refusal(refused)


class TestLogins:
    @staticmethod
    def log_in(username: str, address: str, password: str = "wrong") -> Any:  # noqa: S107
        body = {"username": username, "password": password}
        return Client().post("/auth/jwt/login", body, content_type="application/json", REMOTE_ADDR=address)

    def test_one_name_can_be_tried_so_often(self, account: Account) -> None:
        person("ada", account)
        addresses = iter(range(1, 200))
        names = iter(["ada", "ADA", "ada@example.org"] * 70)
        *tried, refused = until_refused(lambda: self.log_in(next(names), f"192.0.2.{next(addresses)}"))
        assert {answer.status_code for answer in tried} == {401}
        assert len(tried) >= LOGINS.requests
        check_refusal(refused)
        person("bob", account)
        assert self.log_in("bob", "198.51.100.2", PASSWORD).status_code == 200

    def test_one_address_can_try_so_often(self, account: Account) -> None:
        person("bob", account)
        names = iter(range(200))
        *tried, refused = until_refused(lambda: self.log_in(f"somebody{next(names)}", "192.0.2.1"))
        assert {answer.status_code for answer in tried} == {401}
        assert len(tried) >= LOGINS.requests
        check_refusal(refused)
        assert self.log_in("bob", "192.0.2.2", PASSWORD).status_code == 200

    def test_the_limit_on_requests_does_not_matter(self, account: Account, settings: LazySettings) -> None:
        del account
        settings.CONFIG = Config(api_requests_per_second=0)
        check_refusal(until_refused(lambda: self.log_in("ada", "192.0.2.1"))[-1])


class TestClientAddress:
    @pytest.mark.parametrize(
        ("remote", "address"),
        [
            ("192.0.2.1", "192.0.2.1"),
            ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
            ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("", ""),
        ],
    )
    def test_where_a_request_comes_from_is_not_what_it_says_itself(self, remote: str, address: str) -> None:
        for headers in ({}, {"X-Forwarded-For": "198.51.100.7"}):
            assert client_address(RequestFactory(headers=headers).get("/", REMOTE_ADDR=remote)) == address
