"""Keys that verify participants' tokens. A key decides the algorithm, never the token (RFC 8725 section 3.1)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from functools import cache
from typing import Final, Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

from meet.config import PROJECT, ConfigError

Algorithm = Literal["HS256", "RS256"]

# RFC 7518 sections 3.2 and 3.3.
MIN_SECRET_OCTETS: Final = 32
MIN_RSA_BITS: Final = 2048
# Verifying takes the longer the larger the key is.
MAX_RSA_BITS: Final = 8192
MAX_KEY_LENGTH: Final = 8192
MAKE_RSA: Final = "openssl genrsa -out key_name.key 2048"
EXPORT_PUBLIC: Final = "openssl rsa -in key_name.key -pubout -outform PEM -out key_name.key.pub"


class KeyRefusedError(ValueError):
    """A key that can't verify tokens safely; the message is one line that says what to do, and no part of the key."""


@dataclass(frozen=True)
class VerificationKey:
    """What verifies a signature: a secret for HS256, a public key in PEM for RS256.

    `kid` is what tokens' headers call it (RFC 7515 section 4.1.4). A key without one is tried for all tokens.
    """

    kid: str
    algorithm: Algorithm
    key: bytes = field(repr=False)


def check_key(algorithm: str, text: str) -> VerificationKey:
    """A key as somebody pastes it, ready to be kept. Raises `KeyRefusedError`.

    Without an algorithm the key tells which one it is for. The `kid` is the key's thumbprint, and a random one for a
    secret, whose thumbprint could be tried out (RFC 7638 sections 3 and 7).
    """
    text = text.strip()
    if not text:
        raise KeyRefusedError("The key is empty.")
    if len(text) > MAX_KEY_LENGTH:
        raise KeyRefusedError(f"The key is too long: {MAX_KEY_LENGTH} characters are enough for any.")
    if algorithm == "RS256" or (not algorithm and "-----BEGIN" in text):
        return _public_key(text)
    if algorithm not in {"", "HS256"}:
        raise KeyRefusedError("The algorithm must be RS256 or HS256.")
    return _secret(text)


@cache
def load_key(text: str) -> VerificationKey:
    """The operator's key, a secret or the path of a PEM file. Raises `ConfigError` for a weak one."""
    if "-----BEGIN" in text:  # as an HS256 secret it would be known to everybody who knows the public key
        message = "MEET_JWT_KEY must be the path of a PEM file, whose name ends with .pem or .pub, not its content."
        raise ConfigError(message)
    path = text if text.endswith((".pem", ".pub")) else ""
    try:
        found = check_key("RS256", _content(path)) if path else check_key("HS256", text)
    except KeyRefusedError as error:
        message = f"MEET_JWT_KEY names the file {path}: {error}" if path else f"MEET_JWT_KEY can't be used. {error}"
        raise ConfigError(message) from error
    return VerificationKey("", found.algorithm, found.key)


def _content(path: str) -> str:
    try:
        return (PROJECT / path).read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        message = f"MEET_JWT_KEY names the file {path}, which is no readable public key in PEM format."
        raise ConfigError(message) from error


def _public_key(text: str) -> VerificationKey:
    if "PRIVATE KEY-----" in text:
        raise KeyRefusedError(
            f"This is a private key, which must stay with you alone. Export its public part: {EXPORT_PUBLIC}"
        )
    if "BEGIN CERTIFICATE-----" in text:
        raise KeyRefusedError(
            "This is a certificate. Export its public key: openssl x509 -in certificate.pem -pubkey -noout"
        )
    try:
        key = load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyRefusedError(
            "This is no readable public key in PEM format, which begins with -----BEGIN PUBLIC KEY-----. "
            f"Export it: {EXPORT_PUBLIC}"
        ) from error
    if not isinstance(key, RSAPublicKey):
        raise KeyRefusedError(f"This is no RSA key, and RS256 needs one. Make a key: {MAKE_RSA}")
    if key.key_size < MIN_RSA_BITS:
        raise KeyRefusedError(
            f"This key has {key.key_size} bits, and RS256 needs at least {MIN_RSA_BITS}. Make a key: {MAKE_RSA}"
        )
    if key.key_size > MAX_RSA_BITS:
        raise KeyRefusedError(f"This key has {key.key_size} bits; {MAX_RSA_BITS} are the most. Make a key: {MAKE_RSA}")
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return VerificationKey(_thumbprint(key), "RS256", pem)


def _secret(text: str) -> VerificationKey:
    if _is_public(text):  # everybody may know it, so everybody could sign with it (RFC 8725 section 2.1)
        raise KeyRefusedError(
            "This is a key for RS256 or its like, no secret for HS256. Choose RS256 and paste the public key in PEM."
        )
    secret = text.encode()
    if len(secret) < MIN_SECRET_OCTETS:
        raise KeyRefusedError(
            f"This secret is too short for HS256, which needs at least {MIN_SECRET_OCTETS} characters. "
            "Make one: openssl rand -hex 32"
        )
    return VerificationKey(secrets.token_hex(8), "HS256", secret)


def _is_public(text: str) -> bool:
    """Whether a text is a public key in one of its forms: PEM, with or without its first and last line, SSH, JWK."""
    if "-----BEGIN" in text or '"kty"' in text or text.startswith(("ssh-", "ecdsa-")):
        return True
    try:
        load_der_public_key(base64.b64decode("".join(text.split()), validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        return False
    return True


def _thumbprint(key: RSAPublicKey) -> str:
    """RFC 7638 section 3."""
    numbers = key.public_numbers()
    members = {"e": _base64url_uint(numbers.e), "kty": "RSA", "n": _base64url_uint(numbers.n)}
    canonical = json.dumps(members, sort_keys=True, separators=(",", ":")).encode()
    return _base64url(hashlib.sha256(canonical).digest())


def _base64url_uint(number: int) -> str:
    """RFC 7518 section 2."""
    return _base64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")
