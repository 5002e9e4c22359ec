"""Who may say where a request comes from."""

from __future__ import annotations

import asyncio
from ipaddress import ip_network
from typing import Any

import pytest

from meet.run.trusted_proxies import TrustedProxies, address_in
from rooms.signalling.asgi import from_our_network

NETWORKS = [ip_network("127.0.0.0/8"), ip_network("::1"), ip_network("10.0.0.2/32")]


def seen(client: str, *headers: tuple[str, str], proxies: Any = NETWORKS, kind: str = "http") -> dict[str, Any]:
    """What an application behind it sees."""
    scopes: list[dict[str, Any]] = []

    async def application(scope: dict[str, Any], _receive: Any, _send: Any) -> None:
        scopes.append(scope)

    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    scope: dict[str, Any] = {"type": kind, "client": [client, 5], "headers": [(b"host", b"a.example"), *raw]}
    if kind == "http":
        scope["scheme"] = "http"
    asyncio.run(TrustedProxies(application, proxies)(scope, None, None))
    return scopes[0]


def forwarded(text: str) -> tuple[str, str]:
    return ("X-Forwarded-For", text)


@pytest.mark.parametrize(
    ("client", "told", "real"),
    [
        ("127.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("::1", "2001:db8::7", "2001:db8::7"),
        ("::ffff:127.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "203.0.113.9, 198.51.100.7", "198.51.100.7"),  # the first was written by the client
        ("127.0.0.1", "203.0.113.9, 198.51.100.7, 10.0.0.2", "198.51.100.7"),  # two proxies of ours
        ("127.0.0.1", "127.0.0.1, 198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "198.51.100.7:4711", "198.51.100.7"),
        ("127.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"),
        ("127.0.0.1", "198.51.100.7, nonsense", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "10.0.0.2", "10.0.0.2"),
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),  # a stranger
        ("10.0.0.3", "198.51.100.7", "10.0.0.3"),
        ("", "198.51.100.7", ""),
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_the_client_is_the_last_one_that_a_trusted_proxy_has_told(client: str, told: str, real: str, kind: str) -> None:
    assert seen(client, forwarded(told), kind=kind)["client"][0] == real


def test_several_headers_are_one_list() -> None:
    scope = seen("127.0.0.1", forwarded("203.0.113.9"), forwarded("198.51.100.7"))
    assert scope["client"][0] == "198.51.100.7"


@pytest.mark.parametrize(
    ("client", "told", "scheme"),
    [
        ("127.0.0.1", "https", "https"),
        ("127.0.0.1", "http", "http"),
        ("127.0.0.1", "https, http", "http"),
        ("192.0.2.1", "https", "http"),
    ],
)
def test_so_is_the_scheme(client: str, told: str, scheme: str) -> None:
    assert seen(client, ("X-Forwarded-Proto", told))["scheme"] == scheme


def test_where_there_is_no_proxy_nobody_may_say() -> None:
    scope = seen("127.0.0.1", forwarded("198.51.100.7"), ("X-Forwarded-Proto", "https"), proxies=[])
    assert (scope["client"][0], scope["scheme"]) == ("127.0.0.1", "http")


def test_a_long_chain_is_looked_at_from_its_end() -> None:
    chain = ", ".join(["203.0.113.9"] * 3000 + ["198.51.100.7"])
    assert seen("127.0.0.1", forwarded(chain))["client"][0] == "198.51.100.7"


@pytest.mark.parametrize(
    ("client", "headers", "proxies", "ours"),
    [
        ("127.0.0.1", [], NETWORKS, True),
        ("192.168.1.5", [], [], True),
        ("::ffff:192.168.1.5", [], [], True),
        ("127.0.0.1", [forwarded("8.8.8.8")], NETWORKS, False),
        ("127.0.0.1", [forwarded("127.0.0.1, 8.8.8.8")], NETWORKS, False),
        ("127.0.0.1", [forwarded("8.8.8.8")], [], False),  # a proxy that nobody has told us of
        ("127.0.0.1", [("Forwarded", "for=8.8.8.8")], NETWORKS, False),
        ("8.8.8.8", [forwarded("127.0.0.1")], NETWORKS, False),
        ("8.8.8.8", [], [], False),
    ],
)
def test_figures_are_for_our_network(client: str, headers: Any, proxies: Any, ours: bool) -> None:
    assert from_our_network(seen(client, *headers, proxies=proxies)) is ours


@pytest.mark.parametrize("text", ["", "unknown", "_hidden", "1.2.3", "1.2.3.4.5", "[]"])
def test_what_is_no_address_is_none(text: str) -> None:
    assert address_in(text) is None
