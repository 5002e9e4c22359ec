"""From a participant's ticket to the address that their link names."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from media.config import MediaConfig
from rooms.room_key import RoomKey
from rooms.runtime.node import Node, NodeConfig
from rooms.runtime.observer import Visit
from rooms.webhooks.models import Delivery, Endpoint
from stats.changes import Joined, Left
from stats.writing import write
from tests.rooms.fakes import ticket_of
from tests.rooms.guests import Guest
from tests.webhooks.parts import URL

if TYPE_CHECKING:
    from meet.accounts.models import Account
    from rooms.protocol import Request
    from stats.changes import Change


class Noting:
    """An observer that keeps who came."""

    def __init__(self) -> None:
        self.visits: list[Visit] = []

    def peer_joined(self, visit: Visit) -> None:
        self.visits.append(visit)

    def peer_left(self, visit: Visit, display_name: str, at_ms: int, others: int) -> None:
        pass

    def moderated(self, visit: Visit, request: Request, at_ms: int) -> None:
        pass


async def test_a_room_tells_its_observer_what_the_ticket_says() -> None:
    noting = Noting()
    node = Node(NodeConfig("serv0", MediaConfig(port=0)), noting)
    await node.start()
    await Guest(node, "ada").join(ticket_of("ada", event_url=URL, event_header="Basic eA=="))
    await Guest(node, "bob").join()
    await node.close()
    assert [(visit.peer_id, visit.event_url, visit.event_header) for visit in noting.visits] == [
        ("ada", URL, "Basic eA=="),
        ("bob", "", ""),
    ]
    assert "Basic" not in repr(noting.visits)


def test_what_is_written_about_a_visit_is_told_to_its_link(acme: Account) -> None:
    visit = Visit(RoomKey(acme.pk, "room"), "ada", "Ada", "participant", False, 1_900_000_000_000, URL, "Basic eA==")
    key = uuid.uuid4()
    changes: list[Change] = [Joined(key, visit, opens=True), Left(key, visit, "Ada", 1_900_000_001_000, closes=True)]
    write("serv0", changes, None)
    write("serv0", changes, None)  # a batch whose commit was not heard of
    assert (Endpoint.objects.get().url, Endpoint.objects.get().header) == (URL, "Basic eA==")
    assert list(Delivery.objects.order_by("pk").values_list("kind", flat=True)) == ["joinPeer", "closePeer"]
