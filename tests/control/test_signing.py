"""Signatures under requests to a node."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rooms.control.signing import LIFETIME_S, Nonces, Signed, accepted, derive_key

KEY = derive_key("a secret key")
NOW_S = 1_800_000_000.0
REQUEST = Signed("serv0", "POST", "/control", str(int(NOW_S)), "abc123", b'{"type":"ListRooms"}')


def judged(signed: Signed, signature: str | None = None, now_s: float = NOW_S, nonces: Nonces | None = None) -> bool:
    """Whether a request is accepted, with the signature of what was signed at first unless another is given."""
    return accepted(
        signed, REQUEST.signature(KEY) if signature is None else signature, (KEY,), nonces or Nonces(), now_s
    )


def test_what_was_signed_is_accepted_once() -> None:
    nonces = Nonces()
    assert judged(REQUEST, nonces=nonces)
    assert not judged(REQUEST, nonces=nonces)


@pytest.mark.parametrize("late_s", [-LIFETIME_S - 1, LIFETIME_S + 1])
def test_a_request_counts_for_a_short_time(late_s: float) -> None:
    assert judged(REQUEST, now_s=NOW_S + late_s / 2)
    assert not judged(REQUEST, now_s=NOW_S + late_s)


@pytest.mark.parametrize(
    "change",
    [
        {"node": "serv1"},
        {"method": "GET"},
        {"path": "/control/"},
        {"time": str(int(NOW_S) + 1)},
        {"nonce": "abc124"},
        {"body": b'{"type":"ListRoomz"}'},
        {"body": b""},
        # The same letters in other places.
        {"node": "serv0\nPOST", "method": "/control", "path": str(int(NOW_S))},
        {"path": f"/control\n{int(NOW_S)}", "time": "", "nonce": "abc123"},
    ],
)
def test_a_signature_is_for_one_request_only(change: dict[str, Any]) -> None:
    assert not judged(replace(REQUEST, **change))


@pytest.mark.parametrize("change", [{"time": "1e9"}, {"time": "-1"}, {"time": "٣"}, {"time": ""}, {"time": "9" * 5000}])
def test_a_time_is_a_short_row_of_digits(change: dict[str, str]) -> None:
    odd = replace(REQUEST, **change)  # type: ignore[arg-type]
    assert not judged(odd, odd.signature(KEY))


@pytest.mark.parametrize("nonce", ["", "a b", "a\n", "ä", "x" * 65])
def test_a_nonce_is_a_short_word(nonce: str) -> None:
    odd = replace(REQUEST, nonce=nonce)
    assert not judged(odd, odd.signature(KEY))


@pytest.mark.parametrize("signature", ["", "0" * 64, "ä" * 64, REQUEST.signature(derive_key("another"))])
def test_no_other_signature_will_do(signature: str) -> None:
    nonces = Nonces()
    assert not judged(REQUEST, signature, nonces=nonces)
    assert judged(REQUEST, nonces=nonces), "what was refused has used nothing up"


def test_nonces_are_forgotten_when_their_requests_are_too_old_and_never_too_many() -> None:
    nonces = Nonces(most=2)
    assert nonces.use("a", NOW_S)
    assert nonces.use("b", NOW_S + LIFETIME_S)
    assert not nonces.use("c", NOW_S + 2 * LIFETIME_S)
    assert nonces.use("c", NOW_S + 2 * LIFETIME_S + 1)
    assert not nonces.use("b", NOW_S + 2 * LIFETIME_S + 1)
