"""`/streaming/statistics/samples` as programs ask for it: owner, viewer of the same account, stranger, nobody."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import pytest

from meet.accounts.models import Account, Role
from meet.api.throttling import DOWNLOADS
from stats.models import Sample
from tests.api.programs import api_key, program
from tests.stats.parts import at, session

if TYPE_CHECKING:
    from django.conf import LazySettings
    from django.test import Client

LIST = "/streaming/statistics/samples"
DOWNLOAD = "/streaming/statistics/samples/download"
ASKED = {"room_id": "lobby", "from": "2021-06-21T00:00:00.0Z", "to": "2021-06-22T23:59:59.99Z"}
START_S = 1_624_268_280
pytestmark = pytest.mark.django_db


def sample(account: Account, peer_id: str, place: int, **figures: Any) -> Sample:
    made = {"direction": "up", "seconds": 30, "loss": 0.12, "bitrate_bps": 900_000} | figures
    return Sample(account=account, room_id="lobby", peer_id=peer_id, at=at(START_S + 30 * place), **made)


@pytest.fixture
def account(settings: LazySettings) -> Account:
    """With five samples of Ada in a meeting."""
    settings.CONFIG = replace(settings.CONFIG, api_requests_per_second=0)
    account = Account.objects.create(name="Ours")
    session(account, "lobby", "ada", START_S, START_S + 300, display_name="Ada").save()
    Sample.objects.bulk_create(sample(account, "ada", place) for place in range(5))
    return account


@pytest.fixture
def owner(account: Account) -> Client:
    return program(api_key(account, Role.OWNER))


def address(path: str, **parameters: str | int) -> str:
    return f"{path}?{urlencode(ASKED | parameters)}"


def test_samples_come_in_the_order_of_time_with_all_their_numbers(owner: Client) -> None:
    answer = owner.get(address(LIST))
    assert answer.status_code == 200
    first, *rest = answer.json()["data"]
    assert len(rest) == 4
    assert first == {
        "person_id": "ada",
        "direction": "up",
        "start_time": START_S,
        "duration": 30,
        "viewer": False,
        "participants": 1,
        "troubled": 0,
        "round_trip_ms": None,
        "loss": 0.12,
        "jitter_ms": None,
        "bitrate_bps": 900_000,
        "estimate_bps": None,
        "layer": None,
        "reduced": None,
        "width": None,
        "height": None,
        "frame_rate": None,
        "freezes": None,
        "frozen_ms": None,
        "concealed": None,
        "dropped": None,
        "cpu_limited": None,
        "bandwidth_limited": None,
        "by_tcp": None,
    }


def test_a_long_list_tells_where_it_goes_on(owner: Client) -> None:
    found, path = [], address(LIST, limit=2)
    while path != "?":
        answer = owner.get(path)
        found += answer.json()["data"]
        link = urlsplit(answer.headers.get("Link", "").partition(">")[0].removeprefix("<"))
        path = f"{link.path}?{link.query}"
    assert [one["start_time"] for one in found] == [START_S + 30 * place for place in range(5)]
    assert owner.get(address(LIST, offset=5)).json() == {"data": [], "errors": []}


def test_a_download_is_one_file_with_names_and_problems(owner: Client) -> None:
    answer = owner.get(address(DOWNLOAD))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="samples-lobby-20210621-0000.json"'
    found = answer.json()["data"]
    assert found["participants"] == [{"person_id": "ada", "name": "Ada"}]
    assert [one["message"] for one in found["problems"]] == ["Ada's upload lost 12 % of its packets."]
    assert (found["complete"], len(found["samples"])) == (True, 5)


def test_an_account_has_so_many_files_a_minute_and_others_have_theirs(owner: Client) -> None:
    answers = [owner.get(address(DOWNLOAD)) for _ in range(DOWNLOADS.requests + 2)]
    assert [answer.status_code for answer in answers].count(200) == DOWNLOADS.requests
    refused = answers[-1]
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (429, "tooManyRequests")
    assert int(refused.headers["Retry-After"]) > 0
    assert owner.get(address(LIST)).status_code == 200
    stranger = program(api_key(Account.objects.create(name="Theirs"), Role.OWNER))
    assert stranger.get(address(DOWNLOAD)).status_code == 404


def test_only_the_period_that_was_asked_for_counts(owner: Client) -> None:
    period = {"from": "2021-06-21T09:38:30Z", "to": "2021-06-21T09:39:30Z"}
    assert [one["start_time"] - START_S for one in owner.get(address(LIST, **period)).json()["data"]] == [30, 60]


@pytest.mark.parametrize("path", [LIST, DOWNLOAD])
class TestWhoMayAsk:
    def test_admins_may_and_viewers_of_recordings_may_not(self, account: Account, path: str) -> None:
        asked = [program(api_key(account, role)).get(address(path)) for role in (Role.ADMIN, Role.VIEWER)]
        assert [answer.status_code for answer in asked] == [200, 403]

    def test_strangers_see_their_own_room_of_that_name_only(self, account: Account, path: str) -> None:
        del account
        other = Account.objects.create(name="Theirs")
        stranger = program(api_key(other, Role.OWNER))
        assert stranger.get(address(path)).status_code == 404
        sample(other, "zebra", 0).save()
        text = stranger.get(address(path)).content.decode()
        assert "zebra" in text
        assert "ada" not in text

    def test_nobody_else(self, account: Account, path: str) -> None:
        del account
        assert program("").get(address(path)).status_code == 401

    @pytest.mark.parametrize("wrong", [{"room_id": "a room"}, {"to": "2021-06-20T00:00:00Z"}, {"roomId": "lobby"}])
    def test_what_is_not_understood_is_refused(self, owner: Client, path: str, wrong: dict[str, str]) -> None:
        answer = owner.get(address(path, **wrong))
        assert answer.status_code == 400
        assert answer.json()["data"] is None

    def test_no_data_is_not_found(self, owner: Client, path: str) -> None:
        assert owner.get(address(path, room_id="nowhere")).json()["errors"][0]["code"] == "noStatistics"
