"""`/streaming/statistics/peers` as programs ask for it: owner, viewer of the same account, stranger, nobody."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import pytest

from meet.accounts.models import Account, Role
from stats.models import Session
from tests.api.programs import api_key, bearer, person, program
from tests.stats.parts import session

if TYPE_CHECKING:
    from django.conf import LazySettings
    from django.test import Client

LIST = "/streaming/statistics/peers"
SUMMARY = "/streaming/statistics/peers/summary"
ASKED = {"room_id": "serv2test2a", "from": "2021-06-21T00:00:00.0Z", "to": "2021-06-22T23:59:59.99Z"}


@pytest.fixture
def account(db: None, settings: LazySettings) -> Account:  # noqa: ARG001 - its tables
    """With the room of the spec's examples."""
    settings.CONFIG = replace(settings.CONFIG, api_requests_per_second=0)
    account = Account.objects.create(name="Ours")
    stays = (
        ("peer3", 1624268280, 1624358940),
        ("peer2", 1624268640, 1624269300),
        ("peer1", 1624270800, 1624274520),
        ("peer1", 1624270380, 1624270740),
    )
    Session.objects.bulk_create(session(account, "serv2test2a", *stay) for stay in stays)
    return account


@pytest.fixture
def owner(account: Account) -> Client:
    return program(api_key(account, Role.OWNER))


@pytest.fixture
def stranger(account: Account) -> Client:
    """Of another account, with a room of the same name."""
    del account
    other = Account.objects.create(name="Theirs")
    session(other, "serv2test2a", "zebra", 1624268280, 1624268290).save()
    return program(api_key(other, Role.OWNER))


def address(path: str, **parameters: str | int | None) -> str:
    """With the parameters of the spec's examples, but for these; None leaves one out."""
    asked = {name: value for name, value in (ASKED | parameters).items() if value is not None}
    return f"{path}?{urlencode(asked)}"


def errors(response: Any, status: int) -> list[dict[str, Any]]:
    """Why there are no statistics."""
    assert response.status_code == status, response.content
    body = response.json()
    assert set(body) == {"data", "errors"}
    assert body["data"] is None
    assert body["errors"]
    assert all(error["code"] and error["message"].endswith(".") for error in body["errors"])
    return list(body["errors"])


@pytest.mark.usefixtures("database")
class TestExamples:
    """Spec: "Statistics", addresses and bodies."""

    @pytest.mark.parametrize("slash", ["", "/"])
    def test_summary(self, owner: Client, slash: str) -> None:
        answer = owner.get(
            f"/streaming/statistics/peers/summary{slash}"
            "?from=2021-06-21T00:00:00.0Z&to=2021-06-22T23:59:59.99Z&room_id=serv2test2a"
        )
        assert answer.status_code == 200
        assert answer.json() == {
            "data": {"participants": 3, "start_time": 1624268280, "end_time": 1624358940, "duration": 90660},
            "errors": [],
        }

    @pytest.mark.parametrize("slash", ["", "/"])
    def test_list(self, owner: Client, slash: str) -> None:
        Session.objects.filter(peer_id="peer3").delete()
        answer = owner.get(address(LIST + slash))
        assert answer.status_code == 200
        assert answer.json() == {
            "data": [
                {"person_id": "peer2", "join_time": 1624268640, "leave_time": 1624269300, "duration": 660},
                {"person_id": "peer1", "join_time": 1624270800, "leave_time": 1624274520, "duration": 3720},
                {"person_id": "peer1", "join_time": 1624270380, "leave_time": 1624270740, "duration": 360},
            ],
            "errors": [],
        }
        assert "Link" not in answer.headers

    def test_a_day_of_two(self, owner: Client) -> None:
        day = owner.get(address(SUMMARY, to="2021-06-21T23:59:59.99Z")).json()["data"]
        assert day == {"participants": 3, "start_time": 1624268280, "end_time": 1624320000, "duration": 51720}
        local = {"from": "2021-06-21T02:00:00+02:00", "to": "2021-06-22T02:00:00+02:00"}
        assert owner.get(address(SUMMARY, **local)).json()["data"] == day


@pytest.mark.parametrize("path", [LIST, SUMMARY])
class TestWhoMayAsk:
    def test_admins_and_people_who_have_logged_in(self, account: Account, path: str) -> None:
        admin = program(api_key(account, Role.ADMIN))
        logged_in = program(bearer(person("olga", account)))
        assert [one.get(address(path)).status_code for one in (admin, logged_in)] == [200, 200]

    def test_viewers_of_recordings_may_not(self, account: Account, path: str) -> None:
        viewer = program(api_key(account, Role.VIEWER))
        (error,) = errors(viewer.get(address(path)), 403)
        assert error["code"] == "accessDenied"

    def test_strangers_see_their_own_room_of_that_name(self, stranger: Client, path: str) -> None:
        text = stranger.get(address(path)).content.decode()
        assert "1624268290" in text
        assert "peer" not in text
        assert "1624358940" not in text
        Session.objects.filter(peer_id="zebra").delete()
        (error,) = errors(stranger.get(address(path)), 404)
        assert error["code"] == "noStatistics"

    @pytest.mark.parametrize("authorization", ["", "APIKey 1$00", "Bearer eyJ0eXAiOiJKV"])
    def test_nobody_else(self, account: Account, path: str, authorization: str) -> None:
        del account
        answer = program(authorization).get(address(path))
        errors(answer, 401)
        assert answer.headers["WWW-Authenticate"]

    def test_not_too_often(self, account: Account, path: str, settings: LazySettings) -> None:
        settings.CONFIG = replace(settings.CONFIG, api_requests_per_second=1)
        hurried = program(api_key(account, Role.OWNER))
        answers = [hurried.get(address(path)) for _ in range(4)]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert refused
        for answer in refused:
            errors(answer, 429)
            assert int(answer.headers["Retry-After"]) >= 1


@pytest.mark.parametrize("path", [LIST, SUMMARY])
class TestWrongQuestions:
    @pytest.mark.parametrize("name", ["room_id", "from", "to"])
    def test_what_is_missing_is_named(self, owner: Client, path: str, name: str) -> None:
        (error,) = errors(owner.get(address(path, **{name: None})), 400)
        assert error["data"]["fields"] == [name]
        assert name in error["message"]

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("room_id", ""),
            ("room_id", "a room"),
            ("room_id", "x" * 129),
            ("room_id", "a\0b"),
            ("from", "2021-06-21"),
            ("from", "2021-06-21T00:00:00"),
            ("to", "2021-06-31T00:00:00Z"),
            ("to", "2021-06-20T00:00:00Z"),
        ],
    )
    def test_what_is_wrong_is_named(self, owner: Client, path: str, name: str, value: str) -> None:
        (error,) = errors(owner.get(address(path, **{name: value})), 400)
        assert error["data"]["fields"] == [name]

    def test_everything_that_is_wrong_is_named_at_once(self, owner: Client, path: str) -> None:
        (error,) = errors(owner.get(path), 400)
        assert error["data"]["fields"] == ["from", "room_id", "to"]

    @pytest.mark.parametrize("asked", [{"room_id": "nowhere"}, {"from": "2021-06-22T23:00:00Z"}])
    def test_no_data_is_not_found(self, owner: Client, path: str, asked: dict[str, str]) -> None:
        (error,) = errors(owner.get(address(path, **asked)), 404)
        assert error["code"] == "noStatistics"

    @pytest.mark.parametrize("method", ["post", "put", "delete"])
    def test_there_is_nothing_to_change(self, owner: Client, path: str, method: str) -> None:
        errors(getattr(owner, method)(address(path)), 405)
        assert Session.objects.count() == 4


@pytest.mark.usefixtures("database")
class TestPages:
    def test_a_long_list_tells_where_it_goes_on(self, owner: Client) -> None:
        whole = owner.get(address(LIST)).json()["data"]
        found, path = [], address(LIST, limit=3)
        for length in (3, 1):
            answer = owner.get(path)
            assert set(answer.json()) == {"data", "errors"}
            assert len(answer.json()["data"]) == length
            found += answer.json()["data"]
            link = urlsplit(answer.headers.get("Link", "").partition(">")[0].removeprefix("<"))
            path = f"{link.path}?{link.query}"
        assert found == whole
        assert path == "?"
        assert answer.json()["data"] != []

    def test_behind_the_end_there_is_nothing_but_there_is_data(self, owner: Client) -> None:
        answer = owner.get(address(LIST, offset=4))
        assert (answer.status_code, answer.json()) == (200, {"data": [], "errors": []})
        assert owner.get(address(LIST, offset=4, room_id="nowhere")).status_code == 404

    @pytest.mark.parametrize(
        ("name", "value"), [("limit", 0), ("limit", 5001), ("limit", "all"), ("offset", -1), ("offset", 10**10)]
    )
    def test_parts_have_a_sane_size(self, owner: Client, name: str, value: Any) -> None:
        (error,) = errors(owner.get(address(LIST, **{name: value})), 400)
        assert error["data"]["fields"] == [name]
