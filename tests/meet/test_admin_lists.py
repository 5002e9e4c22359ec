"""The admin's lists: what can't be looked up is not found, days, searches, times, and files of them."""

from __future__ import annotations

import csv
import datetime as dt
import io
import tracemalloc
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from asgiref.sync import async_to_sync
from django.contrib import admin
from django.urls import reverse

from meet.accounts import export
from meet.accounts.export import cell
from meet.accounts.models import Incident, Role
from rooms.webhooks.models import Delivery, State
from stats.admin import SessionAdmin
from stats.models import Session
from tests.meet.personas import NOW, Household, household, member, operator
from tests.streamed import body_of

if TYPE_CHECKING:
    from django.test import Client

SESSIONS = "/admin/stats/session/"
DAY = dt.timedelta(days=1)
LISTS = [
    reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") for model in admin.site._registry
]
EXPORTED = ["/admin/stats/session/", "/admin/webhooks/delivery/", "/admin/recording/recording/"]
EXPORTED += ["/admin/recording/video/", "/admin/accounts/incident/", "/admin/accounts/auditevent/"]


@pytest.fixture
def acme(db: None) -> Household:  # noqa: ARG001 - its tables
    return household("acme")


@pytest.fixture
def owner(acme: Household) -> Client:
    return member(acme.account, Role.OWNER)


def shown(client: Client, path: str = SESSIONS, **query: str) -> list[Any]:
    """What is in a list."""
    response = client.get(f"{path}?{urlencode(query)}")
    assert response.status_code == 200, response.content
    return list(response.context["cl"].result_list)


def session(acme: Household, **fields: Any) -> Session:
    values = {"room_id": "planning", "peer_id": "p1", "joined_at": NOW, "marked_at": NOW} | fields
    return Session.objects.create(account=acme.account, **values)


class TestLookUps:
    @pytest.mark.parametrize("path", LISTS)
    def test_what_is_out_of_range_is_not_found_in_any_list(self, acme: Household, path: str) -> None:
        del acme
        client = operator()
        model = next(model for model in admin.site._registry if path.endswith(f"/{model._meta.model_name}/"))
        for field in model._meta.concrete_fields:
            kind = field.get_internal_type()
            lookups = {"exact": "9" * 40}
            if kind == "DateTimeField":
                lookups |= {"year": "99999", "gte": "99999-01-01", "lt": "nonsense", "month": "13", "day": "9" * 30}
            elif kind == "FloatField":
                lookups = {"gt": "9" * 400}
            elif kind not in {"BigAutoField", "IntegerField", "ForeignKey"} and "Integer" not in kind:
                continue
            for lookup, value in lookups.items():
                assert shown(client, path, **{f"{field.name}__{lookup}": value}) == [], (field.name, lookup)
        assert client.get(f"{path}{'9' * 40}/change/").status_code in {302, 404}
        assert client.get(f"{path}?p={'9' * 40}").status_code == 200
        assert client.get(f"{path}?o={'9' * 40}").status_code == 200

    def test_what_is_no_look_up_at_all_does_not_open_the_whole_list(self, acme: Household, owner: Client) -> None:
        session(acme)
        assert shown(owner, marked_at__gte="nonsense") == []
        assert len(shown(owner)) == 2

    def test_a_whole_list_has_no_more_to_show(self, acme: Household, owner: Client) -> None:
        session(acme)
        assert b"Show all" not in owner.get(SESSIONS).content
        assert b"Show all" in owner.get(f"{SESSIONS}?q=planning").content


class TestDays:
    def test_from_one_day_to_another_both_included(self, acme: Household, owner: Client) -> None:
        Session.objects.all().delete()
        midnight = NOW.replace(hour=0)
        days = [session(acme, joined_at=midnight + number * DAY, marked_at=NOW + 9 * DAY) for number in range(4)]
        last_moment = session(acme, joined_at=midnight + 3 * DAY - dt.timedelta(seconds=1), marked_at=NOW + 9 * DAY)
        found = shown(owner, joined_at_from="2030-06-22", joined_at_to="2030-06-23")
        assert found == [last_moment, days[2], days[1]]
        assert shown(owner, joined_at_from="2030-06-24") == [days[3]]
        assert shown(owner, joined_at_to="2030-06-21") == [days[0]]

    @pytest.mark.parametrize("day", ["99999-01-01", "2030-02-31", "yesterday", "9999-12-31", "0000-00-00", "x" * 2000])
    def test_what_is_no_day_finds_nothing(self, acme: Household, owner: Client, day: str) -> None:
        del acme
        assert shown(owner, joined_at_from=day) == []
        assert day == "9999-12-31" or shown(owner, joined_at_to=day) == []

    def test_other_filters_stay_on(self, acme: Household, owner: Client) -> None:
        del acme
        page = owner.get(f"{SESSIONS}?q=acme&interrupted__exact=0&joined_at_from=2030-06-21").content.decode()
        assert '<input type="hidden" name="interrupted__exact" value="0">' in page
        assert '<input type="hidden" name="q" value="acme">' in page
        assert 'name="joined_at_from" value="2030-06-21"' in page


class TestSearch:
    @pytest.mark.parametrize("word", ["lanni", "PLAN", "p-17", "ovela"])
    def test_part_of_a_room_a_participant_or_a_name(self, acme: Household, owner: Client, word: str) -> None:
        found = session(acme, peer_id="up-17x", display_name="Ada Lovelace")
        assert shown(owner, q=word) == [found]

    def test_part_of_a_room_among_recordings_and_deliveries(self, acme: Household, owner: Client) -> None:
        del acme
        for path in EXPORTED[1:4]:
            assert len(shown(owner, path, q="meroo")) == 1, path
            assert shown(owner, path, q="elsewhere") == [], path


class TestLooks:
    def test_times_have_one_format_and_their_zone(self, acme: Household, owner: Client) -> None:
        del acme
        for path in EXPORTED:
            assert "2030-06-21 10:00:00 UTC" in owner.get(path).content.decode(), path

    def test_what_is_no_bad_news_is_no_red_cross(self, acme: Household, owner: Client) -> None:
        session(acme, interrupted=True, left_at=NOW)
        for path in (SESSIONS, "/admin/accounts/incident/", "/admin/accounts/account/"):
            page = owner.get(path).content.decode()
            assert "close_small" not in page
        assert "interrupted" in owner.get(SESSIONS).content.decode()

    def test_long_texts_are_whole_where_one_points_at_them(self, acme: Household, owner: Client) -> None:
        session(acme, room_id="r" * 100, display_name="<b>Ada</b>")
        page = owner.get(SESSIONS).content.decode()
        assert f'<span class="shortened" title="{"r" * 100}">' in page
        assert "<b>Ada" not in page


class TestExport:
    @staticmethod
    def rows(client: Client, path: str = SESSIONS, **query: str) -> list[dict[str, str]]:
        response = client.get(f"{path}export/?{urlencode(query)}")
        assert response.status_code == 200
        assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert response.headers["Content-Disposition"].startswith("attachment;")
        return list(csv.DictReader(io.StringIO(body_of(response).decode("utf-8-sig"))))

    @pytest.mark.parametrize("path", EXPORTED)
    def test_each_list_that_grows_can_be_had_as_a_file(self, acme: Household, owner: Client, path: str) -> None:
        household("zebra")
        (row,) = self.rows(owner, path)
        assert row["account"] == acme.account.name
        assert any("2030-06-21T10:00:00Z" in value for value in row.values())
        assert 'href="export/?q=acme"' in owner.get(f"{path}?q=acme").content.decode()

    def test_filters_and_the_search_are_on(self, acme: Household, owner: Client) -> None:
        session(acme, joined_at=NOW + DAY, marked_at=NOW + DAY + dt.timedelta(seconds=90), display_name="Bo")
        session(acme, joined_at=NOW + DAY, marked_at=NOW + DAY, display_name="Cy")
        (row,) = self.rows(owner, joined_at_from="2030-06-22", q="bo")
        assert (row["name"], row["duration in s"], row["interrupted"]) == ("Bo", "90", "no")
        assert self.rows(owner, joined_at__year="99999") == []

    def test_all_pages_are_in_it(self, acme: Household, owner: Client) -> None:
        Session.objects.bulk_create(
            Session(account=acme.account, room_id="r", peer_id=str(n), joined_at=NOW, marked_at=NOW) for n in range(120)
        )
        assert len(self.rows(owner)) == 121

    def test_memory_does_not_depend_on_how_many_rows_there_are(
        self, acme: Household, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(export, "ROWS_AT_ONCE", 100)
        columns = SessionAdmin.csv_columns
        peaks = []
        for count in (500, 5000):
            Session.objects.all().delete()
            Session.objects.bulk_create(
                Session(account=acme.account, room_id="r", peer_id=str(n), joined_at=NOW, marked_at=NOW)
                for n in range(count)
            )
            tracemalloc.start()
            pieces = [len(piece) for piece in export.pieces_of(columns, Session.objects.select_related("account"))]
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
            assert len(pieces) == count / 100 + 1
        assert peaks[1] < 1.3 * peaks[0]

    def test_what_is_left_half_way_is_read_no_further(
        self, acme: Household, owner: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(export, "ROWS_AT_ONCE", 10)
        Session.objects.bulk_create(
            Session(account=acme.account, room_id="r", peer_id=str(n), joined_at=NOW, marked_at=NOW) for n in range(100)
        )
        made: list[str] = []
        monkeypatch.setitem(SessionAdmin.csv_columns, "role", lambda session: made.append(session.peer_id))
        response: Any = owner.get(f"{SESSIONS}export/")

        async def first() -> bytes:
            pieces = response.streaming_content
            piece: bytes = await anext(pieces)
            await pieces.aclose()
            return piece

        assert not made
        assert async_to_sync(first)().count(b"\n") == 11
        assert len(made) == 10

    def test_who_reads_too_slowly_gets_no_file_that_looks_whole(
        self, acme: Household, owner: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        session(acme)
        monkeypatch.setattr(export, "ROWS_AT_ONCE", 1)
        monkeypatch.setattr(export, "LONGEST_S", -1)
        with pytest.raises(TimeoutError, match="too slowly"):
            body_of(owner.get(f"{SESSIONS}export/"))

    def test_a_viewer_gets_recordings_only(self, acme: Household) -> None:
        viewer = member(acme.account, Role.VIEWER)
        assert len(self.rows(viewer, "/admin/recording/recording/")) == 1
        assert viewer.get(f"{SESSIONS}export/").status_code == 403
        assert viewer.post("/admin/recording/recording/export/").status_code == 405

    def test_no_cell_is_a_formula(self, acme: Household, owner: Client) -> None:
        session(acme, display_name='=HYPERLINK("https://evil.example","Ada")')
        (row,) = self.rows(owner, q="evil")
        assert row["name"] == '\'=HYPERLINK("https://evil.example","Ada")'

    @pytest.mark.parametrize("text", ["=1", "+1", "-1", "@A1", "\t=1", "\r=1", "\n=1", "  =1", "\uff1d1"])
    def test_what_a_spreadsheet_would_calculate_is_text(self, text: str) -> None:
        assert cell(text) == f"'{text}"

    def test_other_values_stay_as_they_are(self) -> None:
        values = ["Ada", "a=b", "", None, -1, 1.5, True, NOW]
        assert [cell(value) for value in values] == ["Ada", "a=b", "", "", -1, 1.5, "yes", "2030-06-21T10:00:00Z"]


class TestSendAgain:
    @staticmethod
    def choose(client: Client, *deliveries: Delivery) -> str:
        form = {"action": "send_chosen_again", "_selected_action": [delivery.pk for delivery in deliveries]}
        return str(client.post("/admin/webhooks/delivery/", form, follow=True).content.decode())

    def test_chosen_deliveries_are_sent_by_the_workers(self, acme: Household, owner: Client) -> None:
        (delivery,) = (thing for thing in acme.objects if isinstance(thing, Delivery))
        Delivery.objects.update(state=State.GIVEN_UP, due_at=None, finished_at=NOW)
        assert "1 delivery is sent again." in self.choose(owner, delivery)
        delivery.refresh_from_db()
        assert (delivery.state, delivery.finished_at) == (State.WAITING, None)
        assert delivery.due_at is not None

    def test_nothing_of_other_accounts_or_of_an_endpoint_that_is_off(self, acme: Household, owner: Client) -> None:
        other = household("zebra")
        (theirs,) = (thing for thing in other.objects if isinstance(thing, Delivery))
        Delivery.objects.update(state=State.DELIVERED, due_at=None)
        self.choose(owner, theirs)
        (ours,) = (thing for thing in acme.objects if isinstance(thing, Delivery))
        acme.account.endpoints.update(active=False)
        assert "their endpoint is turned off" in self.choose(owner, ours)
        assert set(Delivery.objects.values_list("state", flat=True)) == {State.DELIVERED}


def test_incidents_can_be_searched(acme: Household, owner: Client) -> None:
    Incident.objects.create(account=acme.account, kind="x", message="The camel slept", first_at=NOW, last_at=NOW)
    assert [str(incident) for incident in shown(owner, "/admin/accounts/incident/", q="camel")] == ["The camel slept"]
