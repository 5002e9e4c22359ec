"""The pages, tickets, errors and headers that web serves."""

from __future__ import annotations

import html
import json
import logging
import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import jwt
import pytest
from django.contrib.auth import get_user_model
from django.core.checks import run_checks
from django.core.exceptions import PermissionDenied
from django.http import QueryDict
from django.test import Client, RequestFactory
from django_vite.core.exceptions import DjangoViteAssetNotFoundError
from django_vite.templatetags.django_vite import vite_asset

from meet.accounts.hosts import default_account
from meet.attributes import RoomAttributes, for_page
from meet.attributes.links import read_link
from meet.checks import NOT_BUILT
from meet.config import Config
from meet.errors import AppError, Unavailable
from meet.run.refusals_in_logs import without_tracebacks_of_refusals
from meet.settings import LOGGING
from meet.views.errors import error_json
from rooms.models import Node, Placement
from rooms.nodes import tickets
from rooms.nodes.tickets import vouched_host
from tests.meet.conftest import serve_client

if TYPE_CHECKING:
    from pathlib import Path

    from django.conf import LazySettings
    from django.http import HttpResponse

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("client_build")]


def boot(response: Any) -> dict[str, Any]:
    """What the page was told to start with."""
    found = re.search(r'<script id="boot" type="application/json">(.*?)</script>', response.content.decode())
    assert found is not None
    return dict(json.loads(found.group(1)))


def policy(response: Any) -> dict[str, str]:
    """The Content-Security-Policy by directive."""
    parts = (part.strip().partition(" ") for part in response.headers["Content-Security-Policy"].split(";"))
    return {name: value for name, _, value in parts}


def ask(client: Client, body: Any) -> HttpResponse:
    text = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return cast("HttpResponse", client.post("/tickets/", text, content_type="application/json"))


class TestStart:
    def test_the_start_page_is_there_for_everybody(self, client: Client) -> None:
        response = client.get("/")
        assert response.status_code == 200
        assert b"<title>" in response.content
        assert not response.cookies

    @pytest.mark.parametrize("path", ["/new", "/new/"])
    def test_a_new_meeting_is_another_one_each_time_with_both_links(self, client: Client, path: str) -> None:
        first, second = client.get(path), client.get(path)
        assert first.headers["Cache-Control"] == "no-store"
        pages = [html.unescape(response.content.decode()) for response in (first, second)]
        rooms = [re.findall(r"http://testserver/call/\?roomId=([a-z0-9]{12})", page) for page in pages]
        assert rooms[0]
        assert rooms[0] != rooms[1]
        assert f"http://testserver/webinar/?roomId={rooms[0][0]}" in pages[0]

    @pytest.mark.parametrize("path", ["/", "/new", "/call/", "/webinar/", "/healthz"])
    def test_pages_are_read_only(self, client: Client, path: str) -> None:
        assert client.post(path).status_code == 405


class TestRoom:
    @pytest.mark.parametrize("interface", ["call", "webinar"])
    def test_the_page_has_everything_to_connect(self, client: Client, live_node: Node, interface: str) -> None:
        response = client.get(f"/{interface}/?roomId=room&peerId=ada&displayName=Ada")
        assert response.status_code == 200
        assert response.headers["Cache-Control"] == "no-store"
        told = boot(response)
        signed, identity = told.pop("ticket"), told.pop("identity")
        assert told == {
            "roomId": "room",
            "interface": interface,
            "displayName": "Ada",
            "nameFixed": True,
            "role": "participant",
            "viewer": interface == "webinar",
            "attributes": for_page(RoomAttributes()),
            "language": "en",
            "warnings": [],
            "opensBare": True,
            "ticketUrl": "/tickets/",
            "contact": "",
            "brand": None,
            "peerId": "ada",
            "nodeUrl": "ws://testserver:8001/ws/serv0/",
            "iceServers": [],
        }
        ticket = tickets.verify(signed, node="serv0")
        assert (ticket.room_id, ticket.peer_id, ticket.display_name) == ("room", "ada", "Ada")
        assert (ticket.name_fixed, ticket.interface) == (True, interface)
        assert ticket.viewer == (interface == "webinar")
        assert tickets.read_identity(identity) == tickets.identity_of(ticket, joined=False)
        assert Placement.objects.get().node == live_node

    def test_hostile_attributes_stay_data(self, client: Client, live_node: Node) -> None:
        name = "</script><script>alert(1)</script>"
        response = client.get("/call/", {"roomId": "room", "displayName": name})
        assert boot(response)["displayName"] == name
        assert b"<script>alert" not in response.content
        assert live_node.name == "serv0"

    @pytest.mark.usefixtures("live_node")
    def test_the_page_is_told_its_attributes_and_what_is_wrong_with_them(self, client: Client) -> None:
        told = boot(client.get("/call/?roomId=room&sortPeers=true&lang=xx&role=moderator&minimizeTiles=2"))
        assert told["attributes"] == for_page(RoomAttributes(sort_peers=True))
        assert [warning.partition(" ")[0] for warning in told["warnings"]] == ["lang", "minimizeTiles", "role"]

    @pytest.mark.usefixtures("live_node")
    @pytest.mark.parametrize(
        ("query", "header", "expected"),
        [
            ("", "de-AT, en;q=0.5", "de"),
            ("&lang=fr", "de", "fr"),
            ("&lang=xx", "lb", "lb"),
            ("", "", "en"),
            ("", "ja", "en"),
        ],
    )
    def test_the_language_is_the_links_else_the_browsers(
        self, client: Client, query: str, header: str, expected: str
    ) -> None:
        response = client.get(f"/call/?roomId=room{query}", headers={"accept-language": header})
        assert boot(response)["language"] == expected
        assert "Accept-Language" in response.headers["Vary"]

    @pytest.mark.usefixtures("live_node")
    @pytest.mark.parametrize(
        ("options", "bare"),
        [({}, True), ({"jwt_required": True}, False), ({"access_url": "https://a.example/"}, False)],
    )
    def test_the_page_knows_whether_a_bare_link_opens_the_room(
        self, client: Client, settings: LazySettings, options: dict[str, Any], bare: bool
    ) -> None:
        settings.CONFIG = Config(jwt_key="k" * 32)
        account = default_account()
        token = jwt.encode({"roomId": "room", "inviteUrl": "https://shop.example/"}, "k" * 32, "HS256")
        for name, value in options.items():
            setattr(account, name, value)
        assert read_link(account, {"roomId": "room"}, "call").opens_bare is bare
        if account.access_url:
            return  # there is nobody to ask
        account.save()
        told = boot(client.get("/call/", {"roomId": "room", "token": token}))
        assert told["opensBare"] is bare
        assert told["attributes"]["inviteUrl"] == "https://shop.example/"

    def test_a_signed_token_makes_a_moderator(self, client: Client, live_node: Node, settings: LazySettings) -> None:
        settings.CONFIG = Config(jwt_key="k" * 32)
        token = jwt.encode({"role": "moderator", "displayName": "Ada"}, "k" * 32, "HS256")
        response = client.get("/call/", {"roomId": "room", "token": token, "displayName": "Eve"})
        told = boot(response)
        assert (told["displayName"], told["nameFixed"]) == ("Ada", True)
        assert tickets.verify(told["ticket"], node=live_node.name).role == "moderator"

    @pytest.mark.usefixtures("live_node")
    @pytest.mark.parametrize("key", ["", "k" * 32])
    def test_a_token_that_does_not_count_is_refused_with_a_page(
        self, client: Client, settings: LazySettings, key: str
    ) -> None:
        settings.CONFIG = Config(jwt_key=key)
        response = client.get("/call/?roomId=room&token=a.b.c")
        assert response.status_code == 403
        assert b"Invalid token" in response.content

    @pytest.mark.usefixtures("live_node")
    def test_a_restriction_that_cant_be_read_refuses_with_a_page_that_names_it(
        self, client: Client, settings: LazySettings
    ) -> None:
        settings.CONFIG = Config(jwt_key="k" * 32)
        token = jwt.encode({"startTime": "21 June, 10 o'clock"}, "k" * 32, "HS256")
        response = client.get("/call/", {"roomId": "room", "token": token})
        assert response.status_code == 403
        text = html.unescape(response.content.decode())
        assert "startTime must be a time such as 2030-06-21T10:00:00.0Z" in text
        assert "Whoever makes these links must correct it" in text
        answer = ask(client, {"interface": "call", "query": f"?roomId=room&token={token}"})
        assert (answer.status_code, json.loads(answer.content)["error"]["code"]) == (403, "tokenInvalid")
        assert client.get("/call/?roomId=room&maxWatchers=ten").status_code == 400

    @pytest.mark.parametrize(
        ("query", "hint"),
        [("", "names no room"), ("?roomId=", "names no room"), ("?roomId=a%20b", "can&#x27;t be used")],
    )
    def test_a_bad_link_is_explained(self, client: Client, query: str, hint: str) -> None:
        response = client.get(f"/call/{query}")
        assert response.status_code == 400
        assert hint in response.content.decode()

    @pytest.mark.parametrize(
        ("query", "code", "retry_s"),
        [("", "roomIdMissing", 0), ("?roomId=a", "noNode", 5), ("?token=a", "tokenInvalid", 0)],
    )
    def test_each_refusal_has_the_page_that_can_stand_in_a_frame(
        self, client: Client, query: str, code: str, retry_s: int
    ) -> None:
        response = client.get(f"/call/{query}", headers={"accept-language": "fr"})
        assert "X-Frame-Options" not in response.headers
        page = response.content.decode()
        assert f'data-code="{code}"' in page
        assert 'href="/new"' not in page
        told = re.search(r'<script id="denial" type="application/json">(.*?)</script>', page)
        assert told is not None
        shown = json.loads(told[1])
        assert (shown["code"], shown["language"], shown["retryS"]) == (code, "fr", retry_s)

    def test_without_a_node_the_page_says_so(self, client: Client) -> None:
        response = client.get("/call/?roomId=room")
        assert response.status_code == 503
        assert b"No meeting server is running" in response.content

    @pytest.mark.parametrize(
        ("host", "secure", "fields", "expected"),
        [
            ("meet.example:8000", False, {}, "ws://meet.example:8001/ws/serv0/"),
            ("meet.example", True, {}, "wss://meet.example:8001/ws/serv0/"),
            ("127.0.0.1:8000", False, {"tls": True}, "wss://127.0.0.1:8001/ws/serv0/"),
            ("[::1]:8000", False, {}, "ws://[::1]:8001/ws/serv0/"),
            ("[::1]", False, {}, "ws://[::1]:8001/ws/serv0/"),
            ("n.example:8443", True, {"public_url": "wss://n.example/ws/serv0/"}, "wss://n.example/ws/serv0/"),
        ],
    )
    def test_the_nodes_address_fits_the_page(
        self, client: Client, live_node: Node, host: str, secure: bool, fields: dict[str, Any], expected: str
    ) -> None:
        Node.objects.filter(pk=live_node.pk).update(**fields)
        response = client.get("/call/?roomId=room", headers={"host": host}, secure=secure)
        assert boot(response)["nodeUrl"] == expected

    def test_a_node_at_another_host_hears_that_the_page_is_ours(self, client: Client, live_node: Node) -> None:
        Node.objects.filter(pk=live_node.pk).update(public_url="wss://n.example/ws/serv0/")
        url = boot(client.get("/call/?roomId=room", headers={"host": "Meet.example:8000"}))["nodeUrl"]
        address, _, query = url.partition("?")
        assert address == "wss://n.example/ws/serv0/"
        assert vouched_host(QueryDict(query)["page"]) == "meet.example"
        assert boot(client.get("/call/?roomId=room", headers={"host": "meet.example"}))["nodeUrl"] == url


class TestTickets:
    def test_a_page_gets_a_fresh_ticket_for_its_own_query(self, live_node: Node) -> None:
        client = Client(enforce_csrf_checks=True)
        response = ask(client, {"interface": "webinar", "query": "?roomId=room&peerId=ada"})
        assert response.status_code == 200
        answer = json.loads(response.content)
        assert set(answer) == {"ticket", "peerId", "identity", "nodeUrl", "iceServers"}
        ticket = tickets.verify(answer["ticket"], node=live_node.name)
        assert (ticket.peer_id, ticket.interface) == ("ada", "webinar")

    @pytest.mark.usefixtures("live_node")
    def test_with_each_ticket_there_are_fresh_credentials_for_the_turn_servers(self, settings: LazySettings) -> None:
        url, secret = "turns:turn.example.org:443?transport=tcp", "s" * 40
        settings.CONFIG = replace(settings.CONFIG, turn_urls=url, turn_secret=secret, turn_hours=2)
        began = int(time.time())
        page = Client().get("/call/?roomId=room&peerId=ada&displayName=Ada")
        again = ask(Client(), {"interface": "call", "query": "?roomId=room&peerId=ada"})
        given = [boot(page)["iceServers"], json.loads(again.content)["iceServers"]]
        for (server,) in given:
            until, _, user = server["username"].partition(":")
            assert server["urls"] == [url]
            assert began + 7200 <= int(until) <= time.time() + 7200
            assert len(user) == 16
        assert secret not in page.content.decode() + again.content.decode()
        assert "ada" not in json.dumps(given).lower()

    @pytest.mark.usefixtures("live_node")
    @pytest.mark.parametrize(
        ("address", "others", "same"),
        [
            ("198.51.100.7", ["198.51.100.7"], True),
            ("198.51.100.7", ["198.51.100.8"], False),
            ("2001:db8::7", ["2001:db8::8", "2001:db8::ffff:0:0:1"], True),
            ("2001:db8::7", ["2001:db8:0:1::7"], False),
        ],
    )
    def test_for_the_turn_servers_all_pages_of_one_address_are_one_user(
        self, settings: LazySettings, address: str, others: list[str], same: bool
    ) -> None:
        settings.CONFIG = replace(settings.CONFIG, turn_urls="turn:turn.example.org", turn_secret="s" * 40)

        def users(remote: str) -> set[str]:
            client = Client(REMOTE_ADDR=remote)
            given = boot(client.get("/call/?roomId=room"))["iceServers"]
            given += json.loads(ask(client, {"interface": "call", "query": "?roomId=room"}).content)["iceServers"]
            given += json.loads(client.post("/check/ticket", "{}", "application/json").content)["iceServers"]
            return {server["username"].partition(":")[2] for server in given}

        found = [users(remote) for remote in (address, *others)]
        assert [len(one) for one in found] == [1] * len(found)
        assert (len(set.union(*found)) == 1) is same

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ("", "invalidData"),
            ("nonsense", "invalidData"),
            ("[" * 10_000, "invalidData"),
            (b"\xff\xfe", "invalidData"),
            ({}, "invalidData"),
            ({"interface": "call", "query": 5}, "invalidData"),
            ({"interface": "call", "query": "&".join(["a=b"] * 2000)}, "invalidData"),
            ("x" * 20_000, "invalidData"),
            ("x" * 3_000_000, "invalidData"),
            ({"interface": "call", "query": ""}, "roomIdMissing"),
            ({"interface": "call", "query": "?roomId=a/b"}, "roomIdInvalid"),
            ({"interface": "call", "query": "?roomId=a%FF"}, "roomIdInvalid"),
        ],
    )
    def test_a_bad_request_is_answered_in_json(self, client: Client, body: Any, code: str) -> None:
        response = ask(client, body)
        assert response.status_code == 400
        error = json.loads(response.content)["error"]
        assert error["code"] == code
        assert len(error["message"]) < 400

    def test_a_token_counts_for_a_fresh_ticket_too(
        self, client: Client, live_node: Node, settings: LazySettings
    ) -> None:
        settings.CONFIG = Config(jwt_key="k" * 32)
        token = jwt.encode({"role": "moderator"}, "k" * 32, "HS256")
        response = ask(client, {"interface": "call", "query": f"?roomId=room&token={token}"})
        ticket = tickets.verify(json.loads(response.content)["ticket"], node=live_node.name)
        assert ticket.role == "moderator"
        response = ask(client, {"interface": "call", "query": f"?roomId=room&token={token}x"})
        assert response.status_code == 403
        assert json.loads(response.content)["error"]["code"] == "tokenInvalid"

    def test_without_a_node_there_is_no_ticket(self, client: Client) -> None:
        response = ask(client, {"interface": "call", "query": "?roomId=room"})
        assert response.status_code == 503
        assert json.loads(response.content)["error"]["code"] == "noNode"

    def test_tickets_are_asked_for_with_post(self, client: Client) -> None:
        assert client.get("/tickets/").status_code == 405


class TestErrors:
    def test_an_unknown_address_has_a_page(self, client: Client) -> None:
        response = client.get("/nowhere/")
        assert response.status_code == 404
        assert b"There is no page at this address." in response.content

    @pytest.mark.usefixtures("live_node")
    def test_a_mistake_of_ours_has_a_page_without_details(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(_room_id: str) -> Node:
            raise ZeroDivisionError("secret detail")

        monkeypatch.setattr("meet.views.pages.place", fail)
        client.raise_request_exception = False
        response = client.get("/call/?roomId=room")
        assert response.status_code == 500
        assert b"The server made a mistake" in response.content
        assert b"secret detail" not in response.content

    def test_a_request_that_django_refuses_has_a_page(self, client: Client) -> None:
        response = client.get("/call/?" + "&".join(["a=b"] * 2000))
        assert response.status_code == 400
        assert b"did not understand" in response.content

    def test_a_host_that_is_written_wrongly_is_refused(self, client: Client) -> None:
        assert client.get("/", headers={"host": "evil.example/?"}).status_code == 400

    def test_json_errors_have_a_code_a_message_and_perhaps_data(self) -> None:
        response = error_json(Unavailable("noNode", "None is running.", data={"since": 5}))
        assert response.status_code == 503
        expected = {"code": "noNode", "message": "None is running.", "data": {"since": 5}}
        assert json.loads(response.content) == {"error": expected}
        assert error_json(AppError("odd", "Odd.")).status_code == 500

    def test_a_client_that_was_not_built_is_said_with_what_to_do(self, client_build: Path) -> None:
        (client_build / ".vite" / "manifest.json").unlink()
        (warning,) = [message for message in run_checks() if message.id == NOT_BUILT.id]
        assert "make build" in str(warning.hint)
        with pytest.raises(DjangoViteAssetNotFoundError, match="manifest"):
            vite_asset("src/room/main.tsx")


class TestHeaders:
    @pytest.mark.usefixtures("live_node")
    @pytest.mark.parametrize("path", ["/call/?roomId=room", "/webinar/?roomId=room", "/call/"])
    def test_room_pages_may_be_embedded_anywhere_also_when_they_show_an_error(self, client: Client, path: str) -> None:
        response = client.get(path)
        assert "X-Frame-Options" not in response.headers
        assert policy(response)["frame-ancestors"] == "*"

    @pytest.mark.parametrize("path", ["/", "/new", "/nowhere", "/admin/login/", "/healthz"])
    def test_nothing_else_may_be_embedded(self, client: Client, path: str) -> None:
        response = client.get(path)
        assert response.headers["X-Frame-Options"] == "DENY"
        assert policy(response)["frame-ancestors"] == "'none'"

    @pytest.mark.parametrize("path", ["/", "/new", "/admin/login/", "/call/?roomId=room"])
    def test_scripts_come_from_here_only(self, client: Client, path: str) -> None:
        response = client.get(path)
        directives = policy(response)
        assert directives["script-src"] == ("'self' 'unsafe-eval'" if path.startswith("/admin/") else "'self'")
        assert directives["object-src"] == directives["base-uri"] == "'none'"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        inline = re.findall(r"<script(?![^>]*\b(?:src=|application/json))", response.content.decode())
        assert inline == []
        assert not re.search(r"\son\w+=\"", response.content.decode())

    def test_a_room_page_may_connect_to_a_node_on_another_port(self, client: Client) -> None:
        assert "ws: wss:" in policy(client.get("/"))["connect-src"]

    def test_a_room_page_may_show_a_player_of_another_site_and_no_unencrypted_one(self, client: Client) -> None:
        assert policy(client.get("/call/"))["frame-src"] == "'self' https:"

    def test_proxy_headers_of_just_anybody_are_ignored(self, client: Client, live_node: Node) -> None:
        headers = {"x-forwarded-proto": "https", "x-forwarded-host": "evil.example"}
        response = client.get("/call/?roomId=room", headers=headers)
        assert boot(response)["nodeUrl"] == f"ws://testserver:8001/ws/{live_node.name}/"
        assert b"evil.example" not in client.get("/new", headers=headers).content

    def test_a_page_over_https_connects_over_tls(self, client: Client, live_node: Node) -> None:
        response = client.get("/call/?roomId=room", secure=True)
        assert boot(response)["nodeUrl"] == f"wss://testserver:8001/ws/{live_node.name}/"


def test_health_tells_that_the_process_answers_and_no_more(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


class TestAdmin:
    def test_strangers_are_sent_to_the_login(self, client: Client) -> None:
        assert client.get("/admin/rooms/node/").status_code == 302

    def test_members_without_the_right_are_refused(self, client: Client) -> None:
        client.force_login(get_user_model().objects.create_user("member", is_staff=True))
        assert client.get("/admin/rooms/node/").status_code == 403

    def test_a_refusal_is_one_line_in_the_log(self) -> None:
        error = PermissionDenied()
        trace = (PermissionDenied, error, None)
        for status, shown in ((403, None), (404, None), (500, trace)):
            record = logging.LogRecord("django.request", logging.WARNING, "", 1, "Forbidden", None, trace)
            record.status_code = status
            assert without_tracebacks_of_refusals(record)
            assert record.exc_info == shown
        assert LOGGING["handlers"]["console"]["filters"] == ["refusals"]

    def test_administrators_see_nodes_and_placements_and_change_none(self, client: Client, live_node: Node) -> None:
        client.force_login(get_user_model().objects.create_superuser("owner"))
        client.get("/call/?roomId=room")
        assert b"serv0" in client.get("/admin/rooms/node/").content
        assert b"room" in client.get("/admin/rooms/placement/").content
        assert client.get("/admin/rooms/node/add/").status_code == 403
        assert client.post(f"/admin/rooms/node/{live_node.pk}/change/", {"name": "serv1"}).status_code == 403


def test_the_clients_tags_preload_what_the_entry_imports() -> None:
    style, script, preload = vite_asset("src/room/main.tsx").split("\n")
    assert 'rel="stylesheet" href="/static/assets/room-Abcdef12.css"' in style
    assert 'type="module"' in script
    assert 'src="/static/assets/room-Abcdef12.js"' in script
    assert 'href="/static/assets/shared-Abcdef12.js"' in preload
    assert 'rel="modulepreload"' in preload


def test_in_development_pages_take_the_client_from_vites_server(client: Client, settings: LazySettings) -> None:
    serve_client(settings, dev_mode=True, dev_server_port=5173)
    page = client.get("/").content.decode()
    sources = re.findall(r'<script type="module" src="([^"]+)"></script>', page)
    assert sources == [f"http://localhost:5173/static/{name}" for name in ("@vite/client", "src/pages/main.ts")]
    assert [message for message in run_checks() if message.id == NOT_BUILT.id] == []


def test_middleware_keeps_a_policy_that_a_view_has_set(rf: RequestFactory) -> None:
    from django.http import HttpResponse  # noqa: PLC0415 - beside its only use

    from meet.middleware import ContentSecurityPolicy  # noqa: PLC0415

    answer = HttpResponse(headers={"Content-Security-Policy": "default-src 'none'"})
    assert ContentSecurityPolicy(lambda _request: answer)(rf.get("/")).headers["Content-Security-Policy"] == (
        "default-src 'none'"
    )
