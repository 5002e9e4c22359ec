"""Every error of the Server API is JSON of one shape, wherever it comes from."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404
from django.test import Client
from django.urls import include, path
from rest_framework import serializers
from rest_framework.response import Response

from meet.accounts.models import Account
from meet.api.asked import asks
from meet.api.content import MAX_BODY
from meet.api.views import ServerView
from meet.config import Config
from meet.errors import BadRequest, Unavailable
from tests.api.programs import api_key, error_in, program

if TYPE_CHECKING:
    from django.conf import LazySettings
    from rest_framework.request import Request

ERRORS: dict[str, Exception] = {
    "ours": BadRequest("roomMissing", "There is no such room.", hint="Open it.", data={"room": "a"}),
    "busy": Unavailable("noNode", "No node is there."),
    "missing": Http404("secret"),
    "forbidden": PermissionDenied("secret"),
    "suspicious": SuspiciousOperation("secret"),
    "mistake": ZeroDivisionError("secret"),
}


class Item(serializers.Serializer[Any]):
    number = serializers.IntegerField(max_value=9)


class Given(serializers.Serializer[Any]):
    name = serializers.CharField()
    items = serializers.ListField(child=Item())


class Raising(ServerView):
    def get(self, request: Request, name: str) -> Response:  # noqa: ARG002 - the framework's signature
        raise ERRORS[name]

    @asks(body=Given)
    def post(self, request: Request, name: str) -> Response:  # noqa: ARG002
        given = Given(data=request.data)
        given.is_valid(raise_exception=True)
        return Response(given.validated_data)


class OwnShape(Raising):
    def error_body(self, error: Any) -> Any:
        return {"errors": [error.message]}


urlpatterns = [
    path("rooms/raise/<name>", Raising.as_view()),
    path("rooms/own/<name>", OwnShape.as_view()),
    path("", include("meet.urls")),
]
handler400 = "meet.views.errors.bad_request"
handler404 = "meet.views.errors.not_found"
handler500 = "meet.views.errors.server_error"

pytestmark = pytest.mark.urls(__name__)


@pytest.fixture
def caller(db: None, settings: LazySettings) -> Client:  # noqa: ARG001 - its tables
    settings.CONFIG = Config(api_requests_per_second=0)
    return program(api_key(Account.objects.create(name="Acme")))


def send(caller: Client, body: Any, content_type: str = "application/json") -> Any:
    return caller.post("/rooms/raise/x", body, content_type=content_type)


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("ours", 400, "roomMissing"),
        ("busy", 503, "noNode"),
        ("missing", 404, "notFound"),
        ("forbidden", 403, "accessDenied"),
        ("suspicious", 400, "invalidData"),
        ("mistake", 500, "internalError"),
    ],
)
def test_what_a_view_raises(caller: Client, name: str, status: int, code: str) -> None:
    response = caller.get(f"/rooms/raise/{name}")
    assert error_in(response, status)["code"] == code
    assert "secret" not in response.content.decode()


def test_our_own_errors_come_with_everything(caller: Client) -> None:
    assert error_in(caller.get("/rooms/raise/ours"), 400) == {
        "code": "roomMissing",
        "message": "There is no such room.",
        "hint": "Open it.",
        "data": {"room": "a"},
    }


def test_a_mistake_of_ours_is_logged(caller: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "meet.api.errors"):
        caller.get("/rooms/raise/mistake")
    (record,) = (record for record in caplog.records if record.name == "meet.api.errors")
    assert record.exc_info
    assert record.exc_info[0] is ZeroDivisionError


def test_a_view_may_have_a_shape_of_its_own(caller: Client) -> None:
    assert caller.get("/rooms/own/ours").json() == {"errors": ["There is no such room."]}
    assert Client().get("/rooms/own/ours").json() == {"errors": ["This request carries no token."]}


@pytest.mark.parametrize("address", ["/rooms/a/b/c/d", "/auth/jwt/nothing", "/chat/nothing", "/streaming/", "/api/x"])
def test_an_unknown_address(db: None, address: str) -> None:  # noqa: ARG001 - hosts are looked up
    for response in (Client().get(address), Client().post(address, {}, content_type="application/json")):
        assert error_in(response, 404)["code"] == "notFound"
    page = Client().get("/nothing")
    assert page.status_code == 404
    assert page.headers["Content-Type"].startswith("text/html")


def test_an_unknown_host(db: None, settings: LazySettings) -> None:  # noqa: ARG001 - hosts are looked up
    settings.CONFIG = Config(allowed_hosts="meet.example")
    response = Client(headers={"Host": "other.example"}).get("/rooms/raise/ours")
    assert error_in(response, 404)["code"] == "hostUnknown"


def test_a_host_that_is_none(db: None) -> None:  # noqa: ARG001 - hosts are looked up
    assert error_in(Client(headers={"Host": "a b"}).get("/rooms/raise/ours"), 400)["code"] == "invalidData"


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_an_unknown_method(caller: Client, method: str) -> None:
    assert error_in(getattr(caller, method)("/rooms/raise/ours"), 405)["code"] == "methodNotAllowed"


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b"\xff\xfe",
        b"[1]",
        b'"x"',
        b"null",
        b"NaN",
        b'{"name": Infinity}',
        b'{"name": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 40_000,
        b'{"name": "' + b"x" * MAX_BODY + b'"}',
    ],
    ids=lambda body: repr(body[:12]),
)
def test_a_body_that_is_no_json_object(caller: Client, body: bytes) -> None:
    assert error_in(send(caller, body), 400)["code"] == "invalidData"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x", ""])
def test_a_body_of_another_kind(caller: Client, kind: str) -> None:
    error = error_in(send(caller, b'{"name": "x"}', kind), 415)
    assert error["code"] == "mediaTypeUnsupported"
    assert "application/json" in error["hint"]


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_by_other_spellings(caller: Client, kind: str) -> None:
    assert send(caller, json.dumps({"name": "x", "items": []}), kind).status_code == 200


def test_what_is_wrong_is_named_field_by_field(caller: Client) -> None:
    error = error_in(send(caller, {"items": [{"number": 1}, {"number": 10}]}), 400)
    assert error["data"] == {"fields": ["items.1.number", "name"]}
    assert "name: This field is required." in error["message"]


@pytest.mark.parametrize("name", ["\x00", "\ud800"])
def test_characters_that_no_text_has(caller: Client, name: str) -> None:
    error = error_in(send(caller, {"name": name, "items": []}), 400)
    assert error["data"] == {"fields": ["name"]}


@pytest.mark.parametrize("accept", ["text/html", "image/png", "application/json; indent=4", "nonsense"])
def test_the_answer_is_json_whatever_was_asked_for(caller: Client, accept: str) -> None:
    response = caller.get("/rooms/raise/ours", headers={"Accept": accept})
    assert error_in(response, 400)["code"] == "roomMissing"
    assert response.headers["Cache-Control"] == "no-store"
