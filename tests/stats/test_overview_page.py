"""The admin's first page: whose account it shows to whom, and that its numbers and links are true."""

from __future__ import annotations

import datetime as dt
import html
import re
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meet.accounts.hosts import default_account
from meet.accounts.models import Account, Domain, Incident, Role
from meet.run.failing import Failing, note
from rooms.webhooks.models import Delivery, Endpoint
from stats.models import Session
from stats.overview.days import DaySums, bounds
from stats.overview.page import Day, figures, plots, rows
from tests.meet.personas import browser, member, operator

if TYPE_CHECKING:
    from pathlib import Path

    from django.conf import LazySettings

HOUR = dt.timedelta(hours=1)
NOON = dt.timedelta(hours=12)
TODAY = timezone.now().astimezone(dt.UTC).date()
YESTERDAY = TODAY - dt.timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Account:
    """An account in which two people met yesterday at noon for an hour, one of whom was cut off."""
    account = Account.objects.create(name="Acme")
    noon = bounds(YESTERDAY)[0] + NOON
    for name, lost in (("ada", False), ("bob", True)):
        Session.objects.create(
            account=account,
            room_id="lobby",
            peer_id=name,
            display_name=name,
            joined_at=noon,
            marked_at=noon + HOUR,
            left_at=noon + HOUR,
            interrupted=lost,
        )
    return account


def text_of(page: Any) -> str:
    """What is read on a page, with single spaces."""
    assert page.status_code == 200
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page.content.decode())))


def links(page: Any, inside: str) -> list[str]:
    """The addresses of links whose words are these."""
    found = re.findall(r'<a [^>]*?href="([^"]+)"[^>]*>(.*?)</a>', page.content.decode(), re.DOTALL)
    return [html.unescape(address) for address, words in found if inside in words]


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN])
def test_owners_and_admins_see_their_account(acme: Account, role: Role) -> None:
    page = member(acme, role).get("/admin/")
    text = text_of(page)
    assert "Participant minutes 120 min in 30 days" in text
    assert "Most people at once 2 people" in text
    assert "Failures 1 1 session cut off" in text


def test_who_may_only_look_at_recordings_sees_no_account(acme: Account) -> None:
    viewer = member(acme, Role.VIEWER)
    for query in ("", f"?account={acme.pk}"):
        page = viewer.get(f"/admin/{query}")
        assert (page.status_code, page.headers["Location"]) == (302, "/recordings/")
    nobody = browser(User.objects.create_user("nobody", is_staff=True))
    text = text_of(nobody.get("/admin/"))
    assert "Participant minutes" not in text
    assert "Only owners and admins" in text
    assert nobody.get(f"/admin/?account={acme.pk}").status_code == 404


def test_a_page_asks_few_questions_of_the_database(acme: Account) -> None:
    # Each entry of the menu depends on roles, which are looked up once.
    client = member(acme, Role.OWNER)
    client.get("/admin/")
    with CaptureQueriesContext(connection) as asked:
        client.get("/admin/")
    assert sum("accounts_membership" in query["sql"] for query in asked.captured_queries) < 15


def test_strangers_find_no_such_account(acme: Account) -> None:
    stranger = member(Account.objects.create(name="Other"), Role.OWNER)
    unknown = stranger.get("/admin/?account=999999")
    theirs = stranger.get(f"/admin/?account={acme.pk}")
    assert theirs.status_code == unknown.status_code == 404
    assert "Acme" not in text_of(stranger.get("/admin/"))
    assert Client().get(f"/admin/?account={acme.pk}").status_code == 302


@pytest.mark.parametrize("wanted", ["x", "-1", "9" * 30, "²", "1.5"])
def test_what_is_no_account_is_not_found(acme: Account, wanted: str) -> None:
    assert member(acme, Role.OWNER).get("/admin/", {"account": wanted}).status_code == 404


def test_the_operator_begins_with_the_default_account_and_chooses_another(acme: Account) -> None:
    client, default = operator(), default_account()
    page = client.get("/admin/")
    assert "Nobody has met here yet" in text_of(page)
    assert f'<option value="{default.pk}" selected>' in page.content.decode()
    assert "Participant minutes 120 min in 7 days" in text_of(client.get(f"/admin/?account={acme.pk}&days=7"))


def test_the_list_of_accounts_leads_to_the_overview_of_each(acme: Account) -> None:
    client = operator()
    assert f"/admin/?account={acme.pk}" in links(client.get("/admin/accounts/account/?q=Acme"), "Show")


def test_the_navigation_begins_with_the_overview_for_who_may_see_one(acme: Account) -> None:
    assert links(member(acme, Role.ADMIN).get("/admin/accounts/incident/"), "monitoring") == ["/admin/"]
    assert links(member(acme, Role.VIEWER).get("/admin/recording/video/"), "monitoring") == []


def test_who_has_one_account_has_nothing_to_choose(acme: Account) -> None:
    assert "<select" not in member(acme, Role.OWNER).get("/admin/").content.decode()


def test_each_plot_is_one_stop_for_the_keyboard(acme: Account) -> None:
    page = member(acme, Role.OWNER).get("/admin/").content.decode()
    drawn = re.findall(r"<svg [^>]*data-bars.*?</svg>", page, re.DOTALL)
    assert len(drawn) > 1
    for plot in drawn:
        stops = re.findall(r'<a [^>]*tabindex="(-?\d)"', plot)
        assert len(stops) > 1
        assert sorted(stops) == ["-1"] * (len(stops) - 1) + ["0"]


def test_a_day_leads_to_its_sessions_and_its_failures_to_those_that_were_cut_off(acme: Account) -> None:
    Session.objects.create(
        account=acme, room_id="older", peer_id="carol", joined_at=bounds(YESTERDAY)[0] - HOUR, marked_at=timezone.now()
    )
    client = member(acme, Role.OWNER)
    page = client.get("/admin/")
    (day,) = links(page, f"{YESTERDAY:%a} {YESTERDAY.day} {YESTERDAY:%b}")
    listed = text_of(client.get(day))
    assert "ada" in listed
    assert "bob" in listed
    assert "carol" not in listed
    bars = [link for link in links(page, ": 2 failures") + links(page, ": 1 failure") if "interrupted" in link]
    assert len(bars) == 1
    cut_off = text_of(client.get(bars[0]))
    assert "bob" in cut_off
    assert "ada" not in cut_off


def test_failed_events_lead_to_their_deliveries(acme: Account) -> None:
    endpoint = Endpoint.objects.create(account=acme, url="https://example.org/events")
    before = bounds(YESTERDAY)[0] - HOUR
    for room, failures, moment in (("failed", 1, before), ("taken", 0, before), ("later", 1, before + 3 * HOUR)):
        Delivery.objects.create(endpoint=endpoint, room_id=room, kind="joinPeer", happened_at=moment, failures=failures)
    Session.objects.create(
        account=acme, room_id="lobby", peer_id="ada", joined_at=before, marked_at=before, left_at=before
    )
    client = member(acme, Role.OWNER)
    (link,) = [link for link in links(client.get("/admin/"), ": 1 failure") if "delivery" in link]
    listed = text_of(client.get(link))
    assert "failed" in listed
    assert "taken" not in listed
    assert "later" not in listed


def test_the_number_of_people_who_are_in_now_leads_to_the_live_rooms(acme: Account) -> None:
    now = timezone.now()
    for peer, room in (("dan", "lobby"), ("eve", "lobby"), ("fay", "attic")):
        Session.objects.create(account=acme, room_id=room, peer_id=peer, joined_at=now, marked_at=now)
    Session.objects.create(account=acme, room_id="gone", peer_id="gus", joined_at=now - HOUR, marked_at=now - HOUR)
    client = member(acme, Role.OWNER)
    page = client.get("/admin/")
    text = text_of(page)
    assert "In rooms now 3 people in 2 rooms" in text
    assert "Most people at once 3 people" in text  # although nobody has been there for any time yet
    assert links(page, "3 <small>people</small>") == ["/admin/rooms/liveroom/"]
    assert client.get("/admin/rooms/liveroom/").status_code == 200


def test_a_new_account_is_told_what_to_do(client_host: str) -> None:
    account = Account.objects.create(name="New")
    client = member(account, Role.ADMIN)
    page = client.get("/admin/")
    assert "Nobody has met here yet" in text_of(page)
    assert "days" not in text_of(page).split("Nobody has met")[0]
    assert links(page, "Add a domain") == [f"/admin/accounts/account/{account.pk}/change/"]
    (token,) = links(page, "Create an API token")
    assert client.get(token).status_code == 200
    (key,) = links(page, "Add a signing key")
    assert client.get(key).status_code == 200
    Domain.objects.create(account=account, host=client_host)
    assert links(client.get("/admin/"), "Open a room") == [f"http://{client_host}/new"]
    assert links(client.get("/admin/", headers={"host": client_host}), "Open a room") == ["/new"]


@pytest.fixture
def client_host() -> str:
    return "video.new.example"


def test_incidents_that_nobody_has_seen_are_shown(acme: Account) -> None:
    now = timezone.now()
    other = Account.objects.create(name="Other")
    for account, message, seen in ((acme, "It fell.", False), (acme, "It stands.", True), (other, "Theirs.", False)):
        Incident.objects.create(
            account=account, kind="test", message=message, count=3, seen=seen, first_at=now, last_at=now
        )
    page = member(acme, Role.ADMIN).get("/admin/")
    text = text_of(page)
    assert "It fell. 3 times" in text
    assert "It stands." not in text
    assert "Theirs." not in text
    assert len(links(page, "It fell.")) == 1


def test_names_are_shown_as_they_are_written() -> None:
    account = Account.objects.create(name="<b>&Co</b>")
    content = member(account, Role.OWNER).get("/admin/").content.decode()
    assert "&lt;b&gt;&amp;Co&lt;/b&gt;" in content
    assert "<b>&Co" not in content


def test_figures_of_a_period() -> None:
    days = [
        Day(YESTERDAY, DaySums(seconds=90, peak=3, rooms=2, sessions=4, lost=1, failed_events=2), "?yesterday"),
        Day(TODAY, DaySums(seconds=1_234_567 * 60 + 30, peak=3, rooms=1, sessions=4), "?today"),
    ]
    minutes, people, busiest, failures = figures(days)
    assert [figure.unit for figure in (people, busiest)] == ["people", "rooms"]
    assert [figure.unit for figure in figures([Day(TODAY, DaySums(peak=1, rooms=1), "")])[1:3]] == ["person", "room"]
    assert (minutes.number, minutes.unit, minutes.note) == ("1,234,569", "min", "in 2 days")
    assert people.number == "3"
    assert people.note.endswith(f"{YESTERDAY.day} {YESTERDAY:%B}")
    assert busiest.number == "2"
    assert (failures.number, failures.note) == ("3", "1 session cut off, 2 events not taken")
    assert [plotted.name for plotted in plots(days)] == ["minutes", "peak", "rooms", "failures"]
    assert [row.day for row in rows(days)] == [TODAY, YESTERDAY]


def test_the_operator_sees_which_processes_fail_and_nobody_else_does(
    acme: Account, settings: LazySettings, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path
    note(tmp_path, [Failing("composer", 5, 1, 1_800_000_000.0)])
    words = "composer has ended 5 times in a row, the last time with exit code 1."
    watching = operator()
    assert words in text_of(watching.get("/admin/"))
    owner = member(acme, Role.OWNER)
    assert words not in text_of(owner.get("/admin/"))
    note(tmp_path, [])
    assert "do not run" not in text_of(watching.get("/admin/"))
