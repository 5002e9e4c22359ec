"""Signatures under requests to a node: only who knows the secret key can ask, for a short time, and once. Pure.

The key is made of SECRET_KEY. Signed are the node, method, path, time, a nonce and the body, so that a request counts
for nothing else; `Nonces` refuses one that was there before. Requests are encrypted only where the control API has a
certificate (`rooms.control.encryption`): without one it belongs on loopback or in a private network.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

SALT: Final = b"meet.control"
# Clocks of machines differ; a request counts for so many seconds before and after its time.
LIFETIME_S: Final = 30
MAX_NONCE: Final = 64
# Only requests with a good signature are remembered. More than this in a minute is no use that we know.
MAX_NONCES: Final = 100_000


def derive_key(secret_key: str) -> bytes:
    """A key for this purpose only."""
    return hmac.digest(secret_key.encode(), SALT, "sha256")


@dataclass(frozen=True)
class Signed:
    """A request as its signature sees it. `time` is Unix time in s, as text."""

    node: str
    method: str
    path: str
    time: str
    nonce: str
    body: bytes

    def signature(self, key: bytes) -> str:
        """The signature, in hexadecimal digits."""
        head = f"{self.node}\n{self.method}\n{self.path}\n{self.time}\n{self.nonce}"
        # The head has a fixed number of lines; the body, of any length, comes in as its digest.
        text = head.encode() + b"\n" + hashlib.sha256(self.body).digest()
        return hmac.new(key, text, hashlib.sha256).hexdigest()


class Nonces:
    """Those that were used lately."""

    def __init__(self, most: int = MAX_NONCES) -> None:
        self._most = most
        self._order: deque[tuple[float, str]] = deque()
        self._known: set[str] = set()

    def use(self, nonce: str, now_s: float) -> bool:
        """Whether this one is used for the first time, and may be used."""
        while self._order and self._order[0][0] < now_s - 2 * LIFETIME_S:
            self._known.remove(self._order.popleft()[1])
        if nonce in self._known or len(self._known) >= self._most:
            return False
        self._known.add(nonce)
        self._order.append((now_s, nonce))
        return True


def accepted(signed: Signed, signature: str, keys: Iterable[bytes], nonces: Nonces, now_s: float) -> bool:
    """Whether a request may be carried out; it may not a second time. `now_s` is Unix time, any of the keys will do."""
    # Digits only, and few: what int() and the message have to do with is bounded, and no line break changes the head.
    if not (signed.time.isascii() and signed.time.isdigit() and len(signed.time) <= 12):
        return False
    if not (0 < len(signed.nonce) <= MAX_NONCE and signed.nonce.isascii() and signed.nonce.isalnum()):
        return False
    if not any(hmac.compare_digest(signed.signature(key).encode(), signature.encode()) for key in keys):
        return False
    return abs(now_s - int(signed.time)) <= LIFETIME_S and nonces.use(signed.nonce, now_s)
