"""Participants' tokens: what is signed with our key counts, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from meet.accounts.keys import VerificationKey
from meet.accounts.tokens import LEEWAY_S, MAX_LENGTH, TokenRefusedError, mint, verify

SECRET = b"0123456789abcdef0123456789abcdef"
HS256 = VerificationKey("", "HS256", SECRET)
PRIVATE = rsa.generate_private_key(65537, 2048)
PUBLIC_PEM = PRIVATE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
PRIVATE_PEM = PRIVATE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
RS256 = VerificationKey("", "RS256", PUBLIC_PEM)
CLAIMS = {"role": "moderator", "waitingRoom": True, "roomId": "room"}


def sign(claims: Any, secret: bytes = SECRET, **header: Any) -> str:
    """By hand, so that everything can be wrong in it."""
    parts = [json.dumps({"alg": "HS256", "typ": "JWT", **header}), json.dumps(claims)]
    signed = ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)
    signature = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


# What people are told in their own language has a code of its own.
CODES = {
    "The token in this link has expired.": "tokenExpired",
    "The token in this link is not valid yet.": "tokenNotYet",
    "The token in this link is for another room.": "tokenOtherRoom",
}


def refusal(token: str, *keys: VerificationKey, room_id: str = "room") -> TokenRefusedError:
    with pytest.raises(TokenRefusedError) as caught:
        verify(token, keys or [HS256], room_id)
    assert (caught.value.status, caught.value.code) == (403, CODES.get(caught.value.message, "tokenInvalid"))
    assert "moderator" not in caught.value.message
    return caught.value


def test_what_was_signed_with_our_secret_counts() -> None:
    assert verify(sign(CLAIMS), [HS256], "room") == CLAIMS
    assert verify(jwt.encode(CLAIMS, SECRET, "HS256"), [HS256], "room") == CLAIMS


def test_what_was_signed_for_our_public_key_counts() -> None:
    token = jwt.encode(CLAIMS, PRIVATE_PEM, "RS256")
    assert verify(token, [RS256], "room") == CLAIMS


class TestForgeries:
    def test_another_secret(self) -> None:
        assert refusal(sign(CLAIMS, b"x" * 32)).message == "Invalid token"
        other = rsa.generate_private_key(65537, 2048)
        refusal(jwt.encode(CLAIMS, other, "RS256"), RS256)

    def test_the_public_key_as_a_secret(self) -> None:
        """The classic confusion (RFC 8725 section 2.1): everybody knows a public key."""
        refusal(sign(CLAIMS, PUBLIC_PEM), RS256)
        refusal(sign(CLAIMS, PUBLIC_PEM, alg="RS256"), RS256)

    @pytest.mark.parametrize("alg", ["none", "None", "NONE", "", None, 5, ["HS256"], {"a": 1}])
    @pytest.mark.parametrize("key", [HS256, RS256])
    def test_no_algorithm(self, alg: Any, key: VerificationKey) -> None:
        token = sign(CLAIMS, alg=alg)
        refusal(token, key)
        refusal(token.rpartition(".")[0] + ".", key)

    @pytest.mark.parametrize("alg", ["HS384", "HS512", "RS256", "ES256", "PS256"])
    def test_another_algorithm_than_the_keys(self, alg: str) -> None:
        refusal(sign(CLAIMS, alg=alg))
        if alg.startswith("HS"):
            refusal(jwt.encode(CLAIMS, SECRET * 2, alg), VerificationKey("", "HS256", SECRET * 2))
        refusal(jwt.encode(CLAIMS, PRIVATE_PEM, "RS384"), RS256)

    def test_other_claims_under_the_same_signature(self) -> None:
        header, _, signature = sign({"role": ""}).split(".")
        refusal(f"{header}.{sign(CLAIMS).split('.')[1]}.{signature}")

    def test_a_header_that_brings_its_own_key_or_demands_something(self) -> None:
        other = b"y" * 32
        jwk = {"kty": "oct", "k": base64.urlsafe_b64encode(other).decode()}
        refusal(sign(CLAIMS, other, jwk=jwk, kid="../../dev/null", jku="https://evil.example/"))
        refusal(sign(CLAIMS, crit=["exp2"], exp2=1))

    def test_without_a_key_no_token_counts(self) -> None:
        with pytest.raises(TokenRefusedError) as caught:
            verify(sign(CLAIMS), [], "room")
        assert "add the key" in caught.value.hint

    def test_a_token_that_is_too_long(self) -> None:
        refusal(sign({"displayName": "x" * MAX_LENGTH}))


class TestSeveralKeys:
    OLD = VerificationKey("old", "HS256", b"o" * 32)
    NEW = VerificationKey("new", "HS256", b"n" * 32)
    PUBLIC = VerificationKey("public", "RS256", PUBLIC_PEM)
    KEYS = (OLD, NEW, PUBLIC)

    def test_a_token_without_a_kid_may_be_of_any_key(self) -> None:
        for token in (sign(CLAIMS, self.OLD.key), sign(CLAIMS, self.NEW.key), jwt.encode(CLAIMS, PRIVATE_PEM, "RS256")):
            assert verify(token, self.KEYS, "room") == CLAIMS
        refusal(sign(CLAIMS), *self.KEYS)

    def test_a_kid_chooses_the_key(self) -> None:
        assert verify(mint(CLAIMS, "HS256", self.NEW.key, "new"), self.KEYS, "room") == CLAIMS
        assert verify(mint(CLAIMS, "RS256", PRIVATE_PEM, "public"), self.KEYS, "room") == CLAIMS
        refusal(sign(CLAIMS, self.OLD.key, kid="new"), *self.KEYS)
        refusal(sign(CLAIMS, PUBLIC_PEM, kid="public"), *self.KEYS)

    @pytest.mark.parametrize("kid", ["other", "", " new", "NEW", 5, ["new"], {"new": 1}])
    def test_a_kid_that_no_key_has_opens_nothing(self, kid: Any) -> None:
        refusal(sign(CLAIMS, self.NEW.key, kid=kid), *self.KEYS)

    def test_a_key_without_a_kid_counts_for_all_tokens(self) -> None:
        assert verify(sign(CLAIMS, kid="whatever"), [*self.KEYS, HS256], "room") == CLAIMS

    def test_the_reason_is_that_of_the_key_that_signed(self) -> None:
        token = sign({"exp": 1}, self.NEW.key)
        assert refusal(token, *self.KEYS).message == "The token in this link has expired."


class TestTimes:
    @pytest.mark.parametrize(
        ("claims", "message"),
        [
            ({"exp": time.time() - LEEWAY_S - 2}, "The token in this link has expired."),
            ({"nbf": time.time() + 86_400}, "The token in this link is not valid yet."),
            ({"exp": "tomorrow"}, "Invalid token"),
            ({"exp": []}, "Invalid token"),
            ({"exp": float("inf")}, "Invalid token"),
            ({"nbf": {}}, "Invalid token"),
            ({"exp": time.time() * 1000}, "Invalid token"),
            ({"exp": str(10**12)}, "Invalid token"),
            ({"exp": 10**400}, "Invalid token"),
            ({"exp": None}, "Invalid token"),
            ({"exp": True}, "Invalid token"),
            ({"exp": "2030-01-01T00:00:00Z"}, "Invalid token"),
            ({"exp": float("nan")}, "Invalid token"),
            ({"nbf": float("-inf")}, "Invalid token"),
            ({"nbf": None}, "Invalid token"),
            ({"nbf": time.time() * 1000}, "Invalid token"),
        ],
    )
    def test_a_token_at_the_wrong_time_is_refused(self, claims: dict[str, Any], message: str) -> None:
        refused = refusal(sign(claims))
        assert refused.message == message
        if message == "Invalid token":
            (name,) = claims
            assert refused.hint.startswith(f"{name} must be seconds since 1970")

    @pytest.mark.parametrize("name", ["exp", "nbf"])
    def test_milliseconds_are_named(self, name: str) -> None:
        assert refusal(sign({name: 4e12})).hint == f"{name} must be seconds since 1970 (RFC 7519), not milliseconds."

    def test_a_number_as_a_text_or_with_a_fraction_counts(self) -> None:
        verify(sign({"exp": f"{time.time() + 60}", "nbf": f"{int(time.time()) - 60}"}), [HS256], "room")

    def test_clocks_may_differ_a_little(self) -> None:
        now = time.time()
        verify(sign({"exp": now - LEEWAY_S / 2, "nbf": now + LEEWAY_S / 2}), [HS256], "room")

    @pytest.mark.parametrize(
        "iat", [1516239022, 1516239022000, "2022-06-21T00:00:00.0Z", 32503680000, "never", None, []]
    )
    def test_when_it_was_issued_does_not_matter_however_it_is_written(self, iat: Any) -> None:
        assert verify(sign({"iat": iat}), [HS256], "room") == {"iat": iat}


class TestRooms:
    @pytest.mark.parametrize("room_id", ["room", None])
    def test_a_token_for_this_room_or_any(self, room_id: str | None) -> None:
        verify(sign({"roomId": room_id}), [HS256], "room")
        verify(sign({}), [HS256], "room")

    def test_a_number_is_a_room_too(self) -> None:
        verify(sign({"roomId": 1111}), [HS256], "1111")
        verify(sign({"roomId": 1111.0}), [HS256], "1111")

    @pytest.mark.parametrize("room_id", ["other", "", "Room", " room", ["room"], {"room": 1}, True, 0])
    def test_a_token_for_another_room(self, room_id: Any) -> None:
        assert refusal(sign({"roomId": room_id})).message == "The token in this link is for another room."


@pytest.mark.parametrize("payload", [None, [], "text", 5])
def test_a_payload_that_is_no_object_is_refused(payload: Any) -> None:
    refusal(sign(payload))


def test_a_payload_that_is_nested_absurdly_deep_is_refused() -> None:
    header, _, _ = sign({}).split(".")
    payload = base64.urlsafe_b64encode(b"[" * 1500).decode().rstrip("=")
    signature = base64.urlsafe_b64encode(hmac.digest(SECRET, f"{header}.{payload}".encode(), "sha256")).decode()
    refusal(f"{header}.{payload}.{signature.rstrip('=')}")


@settings(deadline=None)
@given(st.text() | st.from_regex(r"[\w-]{0,40}\.[\w-]{0,40}\.[\w-]{0,40}", fullmatch=True))
def test_any_text_is_a_refusal_and_nothing_worse(text: str) -> None:
    refusal(text)


claim_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)
claim_names = st.sampled_from(["exp", "nbf", "iat", "aud", "iss", "sub", "jti", "roomId", "role"])


@settings(deadline=None)
@given(st.dictionaries(claim_names, claim_values))
def test_any_claims_of_ours_count_or_are_refused(claims: dict[str, Any]) -> None:
    try:
        found = verify(sign(claims), [HS256], "room")
    except TokenRefusedError:
        return
    assert set(found) == set(claims)
    assert claims.get("roomId") in {None, "room"}
