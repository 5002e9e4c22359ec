"""From a room's link to the ticket for it."""

from __future__ import annotations

import base64
import hashlib
import time
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import jwt
import pytest
from django.http import QueryDict

from meet.accounts.hosts import default_account
from meet.accounts.tokens import TokenRefusedError
from meet.attributes.links import Interface, Link, hash_of, read_link
from meet.config import Config
from rooms.nodes.tickets import PageIdentity, identity_of, read_identity, sign, sign_identity
from rooms.state.ticket import Ticket

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


def change_account(**options: bool | str) -> None:
    account = default_account()
    for name, value in options.items():
        setattr(account, name, value)
    account.save()


def allow_debug_attributes() -> None:
    change_account(debug_attributes=True, videos_by_all=True)


def test_a_bare_link_opens_the_door_for_a_participant_without_a_name() -> None:
    found = link()
    assert uuid.UUID(found.peer_id) != uuid.UUID(link().peer_id)
    assert found.ticket("serv0") == Ticket(
        default_account().pk,
        "room",
        "serv0",
        found.peer_id,
        "",
        name_fixed=False,
        proof="issued",
        session=found.session,
    )
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
        proof="link",
        session=found.session,
        token=hash_of(signed),
    )


def test_the_example_of_the_tutorial_makes_a_moderator() -> None:
    signed = token(role="moderator", waitingRoom=True, handEnabled=True, roomId="serv0_test1")
    query = QueryDict(urlencode({"roomId": "serv0_test1", "token": signed}))
    ticket = read_link(default_account(), query, "call").ticket("serv0")
    assert (ticket.role, ticket.waiting_room, ticket.hand_enabled) == ("moderator", True, True)


def interpreter_of(**claims: Any) -> tuple[str, str, str]:
    """Language, its name and the problem of an interpreter's ticket."""
    ticket = link(token=token(role="interpreter", **claims)).ticket("serv0")
    return ticket.language, ticket.language_name, ticket.interpreter_problem


class TestInterpretation:
    def test_the_example_of_the_tutorial_makes_an_interpreter(self) -> None:
        signed = token(role="interpreter", featureInterpreters=True, intLang="de", roomId="serv0_test1")
        query = QueryDict(urlencode({"roomId": "serv0_test1", "token": signed}))
        found = read_link(default_account(), query, "call")
        ticket = found.ticket("serv0")
        assert (ticket.role, ticket.language, ticket.language_name) == ("interpreter", "de", "Deutsch")
        assert (ticket.interpreter_problem, found.warnings) == ("", [])

    @pytest.mark.parametrize(
        ("claims", "expected"),
        [
            ({"featureInterpreters": True, "intLang": "UK"}, ("uk", "Українська", "")),
            ({"featureInterpreters": True, "intLang": "de-AT"}, ("de", "Deutsch", "")),
            ({"intLang": "de"}, ("", "", "feature")),
            ({"featureInterpreters": False, "intLang": "de"}, ("", "", "feature")),
            ({"featureInterpreters": "perhaps", "intLang": "de"}, ("", "", "feature")),
            ({"featureInterpreters": True}, ("", "", "language")),
            ({"featureInterpreters": True, "intLang": "it"}, ("", "", "language")),
            ({"featureInterpreters": True, "intLang": "?"}, ("", "", "language")),
        ],
    )
    def test_an_interpreter_needs_the_feature_and_a_language(
        self, claims: dict[str, Any], expected: tuple[str, str, str]
    ) -> None:
        assert interpreter_of(**claims) == expected

    def test_the_account_has_its_own_languages_and_may_do_without(self) -> None:
        claims = {"featureInterpreters": True, "intLang": "it"}
        change_account(interpreted_languages="it Italiano", record_interpretation=True)
        assert interpreter_of(**claims) == ("it", "Italiano", "")
        assert link().ticket("serv0").interpretation_recorded
        change_account(interpretation=False)
        assert interpreter_of(**claims) == ("", "", "account")
        ticket = link(interpretation="it").ticket("serv0")
        assert (ticket.interpretation, ticket.preselected) == (False, "")

    def test_only_a_token_makes_an_interpreter(self) -> None:
        ticket = link(role="interpreter", featureInterpreters="true", intLang="de").ticket("serv0")
        assert (ticket.role, ticket.language, ticket.interpreter_problem) == ("participant", "", "")

    def test_a_link_or_a_token_preselects_a_language_of_the_account(self) -> None:
        assert link(interpretation="DE-at").ticket("serv0").preselected == "de"
        assert link(interpretation="fr", token=token(interpretation="lb")).ticket("serv0").preselected == "lb"
        unknown = link(interpretation="it")
        assert unknown.ticket("serv0").preselected == ""
        assert unknown.warnings == ["interpretation has no effect: the account has no language it."]


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
        ("call", {"itisparticipant": False}, {}, True),
        ("call", {"itisparticipant": False}, {"itisparticipant": "true"}, True),
        ("call", {"itisparticipant": True}, {}, False),
        ("call", {"itisparticipant": False, "role": "moderator"}, {}, False),
        ("call", {"interface": "webinar"}, {}, True),
        ("call", {"interface": "webinar", "itisparticipant": True}, {}, False),
        ("webinar", {"interface": "call"}, {}, False),
        ("webinar", {"interface": "call", "itisparticipant": False}, {}, True),
    ],
)
def test_who_only_watches(
    interface: Interface, claims: dict[str, Any], attributes: dict[str, str], viewer: bool
) -> None:
    found = link(interface, token=token(**claims), **attributes)
    assert found.viewer is found.ticket("serv0").viewer is viewer


def test_what_a_link_says_about_its_interface_counts_for_nothing() -> None:
    assert again(None, interface="webinar").interface == "call"
    found = again(None, interface="call", token=token(interface="webinar"))
    assert (found.interface, found.viewer) == ("webinar", True)


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


def again(identity: PageIdentity | None, **given: str) -> Link:
    """The same link, from a page that has been somebody already."""
    return read_link(default_account(), QueryDict(urlencode({"roomId": "room", **given})), "call", identity)


def joined(found: Link) -> PageIdentity:
    """What its page is given when it is in."""
    return identity_of(found.ticket("serv0"), joined=True)


class TestIdentity:
    def test_an_id_is_proven_by_the_token_issued_by_us_or_written_by_anybody(self) -> None:
        assert link(token=token(peerId="ada"), peerId="eve").proof == "account"
        assert link(token=token(peerID="ada")).proof == "account"
        assert link(token=token(role="moderator"), peerId="ada").proof == "link"
        assert link(token=token(peerId=""), peerId="ada").proof == "issued"
        assert link(peerId="ada").proof == "link"
        assert link().proof == "issued"

    def test_a_page_comes_back_as_the_same(self) -> None:
        for given in ({}, {"peerId": "ada"}, {"token": token(peerId="ada")}):
            first = link("call", **given)
            second = again(joined(first), **given)
            assert (second.peer_id, second.session, second.proof) == (first.peer_id, first.session, first.proof)
            assert link("call", **given).session != first.session

    def test_an_id_that_a_link_gave_does_not_count_without_it(self) -> None:
        identity = joined(link(peerId="ada"))
        assert uuid.UUID(again(identity).peer_id)
        changed = again(identity, peerId="bob")
        assert (changed.peer_id, changed.proof, changed.session) == ("bob", "link", identity.session)

    def test_an_identity_counts_for_its_own_room_and_account(self) -> None:
        identity = joined(link())
        for other in (replace(identity, room_id="other"), replace(identity, account_id=identity.account_id + 1)):
            found = again(other)
            assert found.peer_id != identity.peer_id
            assert found.session != identity.session

    def test_only_what_we_signed_is_one(self) -> None:
        identity = joined(link())
        text = sign_identity(identity)
        assert read_identity(text) == identity
        for forged in ("", "ada", text[:-1], text + "A", sign(link().ticket("serv0"))):
            assert read_identity(forged) is None


class TestComingBack:
    """Tokens count for entering; who was in may come back for a while."""

    def test_until_the_accounts_grace_is_over(self) -> None:
        account = default_account()
        given = {"token": token(peerId="ada", exp=int(time.time()) - 1800)}
        identity = replace(joined(link(peerId="ada")), token=hash_of(given["token"]))
        assert again(identity, **given).peer_id == "ada"
        account.token_grace_minutes = 20
        account.save()
        with pytest.raises(TokenRefusedError, match="expired"):
            again(identity, **given)
        account.token_grace_minutes = 0
        account.save()
        with pytest.raises(TokenRefusedError, match="expired"):
            again(identity, **given)

    def test_who_was_not_in_with_this_very_token_does_not(self) -> None:
        over = token(role="moderator", exp=int(time.time()) - 60)
        was_in = joined(link(token=token(role="moderator", peerId="x")))
        opened_only = replace(was_in, token=hash_of(over), joined=False)
        for identity in (None, was_in, opened_only, replace(was_in, token=hash_of(over), room_id="other")):
            with pytest.raises(TokenRefusedError, match="expired"):
                again(identity, token=over)

    def test_a_tokens_lifetime_is_longer_for_them_too(self) -> None:
        given = {"token": token(tokenLifetime=60_000)}
        first = link("call", **given)
        assert first.applicant.token_lifetime_ms == 60_000
        assert again(joined(first), **given).applicant.token_lifetime_ms == 60_000 + 3_600_000

    def test_an_end_that_is_no_number_is_refused(self) -> None:
        wrong = token(exp="soon")
        identity = replace(joined(link()), token=hash_of(wrong))
        with pytest.raises(TokenRefusedError):
            again(identity, token=wrong)


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
