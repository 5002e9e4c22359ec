"""What requests may say, at every address of the Server API: nothing but what is read there."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from meet.accounts.models import Account, Role
from meet.api.description import described
from tests.api.programs import api_key, program

if TYPE_CHECKING:
    from collections.abc import Iterator


def operations() -> Iterator[tuple[str, str]]:
    for path, methods in described()["paths"].items():
        for method in methods:
            yield method.upper(), re.sub(r"\{\w+\}", "7", path)


def code_of(answer: Any) -> str:
    body = answer.json()
    error = body["errors"][0] if "errors" in body else body["error"]
    return str(error["code"])


@pytest.fixture
def authorization(db: None) -> str:  # noqa: ARG001 - its tables
    return api_key(Account.objects.create(name="Ours"), Role.OWNER)


@pytest.fixture(autouse=True)
def _no_rate_limit(settings: Any) -> None:
    settings.CONFIG = replace(settings.CONFIG, api_requests_per_second=0)


def test_no_address_takes_a_parameter_that_it_does_not_know(authorization: str) -> None:
    for method, path in operations():
        answer = program(authorization).generic(method, f"{path}?nobody=reads", "", "application/json")
        assert (answer.status_code, code_of(answer)) == (400, "invalidData"), (method, path)


def test_no_address_takes_a_field_that_it_does_not_know(authorization: str) -> None:
    for method, path in operations():
        body = json.dumps({"nobody": "reads"})
        answer = program(authorization).generic(method, path, body, "application/json")
        assert (answer.status_code, code_of(answer)) == (400, "invalidData"), (method, path)


def test_no_name_is_there_twice(authorization: str) -> None:
    body = '{"username": "ada", "password": "1", "password": "2"}'
    answer = program(authorization).generic("POST", "/auth/jwt/login", body, "application/json")
    assert (answer.status_code, "twice" in answer.json()["error"]["message"]) == (400, True)
    answer = program(authorization).get("/rooms/?limit=1&limit=2")
    assert (answer.status_code, "more than once" in answer.json()["error"]["message"]) == (400, True)
