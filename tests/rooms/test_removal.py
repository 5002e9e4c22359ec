"""Removing people, letting them back, and ending a meeting; in the state machine and in a live room on a real SFU."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from media.config import MediaConfig
from rooms import protocol
from rooms.protocol import (
    Admit,
    Allow,
    EndMeeting,
    Kick,
    LetBack,
    RaiseHand,
    SendChat,
    SetLocked,
    SetOnStage,
    SetWaitingRoom,
)
from rooms.protocol.errors import Refused
from rooms.runtime.node import Node, NodeConfig
from rooms.runtime.work_queue import WORK_AT_ONCE
from rooms.state import waiting_room as door_module
from rooms.state.commands import By, Exit, Wait
from rooms.state.machine import RoomState
from rooms.state.outcome import SendAllAway, SendAway
from tests.rooms.fakes import settle, ticket_of
from tests.rooms.guests import OPUS, VP8, Guest, guests
from tests.rooms.states import CODECS, NOW_MS, entry, heard, moderator, refused, room, viewer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from rooms.protocol import Request
    from rooms.runtime.observer import Visit

REMOVED = "A moderator removed you from this meeting."
REMOVED_BY_ORGANISER = "The organiser removed you from this meeting."
ENDED = "A moderator ended the meeting for everybody."


class TestKicking:
    def test_who_is_removed_is_gone_and_moderators_have_a_list_of_them(self) -> None:
        state = room(moderator(), "ada", "bob")
        outcome = state.apply(By("mod", Kick("ada")), NOW_MS)
        assert outcome.effects == [SendAway("ada", "Ada", "kicked", REMOVED)]
        left = protocol.PeerLeft("ada", "kicked")
        kicked = protocol.KickedPeer("ada", "Ada", NOW_MS)
        assert heard(state, outcome, "bob") == [left]
        assert heard(state, outcome, "mod") == [left, protocol.Kicked(kicked)]
        assert "ada" not in state
        state.apply(moderator("mia"), NOW_MS)
        assert state.snapshot("mia").kicked == [kicked]
        assert state.snapshot("bob").kicked == []

    @pytest.mark.parametrize("again", [entry("ada"), moderator("ada"), viewer("ada"), Wait("ada", "")])
    def test_the_id_can_not_come_back(self, again: Any) -> None:
        state = room(moderator(), "ada")
        state.apply(By("mod", Kick("ada")), NOW_MS)
        with pytest.raises(Refused) as caught:
            state.apply(again, NOW_MS)
        assert (caught.value.info.code, caught.value.info.message) == ("kicked", REMOVED)

    def test_a_viewer_is_removed_with_their_hand(self) -> None:
        state = room(moderator(hand_enabled=True), viewer("vic"))
        state.apply(By("vic", RaiseHand(raised=True)), NOW_MS)
        outcome = state.apply(By("mod", Kick("vic")), NOW_MS)
        assert [type(message) for message in heard(state, outcome, "mod")] == [
            protocol.ViewersChanged,
            protocol.HandChanged,
            protocol.Kicked,
        ]
        assert (state.viewer_count, state.snapshot("mod").viewer_hands) == (0, [])

    def test_who_is_removed_from_the_stage_does_not_come_back_to_it(self) -> None:
        state = room(moderator(), viewer("vic"))
        state.apply(By("mod", SetOnStage("vic", on_stage=True)), NOW_MS)
        state.apply(By("mod", Kick("vic")), NOW_MS)
        state.apply(By("mod", LetBack("vic")), NOW_MS)
        state.apply(viewer("vic"), NOW_MS)
        assert state.snapshot("vic").me.viewer

    def test_somebody_is_removed_from_the_waiting_room(self) -> None:
        state = room(moderator(), "bob")
        state.apply(Wait("ada", "Ada"), NOW_MS)
        outcome = state.apply(By("mod", Kick("ada")), NOW_MS)
        assert outcome.effects == [SendAway("ada", "Ada", "kicked", REMOVED)]
        assert [type(m) for m in heard(state, outcome, "mod")] == [protocol.KnockEnded, protocol.Kicked]
        assert heard(state, outcome, "bob") == []
        assert refused(state, By("mod", Admit("ada", admitted=True))) == "notFound"

    def test_moderators_do_not_remove_moderators_nor_themselves(self) -> None:
        state = room(moderator(), moderator("mia"))
        assert refused(state, By("mod", Kick("mia"))) == "notAllowed"
        assert refused(state, By("mod", Kick("mod"))) == "notAllowed"

    @pytest.mark.parametrize("actor", ["mod", None])
    def test_who_is_not_there_is_not_removed(self, actor: str | None) -> None:
        assert refused(room(moderator()), By(actor, Kick("ada"))) == "notFound"

    def test_the_accounts_server_removes_moderators_too_who_then_hear_that_it_was_no_moderator(self) -> None:
        state = room(moderator(), "ada")
        outcome = state.apply(By(None, Kick("mod")), NOW_MS)
        assert outcome.effects == [SendAway("mod", "Mod", "kicked", REMOVED_BY_ORGANISER)]
        with pytest.raises(Refused, match=REMOVED_BY_ORGANISER):
            state.apply(moderator(), NOW_MS)
        state.apply(By(None, LetBack("mod")), NOW_MS)
        state.apply(moderator(), NOW_MS)

    def test_the_list_is_bounded_and_the_first_of_it_may_come_back(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(door_module, "MAX_KICKED", 2)
        state = room(moderator(), "p1", "p2", "p3")
        for peer_id in ("p1", "p2"):
            state.apply(By("mod", Kick(peer_id)), NOW_MS)
        outcome = state.apply(By("mod", Kick("p3")), NOW_MS)
        assert heard(state, outcome, "mod")[-1] == protocol.KickEnded("p1")
        assert [peer.peer_id for peer in state.snapshot("mod").kicked] == ["p2", "p3"]
        state.apply(entry("p1"), NOW_MS)


class TestLettingBack:
    def test_who_was_in_comes_in_as_before_also_where_it_is_locked(self) -> None:
        state = room(moderator(waiting_room=True), "ada")
        state.apply(By("mod", Allow("ada", "mic", allowed=False)), NOW_MS)
        state.apply(By("mod", Kick("ada")), NOW_MS)
        state.apply(By("mod", SetLocked(locked=True)), NOW_MS)
        outcome = state.apply(By("mod", LetBack("ada")), NOW_MS)
        assert heard(state, outcome, "mod") == [protocol.KickEnded("ada")]
        assert state.snapshot("mod").kicked == []
        assert not state.must_wait(entry("ada"))
        state.apply(entry("ada"), NOW_MS)
        assert not state.snapshot("ada").me.permissions.mic

    def test_who_was_in_the_waiting_room_only_waits_there_again(self) -> None:
        state = room(moderator(waiting_room=True))
        state.apply(Wait("ada", "Ada"), NOW_MS)
        state.apply(By("mod", Kick("ada")), NOW_MS)
        state.apply(By("mod", LetBack("ada")), NOW_MS)
        assert state.must_wait(entry("ada"))
        state.apply(Wait("ada", "Ada"), NOW_MS)

    def test_who_was_not_removed_is_said(self) -> None:
        assert refused(room(moderator(), "ada"), By("mod", LetBack("ada"))) == "notFound"


class TestEnding:
    @pytest.mark.parametrize(("actor", "message"), [("mod", ENDED), (None, "The meeting was ended.")])
    def test_nobody_is_left_and_nothing_is_remembered(self, actor: str | None, message: str) -> None:
        state = room(moderator(waiting_room=True, hand_enabled=True), "ada", viewer("vic"), "eve", "out")
        state.apply(Wait("wim", "Wim"), NOW_MS)
        state.apply(By("ada", SendChat("hello")), NOW_MS)
        state.apply(By("mod", Allow("ada", "mic", allowed=False)), NOW_MS)
        state.apply(By("mod", SetLocked(locked=True)), NOW_MS)
        state.apply(By("mod", Kick("eve")), NOW_MS)
        state.apply(Exit("out", "left"), NOW_MS)
        outcome = state.apply(By(actor, EndMeeting()), NOW_MS)
        names = {"mod": "Mod", "ada": "Ada", "vic": "Vic"}
        assert outcome.effects == [SendAllAway(names, "meetingEnded", message)]
        assert outcome.events == []
        assert state.empty
        fresh = RoomState("room", CODECS)
        for one in (state, fresh):
            one.apply(moderator("eve"), NOW_MS)
        assert state.snapshot("eve") == fresh.snapshot("eve")
        assert not state.must_wait(entry("wim"))

    def test_neither_who_was_removed_nor_a_lock_keeps_a_room_alive(self) -> None:
        state = room(moderator(), "ada")
        state.apply(By("mod", Kick("ada")), NOW_MS)
        state.apply(By("mod", SetLocked(locked=True)), NOW_MS)
        state.apply(By("mod", SetWaitingRoom(enabled=True)), NOW_MS)
        state.apply(Exit("mod", "left"), NOW_MS)
        assert state.empty


# --- in a live room -------------------------------------------------------------------------------


class Watching:
    """An observer that notes who was in, and how many then were left."""

    def __init__(self) -> None:
        self.left: list[tuple[str, str, int]] = []

    def peer_joined(self, visit: Visit) -> None:
        pass

    def peer_left(self, visit: Visit, display_name: str, at_ms: int, others: int) -> None:
        del at_ms
        self.left.append((visit.peer_id, display_name, others))

    def moderated(self, visit: Visit, request: Request, at_ms: int) -> None:
        pass


@pytest.fixture
def watching() -> Watching:
    return Watching()


@pytest_asyncio.fixture
async def node(watching: Watching) -> AsyncIterator[Node]:
    made = Node(NodeConfig("serv0", MediaConfig(port=0)), watching)
    await made.start()
    yield made
    await made.close()


async def host(node: Node, **admission: Any) -> Guest:
    mod = Guest(node, "mod")
    assert (await mod.join(ticket_of("mod", role="moderator", **admission)))["ok"]
    return mod


class TestLiveRemoval:
    async def test_connection_and_media_of_who_is_removed_end_for_everybody(
        self, node: Node, watching: Watching
    ) -> None:
        mod = await host(node)
        ada, bob = await guests(node, "ada", "bob")
        await ada.ask("produce", kind="video", source="camera", rtpParameters=VP8)
        await bob.ask("produce", kind="audio", source="mic", rtpParameters=OPUS)
        await settle()
        router = ada.room.router
        received = ada.room._members["bob"].recv_transport
        assert (len(received.consumers), len(router._producers)) == (1, 2)
        await ada.ask("setDisplayName", displayName="Countess")

        assert await mod.refusal("kick", peerId="ada") == "ok"
        assert ada.event("closing") == {"code": "kicked", "message": REMOVED}
        assert ada.socket.closed == (4411, REMOVED)
        assert bob.event("peerLeft") == {"peerId": "ada", "reason": "kicked"}
        assert bob.event("consumerClosed")["consumerId"] == bob.consumers[-1]["consumerId"]
        assert received.consumers == {}
        assert (len(router._producers), len(router._transports), node.peer_count) == (1, 4, 2)
        assert mod.event("kicked")["peer"]["displayName"] == "Countess"
        assert watching.left == [("ada", "Countess", 2)]

        ada.disconnect()  # comes after each end of a socket
        await settle()
        assert watching.left == [("ada", "Countess", 2)]
        again = Guest(node, "ada")
        assert (await again.join())["error"]["code"] == "kicked"
        assert again.refused_joins == 1
        assert len(router._transports) == 4
        assert await mod.refusal("letBack", peerId="ada") == "ok"
        assert (await again.join())["ok"]

    async def test_who_waits_is_told_so_and_their_join_stays_unanswered(self, node: Node) -> None:
        mod = await host(node, waiting_room=True)
        ada = Guest(node, "ada")
        await ada.ask_to_join()
        assert await mod.refusal("kick", peerId="ada") == "ok"
        assert ada.socket.closed == (4411, REMOVED)
        assert not ada.answered(ada.last_id)
        assert not ada.room._joining.waiting
        again = Guest(node, "ada")
        assert (await again.join())["error"]["code"] == "kicked"
        assert await mod.refusal("admit", peerId="ada", admitted=True) == "notFound"

    async def test_what_they_asked_for_just_before_is_not_done_any_more(self, node: Node) -> None:
        mod = await host(node)
        ada, bob = await guests(node, "ada", "bob")
        mod.room.request(mod.connection, "mod", 90, protocol.Kick("ada"))
        ada.room.request(ada.connection, "ada", 91, protocol.SendChat("still here"))
        await settle()
        assert mod.code(90) == "ok"
        assert not ada.answered(91)
        assert "chatAdded" not in bob.events


class TestLiveEnding:
    async def test_everybody_is_told_inside_and_in_the_waiting_room_and_the_room_goes(
        self, node: Node, watching: Watching
    ) -> None:
        mod = await host(node, waiting_room=True)
        wim = Guest(node, "wim")
        await wim.ask_to_join()
        vic = Guest(node, "vic")
        await vic.ask_to_join(ticket_of("vic", viewer=True))
        await mod.ask("admit", peerId="vic", admitted=True)
        assert await mod.refusal("endMeeting") == "ok"
        for guest in (mod, wim, vic):
            assert guest.event("closing") == {"code": "meetingEnded", "message": ENDED}
            assert guest.socket.closed == (4412, ENDED)
        assert (node.room_count, node.peer_count) == (0, 0)
        assert mod.room.router.closed
        assert watching.left == [("mod", "Guest", 1), ("vic", "Guest", 0)]
        (again,) = await guests(node, "wim")
        assert again.room is not mod.room

    async def test_who_was_just_being_let_in_is_sent_away_too(self, node: Node) -> None:
        mod = await host(node, waiting_room=True)
        ada = Guest(node, "ada")
        await ada.ask_to_join()
        mod.room.request(mod.connection, "mod", 90, protocol.AdmitAll(admitted=True))
        mod.room.request(mod.connection, "mod", 91, protocol.EndMeeting())
        await settle()
        assert ada.socket.closed == (4412, ENDED)
        assert (node.room_count, node.peer_count) == (0, 0)

    async def test_who_comes_in_that_moment_begins_a_new_meeting(self, node: Node) -> None:
        mod = await host(node)
        (ada,) = await guests(node, "ada")
        await mod.ask("setLocked", locked=True)
        mod.room.request(mod.connection, "mod", 90, protocol.EndMeeting())
        bob, again = Guest(node, "bob"), Guest(node, "ada")
        await bob.ask_to_join()
        await again.ask_to_join()
        assert (bob.code(1), again.code(1)) == ("ok", "ok")
        assert "closing" not in again.events
        assert ada.socket.closed == (4412, ENDED)
        assert node.peer_count == 2
        assert len(bob.room.router._transports) == 4

    async def test_hundreds_are_sent_away_bit_by_bit(self, node: Node, watching: Watching) -> None:
        mod = await host(node)
        await mod.ask("produce", kind="video", source="camera", rtpParameters=VP8)
        viewers = [Guest(node, f"v{number}") for number in range(300)]
        for guest in viewers:
            await guest.ask_to_join(ticket_of(guest.peer_id, viewer=True))
        mod.room.request(mod.connection, "mod", 90, protocol.EndMeeting())
        turns = 0
        while node.rooms:
            await asyncio.sleep(0)
            turns += 1
        assert turns >= 300 // WORK_AT_ONCE  # so often others had their turn, after 4 ms at most as measured
        assert all(guest.socket.closed == (4412, ENDED) for guest in (mod, *viewers))
        assert len(watching.left) == 301
