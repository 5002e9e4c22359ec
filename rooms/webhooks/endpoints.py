"""What is done to endpoints: their secrets rotate, and a test event shows whether they work."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import msgspec

from rooms.webhooks.delivering import send_again
from rooms.webhooks.models import Delivery, Endpoint, State
from rooms.webhooks.signing import new_secret

if TYPE_CHECKING:
    from rooms.webhooks.posting import Tried

# How long the old secret signs as well, for receivers to change over.
GRACE: Final = dt.timedelta(days=1)
TEST: Final = "test"


def do_rotate(endpoint: Endpoint, now: dt.datetime) -> None:
    """A new secret signs from now on, and the one before it for another day."""
    endpoint.old_secret, endpoint.old_secret_until = endpoint.secret, now + GRACE
    endpoint.secret = new_secret()
    endpoint.save(update_fields=("secret", "old_secret", "old_secret_until"))


def do_send_test(endpoint: Endpoint, now: dt.datetime) -> Tried | None:
    """Send an event `test` at once; it is among the deliveries, and is not tried again by itself."""
    delivery = Delivery.objects.create(
        endpoint=endpoint,
        room_id=TEST,
        kind=TEST,
        body=msgspec.json.encode({"event": TEST, "roomId": TEST}).decode(),
        peer_id="",
        happened_at=now,
        state=State.GIVEN_UP,
        finished_at=now,
    )
    return send_again(delivery)
