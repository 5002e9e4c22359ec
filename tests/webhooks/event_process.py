"""Two people join a room, and the workers are woken: `python -m tests.webhooks.event_process ACCOUNT_ID`."""

from __future__ import annotations

import sys

import django


def tell(account_id: int) -> None:
    from django.db import transaction  # noqa: PLC0415 - needs the apps

    from rooms.room_key import RoomKey  # noqa: PLC0415
    from rooms.webhooks import outbox  # noqa: PLC0415
    from rooms.webhooks.room_events import RoomEvent  # noqa: PLC0415

    for peer_id in ("a", "b"):
        with transaction.atomic():
            outbox.add([RoomEvent("joinPeer", RoomKey(account_id, "room"), 1_000_000_000_000, peer_id, "Ada")])


if __name__ == "__main__":
    django.setup()
    tell(int(sys.argv[1]))
