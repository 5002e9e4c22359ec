"""TURN servers' addresses and credentials. That coturn takes them is in `tests/deploy/test_coturn.py`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.turn import ID_OCTETS, TurnServers, problem_of

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
    (given_out,) = servers.ice_servers(1_700_000_000.9, b"\x01\x02")
    assert (given_out.urls, given_out.username) == (list(URLS), "1700003600:0102")
    expected = hmac.new(b"secret", b"1700003600:0102", hashlib.sha1).digest()
    assert base64.b64decode(given_out.credential) == expected


def test_each_page_has_its_own_and_the_secret_shows_nowhere() -> None:
    servers = TurnServers(URLS, "a secret that nobody may see")
    made = [servers.ice_servers(0, secrets.token_bytes(ID_OCTETS))[0] for _ in range(50)]
    assert len({one.username for one in made}) == len({one.credential for one in made}) == 50
    assert "a secret" not in repr(servers) + repr(made)


def test_where_there_are_no_servers_there_are_no_credentials() -> None:
    assert TurnServers().ice_servers(0, b"") == []
