"""The API's description says what really happens: each operation is sent what it asks for, and what it does not.

Schemathesis makes the requests from `/api/schema` and compares each answer with it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.test import Client
from hypothesis import Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_schema_conformance,
    status_code_conformance,
)

from meet.accounts.models import SigningKey
from stats.models import Sample, Session
from tests.api.meeting import ROOM
from tests.api.programs import api_key
from tests.control.nodes import registered
from tests.meet.conftest import client_build as client_build  # noqa: PLC0414 - a fixture

if TYPE_CHECKING:
    from schemathesis.schemas import BaseSchema

    from meet.accounts.models import Account
    from tests.api.meeting import Callers
    from tests.rooms.conftest import NodeProcess

CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    ignored_auth,
]
OF_EACH: Final = settings(
    max_examples=8,
    deadline=None,
    database=None,
    phases=[Phase.generate],
)
STATISTICS: Final = {"room_id": ROOM, "from": "2020-01-01T00:00:00Z", "to": "2040-01-01T00:00:00Z"}
# What can be asked about a room without changing it: the path's parameters, and the query.
QUESTIONS: Final[list[tuple[str, dict[str, str], dict[str, str]]]] = [
    ("/servers", {}, {}),
    ("/rooms", {}, {}),
    ("/rooms/{roomId}", {"roomId": ROOM}, {}),
    ("/rooms/{roomId}/peers", {"roomId": ROOM}, {}),
    ("/rooms/{roomId}/exists", {"roomId": ROOM}, {}),
    ("/rooms/{roomId}/durationOfBroadcast", {"roomId": ROOM}, {}),
    ("/rooms/{roomId}/numberPeers", {"roomId": ROOM}, {}),
    ("/rooms/{roomId}/existingPeer/{peerId}", {"roomId": ROOM, "peerId": "ada"}, {}),
    ("/streaming/statistics/peers/summary", {}, STATISTICS),
    ("/streaming/statistics/peers", {}, STATISTICS),
    ("/streaming/statistics/samples", {}, STATISTICS),
    ("/streaming/statistics/samples/download", {}, STATISTICS),
]
# The same for what changes a room; the last one ends it.
ACTIONS: Final[list[tuple[str, dict[str, str], dict[str, Any]]]] = [
    ("/rooms/{roomId}/existingPeer", {"roomId": ROOM}, {"peerId": "ada"}),
    ("/rooms/{roomId}/token", {"roomId": ROOM}, {"displayName": "Eve", "role": "moderator"}),
    ("/rooms/{roomId}/mute", {"roomId": ROOM}, {"device": "mic", "everybody": True}),
    ("/rooms/{roomId}/video/stop", {"roomId": ROOM}, {}),
    ("/rooms/{roomId}/lock", {"roomId": ROOM}, {"locked": True}),
    ("/rooms/{roomId}/admit", {"roomId": ROOM}, {"everybody": True, "admitted": False}),
    ("/rooms/{roomId}/closePeer", {"roomId": ROOM}, {"peerId": "bob/2", "ban": True}),
    ("/rooms/{roomId}/letBack", {"roomId": ROOM}, {"peerId": "bob/2"}),
    ("/chat/clear-rooms", {}, {"hostname": "ours.example", "rooms": [{"roomId": ROOM}]}),
    ("/rooms/{roomId}/closeRoom", {"roomId": ROOM}, {}),
]


def operations_of(described: BaseSchema) -> list[Any]:
    """All of them; a description that isn't right fails here."""
    found: list[Any] = []
    for result in described.get_all_operations():
        assert isinstance(result, Ok), result
        found.append(result.ok())
    return found


@pytest.fixture
def authorization(callers: Callers) -> str:
    """Of an account whose room is on a live node, and which can sign tokens."""
    SigningKey.objects.create(account=callers.account, kid="k", algorithm="HS256", key="a long secret of theirs " * 2)
    return api_key(callers.account)


@pytest.fixture
def described(transactional_db: None) -> BaseSchema:
    """The description as programs get it."""
    del transactional_db
    return schemathesis.openapi.from_wsgi("/api/schema", get_wsgi_application())


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
def test_every_answer_is_as_described(
    described: BaseSchema, authorization: str, node: NodeProcess, mode: GenerationMode, subtests: pytest.Subtests
) -> None:
    for operation in operations_of(described):
        registered(node.control_url)  # its row has no heartbeat but this
        if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query):
            continue  # the path's parameters are any text, of which nothing is wrong
        with subtests.test(operation.label):

            @OF_EACH
            @given(operation.as_strategy(generation_mode=mode))
            def ask(case: Any) -> None:
                case.call_and_validate(checks=CHECKS, headers={"Authorization": authorization})

            ask()


class TestWithPeopleInTheRoom:
    """Right answers, where the requests above are answered with what is wrong about them mostly."""

    @staticmethod
    async def ask(described: BaseSchema, authorization: str, method: str, path: str, **request: Any) -> None:
        case = described[path][method].Case(**request)

        def call() -> None:
            try:
                response = case.call_and_validate(checks=CHECKS, headers={"Authorization": authorization})
            finally:
                connections.close_all()
            assert response.status_code == 200, response.text

        await asyncio.to_thread(call)

    async def test_each_answer_is_as_described(
        self, described: BaseSchema, authorization: str, callers: Callers, node: NodeProcess
    ) -> None:
        await asyncio.to_thread(_earlier_session, callers.account)
        async with callers.meeting(node):
            for path, parameters, query in QUESTIONS:
                await self.ask(described, authorization, "GET", path, path_parameters=parameters, query=query)
            for path, parameters, body in ACTIONS:
                content = {"body": body, "media_type": "application/json"} if body else {}
                await self.ask(described, authorization, "POST", path, path_parameters=parameters, **content)

    def test_each_operation_is_asked(self, described: BaseSchema) -> None:
        here = {("GET", path) for path, *_ in QUESTIONS} | {("POST", path) for path, *_ in ACTIONS}
        elsewhere = {("POST", f"/auth/jwt/{name}") for name in ("login", "refresh", "logout")}
        elsewhere.add(("GET", "/rooms/{roomId}/closeRoom"))
        operations = {
            (operation.method.upper(), operation.path)
            for operation in operations_of(described)
            if operation.tags not in (["Recordings"], ["Persons"])  # tests/recording, tests/meet/test_persons.py
        }
        assert operations == here | elsewhere, "add each operation to QUESTIONS or ACTIONS above"


def _earlier_session(account: Account) -> None:
    """Something for statistics to tell about."""
    began = dt.datetime(2026, 6, 21, 10, tzinfo=dt.UTC)
    ended = began + dt.timedelta(minutes=2)
    try:
        Session.objects.create(
            account=account, room_id=ROOM, peer_id="ada", joined_at=began, marked_at=ended, left_at=ended
        )
        Sample.objects.create(
            account=account, room_id=ROOM, peer_id="ada", direction="up", at=began, seconds=30, loss=0.12, freezes=3
        )
    finally:
        connections.close_all()


class TestTheDescription:
    def test_it_is_json_or_yaml_with_the_server_that_was_asked(self, db: None) -> None:
        del db
        caller = Client(headers={"Host": "video.example"})
        answer = caller.get("/api/schema")
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.json()["servers"] == [{"url": "http://video.example"}]
        yaml = caller.get("/api/schema/?format=yaml")
        assert yaml.headers["Content-Type"].startswith("application/yaml")
        assert yaml.content.startswith(b"openapi: 3")

    def test_both_ways_to_say_who_asks_are_in_it(self, db: None) -> None:
        del db
        description = Client().get("/api/schema").json()
        assert set(description["components"]["securitySchemes"]) == {"APIKey", "Bearer"}
        either: list[dict[str, list[str]]] = [{"APIKey": []}, {"Bearer": []}]
        for path, methods in description["paths"].items():
            for operation in methods.values():
                assert ("security" in operation) != path.startswith("/auth/")
                assert operation.get("security", either) == either
                assert operation["summary"]
                assert operation["tags"]

    def test_nothing_but_the_server_api_is_in_it(self, db: None) -> None:
        del db
        paths = Client().get("/api/schema").json()["paths"]
        assert not [
            path
            for path in paths
            if not path.startswith(("/auth/", "/chat/", "/persons", "/rooms", "/servers", "/streaming/"))
        ]
        assert not [path for path in paths if path.endswith("/")]

    def test_the_page_needs_nothing_from_elsewhere(self, db: None, client_build: Any) -> None:
        del db, client_build
        for address in ("/api/", "/api"):
            page = Client().get(address)
            assert page.status_code == 200
            content = page.content.decode()
            assert "/static/api/page.js" in content
            assert 'data-schema="/api/schema"' in content
            assert "://" not in content.replace("http://www.w3.org/", "")
            assert "<script>" not in content
