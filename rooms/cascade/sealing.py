"""Frames of a link: each is encrypted and authenticated with keys that only nodes of one installation can have. Pure.

The keys come from the key of the control API and two nonces that nobody has used before, one of each side, by HKDF (RFC
5869), one for each direction. A frame is its length (4 octets) and AES-256-GCM of a message (RFC 5116), under its
number as the nonce: what is left out, repeated, or of another link does not open.
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_OCTETS: Final = 32
LENGTH_OCTETS: Final = 4
TAG_OCTETS: Final = 16
# The statistics of a few hundred transports.
MAX_FRAME: Final = 1024 * 1024


class NotOurs(Exception):
    """A frame that does not open: somebody else's, or another one than is due."""


def keys_of(key: bytes, client_nonce: bytes, server_nonce: bytes) -> tuple[bytes, bytes]:
    """The keys of the frames from who opened the link, and of those to them."""
    made = HKDF(SHA256(), 64, client_nonce + server_nonce, b"meet.link").derive(key)
    return made[:32], made[32:]


class Sealer:
    """One direction, at the side that sends."""

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)
        self._number = 0

    def seal(self, message: bytes) -> bytes:
        """The next frame."""
        nonce = self._number.to_bytes(12, "big")
        self._number += 1
        sealed = self._aead.encrypt(nonce, message, None)
        return len(sealed).to_bytes(LENGTH_OCTETS, "big") + sealed


class Opener:
    """One direction, at the side that receives."""

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)
        self._number = 0

    def open(self, sealed: bytes) -> bytes:
        """The message of the next frame, without its length. Raises `NotOurs`."""
        nonce = self._number.to_bytes(12, "big")
        try:
            message = self._aead.decrypt(nonce, sealed, None)
        except (InvalidTag, ValueError) as error:
            raise NotOurs from error
        self._number += 1
        return message


def length_of(head: bytes) -> int:
    """How many octets follow. Raises `NotOurs` for more than any frame has."""
    length = int.from_bytes(head, "big")
    if not TAG_OCTETS < length <= MAX_FRAME + TAG_OCTETS:
        raise NotOurs
    return length
