"""Visits to rooms, and sessions as they are in the database."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Any

from meet.accounts.hosts import default_account
from rooms.room_key import RoomKey
from rooms.runtime.observer import Visit
from stats.changes import Joined, Left
from stats.models import Session

if TYPE_CHECKING:
    from meet.accounts.models import Account

START_MS = 1_624_268_280_000


def visit(peer_id: str, joined_at: int = START_MS, room_id: str = "room", account_id: int | None = None) -> Visit:
    """Somebody's stay in a room of the default account, or of another one."""
    if account_id is None:
        account_id = default_account().pk
    name = peer_id.capitalize()
    return Visit(RoomKey(account_id, room_id), peer_id, name, "participant", viewer=False, joined_at=joined_at)


def joined(stay: Visit, *, opens: bool = False) -> Joined:
    return Joined(uuid.uuid4(), stay, opens)


def left(begin: Joined, at_ms: int, *, closes: bool = False) -> Left:
    return Left(begin.key, begin.visit, begin.visit.display_name, at_ms, closes)


def at(unix_s: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(unix_s, dt.UTC)


def written() -> list[tuple[str, int, int, int | None]]:
    """Who, came, last seen, left: in ms after the start, in the order in which they came."""
    return [
        (one.peer_id, _ms(one.joined_at), _ms(one.marked_at), None if one.left_at is None else _ms(one.left_at))
        for one in Session.objects.order_by("joined_at", "peer_id")
    ]


def session(account: Account, room_id: str, peer_id: str, start_s: float, end_s: float, **fields: Any) -> Session:
    """A finished session that is not saved yet; Unix times in seconds."""
    return Session(
        **{
            "account": account,
            "room_id": room_id,
            "peer_id": peer_id,
            "display_name": peer_id,
            "role": "participant",
            "node": "serv0",
            "joined_at": at(start_s),
            "marked_at": at(end_s),
            "left_at": at(end_s),
            **fields,
        }
    )


def _ms(time: dt.datetime) -> int:
    return round(time.timestamp() * 1000) - START_MS
