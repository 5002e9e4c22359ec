"""Accounts with endpoints, events for them, and a clock that tests turn."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any, Final

from rooms.room_key import RoomKey
from rooms.webhooks import outbox
from rooms.webhooks.delivering import serve
from rooms.webhooks.lanes import lease_due
from rooms.webhooks.models import Endpoint
from rooms.webhooks.room_events import Kind, RoomEvent

if TYPE_CHECKING:
    from meet.accounts.models import Account
    from tests.meet.answering import Answering, Asked

URL: Final = "https://acme.example/events"
START: Final = dt.datetime(2030, 6, 21, 10, tzinfo=dt.UTC)


class Clock:
    """Time that passes only when somebody says so."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> dt.datetime:
        return self.now

    def after(self, **duration: float) -> dt.datetime:
        self.now += dt.timedelta(**duration)
        return self.now


def endpoint(account: Account, server: Answering, path: str = "/events", **fields: Any) -> Endpoint:
    """One at a server on this machine."""
    return Endpoint.objects.create(account=account, url=base(server) + path, **fields)


def base(server: Answering) -> str:
    """The server's address without a path."""
    return server.url.removesuffix("/check")


def happen(
    account: Account, *peers: str, room: str = "44fde071", kind: Kind = "joinPeer", at: dt.datetime = START
) -> None:
    """Participants come, one after the other."""
    at_ms = int(at.timestamp() * 1000)
    outbox.add([RoomEvent(kind, RoomKey(account.pk, room), at_ms, peer, f"{peer} name") for peer in peers])


def work(clock: Clock) -> None:
    """What the workers would do now, one delivery after the other, until nothing is due."""
    while leases := lease_due(clock(), most=1):
        serve(leases[0], clock)


def peers(asked: list[Asked]) -> list[str]:
    """Whom requests were about, in their order."""
    return [json.loads(one.body)["peerId"] for one in asked]
