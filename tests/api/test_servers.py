"""The list of servers, and the Server API at the servers' own addresses."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from meet.accounts.models import Account
from meet.database_time import database_now
from rooms.models import Drain, Node
from tests.api.programs import api_key

if TYPE_CHECKING:
    from django.conf import LazySettings
    from django.test import Client

pytestmark = pytest.mark.django_db


def server(name: str, *, runs: bool = True, **fields: Any) -> Node:
    now = database_now()
    beat = now + timedelta(seconds=30) if runs else now - timedelta(minutes=1)
    return Node.objects.create(name=name, port=8001, started_at=now, heartbeat_at=beat, **fields)


@pytest.fixture
def account() -> Account:
    return Account.objects.create(name="Acme", default_node="serv2")


def test_servers_are_listed_by_number_with_what_they_do(client: Client, account: Account) -> None:
    server("serv10", runs=False, load_percent=50)
    server("serv2", country="USA", public_url="wss://webrtc5.example.org/ws/serv2/", load_percent=12)
    server("serv1", country="Australia", description="For tests.", drain=Drain.FINISH, rooms=2)
    for address in ("/servers", "/servers/"):
        told = client.get(address, headers={"Authorization": api_key(account)}).json()["servers"]
        assert [one["name"] for one in told] == ["serv1", "serv2", "serv10"]
        assert told[1] == {
            "name": "serv2",
            "country": "USA",
            "url": "https://webrtc5.example.org",
            "description": "",
            "default": True,
            "state": "running",
            "load": 12,
        }
        assert [(one["state"], one["load"], one["default"]) for one in told if one["name"] != "serv2"] == [
            ("draining", 0, False),
            ("down", 0, False),
        ]
        assert told[0]["url"] == "http://testserver"


def test_nobody_is_told_who_has_no_token(client: Client) -> None:
    assert client.get("/servers").status_code == 401


class TestOwnAddress:
    """In production, where hosts that nobody knows lead nowhere."""

    @pytest.fixture(autouse=True)
    def _production(self, settings: LazySettings) -> None:
        settings.CONFIG = replace(settings.CONFIG, env="production", allowed_hosts="meet.example.org")
        server("serv2", public_url="wss://webrtc5.example.org/ws/serv2/", control_url="http://127.0.0.1:9")

    def test_the_server_api_answers_there_to_who_has_a_token(self, client: Client, account: Account) -> None:
        address, there = "/rooms/serv2room/durationOfBroadcast", {"host": "webrtc5.example.org"}
        told = client.get(address, headers={**there, "Authorization": api_key(account)})
        assert (told.status_code, told.json()["error"]["code"]) == (500, "nodeUnreachable")
        assert client.get(address, headers=there).status_code == 401
        assert client.get("/servers", headers={**there, "Authorization": api_key(account)}).status_code == 200

    def test_pages_do_not_and_other_hosts_lead_nowhere(self, client: Client, account: Account) -> None:
        assert client.get("/call/?roomId=serv2room", headers={"host": "webrtc5.example.org"}).status_code == 404
        for host in ("webrtc6.example.org", "example.org", "rtc5.example.org", ""):
            told = client.get("/servers", headers={"host": host or "x", "Authorization": api_key(account)})
            assert told.status_code == 404
