"""Who may call the Server API: API tokens, people who have logged in, and nobody else."""

from __future__ import annotations

import datetime as dt
import time
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from django.contrib.auth.models import User
from django.urls import path
from django.utils import timezone
from rest_framework.response import Response

from meet.accounts.hosts import default_account
from meet.accounts.keyring import keys_of
from meet.accounts.keys import check_key
from meet.accounts.models import Account, ApiToken, Domain, Membership, Role, SigningKey
from meet.accounts.tokens import TokenRefusedError, mint, verify
from meet.api import bearer as tokens
from meet.api.authentication import WWW_AUTHENTICATE
from meet.api.logins import do_login
from meet.api.permissions import IsAdminOrReadOnly
from meet.api.views import ServerView
from meet.config import Config
from tests.api.programs import api_key, bearer, error_in, person, program
from tests.password import PASSWORD

if TYPE_CHECKING:
    from django.conf import LazySettings
    from rest_framework.request import Request

SECRET = "a secret of an account, long enough for HS256"


class Whoami(ServerView):
    """Says for which account somebody asks."""

    def get(self, request: Request) -> Response:
        return Response({"account": self.account(request).name, "role": self.caller(request).role})


class ForViewers(Whoami):
    permission_classes = (IsAdminOrReadOnly,)


urlpatterns = [path("rooms/whoami", Whoami.as_view()), path("rooms/for-viewers", ForViewers.as_view())]

pytestmark = pytest.mark.urls(__name__)


@pytest.fixture(autouse=True)
def _any_number_of_requests(settings: LazySettings) -> None:
    settings.CONFIG = Config(api_requests_per_second=0)


@pytest.fixture
def account(db: None) -> Account:  # noqa: ARG001 - its table
    return Account.objects.create(name="Acme")


@pytest.fixture
def other_account(db: None) -> Account:  # noqa: ARG001 - its table
    return Account.objects.create(name="Zenith")


def ask(authorization: str, address: str = "/rooms/whoami", host: str = "localhost") -> Any:
    return program(authorization, Host=host).get(address)


def last_use() -> dt.datetime | None:
    return ApiToken.objects.get().last_used_at


class TestApiTokens:
    def test_one_stands_for_its_account_and_role(self, account: Account) -> None:
        assert ask(api_key(account, Role.OWNER)).json() == {"account": "Acme", "role": "owner"}
        assert ask(api_key(account, Role.ADMIN)).json() == {"account": "Acme", "role": "admin"}

    def test_the_host_does_not_matter(self, account: Account, other_account: Account) -> None:
        Domain.objects.create(account=other_account, host="zenith.example")
        assert ask(api_key(account), host="zenith.example").json()["account"] == "Acme"

    @pytest.mark.parametrize("scheme", ["Bearer ", "bearer  ", ""])
    def test_one_is_known_by_its_looks_behind_bearer_and_alone(self, account: Account, scheme: str) -> None:
        token = api_key(account, Role.OWNER).removeprefix("APIKey ")
        assert ask(scheme + token).json() == {"account": "Acme", "role": "owner"}
        assert error_in(ask(f"{scheme}{token[:-1]}"), 401)["message"] == "Invalid token."

    def test_an_access_token_may_stand_alone_too(self, account: Account) -> None:
        authorization = bearer(person("ada", account))
        assert authorization.startswith("Bearer ")
        assert ask(authorization.removeprefix("Bearer ")).json()["account"] == "Acme"

    def test_the_scheme_is_written_in_any_case(self, account: Account) -> None:
        assert ask(api_key(account).replace("APIKey", "apikey  ")).status_code == 200

    def test_a_viewer_of_recordings_may_nothing_else(self, account: Account) -> None:
        key = api_key(account, Role.VIEWER)
        error = error_in(ask(key), 403)
        assert error == {"code": "accessDenied", "message": "Access denied, contact your administrator."}
        assert ask(key, "/rooms/for-viewers").status_code == 200

    def test_an_expired_one_is_refused(self, account: Account) -> None:
        key = api_key(account, expires_at=timezone.now() - dt.timedelta(seconds=1))
        assert error_in(ask(key), 401)["code"] == "tokenInvalid"
        assert ask(api_key(account, expires_at=timezone.now() + dt.timedelta(days=1))).status_code == 200

    @pytest.mark.parametrize(
        "change",
        [
            lambda key: key[:-1] + ("0" if key[-1] != "0" else "1"),
            lambda key: key.replace("$", ""),
            lambda key: key + "00",
            lambda key: "APIKey 99999" + key[key.index("$") :],
            lambda key: key[:6],
            lambda key: key.replace("APIKey", "Token"),
            lambda key: key.removeprefix("APIKey ").replace("$", ""),
            lambda key: key.replace("APIKey", "Basic"),
        ],
    )
    def test_a_wrong_one_is_refused_without_being_repeated(self, account: Account, change: Any) -> None:
        key = api_key(account)
        response = ask(change(key))
        error = error_in(response, 401)
        assert error["code"] == "tokenInvalid"
        assert key[-100:] not in response.content.decode()
        assert response.headers["WWW-Authenticate"] == WWW_AUTHENTICATE

    def test_none_is_refused_with_what_to_do(self, account: Account) -> None:
        del account
        for header in ("", "  "):
            response = ask(header)
            error = error_in(response, 401)
            assert error["code"] == "tokenMissing"
            assert "Authorization: APIKey" in error["hint"]
            assert response.headers["WWW-Authenticate"] == WWW_AUTHENTICATE

    def test_its_last_use_is_noted_once_a_minute(self, account: Account) -> None:
        key = api_key(account)
        assert last_use() is None
        ask(key)
        first = last_use()
        assert first is not None
        ask(key)
        assert last_use() == first
        ApiToken.objects.update(last_used_at=first - dt.timedelta(seconds=61))
        ask(key)
        again = last_use()
        assert again is not None
        assert again >= first


class TestPeople:
    def test_somebody_asks_for_their_only_account(self, account: Account) -> None:
        for role in (Role.OWNER, Role.ADMIN):
            user = person(f"ada{role}", account, role)
            assert ask(bearer(user)).json() == {"account": "Acme", "role": role}

    def test_a_viewer_of_recordings_may_nothing_else(self, account: Account) -> None:
        header = bearer(person("ada", account, Role.VIEWER))
        assert error_in(ask(header), 403)["code"] == "accessDenied"
        assert ask(header, "/rooms/for-viewers").status_code == 200

    def test_with_several_accounts_the_host_decides(self, account: Account, other_account: Account) -> None:
        user = person("ada", account)
        Membership.objects.create(user=user, account=other_account, role=Role.VIEWER)
        Domain.objects.create(account=account, host="acme.example")
        Domain.objects.create(account=other_account, host="zenith.example")
        header = bearer(user)
        assert ask(header, host="acme.example").json() == {"account": "Acme", "role": "owner"}
        seen = ask(header, "/rooms/for-viewers", host="zenith.example").json()
        assert seen == {"account": "Zenith", "role": "viewer"}
        assert error_in(ask(header, host="zenith.example"), 403)["code"] == "accessDenied"
        error = error_in(ask(header), 403)
        assert error["code"] == "accountUnclear"
        assert "domain" in error["hint"]

    def test_a_host_of_strangers_leads_to_ones_own_account(self, account: Account, other_account: Account) -> None:
        Domain.objects.create(account=other_account, host="zenith.example")
        assert ask(bearer(person("ada", account)), host="zenith.example").json()["account"] == "Acme"

    def test_who_has_no_account_is_refused(self, db: None) -> None:  # noqa: ARG002 - its tables
        assert error_in(ask(bearer(person("ada"))), 403)["code"] == "accessDenied"

    def test_the_operator_asks_for_the_hosts_account(self, account: Account) -> None:
        Domain.objects.create(account=account, host="acme.example")
        operator = User.objects.create_superuser("root", "", PASSWORD)
        header = bearer(operator)
        assert ask(header, host="acme.example").json() == {"account": "Acme", "role": "owner"}
        assert ask(header).json()["account"] == default_account().name

    def test_a_membership_that_is_gone_counts_at_once(self, account: Account) -> None:
        user = person("ada", account)
        header = bearer(user)
        Membership.objects.filter(user=user).delete()
        error_in(ask(header), 403)

    def test_a_changed_password_ends_all_tokens(self, account: Account) -> None:
        user = person("ada", account)
        header = bearer(user)
        user.set_password("another horse battery")
        user.save()
        assert error_in(ask(header), 401)["code"] == "tokenInvalid"

    @pytest.mark.parametrize("change", [{"is_active": False}, None])
    def test_who_is_deactivated_or_gone_is_refused(self, account: Account, change: dict[str, Any] | None) -> None:
        user = person("ada", account)
        header = bearer(user)
        if change is None:
            user.delete()
        else:
            User.objects.update(**change)
        assert error_in(ask(header), 401)["code"] == "tokenInvalid"

    def test_an_access_token_lasts_for_24_hours(self, account: Account) -> None:
        user = person("ada", account)
        now = timezone.now()
        assert ask(bearer(user, now - dt.timedelta(hours=23, minutes=59))).status_code == 200
        error = error_in(ask(bearer(user, now - dt.timedelta(hours=24, seconds=1))), 401)
        assert error["code"] == "tokenExpired"
        assert "/auth/jwt/refresh" in error["hint"]

    def test_a_refresh_token_is_no_access_token(self, account: Account) -> None:
        refresh = do_login(person("ada", account).username, PASSWORD, timezone.now()).refresh
        assert error_in(ask(f"Bearer {refresh}"), 401)["message"] == "This is no access token."


class TestTwoKindsOfTokens:
    """Participants' tokens and those of the Server API open different doors."""

    def test_a_participants_token_is_no_access_token(self, account: Account) -> None:
        user = person("ada", account)
        claims = jwt.decode(bearer(user).removeprefix("Bearer "), options={"verify_signature": False})
        SigningKey.objects.create(account=account, kid="k", algorithm="HS256", key=SECRET)
        token = mint({**claims, "roomId": "team42", "exp": int(time.time()) + 3600}, "HS256", SECRET)
        assert verify(token, keys_of(account), "team42")["sub"] == str(user.pk)
        assert error_in(ask(f"Bearer {token}"), 401)["code"] == "tokenInvalid"

    def test_an_access_token_is_no_participants_token(self, account: Account, settings: LazySettings) -> None:
        token = bearer(person("ada", account)).removeprefix("Bearer ")
        for secret in (SECRET, settings.SECRET_KEY):
            with pytest.raises(TokenRefusedError):
                verify(token, [check_key("HS256", secret)], "team42")

    def test_the_secret_key_itself_signs_neither(self, account: Account, settings: LazySettings) -> None:
        """A key that is used for two things could be tricked with one of them."""
        user = person("ada", account)
        claims = jwt.decode(bearer(user).removeprefix("Bearer "), options={"verify_signature": False})
        forged = jwt.encode(claims, settings.SECRET_KEY, "HS256")
        assert error_in(ask(f"Bearer {forged}"), 401)["code"] == "tokenInvalid"

    @pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
    @pytest.mark.parametrize("algorithm", ["none", "HS384"])
    def test_the_algorithm_is_ours(self, account: Account, settings: LazySettings, algorithm: str) -> None:
        token = bearer(person("ada", account)).removeprefix("Bearer ")
        claims = jwt.decode(token, options={"verify_signature": False})
        key = tokens._key(settings.SECRET_KEY) if algorithm != "none" else ""
        forged = jwt.encode(claims, key, algorithm)
        assert error_in(ask(f"Bearer {forged}"), 401)["code"] == "tokenInvalid"

    def test_another_audience_is_refused(self, account: Account, settings: LazySettings) -> None:
        token = bearer(person("ada", account)).removeprefix("Bearer ")
        claims = jwt.decode(token, options={"verify_signature": False}) | {"aud": "somebody else"}
        forged = jwt.encode(claims, tokens._key(settings.SECRET_KEY), "HS256")
        assert error_in(ask(f"Bearer {forged}"), 401)["code"] == "tokenInvalid"

    def test_an_older_secret_key_still_counts(self, account: Account, settings: LazySettings) -> None:
        header = bearer(person("ada", account))
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "the next secret key of this installation"
        assert ask(header).status_code == 200
        settings.SECRET_KEY_FALLBACKS = []
        assert error_in(ask(header), 401)["code"] == "tokenInvalid"
