"""Asks a check's server whether somebody may enter."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import msgspec

from meet.accounts.access.denials import Denial, Denied
from meet.outgoing import ConnectionFailedError, NoPlaceError, places, sender

if TYPE_CHECKING:
    from meet.accounts.access.decision import Applicant, Check
    from meet.outgoing import Answer

# For both tries together.
TIMEOUT_S: Final = 5.0


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
    try:
        with places().one(account_id):
            try:
                return sender().post(check.url, content, headers, TIMEOUT_S)
            except ConnectionFailedError:
                return sender().post(check.url, content, headers, TIMEOUT_S - (time.monotonic() - began))
    except NoPlaceError as error:
        raise Denied(Denial.BUSY) from error
