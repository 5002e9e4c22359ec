"""The good-byes of a DTLS 1.2 association of which nothing else is kept: ours, and reading the peer's (close_notify).

Media needs the SRTP keys only (RFC 5764), and what a TLS library keeps of an association takes more memory than all
else of a receiver. Ours is encrypted before the association goes, and sent when it is to end. Of the peer's records
those are read that may be its good-bye: alerts of its only epoch with keys. Whoever has not the keys can't say it.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

from media.net.dtls_records import ALERT, RECORD_HEADER, records_of

if TYPE_CHECKING:
    from media.net.dtls_records import Role

EPOCH: Final = b"\x00\x01"
# Level (warning) and description (RFC 5246 section 7.2.1); either level ends the association.
ALERT_SIZE: Final = 2
CLOSE_NOTIFY: Final = 0
TAG_SIZE: Final = 16
EXPLICIT_NONCE: Final = 8  # of GCM (RFC 5288 section 3)


class Suite(NamedTuple):
    """What an AEAD cipher suite of TLS 1.2 makes of the master secret, and how it encrypts a record."""

    digest: str
    key_size: int
    iv_size: int
    aead: type[AESGCM | ChaCha20Poly1305]


# By OpenSSL's names: RFC 5289 sections 3.2, RFC 7905 section 2.
SUITES: Final = {
    "ECDHE-ECDSA-AES128-GCM-SHA256": Suite("sha256", 16, 4, AESGCM),
    "ECDHE-ECDSA-AES256-GCM-SHA384": Suite("sha384", 32, 4, AESGCM),
    "ECDHE-ECDSA-CHACHA20-POLY1305": Suite("sha256", 32, 12, ChaCha20Poly1305),
}


class Secrets(NamedTuple):
    """What both sides' keys are made of (RFC 5246 section 6.3)."""

    master: bytes
    client_random: bytes
    server_random: bytes


def expand(digest: str, secret: bytes, seed: bytes, size: int) -> bytes:
    """P_hash (RFC 5246 section 5): so many bytes."""
    made, link = b"", seed
    while len(made) < size:
        link = hmac.digest(secret, link, digest)
        made += hmac.digest(secret, link + seed, digest)
    return made[:size]


class GoodByes:
    """Of one association. `ours` is a datagram to be sent once; `come` tells whether the peer's is in one."""

    __slots__ = ("_iv", "_key", "_suite", "ours")

    def __init__(self, suite: Suite, secrets: Secrets, role: Role, ours: bytes) -> None:
        self.ours = ours
        self._suite = suite
        key, iv = suite.key_size, suite.iv_size
        seed = b"key expansion" + secrets.server_random + secrets.client_random
        block = expand(suite.digest, secrets.master, seed, 2 * (key + iv))
        # Client's key, server's key, client's IV, server's IV; we read what the other role writes.
        theirs = 0 if role == "server" else 1
        self._key = block[theirs * key :][:key]
        self._iv = block[2 * key + theirs * iv :][:iv]

    def come(self, datagram: bytes) -> bool:
        """Whether the peer says in this datagram that it ends the association."""
        return any(self._says_good_bye(record) for record in records_of(datagram))

    def _says_good_bye(self, record: bytes) -> bool:
        overhead = TAG_SIZE + (EXPLICIT_NONCE if self._suite.aead is AESGCM else 0)
        if record[0] != ALERT or record[3:5] != EPOCH or len(record) != RECORD_HEADER + ALERT_SIZE + overhead:
            return False
        number, body = record[3:11], record[RECORD_HEADER:]
        if self._suite.aead is AESGCM:
            nonce, body = self._iv + body[:EXPLICIT_NONCE], body[EXPLICIT_NONCE:]
        else:
            padded = bytes(len(self._iv) - len(number)) + number
            nonce = bytes(mine ^ counted for mine, counted in zip(self._iv, padded, strict=True))
        associated = number + record[:3] + ALERT_SIZE.to_bytes(2, "big")
        try:
            alert = self._suite.aead(self._key).decrypt(nonce, body, associated)
        except InvalidTag:
            return False
        return alert[1] == CLOSE_NOTIFY
