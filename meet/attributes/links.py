"""A room's link, read: its attributes with its token's, and the ticket that it becomes."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from meet.accounts.access import Applicant
from meet.accounts.access.first_use import token_hash
from meet.accounts.keyring import keys_of
from meet.accounts.tokens import verify
from meet.attributes import RoomAttributes, read
from meet.attributes.interpretation import interpreting
from meet.attributes.schema import specs
from rooms.state.ticket import Ticket

if TYPE_CHECKING:
    from collections.abc import Mapping

    from meet.accounts.models import Account
    from rooms.nodes.tickets import PageIdentity
    from rooms.state.identity import Proof

Interface = Literal["call", "webinar"]
# 128 bits, which nobody guesses.
SESSION_BYTES: Final = 16
# Of hexadecimal digits: also 128 bits.
HASH_LENGTH: Final = 32
PEER_ID_NAMES: Final = next((spec.name, *spec.aliases) for field, spec, _ in specs() if field == "peer_id")

NOT_SIGNED: Final = "it counts in a signed token only, as the account does not allow debug attributes."
NO_ADDRESSES: Final = "the account allows neither addresses in tokens nor debug attributes."
NO_VIDEO: Final = (
    "it counts in a signed token or a moderator's link only, as the account does not allow it to everybody."
)


@dataclass(frozen=True)
class Link:
    """`peer_id` is the one that was given, or a random one. `warnings` are for developers to read.

    `interface` is the token's, or else that of the page. `only_watches` where the token says so for both. `returns`
    where the page shows that its token has let it in already.
    `ignored` are the names of attributes that the account's options make ineffective.
    """

    account: Account
    interface: Interface
    attributes: RoomAttributes
    peer_id: str
    proof: Proof
    session: str
    warnings: list[str]
    only_watches: bool = False
    returns: bool = False
    ignored: tuple[str, ...] = ()

    @property
    def viewer(self) -> bool:
        """Whether the participant only watches (spec: itisparticipant). Moderators and interpreters have work to do."""
        attributes = self.attributes
        if attributes.role:
            return False
        return self.only_watches or (self.interface == "webinar" and not attributes.itisparticipant)

    @property
    def opens_bare(self) -> bool:
        """Whether a link that names the room and nothing else would let somebody in."""
        return not (self.account.jwt_required or self.account.access_url or self.attributes.access_url)

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
            token_lifetime_ms=self._token_lifetime_ms,
            access_token=attributes.access_token,
            access_url=attributes.access_url,
            authorization=attributes.authorization_access,
        )

    @property
    def _token_lifetime_ms(self) -> int | None:
        lifetime_ms = self.attributes.token_lifetime
        return lifetime_ms if lifetime_ms is None or not self.returns else lifetime_ms + 1000 * _grace_s(self.account)

    @property
    def _event_header(self) -> str:
        """The tutorial's example of authEvent calls it authorizationAccess; what is for accessUrl stays there."""
        attributes = self.attributes
        return attributes.auth_event or ("" if attributes.access_url else attributes.authorization_access)

    def ticket(self, node: str, epoch: int = 0) -> Ticket:
        """What the node must know; `epoch` is its name's."""
        attributes = self.attributes
        interpreted = interpreting(self.account, attributes)
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
            viewers_told=self.account.viewers_told,
            max_broadcasters=attributes.max_broadcasters,
            max_watchers=attributes.max_watchers,
            video_url=attributes.video,
            interpretation=self.account.interpretation,
            interpretation_recorded=self.account.record_interpretation,
            language=interpreted.language,
            language_name=interpreted.name,
            interpreter_problem=interpreted.problem,
            preselected=interpreted.preselected,
            event_url=attributes.api_event,
            event_header=self._event_header,
            proof=self.proof,
            session=self.session,
            token=hash_of(attributes.token),
            epoch=epoch,
        )


def read_link(
    account: Account, query: Mapping[str, str], interface: Interface, identity: PageIdentity | None = None
) -> Link:
    """Read a link's query. Raises `meet.accounts.tokens.TokenRefusedError`; wrong attributes only lead to warnings.

    `identity` is the page's, of an earlier ticket. It counts for its own room only, and its peer id for a link that
    names none: an id that a link names is the link's, so that an access check is asked about who really enters.
    """
    token = (query.get("token") or "").strip()
    room_id = (query.get("roomId") or "").strip()
    if identity is not None and (identity.account_id, identity.room_id) != (account.pk, room_id):
        identity = None
    claims: dict[str, Any] = {}
    returns = bool(token) and identity is not None and identity.joined and identity.token == hash_of(token)
    if token:
        claims = verify(token, keys_of(account), room_id, _grace_s(account) if returns else 0)
    attributes, warnings = read(query, claims)
    allowed, ignored = _allowed(account, attributes, claims)
    warnings += [*ignored.values(), *interpreting(account, attributes).warnings]
    if attributes.peer_id:
        peer_id = attributes.peer_id
    else:
        peer_id = identity.peer_id if identity is not None and identity.issued else str(uuid.uuid4())
    return Link(
        account,
        attributes.interface or interface,
        allowed,
        peer_id,
        _proof(attributes, claims),
        secrets.token_urlsafe(SESSION_BYTES) if identity is None else identity.session,
        warnings,
        only_watches=claims.get("itisparticipant") is not None and not attributes.itisparticipant,
        returns=returns,
        ignored=tuple(ignored),
    )


def _grace_s(account: Account) -> int:
    """How much longer than it says a token counts, for who was in the room already."""
    return 60 * account.token_grace_minutes


def hash_of(token: str) -> str:
    """What a page's identity knows a token by; empty for none."""
    return token_hash(token)[:HASH_LENGTH] if token else ""


def _proof(attributes: RoomAttributes, claims: Mapping[str, Any]) -> Proof:
    if not attributes.peer_id:
        return "issued"
    # What a token says wins over the link, so an id that the token names is the token's.
    return "account" if any(claims.get(name) is not None for name in PEER_ID_NAMES) else "link"


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
