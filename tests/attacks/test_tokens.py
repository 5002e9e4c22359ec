"""Signed restrictions that can't be read, and players that guests bring along, against the running product."""

from __future__ import annotations

import html
import secrets
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import jwt
import pytest

from tests.attacks.test_identity import ANSWER_S, joining, page, ticket
from tests.e2e.server import Server, running_server
from tests.e2e.test_access import configure

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.long, pytest.mark.timeout(120)]

KEY = secrets.token_hex(24)
PLAYER = "https://player.example/embed/1"
LATER = time.time() + 7200


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("tokens"), jwt_key=KEY) as running:
        yield running


@pytest.fixture
def room() -> str:
    return f"serv0{secrets.token_hex(5)}"


def token(room: str, **claims: Any) -> str:
    return jwt.encode({"roomId": room, **claims}, KEY, "HS256")


def refusal(server: Server, room: str, **claims: Any) -> tuple[int, str]:
    """Status and text of the page for a token that lets nobody in; fails for one that does."""
    query = {"roomId": room, "token": token(room, **claims)}
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{server.url}/call/?{urlencode(query)}", timeout=ANSWER_S)  # noqa: S310 - our own
    answered = ticket(server, room, {"token": query["token"]})
    assert "ticket" not in answered
    return refused.value.code, html.unescape(refused.value.read().decode())


def written(pattern: str, zone_s: int = 0) -> str:
    """A time in two hours, in a spelling of ISO 8601."""
    return time.strftime(pattern, time.gmtime(LATER + zone_s))


class TestRestrictions:
    @pytest.mark.parametrize(
        ("claim", "value"),
        [
            ("startTime", "21 June 2031, 10:00"),
            ("startTime", None),
            ("tokenLifetime", "1h"),
            ("tokenLifetime", -1),
            ("waitingRoom", "yes"),
            ("waitingRoom", ""),
            ("maxWatchers", "two"),
            ("maxBroadcasters", 2.5),
            ("itisparticipant", "no"),
            ("disableChat", []),
            ("interface", "tv"),
            ("role", "interpretor"),
            ("peerId", {}),
            ("exp", "2031-06-21T10:00:00Z"),
            ("exp", None),
            ("nbf", (time.time() - 60) * 1000),
        ],
    )
    def test_one_that_cant_be_read_opens_no_door(self, server: Server, room: str, claim: str, value: Any) -> None:
        status, text = refusal(server, room, **{claim: value})
        assert status == 403
        assert f"{claim} must be" in text

    @pytest.mark.parametrize("name", ["waitingroom", "start_time", "MaxWatchers", "token_lifetime", "expires", "EXP"])
    def test_one_that_is_spelt_wrong_opens_no_door(self, server: Server, room: str, name: str) -> None:
        status, text = refusal(server, room, **{name: 1})
        assert status == 403
        assert "did you mean" in text

    @pytest.mark.parametrize(
        "start",
        [
            LATER,
            LATER * 1000,
            f"{LATER * 1000:.0f}.0",
            written("%Y-%m-%dT%H:%M:%Sz"),
            written("%Y-%m-%d %H:%M:%S"),
            written("%Y-%m-%dT%H:%M:%S+0200", 7200),
            written("%Y-%m-%dT%H:%M:%S+02", 7200),
            written("%Y%m%dT%H%M%SZ"),
        ],
    )
    def test_a_start_counts_in_each_of_its_spellings(self, server: Server, room: str, start: Any) -> None:
        assert refusal(server, room, startTime=start)[0] == 425

    @pytest.mark.parametrize("value", [True, 1, 1.0, "1", "True"])
    async def test_a_waiting_room_counts_in_each_of_its_spellings(self, server: Server, room: str, value: Any) -> None:
        async with joining(page(server, room, token=token(room, waitingRoom=value))) as guest:
            assert guest.outcome == "waiting"

    @pytest.mark.parametrize("most", [1, 1.0, "1", "1.0"])
    async def test_a_limit_counts_in_each_of_its_spellings(self, server: Server, room: str, most: Any) -> None:
        async with (
            joining(page(server, room)),
            joining(page(server, room, token=token(room, maxWatchers=most))) as second,
        ):
            assert second.outcome == "roomFull"


class TestPlayers:
    @pytest.fixture
    def by_all(self, server: Server) -> Iterator[None]:
        """An account that lets everybody bring a player."""
        configure(server, videos_by_all=True)
        yield
        configure(server, videos_by_all=False)

    async def test_a_guests_shows_nobody_anything(self, server: Server, room: str) -> None:
        async with joining(page(server, room)) as ada, joining(page(server, room, video=PLAYER)) as eve:
            assert eve.answer["data"]["room"]["videoUrl"] == ""
            await ada.ask("ping")
            assert "videoUrlChanged" not in dict(ada.events)

    async def test_a_signed_one_is_shown_until_a_moderator_stops_it(self, server: Server, room: str) -> None:
        bob_token = token(room, video=PLAYER)
        async with (
            joining(page(server, room, token=token(room, role="moderator"))) as mod,
            joining(page(server, room, token=bob_token)) as bob,
        ):
            assert bob.answer["data"]["room"]["videoUrl"] == PLAYER
            assert (await bob.ask("stopVideo"))["error"]["code"] == "notModerator"
            assert (await mod.ask("stopVideo"))["ok"]
            await bob.ask("ping")
            assert dict(bob.events)["videoUrlChanged"] == {"url": ""}
            async with joining(page(server, room, token=bob_token)) as again:
                assert again.answer["data"]["room"]["videoUrl"] == ""

    @pytest.mark.usefixtures("by_all")
    async def test_one_goes_with_a_guest_who_is_removed(self, server: Server, room: str) -> None:
        async with (
            joining(page(server, room, token=token(room, role="moderator"))) as mod,
            joining(page(server, room, video=PLAYER)) as eve,
        ):
            await mod.ask("ping")
            assert dict(mod.events)["videoUrlChanged"] == {"url": PLAYER}
            eve_id = eve.answer["data"]["room"]["me"]["peerId"]
            assert (await mod.ask("kick", peerId=eve_id))["ok"]
            await mod.ask("ping")
            assert dict(mod.events)["videoUrlChanged"] == {"url": ""}
