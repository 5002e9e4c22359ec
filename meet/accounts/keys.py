"""Keys that verify participants' tokens. A key decides the algorithm, never the token (RFC 8725 section 3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from meet.config import PROJECT, ConfigError

# RFC 7518 sections 3.2 and 3.3.
MIN_SECRET_OCTETS: Final = 32
MIN_RSA_BITS: Final = 2048


@dataclass(frozen=True)
class SigningKey:
    """What verifies a signature: a secret for HS256, a public key in PEM for RS256."""

    algorithm: Literal["HS256", "RS256"]
    key: bytes


@cache
def load_key(text: str) -> SigningKey:
    """A key as an operator gives it: a secret, or the path of a PEM file. Raises `ConfigError` for a weak one."""
    if "-----BEGIN" in text:  # as an HS256 secret it would be known to everybody who knows the public key
        message = "MEET_JWT_KEY must be the path of a PEM file, whose name ends with .pem or .pub, not its content."
        raise ConfigError(message)
    if text.endswith((".pem", ".pub")):
        return _rsa(text)
    secret = text.encode()
    if len(secret) < MIN_SECRET_OCTETS:
        message = f"MEET_JWT_KEY is too short for HS256: it needs at least {MIN_SECRET_OCTETS} characters."
        raise ConfigError(message)
    return SigningKey("HS256", secret)


def _rsa(path: str) -> SigningKey:
    try:
        pem = (PROJECT / path).read_bytes()
        key = load_pem_public_key(pem)
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        message = f"MEET_JWT_KEY names the file {path}, which is no readable public key in PEM format."
        raise ConfigError(message) from error
    if not isinstance(key, RSAPublicKey) or key.key_size < MIN_RSA_BITS:
        message = f"MEET_JWT_KEY names the file {path}: it must hold an RSA key of at least {MIN_RSA_BITS} bits."
        raise ConfigError(message)
    return SigningKey("RS256", pem)
