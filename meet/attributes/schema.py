"""Every attribute of a room's link, once: name, kind, default, where it may come from, who acts on it, what it does.

Parsing, `docs/attributes.md` and the tests come from this list. Source: the tutorial's "Advanced URL Attributes",
"Attribute details", "Debug and Dev URL attributes" and "JWT Body".
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final, Literal

from meet.attributes import values

if TYPE_CHECKING:
    from collections.abc import Callable

LANGUAGES: Final = ("en", "fr", "de", "lb", "ru")


class Origin(enum.Flag):
    """Where an attribute may be given: in the link, in a signed token, or in both; then the token wins."""

    URL = enum.auto()
    JWT = enum.auto()
    BOTH = URL | JWT


class Actor(enum.Enum):
    """Who acts on an attribute. What only the page acts on, whoever is at the page could change."""

    PAGE = "page"
    SERVER = "server"


_NOWHERE: Final = Origin(0)


@dataclass(frozen=True)
class Spec:
    """One attribute. `name` is its spelling in links and tokens.

    `kind` is what the reference says of its values: the words to choose from, with a comma and a blank between them, or
    what else they are. `read` is a function of `values`.

    A `secret` value is never repeated in messages; a `debug` one counts in a link only where the account allows that; a
    `pending` one is read, and without effect so far. `restricts` says where a value that can't be read refuses entry
    instead of counting as not given: what keeps people out, or keeps them from something, must not fail open.
    """

    name: str
    kind: str
    read: Callable[[Any], Any]
    origin: Origin
    actor: Actor
    help: str
    aliases: tuple[str, ...] = ()
    secret: bool = False
    debug: bool = False
    pending: bool = False
    restricts: Origin = _NOWHERE

    @property
    def choices(self) -> tuple[str, ...]:
        """The words to choose from; none where it takes other values."""
        return tuple(self.kind.split(", ")) if ", " in self.kind else ()


def _attribute(default: Any, *parts: Any, **more: Any) -> Any:
    return field(default=default, metadata={"spec": Spec(*parts, **more)})


def _flag(name: str, origin: Origin, actor: Actor, text: str, **more: Any) -> Any:
    return _attribute(False, name, "true, false", values.boolean, origin, actor, text, **more)  # noqa: FBT003


_URL, _JWT, _BOTH = Origin.URL, Origin.JWT, Origin.BOTH
_PAGE, _SERVER = Actor.PAGE, Actor.SERVER
# Chosen by whoever signs: without such a value the participant could choose.
_SIGNED_LIMIT: Final = {"restricts": _JWT}
_LIMIT: Final = {"restricts": _BOTH}
# What keeps people waiting or outside: whoever can leave the token away gets around it.
_LEFT_OUT: Final = " A token can be left out of a link, unless the account requires tokens."


@dataclass(frozen=True)
class RoomAttributes:
    """What a link and its token ask for; a token's name or a link's name can't be changed by the participant."""

    access_token: str = _attribute(
        "", "accessToken", "text", values.text, _BOTH, _SERVER,
        "What your own server is asked about before somebody enters.", secret=True,
    )  # fmt: skip
    access_url: str = _attribute(
        "", "accessUrl", "https address", values.https_url, _BOTH, _SERVER,
        "Your server's address that checks `accessToken`.", secret=True, debug=True, **_SIGNED_LIMIT,
    )  # fmt: skip
    api_event: str = _attribute(
        "", "apiEvent", "https address", values.https_url, _BOTH, _SERVER,
        "The address that is told when this participant comes and goes.", secret=True, debug=True,
    )  # fmt: skip
    auth_event: str = _attribute(
        "", "authEvent", "header", values.header, _BOTH, _SERVER,
        "The Authorization header for `apiEvent`.", secret=True, debug=True,
    )  # fmt: skip
    authorization_access: str = _attribute(
        "", "authorizationAccess", "header", values.header, _BOTH, _SERVER,
        "The Authorization header for `accessUrl`.", secret=True, debug=True,
    )  # fmt: skip
    autoplay_without_audio_track: bool = _flag(
        "autoplayWithoutAudioTrack", _URL, _PAGE,
        "On iOS a webinar's viewer is not asked for the microphone; sound begins with a touch.",
    )  # fmt: skip
    can_record: bool = _flag("canRecord", _JWT, _SERVER, "A moderator may record.")
    controls_disabled: bool = _flag("controlsDisabled", _URL, _PAGE, "No buttons; the bridge's methods do their work.")
    disable_chat: bool = _flag(
        "disableChat", _BOTH, _SERVER, "No chat for this participant.", aliases=("disbleChat",), **_LIMIT
    )
    display_name: str = _attribute(
        "", "displayName", "text", values.name, _BOTH, _SERVER,
        "The participant's name, which they then can't change.", **_SIGNED_LIMIT,
    )  # fmt: skip
    hand_enabled: bool = _flag(
        "handEnabled", _BOTH, _SERVER, "Hands can be raised: by this participant; from a moderator, by everybody."
    )
    hide_indicators: bool = _flag("hideIndicators", _URL, _PAGE, "No names and no icons in the tiles.")
    interface: Literal["", "call", "webinar"] = _attribute(
        "", "interface", "call, webinar", values.one_of("call", "webinar"), _JWT, _SERVER,
        "What the token is for, whichever of the two addresses it is opened at.", **_SIGNED_LIMIT,
    )  # fmt: skip
    invite_url: str = _attribute(
        "", "inviteUrl", "https address", values.https_url, _BOTH, _PAGE,
        "What *Copy invite link* copies, such as your page with the room in it. Without it, that is the room's bare "
        "link; where it can't open the room there is no such button.",
    )  # fmt: skip
    itisparticipant: bool = _flag(
        "itisparticipant", _BOTH, _SERVER,
        "In a webinar: a speaker instead of a viewer. A token's `false` makes a viewer in a call too.", **_SIGNED_LIMIT,
    )  # fmt: skip
    lang: str = _attribute(
        "", "lang", ", ".join(LANGUAGES), values.language(*LANGUAGES), _URL, _PAGE,
        "The page's language, also with a region such as de-AT; the browser's by default.",
    )  # fmt: skip
    max_broadcasters: int = _attribute(
        0, "maxBroadcasters", "number", values.number, _BOTH, _SERVER,
        "How many may have camera or microphone on when this participant turns theirs on; 0 for any number.", **_LIMIT,
    )  # fmt: skip
    max_watchers: int = _attribute(
        0, "maxWatchers", "number", values.number, _BOTH, _SERVER,
        "How many may be in the room with this participant; 0 for any number.", **_LIMIT,
    )  # fmt: skip
    minimize_tiles: bool = _flag("minimizeTiles", _URL, _PAGE, "As many tiles on one screen as possible.")
    name_screen_disabled: bool = _flag("nameScreenDisabled", _URL, _PAGE, "Skip the welcome screen.")
    peer_id: str = _attribute(
        "", "peerId", "id", values.identifier, _BOTH, _SERVER,
        "Your own id of the participant; a second connection with it takes over. Random by default.",
        aliases=("peerID",), **_SIGNED_LIMIT,
    )  # fmt: skip
    role: Literal["", "moderator", "interpreter"] = _attribute(
        "", "role", "moderator, interpreter", values.role, _JWT, _SERVER,
        "What the participant may do beyond the usual.", **_SIGNED_LIMIT,
    )  # fmt: skip
    room_id: str = _attribute(
        "", "roomId", "id", values.text, _BOTH, _SERVER,
        "Which room. Required in the link; in a token, the only room that it opens.", **_SIGNED_LIMIT,
    )  # fmt: skip
    sort_peers: bool = _flag("sortPeers", _URL, _PAGE, "Tiles of participants with cameras come first.")
    start_with_fs: bool = _flag(
        "startWithFS", _URL, _PAGE, "Fill the screen. Browsers insist on a gesture: it happens with the first click."
    )
    token: str = _attribute("", "token", "JWT", values.text, _URL, _SERVER, "Signed attributes.", secret=True)
    token_lifetime: int | None = _attribute(
        None, "tokenLifetime", "milliseconds", values.number, _BOTH, _SERVER,
        "How long after the first connection the token can be used." + _LEFT_OUT, **_LIMIT,
    )  # fmt: skip
    video: str = _attribute(
        "", "video", "https address", values.https_url, _BOTH, _SERVER,
        "A player that everybody watches together. In a token or a moderator's link; in all where the account says so.",
    )  # fmt: skip
    waiting_room: bool = _flag(
        "waitingRoom",
        _JWT,
        _SERVER,
        "Wait for a moderator; from a moderator, everybody who comes later waits." + _LEFT_OUT,
        **_SIGNED_LIMIT,
    )
    start_time: int | None = _attribute(
        None, "startTime", "time", values.time_ms, _JWT, _SERVER,
        "When the event starts; nobody but moderators comes in before." + _LEFT_OUT, **_SIGNED_LIMIT,
    )  # fmt: skip
    iat: int | None = _attribute(
        None, "iat", "time", values.time_ms, _JWT, _SERVER, "When the token was issued.", pending=True
    )
    feature_interpreters: bool = _flag(
        "featureInterpreters", _JWT, _SERVER, "An interpreter turns language interpretation on by coming in."
    )
    int_lang: str = _attribute(
        "", "intLang", "language tag", values.language_tag, _JWT, _SERVER,
        "The language into which an interpreter interprets, one of the account's: zh, nl, en, fr, de, lb, pt, es, sv, "
        "uk, unless it has others.",
    )  # fmt: skip
    interpretation: str = _attribute(
        "", "interpretation", "language tag", values.language_tag, _BOTH, _SERVER,
        "The language that this participant hears as soon as somebody interprets into it, until they choose.",
    )  # fmt: skip


def specs() -> list[tuple[str, Spec, Any]]:
    """All attributes in the order above: the field's name, its description, its default."""
    return [(one.name, one.metadata["spec"], one.default) for one in fields(RoomAttributes)]
