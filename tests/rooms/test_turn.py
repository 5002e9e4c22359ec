"""TURN servers' addresses and credentials. That coturn takes them is in `tests/deploy/test_coturn.py`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.turn import TurnServers, problem_of

URLS = ("turn:turn.example.org:3478?transport=udp", "turns:turn.example.org:443?transport=tcp")


@pytest.mark.parametrize(
    "url",
    [*URLS, "turn:turn.example.org", "turns:192.0.2.7", "turn:[2001:db8::7]:3478", "turns:[2001:db8::7]?transport=tcp"],
)
def test_an_address_is_as_the_rfc_has_it(url: str) -> None:
    assert problem_of(url) == ""


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("", "no TURN server"),
        ("stun:turn.example.org", "no TURN server"),
        ("turn://turn.example.org", "no TURN server"),
        ("https://turn.example.org", "no TURN server"),
        ("turn:user:password@turn.example.org", "no TURN server"),
        ("turn:turn.example.org?transport=tls", "no TURN server"),
        ("turn:turn.example.org?transport=udp&x=1", "no TURN server"),
        ("turn:turn example.org", "no TURN server"),
        ("turn:[2001:db8::7::1]", "no TURN server"),
        ("turn:2001:db8::7", "no TURN server"),
        ("turn:turn.example.org:0", "port"),
        ("turn:turn.example.org:65536", "port"),
        ("turns:turn.example.org?transport=udp", "no browser"),
    ],
)
def test_another_one_is_said_to_be_wrong(url: str, part: str) -> None:
    assert part in problem_of(url)


@given(st.text(max_size=300))
def test_any_text_is_an_address_or_has_a_problem(text: str) -> None:
    assert isinstance(problem_of(text), str)


def test_credentials_are_what_the_server_computes_itself() -> None:
    servers = TurnServers(URLS, "secret", lifetime_s=3600)
    (given_out,) = servers.ice_servers(1_700_000_000.9, "198.51.100.7")
    until, _, user = given_out.username.partition(":")
    assert (given_out.urls, until) == (list(URLS), "1700003600")
    assert re.fullmatch("[0-9a-f]{16}", user)
    expected = hmac.new(b"secret", given_out.username.encode(), hashlib.sha1).digest()
    assert base64.b64decode(given_out.credential) == expected


def user_of(address: str, *, now_s: int = 0, known: str = "a secret that nobody may see") -> str:
    (given_out,) = TurnServers(URLS, known).ice_servers(now_s, address)
    return given_out.username.partition(":")[2]


def test_all_pages_of_an_address_are_one_user_whenever_they_ask() -> None:
    assert len({user_of("198.51.100.7", now_s=now_s) for now_s in range(50)}) == 1
    addresses = ["", *(f"198.51.100.{number}" for number in range(50)), "2001:db8::/64", "2001:db8:0:1::/64"]
    assert len({user_of(address) for address in addresses}) == len(addresses)


def test_neither_address_nor_secret_can_be_told_from_what_is_given_out() -> None:
    servers = TurnServers(URLS, "a secret that nobody may see")
    made = servers.ice_servers(0, "198.51.100.7")
    assert "a secret" not in repr(servers) + repr(made)
    assert "198" not in repr(made)
    assert user_of("198.51.100.7") != user_of("198.51.100.7", known="another secret")


def test_where_there_are_no_servers_there_are_no_credentials() -> None:
    assert TurnServers().ice_servers(0, "") == []
