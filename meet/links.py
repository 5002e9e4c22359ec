"""A room's link, read: its attributes with its token's, and the ticket that it becomes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from meet.accounts.access import Applicant
from meet.accounts.keys import keys_of
from meet.accounts.tokens import verify
from meet.attributes import RoomAttributes, read
from meet.attributes.schema import specs
from meet.tickets import Ticket

if TYPE_CHECKING:
    from collections.abc import Mapping

    from meet.accounts.models import Account

Interface = Literal["call", "webinar"]


@dataclass(frozen=True)
class Link:
    """`peer_id` is the one that was given, or a random one. `warnings` are for developers to read."""

    account: Account
    interface: Interface
    attributes: RoomAttributes
    peer_id: str
    warnings: list[str]

    @property
    def viewer(self) -> bool:
        """Whether the participant only watches (spec: itisparticipant). Moderators and interpreters have work to do."""
        attributes = self.attributes
        return self.interface == "webinar" and not attributes.itisparticipant and not attributes.role

    @property
    def applicant(self) -> Applicant:
        """What decides about entering."""
        attributes = self.attributes
        return Applicant(
            room_id=attributes.room_id,
            peer_id=attributes.peer_id,
            moderator=attributes.role == "moderator",
            token=attributes.token,
            start_ms=attributes.start_time,
            token_lifetime_ms=attributes.token_lifetime,
            access_token=attributes.access_token,
            access_url=attributes.access_url,
            authorization=attributes.authorization_access,
        )

    @property
    def _event_header(self) -> str:
        """The tutorial's example of authEvent calls it authorizationAccess; what is for accessUrl stays there."""
        attributes = self.attributes
        return attributes.auth_event or ("" if attributes.access_url else attributes.authorization_access)

    def ticket(self, node: str) -> Ticket:
        """What the node must know."""
        attributes = self.attributes
        return Ticket(
            account_id=self.account.pk,
            room_id=attributes.room_id,
            node=node,
            peer_id=self.peer_id,
            display_name=attributes.display_name,
            name_fixed=bool(attributes.display_name),
            interface=self.interface,
            role=attributes.role or "participant",
            viewer=self.viewer,
            hand_enabled=attributes.hand_enabled,
            chat_disabled=attributes.disable_chat,
            waiting_room=attributes.waiting_room,
            can_record=attributes.can_record,
            recorded=self.account.auto_recording,
            max_broadcasters=attributes.max_broadcasters,
            max_watchers=attributes.max_watchers,
            video_url=attributes.video,
            event_url=attributes.api_event,
            event_header=self._event_header,
        )


def read_link(account: Account, query: Mapping[str, str], interface: Interface, peer_id: str = "") -> Link:
    """Read a link's query. Raises `meet.accounts.tokens.TokenRefusedError`; wrong attributes only lead to warnings.

    `peer_id` is the one that a page has already, for a link that names none.
    """
    token = (query.get("token") or "").strip()
    claims: dict[str, Any] = {}
    if token:
        claims = verify(token, keys_of(account), (query.get("roomId") or "").strip())
    attributes, warnings = read(query, claims)
    if not account.debug_attributes:
        attributes = _without_debug(attributes, warnings)
    return Link(account, interface, attributes, attributes.peer_id or peer_id or str(uuid.uuid4()), warnings)


def _without_debug(attributes: RoomAttributes, warnings: list[str]) -> RoomAttributes:
    """Links that anybody can write must not make us send requests to wherever they say."""
    changes: dict[str, Any] = {}
    for field, spec, default in specs():
        if spec.debug and getattr(attributes, field) != default:
            changes[field] = default
            warnings.append(f"{spec.name} has no effect: the account does not allow debug attributes.")
    return replace(attributes, **changes)
