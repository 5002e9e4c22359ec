"""A page joins its room as docs/bridge.md says: each way out of the meeting ends it, with the reason, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jwt
import pytest
from playwright.sync_api import expect

from tests.e2e.administrator import api_token
from tests.e2e.embedding import Host, embedding_site
from tests.e2e.participant import wait_for
from tests.e2e.server import KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.e2e.conftest import MakeParticipant
    from tests.e2e.server import Server

pytestmark = pytest.mark.usefixtures("small_cameras")
# Long enough for a page that would join again to have done so.
A_WHILE_MS = 1500
RECIPE = """
() => bridge.on("readyToJoin", () =>
  bridge.method({ name: "join", data: { constraints: { video: false, audio: true } } })
    .then((result) => heard.push({ name: "answer", data: result }),
      ({ code }) => heard.push({ name: "answer", data: { code } })))
"""


@pytest.fixture(scope="module")
def site(server: Server) -> Iterator[str]:
    with embedding_site(server.url) as origin:
        yield origin


class Page(Host):
    """An embedding page that follows the documented recipe."""

    def follow(self, room: str, **attributes: str) -> None:
        self.embed(room, nameScreenDisabled="true", displayName=self.name, **attributes)
        self.page.evaluate(RECIPE)

    def ends(self, reason: str, code: str, *, can_join_again: bool) -> None:
        """It is over, for this reason, told once and before anything else that says so; and stays over."""
        self.hears_event("ended", reason=reason, code=code, canJoinAgain=can_join_again)
        self.page.wait_for_timeout(A_WHILE_MS)
        names = [entry["name"] for entry in self.page.evaluate("heard")]
        assert [names.count(name) for name in ("readyToJoin", "join", "ended")] == [1, 1, 1]
        assert "disconnected" not in names
        told = [name for name in names if name in {"ended", "connectionClosed", "connectionError"}]
        assert told[0] == "ended"
        late = "() => bridge.on('readyToJoin', () => heard.push({ name: 'late', data: {} }))"
        self.page.evaluate(late)
        self.page.wait_for_timeout(100)
        assert self.heard("late") == []


@pytest.fixture
def page(browser: Browser, server: Server, site: str) -> Iterator[Any]:
    made: list[Page] = []

    def make(name: str) -> Page:
        made.append(Page(browser, server.url, site, name))
        return made[-1]

    yield make
    for one in made:
        one.close()


def moderator(participant: MakeParticipant, room: str, **claims: Any) -> Any:
    person = participant("Mona")
    token = jwt.encode({"role": "moderator", "roomId": room, **claims}, KEY, "HS256")
    person.join(room, token=token)
    person.button("toggle-moderator").click()
    return person


def test_who_leaves_has_left(page: Any, room: str) -> None:
    one = page("Ada")
    one.follow(room)
    one.hears_event("join")
    one.in_room("leave").click()
    one.ends("left", "left", can_join_again=True)
    one.call("join")  # a button of the page that somebody presses
    wait_for(lambda: len(one.heard("join")) == 2)


@pytest.mark.long
def test_a_meeting_that_was_ended_is_over(page: Any, participant: MakeParticipant, room: str) -> None:
    mona = moderator(participant, room)
    one = page("Ada")
    one.follow(room)
    one.hears_event("join")
    mona.button("end-meeting").click()
    mona.button("end-confirm").click()
    one.ends("ended", "meetingEnded", can_join_again=False)


@pytest.mark.long
def test_a_room_that_the_server_api_closes_is_over(page: Any, room: str, server: Server) -> None:
    one = page("Ada")
    one.follow(room)
    one.hears_event("join")
    authorization = {"Authorization": f"APIKey {api_token(server)}"}
    answer = one.context.request.post(f"{server.url}/rooms/{room}/closeRoom", headers=authorization)
    assert (answer.status, answer.json()) == (200, {"closed": True})
    one.ends("ended", "meetingEnded", can_join_again=False)
    expect(one.in_room("closed")).to_have_attribute("data-code", "meetingEnded")
    expect(one.in_room("again")).to_have_count(0)


@pytest.mark.long
def test_who_was_removed_stays_out(page: Any, participant: MakeParticipant, room: str) -> None:
    mona = moderator(participant, room)
    one = page("Ada")
    one.follow(room)
    one.hears_event("join")
    mona.button("toggle-people").click()
    mona.page.locator(f'[data-testid=person][data-peer-id="{one.peer_id}"]').get_by_test_id("person-menu").click()
    mona.button("kick").click()
    one.ends("removed", "kicked", can_join_again=False)


@pytest.mark.long
def test_of_two_pages_with_one_id_the_second_is_in(page: Any, room: str) -> None:
    first, second = page("Ada"), page("Ada")
    first.follow(room)
    first.hears_event("join")
    second.follow(room)
    first.ends("replaced", "peerReplaced", can_join_again=False)
    assert second.heard("ended") == []
    assert second.call("isMicroEnabled") is True


@pytest.mark.long
def test_at_a_closed_door_join_answers_at_once_and_events_tell_the_rest(
    page: Any, participant: MakeParticipant, room: str
) -> None:
    mona = moderator(participant, room, waitingRoom=True)
    ada, ben = page("Ada"), page("Ben")
    for one, answer in ((ada, "admit"), (ben, "reject")):
        one.follow(room)
        assert one.hears_event("answer", waiting=True)["peerId"] == one.peer_id
        one.hears_event("waiting", peerId=one.peer_id, displayName=one.name)
        assert one.heard("join") == one.heard("ended") == []
        mona.page.locator(f"[data-testid=person][data-peer-id={one.peer_id}]").get_by_test_id(answer).click()
    ada.hears_event("join", peerId=ada.peer_id)
    ben.hears_event("ended", reason="refused", code="notAdmitted", canJoinAgain=True)
    ben.page.wait_for_timeout(A_WHILE_MS)
    assert len(ben.heard("ended")) == len(ben.heard("readyToJoin")) == 1


@pytest.mark.long
def test_a_refused_link_says_so_in_the_frame_and_to_the_page_around_it(page: Any, room: str) -> None:
    one = page("Ada")
    expired = jwt.encode({"roomId": room, "exp": 1_000_000_000}, KEY, "HS256")
    one.follow(room, token=expired, lang="de")
    one.hears_event("ended", reason="refused", code="tokenExpired", canJoinAgain=False)
    one.hears_event("connectionError", message="The token in this link has expired.")
    assert one.refused("join") == "tokenExpired"
    assert one.heard("readyToJoin") == []
    expect(one.in_room("denied")).to_contain_text("Dieser Link ist abgelaufen")
    one.in_room("again").click()
    expect(one.in_room("denied")).to_contain_text("Noch einmal versuchen")
    one.follow("a b")
    one.hears_event("ended", reason="refused", code="roomIdInvalid")


@pytest.mark.long
def test_a_frame_without_an_origin_says_what_it_lacks(page: Any, room: str) -> None:
    one = page("Ada")
    one.page.goto(one.site)
    one.page.evaluate(
        """(src) => {
          const frame = document.createElement('iframe');
          frame.setAttribute('sandbox', 'allow-scripts');
          frame.src = src;
          document.body.append(frame);
          window.bridge = attach(frame, '');
        }""",
        f"{one.url}/call/?roomId={room}",
    )
    one.hears_event("ended", reason="refused", code="sandboxed")
    assert one.refused("join") == "sandboxed"
    expect(one.in_room("closed")).to_contain_text("allow-same-origin")


@pytest.mark.long
def test_a_bridge_for_another_room_is_told_so(page: Any, room: str) -> None:
    one = page("Ada")
    one.page.goto(one.site)
    one.page.evaluate("src => { window.bridge = attach(embed(src, ''), 'another'); }", f"{one.url}/call/?roomId={room}")
    one.hears_event("ended", reason="refused", code="wrongRoom")
    assert one.refused("enableMic") == "wrongRoom"
