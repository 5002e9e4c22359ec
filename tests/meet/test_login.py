"""Logging in to the admin: how often a password may be tried, and what the audit trail tells about it."""

from __future__ import annotations

import datetime as dt
import io
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.utils import timezone

from meet.accounts import audit
from meet.accounts.audit import Actor, note, prune
from meet.accounts.models import Account, AuditEvent, Role
from meet.api.throttling import LOGINS
from tests.meet.personas import NOW, Household, browser, household, member, operator
from tests.password import PASSWORD

if TYPE_CHECKING:
    from django.conf import LazySettings

Action = AuditEvent.Action


@pytest.fixture
def acme(db: None) -> Household:  # noqa: ARG001 - its tables
    return household("acme")


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time stands still, so that no test depends on how quick the machine is."""
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)


def log_in(username: str, password: str, address: str = "192.0.2.1", client: Client | None = None) -> Any:
    body = {"username": username, "password": password}
    return (client or Client()).post("/admin/login/?next=/admin/", body, REMOTE_ADDR=address)


def trail(**filters: Any) -> list[tuple[str, str, str, str]]:
    events = AuditEvent.objects.filter(at__gt=NOW, **filters) | AuditEvent.objects.filter(at__lt=NOW, **filters)
    return [(event.action, event.actor, event.address, event.what) for event in events.order_by("pk")]


class TestLimit:
    def test_a_name_can_be_tried_so_often_from_anywhere(self, acme: Household) -> None:
        del acme
        answers = [log_in("acmeperson", "wrong", f"192.0.2.{number}") for number in range(LOGINS.requests + 5)]
        assert [answer.status_code for answer in answers] == [200] * LOGINS.requests + [429] * 5
        refused = log_in("acmeperson", PASSWORD, "198.51.100.1")
        assert refused.status_code == 429, "the right password does not count either"
        assert 1 <= int(refused.headers["Retry-After"]) <= LOGINS.period_s
        assert "Too many passwords have been tried. Wait" in refused.content.decode()

    def test_strangers_keep_nobody_out_where_they_have_logged_in_before(self, acme: Household) -> None:
        del acme
        assert log_in("acmeperson", PASSWORD, "198.51.100.1").status_code == 302
        for number in range(LOGINS.requests * 2):
            log_in("acmeperson", "wrong", f"192.0.2.{number}")
        assert log_in("acmeperson", PASSWORD, "198.51.100.2").status_code == 429
        tried = [log_in("acmeperson", "wrong", "198.51.100.1").status_code for _ in range(3)]
        assert tried == [200] * 3
        assert log_in("acmeperson", PASSWORD, "198.51.100.1").status_code == 302
        address, headers = "/auth/jwt/login", {"REMOTE_ADDR": "198.51.100.1"}
        body = {"username": "acmeperson", "password": PASSWORD}
        assert Client().post(address, body, content_type="application/json", **headers).status_code == 200  # type: ignore[arg-type]
        for _ in range(LOGINS.requests):
            refused = log_in("acmeperson", "wrong", "198.51.100.1").status_code
        assert refused == 429

    def test_an_address_can_try_so_often(self, acme: Household) -> None:
        answers = [log_in(f"somebody{number}", "wrong") for number in range(LOGINS.requests + 1)]
        assert answers[-1].status_code == 429
        assert log_in("acmeperson", PASSWORD, "192.0.2.2").status_code == 302
        del acme

    def test_what_is_one_too_many_costs_no_look_at_a_password(
        self, acme: Household, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        del acme
        looked: list[str] = []

        def check_password(user: User, _password: str) -> bool:
            looked.append(user.username)
            return False

        monkeypatch.setattr(User, "check_password", check_password)
        for _ in range(LOGINS.requests + 20):
            log_in("acmeperson", "wrong")
        assert len(looked) == LOGINS.requests

    def test_tries_at_the_server_api_count_as_well(self, acme: Household) -> None:
        del acme
        for number in range(LOGINS.requests):
            body = {"username": "acmeperson", "password": "wrong"}
            Client().post("/auth/jwt/login", body, "application/json", REMOTE_ADDR=f"192.0.2.{number}")
        assert log_in("acmeperson", PASSWORD, "198.51.100.1").status_code == 429

    def test_the_old_password_can_be_tried_so_often_by_who_wants_another(self, acme: Household) -> None:
        client = member(acme.account, Role.ADMIN)
        body = {"old_password": "wrong", "new_password1": "n" * 12, "new_password2": "n" * 12}
        answers = [client.post("/admin/password_change/", body) for _ in range(LOGINS.requests + 1)]
        assert [answer.status_code for answer in answers] == [200] * LOGINS.requests + [429]

    def test_a_form_that_is_not_filled_in_counts_for_nothing(self, acme: Household) -> None:
        del acme
        assert {log_in("acmeperson", "").status_code for _ in range(LOGINS.requests + 5)} == {200}
        assert log_in("acmeperson", PASSWORD).status_code == 302


class TestTrail:
    def test_logins_are_told_to_the_account_with_name_and_address(self, acme: Household) -> None:
        client = Client()
        log_in("acmeperson", "wrong", client=client)
        log_in("acmeperson", PASSWORD, client=client)
        client.post("/admin/logout/", REMOTE_ADDR="192.0.2.1")
        expected = [
            (action, "acmeperson", "192.0.2.1", "the admin")
            for action in (Action.LOGIN_FAILED, Action.LOGIN, Action.LOGOUT)
        ]
        assert trail(account=acme.account) == expected

    def test_logins_at_the_server_api_too(self, acme: Household) -> None:
        def post(name: str, body: dict[str, str]) -> Any:
            return Client().post(f"/auth/jwt/{name}", body, "application/json", REMOTE_ADDR="192.0.2.1")

        post("login", {"username": "acmeperson", "password": "wrong"})
        tokens = post("login", {"username": "acmeperson", "password": PASSWORD}).json()
        post("logout", {"refresh": tokens["refresh"]})
        expected = [
            (action, "acmeperson", "192.0.2.1", "the Server API")
            for action in (Action.LOGIN_FAILED, Action.LOGIN, Action.LOGOUT)
        ]
        assert trail(account=acme.account) == expected

    def test_a_name_that_nobody_has_is_the_operators_to_see(self, acme: Household) -> None:
        log_in("no\x1bbody", "wrong")
        name = "no\N{REPLACEMENT CHARACTER}body"
        assert trail(account=None) == [(Action.LOGIN_FAILED, name, "192.0.2.1", "the admin")]
        assert AuditEvent.objects.filter(account=acme.account).count() == 1, "the one that was there"
        owner = browser(User.objects.get(username="acmeperson"))
        (event,) = AuditEvent.objects.filter(account=None)
        assert owner.get(f"/admin/accounts/auditevent/{event.pk}/change/").status_code == 404
        assert operator().get(f"/admin/accounts/auditevent/{event.pk}/change/").status_code == 200

    def test_changes_name_the_fields_and_not_what_is_in_them(self, acme: Household) -> None:
        owner = browser(User.objects.get(username="acmeperson"))
        key = "k" * 40
        owner.post("/admin/accounts/signingkey/add/", {"account": acme.account.pk, "key": key, "kid": "mine"})
        owner.post(
            "/admin/accounts/apitoken/add/", {"account": acme.account.pk, "name": "Recorder", "role": Role.ADMIN}
        )
        (token,) = acme.account.api_tokens.filter(name="Recorder")
        owner.post(f"/admin/accounts/apitoken/{token.pk}/delete/", {"post": "yes"})
        told = trail(account=acme.account)
        assert [(action, what) for action, _, _, what in told] == [
            (Action.ADDED, "signing key mine (HS256)"),
            (Action.ADDED, "API token Recorder"),
            (Action.DELETED, "API token Recorder"),
        ]
        assert {(actor, address) for _, actor, address, _ in told} == {("acmeperson", "127.0.0.1")}
        assert key not in str(told)

    def test_roles_options_and_domains(self, acme: Household) -> None:
        owner = browser(User.objects.get(username="acmeperson"))
        member(acme.account, Role.ADMIN, "bo")
        (bo,) = acme.account.memberships.filter(user__username="bo")
        owner.post(f"/admin/accounts/membership/{bo.pk}/change/", {"role": Role.VIEWER})
        page = f"/admin/accounts/account/{acme.account.pk}/change/"
        form = owner.get(page).context["adminform"].form
        body = {name: form[name].value() or "" for name in form.fields if name != "logo"}
        domains = {"domains-TOTAL_FORMS": 2, "domains-INITIAL_FORMS": 1, "domains-0-host": "acme.example"}
        domains |= {"domains-0-id": acme.account.domains.get().pk, "domains-0-account": acme.account.pk}
        domains |= {"domains-1-host": "new.example", "domains-1-account": acme.account.pk}
        assert owner.post(page, body | domains | {"jwt_required": "on"}).status_code == 302
        first, second = trail(account=acme.account)
        assert first[3] == "person bo: viewer of recordings. Changed Role."
        assert second[3].startswith("account acme name. ")
        assert "new.example" in second[3]
        assert "okens required" in second[3]

    def test_an_account_that_is_deleted_is_not_forgotten(self, acme: Household) -> None:
        name = acme.account.name
        acme.account.videos.all().delete()
        assert operator().post(f"/admin/accounts/account/{acme.account.pk}/delete/", {"post": "yes"}).status_code == 302
        assert not Account.objects.filter(name=name).exists()
        assert [(action, what) for action, _, _, what in trail(account=None)] == [(Action.DELETED, f"account {name}")]

    def test_what_commands_do(self, db: None) -> None:
        del db
        call_command("create_account", "Zenith")
        call_command("create_user", "Zenith", "zoe")
        call_command("add_domain", "Zenith", "zenith.example")
        call_command("create_api_token", "Zenith", "robot")
        call_command("add_key", "Zenith", "--generate", "--kid", "one")
        call_command("rotate_key", "Zenith", "--generate", "--kid", "two")
        assert [what for _, _, _, what in trail(account__name="Zenith", actor="manage.py")] == [
            "account Zenith",
            "person zoe: owner",
            "domain zenith.example",
            "API token robot",
            "signing key one (HS256)",
            "signing key two (HS256); all others retire",
        ]

    def test_nobody_changes_it(self, acme: Household) -> None:
        (event,) = acme.account.audit_events.all()
        for client in (browser(User.objects.get(username="acmeperson")), operator()):
            assert client.get("/admin/accounts/auditevent/add/").status_code == 403
            assert client.post(f"/admin/accounts/auditevent/{event.pk}/delete/", {"post": "yes"}).status_code == 403
            client.post(f"/admin/accounts/auditevent/{event.pk}/change/", {"what": "nothing"})
        assert acme.account.audit_events.get().what == "acme key"

    def test_what_is_old_goes(self, acme: Household, monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> None:
        monkeypatch.setattr(audit, "MAX_OF_A_KIND", 2)
        for number in range(5):
            note(Action.LOGIN_FAILED, Actor(f"somebody{number}"), "the admin", NOW)
        prune(NOW)
        assert [actor for _, actor, _, _ in _all()] == ["acmeperson", "somebody3", "somebody4"]
        prune(NOW + (settings.CONFIG.audit_days + 1) * dt.timedelta(days=1))
        assert _all() == []
        del acme


def _all() -> list[tuple[str, str, str, str]]:
    return [(event.action, event.actor, event.address, event.what) for event in AuditEvent.objects.order_by("pk")]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class TestFirstAdministrator:
    def test_the_name_can_be_chosen_and_a_terminal_shows_the_password(self, db: None) -> None:
        del db
        terminal = Terminal()
        call_command("setup", name="ada", stdout=terminal)
        assert "name ada, password" in terminal.getvalue()
        assert User.objects.get().username == "ada"

    def test_a_name_that_none_can_have_is_refused(self, db: None) -> None:
        del db
        with pytest.raises(CommandError, match="valid username"):
            call_command("setup", name="a b")
        assert not User.objects.exists()
