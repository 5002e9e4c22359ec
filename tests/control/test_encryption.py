"""A control API with a certificate: who asks it is sure of it, and nobody on the way reads anything."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from meet.run.self_signed import make_certificate
from rooms.control import client, server
from rooms.control.encryption import asking, serving
from rooms.control.errors import NodeUnreachable
from rooms.control.requests import ListRooms
from rooms.models import Node
from tests.control.asking import TIMEOUT_S, Answer, connections, control_server, exchange, request
from tests.rooms.guests import open_node

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Asked = bytes | None


@pytest.fixture
def certificate(tmp_path: Path) -> str:
    path = tmp_path / "control.pem"
    path.write_bytes(make_certificate([]))
    return str(path)


@pytest.fixture
def ask(settings: Any) -> Iterator[Callable[[str, str], Asked]]:
    """What web gets of the node at an address, believing an authority; None where it can't be asked."""

    def asked(url: str, authority: str) -> Asked:
        settings.CONFIG = replace(settings.CONFIG, control_authority=authority)
        client._http.cache_clear()
        try:
            return client._ask_now(Node(pk=1, name="serv0", control_url=url), ListRooms(None), TIMEOUT_S)
        except NodeUnreachable:
            return None

    settings.SECRET_KEY = "a secret key of tests"
    yield asked
    client._http.cache_clear()


async def test_web_asks_whoever_has_a_certificate_of_the_authority_and_nobody_else(
    certificate: str, ask: Callable[[str, str], Asked], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "CONNECT_TIMEOUT_S", TIMEOUT_S)
    async with open_node() as node, control_server(node, tls=serving(certificate)) as (_, port):
        url = f"https://127.0.0.1:{port}"
        assert await asyncio.to_thread(ask, url, certificate) == b"[]"
        assert await asyncio.to_thread(ask, url, "") is None
        assert await asyncio.to_thread(ask, f"https://127.0.0.2:{port}", certificate) is None


async def test_nothing_is_said_in_plain_text(certificate: str) -> None:
    async with open_node() as node, control_server(node, tls=serving(certificate)) as (_, port):
        assert await exchange(port, request(b"{}")) == Answer(0, b"")


async def test_connections_in_their_handshake_are_bounded_in_number(
    certificate: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 2)
    monkeypatch.setattr(server, "READ_TIMEOUT_S", TIMEOUT_S)
    async with open_node() as node, control_server(node, tls=serving(certificate)) as (control, port):
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        await connections(control, 2)
        asked = ssl.create_default_context(cafile=certificate)
        with pytest.raises(OSError):  # noqa: PT011 - cut off before or in its handshake
            await asyncio.open_connection("127.0.0.1", port, ssl=asked)
        for _, writer in silent:
            writer.close()
        await connections(control, 0)
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=asked)
        writer.close()


async def test_a_handshake_is_bounded_in_time(certificate: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "READ_TIMEOUT_S", 0.05)
    async with open_node() as node, control_server(node, tls=serving(certificate)) as (control, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.timeout(TIMEOUT_S):
            assert await reader.read() == b""
        writer.close()
        await connections(control, 0)


def test_without_a_certificate_there_is_no_tls_and_a_file_that_has_none_is_an_error(tmp_path: Path) -> None:
    assert serving("") is None
    assert asking("").check_hostname
    (tmp_path / "empty.pem").touch()
    for read in (serving, asking):
        with pytest.raises(OSError):  # noqa: PT011 - of several kinds
            read(str(tmp_path / "empty.pem"))


def test_an_authority_of_ones_own_may_be_as_openssl_makes_it(certificate: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ssl.create_default_context

    def strict(*args: Any, **options: Any) -> ssl.SSLContext:
        """As Python has it from 3.13 on."""
        context = made(*args, **options)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    monkeypatch.setattr(ssl, "create_default_context", strict)
    assert not asking(certificate).verify_flags & ssl.VERIFY_X509_STRICT
    assert asking("").verify_flags & ssl.VERIFY_X509_STRICT
    assert asking(certificate).check_hostname


def test_nobody_is_asked_for_a_pass_phrase(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    locked = BestAvailableEncryption(b"a pass phrase")
    path = tmp_path / "locked.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked) + make_certificate([]))
    with pytest.raises(OSError, match=r"decrypt|PEM|password"):
        serving(str(path))
