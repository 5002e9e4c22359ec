"""`/check`: the page, and the tickets for its measurements."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from meet.views.check import ROOM_PREFIX
from rooms.models import Node, Placement
from rooms.nodes.placement import ROOM_ID
from rooms.nodes.tickets import verify

if TYPE_CHECKING:
    from django.conf import LazySettings
    from django.test import Client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("client_build")]


@pytest.fixture(autouse=True)
def node() -> Node:
    return make("serv0")


def make(name: str, **fields: Any) -> Node:
    now = timezone.now()
    values = {"port": 8001, "started_at": now, "heartbeat_at": now, **fields}
    return Node.objects.create(name=name, **values)


def ask(client: Client, **data: Any) -> Any:
    return client.post("/check/ticket", json.dumps(data), content_type="application/json")


class TestPage:
    @pytest.mark.parametrize("path", ["/check", "/check/"])
    def test_it_is_there_in_the_links_language(self, client: Client, path: str) -> None:
        response = client.get(path, {"lang": "de", "roomId": "team42"})
        boot = response.context["boot"]
        assert (boot["language"], boot["roomId"]) == ("de", "team42")
        assert 'lang="de"' in response.content.decode()

    @pytest.mark.parametrize("room_id", ["", "a b", "~check-1", "<script>"])
    def test_an_id_that_no_room_has_is_none(self, client: Client, room_id: str) -> None:
        assert client.get("/check", {"roomId": room_id}).context["boot"]["roomId"] == ""

    def test_it_may_be_embedded_where_rooms_may(self, client: Client) -> None:
        response = client.get("/check")
        room = client.get("/call/", {"roomId": "team42"})
        ancestors = [
            one.headers["Content-Security-Policy"].rpartition("frame-ancestors")[2] for one in (response, room)
        ]
        assert ancestors[0] == ancestors[1]
        assert "X-Frame-Options" not in response.headers


class TestTicket:
    def test_it_opens_a_check_in_a_room_that_no_link_names(self, client: Client) -> None:
        answer = ask(client).json()
        ticket = verify(answer["ticket"], node="serv0")
        assert ticket.check
        assert ticket.room_id.startswith(ROOM_PREFIX)
        assert ROOM_ID.fullmatch(ticket.room_id) is None
        assert answer["nodeUrl"].endswith("/ws/serv0/")

    def test_it_brings_turn_servers_along(self, client: Client, settings: LazySettings) -> None:
        assert ask(client).json()["iceServers"] == []
        settings.CONFIG = replace(settings.CONFIG, turn_urls="turn:turn.example.org", turn_secret="s" * 40)
        (server,) = ask(client).json()["iceServers"]
        assert server["urls"] == ["turn:turn.example.org"]

    def test_each_is_for_a_room_of_its_own(self, client: Client) -> None:
        rooms = {verify(ask(client).json()["ticket"], node="serv0").room_id for _ in range(3)}
        assert len(rooms) == 3

    def test_it_is_on_the_rooms_node_and_places_nothing(self, client: Client) -> None:
        make("serv1")
        verify(ask(client, roomId="serv1team").json()["ticket"], node="serv1")
        verify(ask(client, roomId="serv0team").json()["ticket"], node="serv0")
        assert not Placement.objects.exists()

    def test_a_node_that_is_gone_is_not_asked(self, client: Client) -> None:
        make("serv1", heartbeat_at=timezone.now() - timedelta(minutes=1))
        verify(ask(client, roomId="serv1team").json()["ticket"], node="serv0")
        Node.objects.all().update(heartbeat_at=timezone.now() - timedelta(minutes=1))
        response = ask(client)
        assert (response.status_code, response.json()["error"]["code"]) == (503, "noNode")

    @pytest.mark.parametrize("body", ["", "[]", '{"roomId": 5}', "x" * 5000, "[" * 4000])
    def test_nonsense_is_refused(self, client: Client, body: str) -> None:
        response = client.post("/check/ticket", body, content_type="application/json")
        assert (response.status_code, response.json()["error"]["code"]) == (400, "invalidData")

    def test_a_room_that_can_not_be_is_refused(self, client: Client) -> None:
        response = ask(client, roomId="a b")
        assert (response.status_code, response.json()["error"]["code"]) == (400, "roomIdInvalid")
