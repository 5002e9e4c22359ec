"""A room's link, read: its attributes with its token's, and the ticket that it becomes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

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

NOT_SIGNED: Final = "it counts in a signed token only, as the account does not allow debug attributes."
NO_ADDRESSES: Final = "the account allows neither addresses in tokens nor debug attributes."
NO_VIDEO: Final = (
    "it counts in a signed token or a moderator's link only, as the account does not allow it to everybody."
)


@dataclass(frozen=True)
class Link:
    """`peer_id` is the one that was given, or a random one. `warnings` are for developers to read.

    `ignored` are the names of attributes that the account's options make ineffective.
    """

    account: Account
    interface: Interface
    attributes: RoomAttributes
    peer_id: str
    warnings: list[str]
    ignored: tuple[str, ...] = ()

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
    allowed, ignored = _allowed(account, attributes, claims)
    warnings += ignored.values()
    found_id = attributes.peer_id or peer_id or str(uuid.uuid4())
    return Link(account, interface, allowed, found_id, warnings, tuple(ignored))


def _allowed(
    account: Account, attributes: RoomAttributes, claims: Mapping[str, Any]
) -> tuple[RoomAttributes, dict[str, str]]:
    """What counts of a link's attributes in this account, and by name why others don't.

    Links that anybody can write must not make us send requests to wherever they say, nor show everybody whatever they
    say. What is signed are the account's own words.
    """
    changes: dict[str, Any] = {}
    ignored: dict[str, str] = {}
    for field, spec, default in specs():
        if getattr(attributes, field) == default:
            continue
        signed = any(claims.get(name) is not None for name in (spec.name, *spec.aliases))
        problem = ""
        if spec.debug and not account.debug_attributes and not (signed and account.signed_addresses):
            problem = NOT_SIGNED if account.signed_addresses else NO_ADDRESSES
        elif spec.name == "video" and not (signed or attributes.role == "moderator" or account.videos_by_all):
            problem = NO_VIDEO
        if problem:
            changes[field] = default
            ignored[spec.name] = f"{spec.name} has no effect: {problem}"
    return replace(attributes, **changes), ignored
