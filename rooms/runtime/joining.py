"""What a ticket says about who comes in, the state machine's command that it becomes, and a `join` under way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from rooms.state.commands import Enter
from rooms.state.names import clean_name
from rooms.state.roster import receivable_video
from rooms.state.waiting_places import Origin

if TYPE_CHECKING:
    from collections.abc import Callable

    from media.ortc.parameters import RtpCapabilities
    from rooms.protocol import Join, Role
    from rooms.runtime.connection import Connection
    from rooms.state.identity import Proof


class Admission(Protocol):
    """`rooms.nodes.tickets.Ticket` fits."""

    @property
    def peer_id(self) -> str: ...
    @property
    def display_name(self) -> str: ...
    @property
    def name_fixed(self) -> bool: ...
    @property
    def role(self) -> Role: ...
    @property
    def viewer(self) -> bool: ...
    @property
    def hand_enabled(self) -> bool: ...
    @property
    def chat_disabled(self) -> bool: ...
    @property
    def waiting_room(self) -> bool: ...
    @property
    def can_record(self) -> bool: ...
    @property
    def recorded(self) -> bool: ...
    @property
    def viewers_told(self) -> bool: ...
    @property
    def max_broadcasters(self) -> int: ...
    @property
    def max_watchers(self) -> int: ...
    @property
    def video_url(self) -> str: ...
    @property
    def event_url(self) -> str: ...
    @property
    def event_header(self) -> str: ...
    @property
    def proof(self) -> Proof: ...
    @property
    def session(self) -> str: ...


def entry_of(admission: Admission, request: Join) -> Enter:
    """What comes in: the ticket decides, the request may only choose a name where the ticket leaves it open."""
    chosen = request.display_name or admission.display_name
    return Enter(
        peer_id=admission.peer_id,
        display_name=clean_name(admission.display_name if admission.name_fixed else chosen),
        name_fixed=admission.name_fixed,
        video_codecs=receivable_video(request.rtp_capabilities),
        role=admission.role,
        viewer=admission.viewer,
        hand_enabled=admission.hand_enabled,
        chat_disabled=admission.chat_disabled,
        waiting_room=admission.waiting_room,
        can_record=admission.can_record,
        recorded=admission.recorded,
        viewers_told=admission.viewers_told,
        max_broadcasters=admission.max_broadcasters,
        max_watchers=admission.max_watchers,
        video_url=admission.video_url,
        proof=admission.proof,
        session=admission.session,
    )


@dataclass(frozen=True)
class Entrance:
    """A `join` that is not answered yet, perhaps because a moderator has to open the door.

    `on_refused` is to be called when its answer is a refusal. `event_url` and `event_header` come from the ticket.
    `identity` is what the page may show later, to come back as the same (`rooms.protocol.Joined`).
    """

    connection: Connection
    request_id: int
    entry: Enter
    capabilities: RtpCapabilities
    on_refused: Callable[[], None]
    event_url: str
    event_header: str = field(repr=False)
    identity: str = field(default="", repr=False)
    origin: Origin = field(default_factory=Origin)

    @property
    def peer_id(self) -> str:
        """Who comes in."""
        return self.entry.peer_id
