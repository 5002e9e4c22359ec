"""What a moderator's request was, in the words of the audit trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from meet.accounts.audit import RoomAct, of_person
from rooms.protocol import wire_name

if TYPE_CHECKING:
    from rooms.protocol import Request
    from rooms.runtime.observer import Visit


def act_of(visit: Visit, request: Request, at_ms: int) -> RoomAct:
    """Who it was about and what was chosen; nothing that somebody has written."""
    chosen: dict[str, Any] = {name: getattr(request, name) for name in request.__struct_fields__}
    peer_id = chosen.pop("peer_id", None)
    about = of_person(peer_id) if peer_id else ""
    details = [f"{name} {_word(value)}" for name, value in chosen.items() if isinstance(value, bool | int)]
    details += [str(chosen["device"])] if "device" in chosen else []
    what = f"{wire_name(type(request))}: {about}{', '.join(details)}".rstrip(", :")
    # A comma stays behind the participant, so that erasing them finds them.
    what = f"{what}," if about and not details else what
    return RoomAct(visit.room.account_id, visit.room.room_id, visit.peer_id, what, at_ms)


def _word(value: bool | int) -> str:  # noqa: FBT001 - a value, not a switch
    return str(value).lower()
