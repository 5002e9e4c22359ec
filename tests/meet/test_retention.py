"""What is kept for a time goes when that is over, in batches; for ever where the operator wants it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User

from meet.accounts.audit import prune as prune_audit
from meet.accounts.models import AuditEvent, Incident
from meet.accounts.retention import forget_incidents
from meet.config import Config
from rooms.webhooks.models import Delivery
from rooms.webhooks.pruning import prune as prune_deliveries
from stats.models import DailyUsage, Session
from stats.retention import prune_sessions
from tests.meet.personas import NOW, Household, household, operator

if TYPE_CHECKING:
    from django.conf import LazySettings

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def acme() -> Household:
    return household("acme")


def test_sessions_go_but_not_those_that_last_nor_the_sums_of_days(acme: Household) -> None:
    Session.objects.all().delete()
    for number in range(7):
        times: dict[str, Any] = {"joined_at": NOW - 12 * DAY, "marked_at": NOW - 11 * DAY}
        Session.objects.create(account=acme.account, room_id="r", peer_id=str(number), left_at=NOW - 11 * DAY, **times)
    Session.objects.create(account=acme.account, room_id="r", peer_id="stays", joined_at=NOW - 90 * DAY, marked_at=NOW)
    recent = {"joined_at": NOW - 12 * DAY, "marked_at": NOW - 9 * DAY, "left_at": NOW - 9 * DAY}
    Session.objects.create(account=acme.account, room_id="r", peer_id="recent", **recent)
    prune_sessions(NOW, 0)
    assert Session.objects.count() == 9
    prune_sessions(NOW, 10, batch=3)
    assert set(Session.objects.values_list("peer_id", flat=True)) == {"stays", "recent"}
    assert DailyUsage.objects.exists()


def test_incidents_go_after_they_last_happened(acme: Household) -> None:
    assert acme
    forget_incidents(NOW + 400 * DAY, 0)
    forget_incidents(NOW + 9 * DAY, 10)
    assert Incident.objects.exists()
    forget_incidents(NOW + 11 * DAY, 10)
    assert not Incident.objects.exists()


def test_the_audit_trail_and_the_admins_history_stay_for_ever_with_0(acme: Household, settings: LazySettings) -> None:
    user = User.objects.get(username="acmeperson")
    LogEntry.objects.create(user=user, action_time=NOW, object_repr="x", action_flag=CHANGE, change_message="")
    settings.CONFIG = Config(audit_days=0)
    prune_audit(NOW + 4000 * DAY)
    assert (AuditEvent.objects.count(), LogEntry.objects.count()) == (1, 1)
    settings.CONFIG = Config(audit_days=10)
    prune_audit(NOW + 11 * DAY)
    assert (AuditEvent.objects.count(), LogEntry.objects.count()) == (0, 0)
    assert acme


def test_deliveries_stay_for_ever_with_0(acme: Household) -> None:
    assert acme
    Delivery.objects.update(finished_at=NOW)
    prune_deliveries(NOW + 4000 * DAY, 0)
    assert Delivery.objects.exists()
    prune_deliveries(NOW + 11 * DAY, 10)
    assert not Delivery.objects.exists()


def test_lists_say_for_how_long(settings: LazySettings) -> None:
    browser = operator()
    settings.CONFIG = Config(statistics_days=400, delivery_days=1, incident_days=0)
    assert "Kept for 400 days (<code>MEET_STATISTICS_DAYS</code>)" in _page(browser, "stats/session")
    assert "Kept for 1 day (<code>MEET_DELIVERY_DAYS</code>)" in _page(browser, "webhooks/delivery")
    assert "Kept for ever (<code>MEET_INCIDENT_DAYS</code> is 0)" in _page(browser, "accounts/incident")
    assert "Kept for 365 days (<code>MEET_AUDIT_DAYS</code>)" in _page(browser, "accounts/auditevent")
    assert "Kept for" not in _page(browser, "accounts/signingkey")


def _page(browser: Any, name: str) -> str:
    response = browser.get(f"/admin/{name}/")
    assert response.status_code == 200
    return " ".join(response.content.decode().split())
