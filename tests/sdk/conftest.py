"""A server for the tests of the SDK, and links into a fresh room of it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from tests.e2e.server import KEY, Server, running_server
from tests.e2e.tones import token
from tests.sdk import kotlin_compiler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.sdk.kotlin_compiler import Kotlin


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("server"), jwt_key=KEY) as running:
        yield running


@pytest.fixture
def link(server: Server) -> Callable[..., str]:
    """Makes links of a name; with claims they have a token."""
    room = f"room{secrets.token_hex(5)}"

    def make(name: str, **claims: object) -> str:
        signed = f"&token={token(room, **claims)}" if claims else ""
        return f"{server.url}/call/?roomId={room}&peerId=peer-{name}&displayName={name}&handEnabled=true{signed}"

    return make


@pytest.fixture(scope="session")
def kotlin(tmp_path_factory: pytest.TempPathFactory) -> Kotlin:
    found = kotlin_compiler.install(tmp_path_factory.mktemp("kotlin"))
    if found is None:
        pytest.skip("needs Java, libokhttp-java, and the registry of Python's packages")
    return found
