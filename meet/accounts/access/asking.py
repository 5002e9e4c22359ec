"""Asks a check's server whether somebody may enter."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Final

import msgspec

from meet.accounts.access.denials import Denial, Denied
from meet.outgoing import ConnectionFailedError, sender

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meet.accounts.access.decision import Applicant, Check
    from meet.outgoing import Answer

# For both tries together.
TIMEOUT_S: Final = 5.0
# Each keeps a thread waiting.
MAX_AT_ONCE: Final = 32


class Turns:
    """How many questions of each account are under way in this process."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._taken: Counter[int] = Counter()

    @contextlib.contextmanager
    def one(self, account_id: int) -> Iterator[None]:
        """Take a turn for as long as the block lasts. Raises `Denied` when all are taken."""
        with self._lock:
            if self._taken[account_id] >= self._limit:
                raise Denied(Denial.BUSY)
            self._taken[account_id] += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken[account_id] -= 1
                if not self._taken[account_id]:
                    del self._taken[account_id]


turns: Final = Turns(MAX_AT_ONCE)


def ask(account_id: int, check: Check, applicant: Applicant) -> Answer:
    """The answer to POST `{accessToken, roomId, peerId}`; a connection that fails is tried once more.

    Raises `meet.outgoing.OutgoingError`, and `Denied` when too many are asked about at once.
    """
    content = msgspec.json.encode(
        {"accessToken": applicant.access_token, "roomId": applicant.room_id, "peerId": applicant.peer_id}
    )
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if check.authorization:
        headers["Authorization"] = check.authorization
    began = time.monotonic()
    with turns.one(account_id):
        try:
            return sender().post(check.url, content, headers, TIMEOUT_S)
        except ConnectionFailedError:
            return sender().post(check.url, content, headers, TIMEOUT_S - (time.monotonic() - began))
