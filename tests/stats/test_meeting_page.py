"""The admin's page of a meeting: whose it shows to whom, what it says, and that it stays small."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from meet.accounts.models import Account, Role
from meet.api.throttling import DOWNLOADS
from stats.models import Sample, Session
from stats.overview.curves import MAX_POINTS, WIDTH, Point, Span, curve, top_of
from stats.overview.meeting import MAX_PROBLEMS, MAX_SHOWN, meeting_page
from tests.meet.conftest import client_build as client_build  # noqa: PLC0414 - a fixture
from tests.meet.personas import member, operator
from tests.stats.parts import START_MS, at, session
from tests.stats.test_overview_page import text_of

if TYPE_CHECKING:
    from django.conf import LazySettings

START_S = START_MS // 1000
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("client_build")]


@pytest.fixture
def acme(db: None) -> Account:
    """With a meeting of two for ten minutes, of which Ada's upload is bad for three, and many viewers."""
    del db
    account = Account.objects.create(name="Acme")
    Session.objects.bulk_create(
        session(account, "lobby", name, START_S, START_S + 600, display_name=name.capitalize())
        for name in ("ada", "bob")
    )
    rows = []
    for place in range(20):
        figures = {"at": at(START_S + 30 * place), "seconds": 30, "account": account, "room_id": "lobby"}
        loss = 0.12 if 6 <= place < 12 else 0.001
        up = {"bitrate_bps": 900_000, "width": 1280, "height": 720, "frame_rate": 29.5}
        rows += [
            Sample(peer_id="ada", direction="up", loss=loss, round_trip_ms=40, **up, **figures),
            Sample(peer_id="bob", direction="down", loss=0.0, bitrate_bps=1_800_000, freezes=0, frozen_ms=0, **figures),
            Sample(peer_id="", direction="down", viewer=True, participants=412, bitrate_bps=500_000, **figures),
        ]
    Sample.objects.bulk_create(rows)
    return account


def address(account: Account, peer_id: str = "ada") -> str:
    one = Session.objects.get(account=account, peer_id=peer_id)
    return f"/admin/stats/session/{one.pk}/meeting/"


class TestWhoSees:
    @pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN])
    def test_owners_and_admins(self, acme: Account, role: Role) -> None:
        client = member(acme, role)
        assert "Ada's upload lost 12 % of its packets." in text_of(client.get(address(acme)))
        listed = client.get("/admin/stats/session/").content.decode()
        assert address(acme) in listed
        assert address(acme, "bob") in listed

    def test_nobody_else(self, acme: Account) -> None:
        other = Account.objects.create(name="Other")
        for client, status in ((member(acme, Role.VIEWER), {302, 403, 404}), (member(other, Role.OWNER), {404})):
            for path in (address(acme), address(acme) + "samples.json"):
                answer = client.get(path)
                assert answer.status_code in status
                assert b"lobby" not in answer.content

    def test_the_operator(self, acme: Account) -> None:
        assert operator().get(address(acme)).status_code == 200

    @pytest.mark.parametrize("key", ["nothing", "00000000-0000-0000-0000-000000000000"])
    def test_a_session_that_is_none_is_not_found(self, acme: Account, key: str) -> None:
        assert member(acme, Role.OWNER).get(f"/admin/stats/session/{key}/meeting/").status_code == 404


class TestWhatItSays:
    def test_problems_come_first_with_their_time_then_curves_and_numbers(self, acme: Account) -> None:
        text = text_of(member(acme, Role.OWNER).get(address(acme)))
        assert "lobby 21 June 2021, 09:38 to 09:48 UTC · Acme" in text
        assert "Problems Ada's upload lost 12 % of its packets. 09:41 to 09:44" in text
        assert "up to 412 at once" in text
        assert "Upload 900 kbit/s 3.7 % 40 ms 30 1280×720" in text  # noqa: RUF001 - how sizes are written

    def test_a_curve_says_in_words_what_it_shows(self, acme: Account) -> None:
        page = member(acme, Role.OWNER).get(address(acme)).content.decode()
        (said,) = re.findall(r'aria-label="Bits a second of Bob\. ([^"]+)"', page)
        assert said == "Download: 1.8 Mbit/s on average, from 1.8 Mbit/s to 1.8 Mbit/s"

    def test_a_good_meeting_says_so(self, acme: Account) -> None:
        Sample.objects.filter(loss__gt=0.1).delete()
        assert "None were found" in text_of(member(acme, Role.OWNER).get(address(acme)))

    def test_a_meeting_without_samples_says_why(self, acme: Account, settings: LazySettings) -> None:
        Sample.objects.all().delete()
        client = member(acme, Role.OWNER)
        assert "There are no samples of this meeting." in text_of(client.get(address(acme)))
        settings.CONFIG = replace(settings.CONFIG, sample_days=0)
        assert "MEET_SAMPLE_DAYS is 0" in text_of(client.get(address(acme)))

    def test_names_of_others_are_no_markup(self, acme: Account) -> None:
        Session.objects.filter(peer_id="ada").update(display_name="<b>Ada</b>")
        page = member(acme, Role.OWNER).get(address(acme)).content.decode()
        assert "<b>Ada" not in page
        assert "&lt;b&gt;Ada" in page

    def test_a_page_asks_few_questions_of_the_database(self, acme: Account) -> None:
        client = member(acme, Role.OWNER)
        client.get(address(acme))
        with CaptureQueriesContext(
            connection,
        ) as asked:
            client.get(address(acme))
        assert len(asked) <= 20

    def test_the_file_has_all_of_it(self, acme: Account) -> None:
        answer = member(acme, Role.OWNER).get(address(acme) + "samples.json")
        assert answer.headers["Content-Disposition"] == 'attachment; filename="samples-lobby-20210621-0938.json"'
        found = json.loads(answer.content)
        assert len(found["samples"]) == 60
        assert [problem["trouble"] for problem in found["problems"]] == ["loss"]

    def test_files_are_bounded_in_number(self, acme: Account) -> None:
        client = member(acme, Role.OWNER)
        answers = [client.get(address(acme) + "samples.json") for _ in range(DOWNLOADS.requests + 1)]
        assert [answer.status_code for answer in answers] == [*[200] * DOWNLOADS.requests, 429]
        assert answers[-1].headers["Content-Type"] == "text/plain"


class TestLargeMeetings:
    def test_participants_and_problems_are_bounded_and_those_with_problems_come_first(self) -> None:
        rows = [
            Sample(
                peer_id=f"p{person}",
                direction="up",
                loss=0.3 if person >= 100 else 0.0,
                at=at(START_S + place * 100),
                seconds=30,
            )
            for place in range(3)
            for person in range(150)
        ]
        names = {f"p{person}": f"P {person}" for person in range(150)}
        page = meeting_page(at(START_S), at(START_S + 400), rows, names)
        assert [person.name for person in page.people] == [f"P {100 + place}" for place in range(MAX_SHOWN)]
        assert (page.left_out, len(page.troubles), page.more_troubles) == (110, MAX_PROBLEMS, 50)

    def test_too_many_samples_end_the_curves_early(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("stats.overview.meeting.MAX_PAGE", 3)
        rows = [Sample(peer_id="a", direction="up", at=at(START_S + 30 * place), seconds=30) for place in range(5)]
        page = meeting_page(at(START_S), at(START_S + 400), rows, {"a": "A"})
        assert page.until == at(START_S + 90)

    def test_a_line_of_a_day_has_few_points(self) -> None:
        start = at(START_S)
        points = [Point(start + dt.timedelta(seconds=30 * place), 30, float(place)) for place in range(2880)]
        made = plot(points, start, dt.timedelta(days=1))
        assert made.lines[0].d.count("H") <= MAX_POINTS
        assert made.lines[0].d.startswith("M0 ")


class TestCurves:
    def test_a_line_is_broken_where_nothing_is_known(self) -> None:
        start = at(START_S)
        points = [Point(start + dt.timedelta(seconds=seconds), 30, 50.0) for seconds in (0, 30, 300)]
        assert plot(points, start, dt.timedelta(seconds=1000)).lines[0].d == "M0 500H30L30 500H60M300 500H330"

    def test_what_is_beyond_the_time_or_the_top_stays_inside(self) -> None:
        start = at(START_S)
        d = plot([Point(start + dt.timedelta(seconds=990), 30, 500.0)], start, dt.timedelta(seconds=1000)).lines[0].d
        assert d == f"M990 0H{WIDTH}"

    def test_nothing_known_is_no_line(self) -> None:
        made = plot([], at(START_S), dt.timedelta(seconds=10))
        assert (made.lines, made.summary) == ([], "Nothing is known.")

    def test_axes_end_at_round_numbers(self) -> None:
        assert [top_of(values, 30) for values in ([], [12.0], [31.0], [950.0])] == [40, 40, 40, 1000]


def plot(points: list[Point], start: dt.datetime, length: dt.timedelta) -> Any:
    return curve("Loss", Span(start, start + length), {"up": points, "down": []}, [], 100, str)
