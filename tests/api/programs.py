"""Programs that call the Server API for an account, and the people who log in for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from meet.accounts.api_tokens import equip, text_of
from meet.accounts.models import Account, ApiToken, Membership, Role
from meet.api.logins import do_login
from tests.password import PASSWORD

if TYPE_CHECKING:
    import datetime as dt


def api_key(account: Account, role: Role = Role.ADMIN, expires_at: dt.datetime | None = None) -> str:
    """A new permanent token, as the header has it."""
    token = ApiToken(account=account, name="test", role=role, expires_at=expires_at)
    equip(token)
    token.save()
    return f"APIKey {text_of(token)}"


def person(name: str, account: Account | None = None, role: Role = Role.OWNER) -> User:
    """Somebody, with a role in an account or none."""
    user = User.objects.create_user(name, f"{name}@example.org", PASSWORD)
    if account is not None:
        Membership.objects.create(user=user, account=account, role=role)
    return user


def bearer(user: User, now: dt.datetime | None = None) -> str:
    """The header of somebody who has logged in, now or then."""
    return f"Bearer {do_login(user.username, PASSWORD, now or timezone.now()).access}"


class Program(Client):
    """Django's test client, but what is posted without data has no body, where Django sends an empty form."""

    def post(self, *arguments: Any, **more: Any) -> Any:
        """Post something to a path, or nothing."""
        if len(arguments) > 1 or "data" in more:
            return super().post(*arguments, **more)
        return self.generic("POST", *arguments, **more)


def program(authorization: str = "", **headers: str) -> Client:
    """Something that sends this header with each request."""
    sent = {"Authorization": authorization} if authorization else {}
    return Program(headers={**sent, **headers})


def error_in(response: Any, status: int) -> dict[str, Any]:
    """An answer's error, which is as all errors are."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/json"
    body = response.json()
    assert set(body) == {"error"}
    error: dict[str, Any] = body["error"]
    assert set(error) <= {"code", "message", "hint", "data"}
    assert error["message"].endswith(".")
    return error
