"""What the admin's page of retention tells and changes, and that what it tells is what the next run does."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from meet.accounts.models import AuditEvent, Incident, Retention, Role
from meet.accounts.retention import days_of, forget_incidents
from meet.privacy import retention
from meet.privacy.retention import OWN, losses, rows_of, rows_of_all
from recording.jobs.retention import delete_old_tracks
from recording.models import Recording
from rooms.webhooks.models import Delivery, State
from rooms.webhooks.pruning import prune as prune_deliveries
from stats.models import Sample, Session
from stats.retention import prune_sessions
from stats.sampling import prune_samples
from tests.meet.conftest import client_build as client_build  # noqa: PLC0414 - a fixture
from tests.meet.personas import Household, household, member, operator

if TYPE_CHECKING:
    from meet.accounts.models import Account

pytestmark = [pytest.mark.usefixtures("client_build"), pytest.mark.django_db]
PAGE = "/admin/retention/"
DAY = dt.timedelta(days=1)
AS_BEFORE = {
    "statistics_days": "",
    "sample_days": "",
    "delivery_days": "",
    "incident_days": "",
    "keep_tracks_days": "30",
}


@pytest.fixture
def acme() -> Household:
    made = household("acme")
    Retention.objects.all().delete()
    return made


def old(account: Account, days: int) -> None:
    """One of each kind, so many days old."""
    at = timezone.now() - days * DAY
    Session.objects.create(account=account, room_id="r", peer_id="p", joined_at=at, marked_at=at, left_at=at)
    Sample.objects.create(
        account=account, room_id=f"r{days}", peer_id="p", direction="up", at=at, seconds=30, participants=1, troubled=0
    )
    endpoint = account.endpoints.first()
    assert endpoint is not None
    finished: dict[str, Any] = {"state": State.DELIVERED, "due_at": None, "finished_at": at, "happened_at": at}
    Delivery.objects.create(endpoint=endpoint, room_id="r", kind="joinPeer", body="{}", **finished)
    Incident.objects.create(account=account, kind=f"k{days}", message="x", first_at=at, last_at=at)
    Recording.objects.create(
        account=account, room_id="r", node="serv0", folder=f"{account.pk}-{days}", started_at=at - DAY, ended_at=at
    )


def prune_all(setting: int) -> None:
    """What workers and composers do each hour."""
    now = timezone.now()
    prune_sessions(now, setting)
    prune_samples(now, setting)
    prune_deliveries(now, setting)
    forget_incidents(now, setting)
    delete_old_tracks("serv0", now)


def counts(account: Account) -> list[int]:
    return [kind.everything().filter(**{kind.path: account}).count() for kind in OWN.values()]


def save(client: Client, account: Account, **fields: str) -> Any:
    return client.post(PAGE, {"account": account.pk, **AS_BEFORE, **fields}, follow=True)


@pytest.mark.parametrize(
    ("setting", "wanted", "kept"), [(30, None, 30), (30, 7, 7), (30, 60, 30), (0, 7, 7), (0, None, 0)]
)
def test_an_account_keeps_things_for_a_shorter_time_than_the_setting_and_never_longer(
    setting: int, wanted: int | None, kept: int
) -> None:
    assert days_of(setting, wanted) == kept


def test_what_the_page_says_goes_is_what_the_next_run_deletes(acme: Household) -> None:
    zebra = household("zebra")
    Retention.objects.all().delete()
    for household_ in (acme, zebra):
        for model in (Session, Sample, Delivery, Incident, Recording):
            path = "endpoint__account" if model is Delivery else "account"
            model._base_manager.filter(**{path: household_.account}).delete()
        for days in (10, 50, 1000):
            old(household_.account, days)
    Retention.objects.create(
        account=acme.account, statistics_days=20, sample_days=20, delivery_days=20, incident_days=20
    )
    due = {row.kind.field: row.due for row in rows_of(acme.account, timezone.now())}
    assert [due[field] for field in OWN] == [2] * 5
    prune_all(500)
    assert counts(acme.account) == [1] * 5
    assert counts(zebra.account) == [2, 2, 2, 2, 1]
    prune_all(0)
    assert counts(zebra.account)[0] == 2


def test_the_page_names_settings_and_numbers(acme: Household) -> None:
    old(acme.account, 1000)
    page = member(acme.account, Role.OWNER).get(PAGE).content.decode()
    for text in ("MEET_STATISTICS_DAYS", "400 days", "MEET_AUDIT_DAYS", "this account", "Next run deletes"):
        assert text in page, text
    sessions = rows_of(acme.account, timezone.now())[0]
    assert (sessions.source, sessions.days, sessions.due_shown) == ("MEET_STATISTICS_DAYS", 400, "1")


def test_what_deletes_something_wants_a_second_word_with_numbers(acme: Household) -> None:
    for days in (20, 30, 40):
        old(acme.account, days)
    owner = member(acme.account, Role.OWNER)
    asked = save(owner, acme.account, statistics_days="25").content.decode()
    assert "<strong>2</strong> sessions" in asked
    assert "kept for 25 days instead of 400" in asked
    assert not Retention.objects.exists()
    assert (
        "Saved. What is older goes within an hour"
        in save(owner, acme.account, statistics_days="25", confirmed="yes").content.decode()
    )
    assert Retention.objects.get().statistics_days == 25
    event = AuditEvent.objects.filter(account=acme.account, what__startswith="retention").get()
    assert event.what == "retention, sessions: 25 days instead of as the setting says"
    # Undone before the next run, nothing is lost.
    assert "Saved." in save(owner, acme.account).content.decode()
    prune_sessions(timezone.now(), 400)
    assert Session.objects.filter(peer_id="p").count() == 3


def test_what_deletes_nothing_is_saved_at_once(acme: Household) -> None:
    owner = member(acme.account, Role.ADMIN)
    assert "Saved." in save(owner, acme.account, incident_days="300", keep_tracks_days="40").content.decode()
    acme.account.refresh_from_db()
    assert (Retention.objects.get().incident_days, acme.account.keep_tracks_days) == (300, 40)
    assert (
        "Nothing was changed" in save(owner, acme.account, incident_days="300", keep_tracks_days="40").content.decode()
    )


@pytest.mark.parametrize(
    ("field", "text"),
    [("statistics_days", text) for text in ("0", "-1", "1.5", "soon", "3651", "9" * 40, "\u0663")]
    + [("keep_tracks_days", text) for text in ("", "3651", "x")],
)
def test_what_is_no_number_of_days_changes_nothing(acme: Household, field: str, text: str) -> None:
    page = save(member(acme.account, Role.OWNER), acme.account, **{field: text}, confirmed="yes").content.decode()
    assert "Nothing was saved." in page
    assert not Retention.objects.exists()


def test_more_than_is_counted_is_asked_about_too(acme: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "MAX_COUNTED", 1)
    for days in (500, 600, 700):
        old(acme.account, days)
    (loss,) = losses(
        acme.account, {**dict.fromkeys(OWN), "keep_tracks_days": 30, "statistics_days": 100}, timezone.now()
    )
    assert loss.shown == "more than 1"


def test_strangers_viewers_and_other_accounts_see_and_change_nothing(acme: Household) -> None:
    zebra = household("zebra")
    Retention.objects.all().delete()
    owner = member(zebra.account, Role.OWNER)
    assert owner.get(f"{PAGE}?account={acme.account.pk}").status_code == 404
    assert save(owner, acme.account, statistics_days="1", confirmed="yes").status_code == 404
    assert member(acme.account, Role.VIEWER).get(PAGE).status_code == 403
    assert Client().get(PAGE).status_code == 302
    assert not Retention.objects.exists()
    for asked in ("x", "999999", "9" * 30):
        assert owner.get(f"{PAGE}?account={asked}").status_code == 404
    assert PAGE in owner.get("/admin/").content.decode()


def test_the_operator_sees_the_installation_and_changes_accounts_one_by_one(acme: Household) -> None:
    old(acme.account, 1000)
    Retention.objects.create(account=acme.account, delivery_days=3)
    client = operator()
    page = client.get(PAGE).content.decode()
    assert "The whole installation" in page
    assert "1 account shorter" in page
    assert rows_of_all(timezone.now())[0].due == 1
    assert client.post(PAGE, {**AS_BEFORE, "confirmed": "yes"}).status_code == 404
    assert "Saved." in save(client, acme.account, delivery_days="4", confirmed="yes").content.decode()
