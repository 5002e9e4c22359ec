"""A new password by e-mail, where the operator has set e-mail up."""

from __future__ import annotations

import datetime as dt
import re
import smtplib
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest
from django.contrib.auth import authenticate
from django.core import mail
from django.test import Client
from django.utils import timezone

from meet.accounts import resets
from meet.accounts.models import AuditEvent, ResetMail
from meet.accounts.tasks import dispatch_mail, send_mail
from meet.config import Config
from meet.email import email_settings
from meet.leases import LEASE
from meet.views.reset import RESETS
from tests.meet.personas import Household, browser, household
from tests.password import PASSWORD

if TYPE_CHECKING:
    from django.conf import LazySettings

    from meet.leases import Lease

ASK = "/admin/password_reset/"
NEW = "a new horse battery"


@pytest.fixture
def acme(db: None, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Household:
    """What workers do is done at once, at a time that stands still."""
    del db
    settings.CONFIG = replace(settings.CONFIG, email_url="smtp://mail.example", email_from="meet@example.org")

    def at_once(lease: Lease, *, retry: bool) -> None:
        assert not retry
        send_mail(*lease)

    monkeypatch.setattr(send_mail, "apply_async", at_once)
    monkeypatch.setattr(resets, "wake", lambda _work: dispatch_mail())
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    return household("acme")


def ask(email: str, address: str = "192.0.2.1") -> Any:
    return Client().post(ASK, {"email": email}, follow=True, REMOTE_ADDR=address)


def link() -> str:
    found = re.search(r"http://testserver(/\S+)", str(mail.outbox[-1].body))
    assert found is not None
    return found[1]


def test_a_link_is_sent_and_counts_once(acme: Household) -> None:
    assert "Forgotten your password?" in Client().get("/admin/login/").content.decode()
    old = browser(acme.account.memberships.get().user)
    assert "Look into your mailbox" in ask("acme@example.org").content.decode()
    (message,) = mail.outbox
    assert (message.to, message.from_email) == (["acme@example.org"], "meet@example.org")
    assert message.subject == "A new password for testserver"
    client, path = Client(), link()
    form = client.get(path, follow=True)
    assert "New password" in form.content.decode()
    weak = client.post(form.redirect_chain[-1][0], {"new_password1": "short", "new_password2": "short"})
    assert "too short" in weak.content.decode()
    kept = client.post(form.redirect_chain[-1][0], {"new_password1": NEW, "new_password2": NEW})
    assert (kept.status_code, kept.headers["Location"]) == (302, "/admin/login/")
    assert authenticate(username="acmeperson", password=NEW) is not None
    assert old.get("/admin/").status_code == 302, "who came with the old password is out"
    event = AuditEvent.objects.get(account=acme.account, action="password")
    assert (event.actor, event.what) == ("acmeperson", "their own, by e-mail")
    assert "has been used" in Client().get(path, follow=True).content.decode()


@pytest.mark.parametrize("host", ["evil.example", "meet.example.org:4444", "evil.example:443"])
def test_a_link_leads_to_the_operators_host_whatever_host_was_asked(
    acme: Household, settings: LazySettings, host: str
) -> None:
    acme.account.domains.create(host="evil.example")
    settings.CONFIG = replace(settings.CONFIG, allowed_hosts="meet.example.org,other.example.org")
    Client().post(ASK, {"email": "acme@example.org"}, HTTP_HOST=host)
    assert re.findall(r"https?://([^/]+)/", str(mail.outbox[-1].body)) == ["meet.example.org"]


def test_nobody_learns_whether_somebody_has_an_address(acme: Household) -> None:
    del acme
    known, unknown = (ask(email).content.decode() for email in ("acme@example.org", "nobody@example.org"))
    assert re.sub(r'value="\w+"', "", known) == re.sub(r'value="\w+"', "", unknown)
    assert len(mail.outbox) == 1


def test_an_address_is_written_to_and_asks_a_few_times_an_hour(acme: Household) -> None:
    del acme
    answers = [ask("acme@example.org", f"192.0.2.{number}") for number in range(RESETS.requests + 1)]
    assert [answer.status_code for answer in answers] == [200] * RESETS.requests + [429]
    assert len(mail.outbox) == RESETS.requests
    answers = [ask(f"somebody{number}@example.org", "198.51.100.1") for number in range(RESETS.requests + 1)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0


class TestMailServer:
    """Links wait in the database until the mail server has taken them."""

    NOW: Final = timezone.now()

    @pytest.fixture(autouse=True)
    def asked(self, acme: Household, monkeypatch: pytest.MonkeyPatch) -> None:
        del acme
        monkeypatch.setattr(resets, "wake", lambda _work: None)
        resets.do_ask("acme@example.org", "testserver", self.NOW, secure=False)

    def test_what_a_killed_worker_was_to_send_is_sent_by_another_one(self) -> None:
        (of_the_dead,) = resets.lease_due(self.NOW)
        assert resets.lease_due(self.NOW) == []
        later = self.NOW + LEASE + dt.timedelta(seconds=1)
        (lease,) = resets.lease_due(later)
        resets.do_send(of_the_dead, later)
        assert mail.outbox == []
        resets.do_send(lease, later)
        resets.do_send(lease, later)
        assert [message.to for message in mail.outbox] == [["acme@example.org"]]
        assert not ResetMail.objects.exists()

    def test_a_mail_server_that_is_away_is_tried_again_for_an_hour(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: Any) -> None:
            raise smtplib.SMTPServerDisconnected

        with monkeypatch.context() as away:
            away.setattr(resets, "_send", refuse)
            resets.do_send(resets.lease_due(self.NOW)[0], self.NOW)
        assert resets.lease_due(self.NOW) == []
        (lease,) = resets.lease_due(self.NOW + resets.AGAIN)
        resets.do_send(lease, self.NOW + resets.AGAIN)
        assert len(mail.outbox) == 1
        resets.do_ask("acme@example.org", "testserver", self.NOW, secure=False)
        assert resets.lease_due(self.NOW + resets.KEPT + resets.AGAIN) == []
        assert not ResetMail.objects.exists()


def test_without_e_mail_there_is_no_such_page(acme: Household, settings: LazySettings) -> None:
    del acme
    settings.CONFIG = Config()
    assert ask("acme@example.org").status_code == 404
    assert Client().get("/admin/password_reset/MQ/abc-def/").status_code == 404
    assert "Forgotten" not in Client().get("/admin/login/").content.decode()
    assert mail.outbox == []
    assert authenticate(username="acmeperson", password=PASSWORD) is not None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://u%40x:p%3Aw@mail.example", ("mail.example", 587, "u@x", "p:w", False, True)),
        ("smtps://mail.example", ("mail.example", 465, "", "", True, False)),
        ("smtp://localhost:25", ("localhost", 25, "", "", False, False)),
    ],
)
def test_the_server_is_one_address(url: str, expected: tuple[Any, ...]) -> None:
    found = email_settings(url)
    names = ("HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_SSL", "USE_TLS")
    assert tuple(found[f"EMAIL_{name}"] for name in names) == expected
