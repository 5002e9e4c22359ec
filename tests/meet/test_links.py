"""From a room's link to the ticket for it."""

from __future__ import annotations

import base64
import hashlib
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import jwt
import pytest
from django.http import QueryDict

from meet.accounts.hosts import default_account
from meet.accounts.tokens import TokenRefusedError
from meet.config import Config
from meet.links import Interface, Link, read_link
from meet.tickets import Ticket, sign

if TYPE_CHECKING:
    from django.conf import LazySettings

SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def _key(settings: LazySettings, db: None) -> None:  # noqa: ARG001 - the default account
    settings.CONFIG = Config(jwt_key=SECRET)


def token(**claims: Any) -> str:
    return jwt.encode(claims, SECRET, "HS256")


def link(interface: Interface = "call", **given: str) -> Link:
    return read_link(default_account(), QueryDict(urlencode({"roomId": "room", **given})), interface)


def change_account(**options: bool) -> None:
    account = default_account()
    for name, value in options.items():
        setattr(account, name, value)
    account.save()


def allow_debug_attributes() -> None:
    change_account(debug_attributes=True, videos_by_all=True)


def test_a_bare_link_opens_the_door_for_a_participant_without_a_name() -> None:
    found = link()
    assert uuid.UUID(found.peer_id) != uuid.UUID(link().peer_id)
    assert found.ticket("serv0") == Ticket(default_account().pk, "room", "serv0", found.peer_id, "", name_fixed=False)
    assert found.warnings == []


def test_everything_that_a_room_must_know_is_in_the_ticket() -> None:
    signed = token(role="moderator", waitingRoom=True, canRecord=True, handEnabled=True, maxWatchers=5, roomId="room")
    found = link(
        "webinar",
        token=signed,
        peerId="ada",
        displayName="Ada",
        disbleChat="true",
        maxBroadcasters="3",
        maxWatchers="9",
        video="https://a.example/",
    )
    assert found.warnings == []
    assert found.ticket("serv0") == Ticket(
        default_account().pk,
        "room",
        "serv0",
        "ada",
        "Ada",
        name_fixed=True,
        interface="webinar",
        role="moderator",
        hand_enabled=True,
        chat_disabled=True,
        waiting_room=True,
        can_record=True,
        max_broadcasters=3,
        max_watchers=5,
        video_url="https://a.example/",
    )


def test_the_example_of_the_tutorial_makes_a_moderator() -> None:
    signed = token(role="moderator", waitingRoom=True, handEnabled=True, roomId="serv0_test1")
    query = QueryDict(urlencode({"roomId": "serv0_test1", "token": signed}))
    ticket = read_link(default_account(), query, "call").ticket("serv0")
    assert (ticket.role, ticket.waiting_room, ticket.hand_enabled) == ("moderator", True, True)


@pytest.mark.parametrize(
    ("interface", "claims", "attributes", "viewer"),
    [
        ("call", {}, {}, False),
        ("webinar", {}, {}, True),
        ("webinar", {}, {"itisparticipant": "true"}, False),
        ("webinar", {"itisparticipant": False}, {"itisparticipant": "true"}, True),
        ("webinar", {"itisparticipant": True}, {}, False),
        ("webinar", {"role": "moderator"}, {}, False),
        ("webinar", {"role": "interpreter"}, {}, False),
        ("webinar", {}, {"role": "moderator"}, True),
        ("call", {}, {"itisparticipant": "false"}, False),
    ],
)
def test_who_only_watches(
    interface: Interface, claims: dict[str, Any], attributes: dict[str, str], viewer: bool
) -> None:
    found = link(interface, token=token(**claims), **attributes)
    assert found.viewer is found.ticket("serv0").viewer is viewer


@pytest.mark.parametrize("given", ["nonsense", "a.b.c", jwt.encode({"role": "moderator"}, "x" * 32, "HS256")])
def test_a_token_that_is_not_ours_opens_nothing(given: str) -> None:
    with pytest.raises(TokenRefusedError):
        link(token=given)


def test_a_token_for_another_room_opens_nothing() -> None:
    with pytest.raises(TokenRefusedError, match="another room"):
        link(token=token(roomId="other"))
    with pytest.raises(TokenRefusedError, match="another room"):
        read_link(default_account(), QueryDict(urlencode({"token": token(roomId="room")})), "call")


def test_without_a_key_a_token_opens_nothing_and_a_link_without_one_everything(settings: LazySettings) -> None:
    settings.CONFIG = Config()
    with pytest.raises(TokenRefusedError):
        link(token=token())
    assert link(token=" ").ticket("serv0").role == "participant"


class TestEventsOfLinks:
    """The tutorial's apiEvent and authEvent."""

    @pytest.mark.parametrize(
        ("attributes", "header"),
        [
            ({}, ""),
            ({"authEvent": "Basic eA=="}, "Basic eA=="),
            ({"authorizationAccess": "Basic eA=="}, "Basic eA=="),
            ({"authEvent": "Basic eA==", "authorizationAccess": "Basic b3RoZXI="}, "Basic eA=="),
            ({"authorizationAccess": "Basic eA==", "accessUrl": "https://check.example/"}, ""),
        ],
    )
    def test_the_node_gets_to_know_them(self, attributes: dict[str, str], header: str) -> None:
        allow_debug_attributes()
        ticket = link("call", apiEvent="https://a.example/events", **attributes).ticket("serv0")
        assert (ticket.event_url, ticket.event_header) == ("https://a.example/events", header)

    def test_they_have_no_effect_where_debug_attributes_are_off(self) -> None:
        found = link(apiEvent="https://a.example/events", authEvent="Basic eA==")
        assert (found.ticket("serv0").event_url, found.ticket("serv0").event_header) == ("", "")
        assert any("apiEvent has no effect" in warning for warning in found.warnings)
        assert found.ignored == ("apiEvent", "authEvent")

    def test_signed_ones_count_unless_the_account_says_no(self) -> None:
        signed = token(apiEvent="https://a.example/events", authEvent="Basic eA==")
        found = link(token=signed, authEvent="Basic b3RoZXI=")
        assert (found.ticket("serv0").event_url, found.ticket("serv0").event_header) == (
            "https://a.example/events",
            "Basic eA==",
        )
        assert (found.warnings, found.ignored) == ([], ())
        change_account(signed_addresses=False)
        found = link(token=signed)
        assert (found.ticket("serv0").event_url, found.ignored) == ("", ("apiEvent", "authEvent"))

    def test_the_links_header_is_not_sent_to_the_tokens_address(self) -> None:
        found = link(token=token(apiEvent="https://a.example/events"), authEvent="Basic b3RoZXI=")
        assert (found.ticket("serv0").event_url, found.ticket("serv0").event_header) == ("https://a.example/events", "")


class TestVideo:
    """The player that everybody in the room gets to see."""

    URL = "https://a.example/"

    @pytest.mark.parametrize(
        ("claims", "attributes", "expected"),
        [
            ({}, {"video": URL}, ""),
            ({"video": URL}, {}, URL),
            ({"video": URL}, {"video": "https://b.example/"}, URL),
            ({"role": "moderator"}, {"video": URL}, URL),
            ({"role": "interpreter"}, {"video": URL}, ""),
            ({"displayName": "Eve"}, {"video": URL, "role": "moderator"}, ""),
        ],
    )
    def test_it_is_signed_or_a_moderators(
        self, claims: dict[str, Any], attributes: dict[str, str], expected: str
    ) -> None:
        found = link("call", token=token(**claims) if claims else "", **attributes)
        assert found.ticket("serv0").video_url == expected
        assert any(warning.startswith("video has no effect") for warning in found.warnings) is not bool(expected)

    def test_an_account_may_let_everybody_bring_one(self) -> None:
        change_account(videos_by_all=True)
        assert link(video=self.URL).ticket("serv0").video_url == self.URL


def test_the_worst_link_still_gives_a_ticket_that_the_protocol_takes() -> None:
    awkward = "".join(chr(0x20000 + (number * 7919) % 40_000) for number in range(200))
    ascii_noise = base64.urlsafe_b64encode(hashlib.shake_256(b"noise").digest(2250)).decode()
    allow_debug_attributes()
    found = link(
        "webinar",
        peerId=awkward[:128],
        displayName="".join(f"{letter}\U0001f3fb\U0001f3fc\U0001f3fd" for letter in awkward[100:164]),
        video=f"https://a.example/{ascii_noise[:1980]}",
        apiEvent=f"https://a.example/{ascii_noise[1000:2980]}",
        authEvent=ascii_noise[:1000],
        maxWatchers="9" * 16,
        maxBroadcasters="8" * 16,
    )
    assert found.warnings == []
    assert len(sign(found.ticket("serv9999"))) < 8192
