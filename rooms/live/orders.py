"""What the buttons of a live room's page ask for: the requests of the account's own server.

An order is `{"command": "stopTrack", "data": {"peerId": "ada", "device": "mic"}}`. All fields of the request must be
there, and no others: what is not understood acts on nobody.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from rooms.protocol import SERVER_REQUESTS, Request, wire_name

# The requests by the names that they go by on the wire.
ORDERS: Final = {wire_name(request): request for request in SERVER_REQUESTS.values()}


class Order(msgspec.Struct, forbid_unknown_fields=True):
    """An order's envelope."""

    command: str
    data: dict[str, Any]


def read_order(body: bytes) -> Request:
    """The request that an order stands for. Raises `msgspec.MsgspecError` or `RecursionError` for anything else."""
    order = msgspec.json.decode(body, type=Order)
    kind = ORDERS.get(order.command)
    if kind is None or order.data.keys() != set(kind.__struct_encode_fields__):
        raise msgspec.ValidationError(f"There is no order {order.command} with these data.")
    return msgspec.convert(order.data, kind)
