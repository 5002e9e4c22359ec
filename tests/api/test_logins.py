"""Logging in for a Bearer token and refreshing it, over HTTP and with several requests at a time."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from meet.accounts.models import Account
from meet.api import logins
from meet.api.bearer import LIFETIMES, decode
from meet.api.logins import MAX_LOGINS, do_login, do_refresh
from meet.api.models import Login
from meet.errors import Unauthorized
from tests.api.programs import error_in, person, program
from tests.password import PASSWORD

NOW = dt.datetime(2030, 6, 21, 10, tzinfo=dt.UTC)


def post(address: str, body: Any, **headers: str) -> Any:
    return Client(headers=headers).post(f"/auth/jwt/{address}", body, content_type="application/json")


def log_in(username: str = "ada", password: str = PASSWORD, **headers: str) -> Any:
    return post("login", {"username": username, "password": password}, **headers)


def whoami(access: str) -> int:
    """The status that a request with an access token gets."""
    return program(f"Bearer {access}").get("/rooms/").status_code


@pytest.fixture
def ada(db: None) -> User:  # noqa: ARG001 - its table
    return person("ada", Account.objects.create(name="Acme"))


class TestOverHttp:
    @pytest.mark.parametrize("slash", ["", "/"])
    def test_a_login_answers_with_two_tokens_and_a_refresh_with_the_next_two(self, ada: User, slash: str) -> None:
        now = timezone.now()
        first = post(f"login{slash}", {"username": "ada", "password": PASSWORD})
        assert first.status_code == 200
        assert first.headers["Cache-Control"] == "no-store"
        assert set(first.json()) == {"access", "refresh"}
        assert decode("access", first.json()["access"], now).user_id == ada.pk
        second = post(f"refresh{slash}", {"refresh": first.json()["refresh"]})
        assert second.status_code == 200
        assert set(second.json()) == {"access", "refresh"}
        assert second.json()["refresh"] != first.json()["refresh"]
        assert decode("access", second.json()["access"], now).user_id == ada.pk

    def test_an_email_address_will_do_where_nobody_else_has_it(self, ada: User) -> None:
        assert log_in("Ada@Example.org").status_code == 200
        other = User.objects.create_user("other", ada.email, "another horse battery")
        error_in(log_in("ada@example.org"), 401)
        other.delete()
        assert log_in("ada@example.org").status_code == 200

    def test_a_username_comes_before_anybodys_email_address(self, ada: User) -> None:
        User.objects.create_user(ada.email, "", "another horse battery")
        error_in(log_in(ada.email), 401)
        assert log_in(ada.email, "another horse battery").status_code == 200

    @pytest.mark.parametrize(
        ("name", "password"), [("ada", "wrong"), ("nobody", PASSWORD), ("nobody@example.org", "x")]
    )
    def test_a_wrong_name_and_a_wrong_password_are_told_alike(self, ada: User, name: str, password: str) -> None:
        del ada
        response = log_in(name, password)
        assert error_in(response, 401) == {
            "code": "loginFailed",
            "message": "The username or the password is wrong.",
        }
        assert not Login.objects.exists()

    def test_who_is_deactivated_can_do_neither(self, ada: User) -> None:
        refresh = log_in().json()["refresh"]
        User.objects.update(is_active=False)
        error_in(log_in(), 401)
        error_in(post("refresh", {"refresh": refresh}), 401)
        User.objects.filter(pk=ada.pk).delete()
        error_in(post("refresh", {"refresh": refresh}), 401)

    def test_another_password_ends_the_refresh_token(self, ada: User) -> None:
        refresh = log_in().json()["refresh"]
        ada.set_password("another horse battery")
        ada.save()
        assert error_in(post("refresh", {"refresh": refresh}), 401)["code"] == "tokenInvalid"

    @pytest.mark.parametrize("refresh", ["", "x", "a.b.c", 7, None, ["x"], "x" * 3000])
    def test_nonsense_is_no_refresh_token(self, ada: User, refresh: Any) -> None:
        del ada
        assert post("refresh", {"refresh": refresh}).status_code in {400, 401}

    def test_an_access_token_is_no_refresh_token(self, ada: User) -> None:
        del ada
        error = error_in(post("refresh", {"refresh": log_in().json()["access"]}), 401)
        assert error["message"] == "This is no refresh token."

    def test_what_is_missing_is_named(self, ada: User) -> None:
        del ada
        error = error_in(post("login", {"username": "ada"}), 400)
        assert error["code"] == "invalidData"
        assert error["message"] == "password: This field is required."
        assert error["data"] == {"fields": ["password"]}

    def test_a_token_in_the_header_does_not_matter(self, ada: User) -> None:
        del ada
        assert log_in(Authorization="Bearer nonsense").status_code == 200

    def test_there_are_no_others_methods(self, ada: User) -> None:
        del ada
        assert error_in(Client().get("/auth/jwt/login"), 405)["code"] == "methodNotAllowed"
        error_in(Client().options("/auth/jwt/login"), 405)


class TestLogout:
    @pytest.mark.parametrize("slash", ["", "/"])
    def test_all_tokens_of_the_login_end_at_once_and_no_others(self, ada: User, slash: str) -> None:
        del ada
        first, other = log_in().json(), log_in().json()
        assert whoami(first["access"]) == whoami(other["access"]) == 200
        answer = post(f"logout{slash}", {"refresh": first["refresh"]})
        assert (answer.status_code, answer.content) == (204, b"")
        assert (whoami(first["access"]), whoami(other["access"])) == (401, 200)
        error_in(post("refresh", {"refresh": first["refresh"]}), 401)
        assert post("refresh", {"refresh": other["refresh"]}).status_code == 200

    def test_asking_twice_does_no_harm(self, ada: User) -> None:
        del ada
        tokens = log_in().json()
        assert {post("logout", {"refresh": tokens["refresh"]}).status_code for _ in range(2)} == {204}

    def test_everywhere(self, ada: User) -> None:
        person("bo", Account.objects.get(memberships__user=ada))
        bo = log_in("bo").json()
        all_of_ada = [log_in().json() for _ in range(3)]
        assert post("logout", {"refresh": all_of_ada[0]["refresh"], "everywhere": True}).status_code == 204
        assert {whoami(tokens["access"]) for tokens in all_of_ada} == {401}
        assert whoami(bo["access"]) == 200

    @pytest.mark.parametrize("refresh", ["", "x", "a.b.c", 7, None, ["x"], "x" * 3000])
    def test_nonsense_ends_nothing(self, ada: User, refresh: Any) -> None:
        del ada
        tokens = log_in().json()
        assert post("logout", {"refresh": refresh}).status_code in {400, 401}
        error_in(post("logout", {"refresh": tokens["access"]}), 401)
        error_in(post("logout", {"refresh": tokens["refresh"], "everywhere": "perhaps"}), 400)
        assert whoami(tokens["access"]) == 200

    def test_a_stolen_refresh_token_ends_access_tokens_as_well(self, ada: User) -> None:
        """The thief's and the owner's."""
        del ada
        first = log_in().json()
        second = post("refresh", {"refresh": first["refresh"]}).json()
        assert whoami(first["access"]) == whoami(second["access"]) == 200
        error_in(post("refresh", {"refresh": first["refresh"]}), 401)
        assert whoami(first["access"]) == whoami(second["access"]) == 401


class TestRotation:
    def test_a_refresh_token_counts_once(self, ada: User) -> None:
        first = do_login("ada", PASSWORD, NOW)
        second = do_refresh(first.refresh, NOW)
        third = do_refresh(second.refresh, NOW)
        assert decode("refresh", third.refresh, NOW).user_id == ada.pk
        with pytest.raises(Unauthorized):
            do_refresh(second.refresh, NOW)

    def test_one_that_comes_twice_ends_the_login_and_no_other(self, ada: User) -> None:
        """Somebody may have stolen it: then nobody has it any more."""
        del ada
        other = do_login("ada", PASSWORD, NOW)
        stolen = do_login("ada", PASSWORD, NOW)
        thiefs = do_refresh(stolen.refresh, NOW)
        for refresh in (stolen.refresh, thiefs.refresh):
            with pytest.raises(Unauthorized):
                do_refresh(refresh, NOW)
        assert do_refresh(other.refresh, NOW)

    def test_it_lasts_for_30_days_after_each_refresh(self, ada: User) -> None:
        del ada
        tokens = do_login("ada", PASSWORD, NOW)
        late = NOW + LIFETIMES["refresh"] - dt.timedelta(seconds=1)
        tokens = do_refresh(tokens.refresh, late)
        tokens = do_refresh(tokens.refresh, late + LIFETIMES["refresh"] - dt.timedelta(seconds=1))
        with pytest.raises(Unauthorized) as refused:
            do_refresh(tokens.refresh, late + 2 * LIFETIMES["refresh"])
        assert refused.value.code == "tokenExpired"

    def test_of_many_requests_at_a_time_one_is_answered(self, database: str) -> None:
        del database
        person("ada")
        refresh = do_login("ada", PASSWORD, NOW).refresh

        def attempt(_: int) -> bool:
            try:
                do_refresh(refresh, NOW)
            except Unauthorized:
                return False
            finally:
                connection.close()
            return True

        with ThreadPoolExecutor(8) as threads:
            assert sum(threads.map(attempt, range(8))) == 1

    def test_no_token_is_in_the_database(self, ada: User) -> None:
        del ada
        tokens = do_login("ada", PASSWORD, NOW)
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM api_login")
            kept = str(cursor.fetchall())
        for token in (tokens.access, tokens.refresh):
            assert token.rpartition(".")[2] not in kept


class TestForgetting:
    def test_logins_that_are_over_are_deleted(self, database: str) -> None:
        del database
        person("ada")
        person("bob")
        do_login("bob", PASSWORD, NOW)
        kept = do_login("bob", PASSWORD, NOW + dt.timedelta(days=2))
        do_login("ada", PASSWORD, NOW + LIFETIMES["refresh"] + dt.timedelta(days=1))
        assert sorted(Login.objects.values_list("user__username", flat=True)) == ["ada", "bob"]
        assert do_refresh(kept.refresh, NOW + dt.timedelta(days=3))

    def test_of_too_many_the_oldest_end(self, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
        del ada
        assert MAX_LOGINS == 100
        monkeypatch.setattr(logins, "MAX_LOGINS", 3)
        bobs = do_login(person("bob").username, PASSWORD, NOW)
        tokens = [do_login("ada", PASSWORD, NOW) for _ in range(5)]
        for over in tokens[:2]:
            with pytest.raises(Unauthorized):
                do_refresh(over.refresh, NOW)
        for kept in (*tokens[2:], bobs):
            assert do_refresh(kept.refresh, NOW)
