"""The waiting room: who has to wait, and how waiting ends; in the state machine and in a live room."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from media.errors import InvalidState
from rooms import protocol
from rooms.protocol import Admit, AdmitAll, SetLocked, SetWaitingRoom
from rooms.protocol.errors import Refused
from rooms.runtime.work_queue import WORK_AT_ONCE
from rooms.state import waiting_room as door_module
from rooms.state.commands import By, Exit, GiveUp, Wait
from rooms.state.identity import Identity
from rooms.state.outcome import AnswerWaiting
from tests.rooms.fakes import settle, ticket_of
from tests.rooms.guests import VP8, Guest, guests, open_node
from tests.rooms.states import NOW_MS, entry, heard, moderator, refused, room, viewer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from rooms.runtime.node import Node
    from rooms.state.ticket import Ticket

SIGNED = Identity("account")


class TestWhoWaits:
    def test_who_has_it_in_their_token_waits_and_a_moderator_never_does(self) -> None:
        state = room()
        assert not state.must_wait(entry("ada"))
        assert state.must_wait(entry("ada", waiting_room=True))
        assert state.must_wait(viewer("ada", waiting_room=True))
        assert state.must_wait(entry("ada", role="interpreter", waiting_room=True))
        assert not state.must_wait(moderator(waiting_room=True))

    def test_a_moderators_token_wants_a_waiting_room_for_everybody_who_comes_later(self) -> None:
        state = room("ada", moderator(waiting_room=True))
        assert state.must_wait(entry("bob"))
        assert not state.must_wait(moderator("mia"))
        state.apply(Exit("mod", "left"), NOW_MS)
        assert state.must_wait(entry("bob"))

    @pytest.mark.parametrize("reason", ["lost", "left", "replaced"])
    def test_who_was_in_comes_back_without_waiting(self, reason: Any) -> None:
        state = room("ada", moderator(waiting_room=True))
        assert not state.must_wait(entry("ada"))
        state.apply(Exit("ada", reason), NOW_MS)
        assert not state.must_wait(entry("ada"))

    def test_who_was_let_in_and_found_the_room_full_need_not_wait_again(self) -> None:
        state = room(moderator(waiting_room=True))
        state.apply(Wait("ada", "Ada"), NOW_MS)
        state.apply(By("mod", Admit("ada", admitted=True)), NOW_MS)
        assert refused(state, entry("ada", max_watchers=1)) == "roomFull"
        assert not state.must_wait(entry("ada"))

    def test_who_was_turned_away_waits_again(self) -> None:
        state = room(moderator(waiting_room=True))
        state.apply(Wait("ada", "Ada"), NOW_MS)
        state.apply(By("mod", Admit("ada", admitted=False)), NOW_MS)
        assert state.must_wait(entry("ada"))

    def test_the_waiting_room_forgets_who_was_in_long_ago(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(door_module, "MAX_KNOWN", 3)
        state = room(moderator(waiting_room=True))
        for number in (1, 2, 3, 1, 4):
            state.apply(entry(f"p{number}"), NOW_MS)
            state.apply(Exit(f"p{number}", "lost"), NOW_MS)
        assert [state.must_wait(entry(f"p{number}")) for number in (1, 2, 3, 4)] == [False, True, False, False]
        assert len(state._waiting_room._known) == 3


class TestWaitingRoom:
    def test_a_moderator_has_newcomers_wait_and_everybody_hears_of_it(self) -> None:
        state = room(moderator(), "ada")
        outcome = state.apply(By("mod", SetWaitingRoom(enabled=True)), NOW_MS)
        assert heard(state, outcome, "ada") == [protocol.RulesChanged(protocol.Rules(waiting_room=True))]
        assert state.must_wait(entry("bob"))
        assert not state.must_wait(entry("ada"))
        assert state.apply(By("mod", SetWaitingRoom(enabled=True)), NOW_MS).events == []

    def test_a_moderators_token_does_and_everybody_hears_of_it_once(self) -> None:
        state = room("ada")
        outcome = state.apply(moderator(waiting_room=True), NOW_MS)
        changed = protocol.RulesChanged(protocol.Rules(waiting_room=True))
        assert changed in heard(state, outcome, "ada")
        assert state.snapshot("mod").rules.waiting_room
        outcome = state.apply(moderator("mia", waiting_room=True), NOW_MS)
        assert changed not in heard(state, outcome, "ada")

    def test_turned_off_everybody_who_waits_comes_in(self) -> None:
        state = room(moderator(waiting_room=True))
        for peer_id in ("ada", "bob"):
            state.apply(Wait(peer_id, ""), NOW_MS)
        outcome = state.apply(By("mod", SetWaitingRoom(enabled=False)), NOW_MS)
        assert outcome.effects == [AnswerWaiting("ada", admitted=True), AnswerWaiting("bob", admitted=True)]
        assert heard(state, outcome, "mod") == [
            protocol.RulesChanged(protocol.Rules()),
            protocol.KnockEnded("ada"),
            protocol.KnockEnded("bob"),
        ]
        assert not state.must_wait(entry("cyd"))

    def test_what_a_moderator_has_decided_counts_more_than_tokens_and_links(self) -> None:
        state = room(moderator(waiting_room=True))
        state.apply(By("mod", SetWaitingRoom(enabled=False)), NOW_MS)
        state.apply(Exit("mod", "lost"), NOW_MS)
        state.apply(moderator(waiting_room=True), NOW_MS)  # their page was loaded anew
        assert not state.snapshot("mod").rules.waiting_room
        assert not state.must_wait(entry("ada", waiting_room=True))

    @pytest.mark.parametrize("admitted", [True, False])
    def test_all_are_let_in_or_turned_away_at_once(self, admitted: bool) -> None:
        state = room(moderator(waiting_room=True))
        for peer_id in ("ada", "bob"):
            state.apply(Wait(peer_id, ""), NOW_MS)
        outcome = state.apply(By("mod", AdmitAll(admitted)), NOW_MS)
        assert outcome.effects == [AnswerWaiting("ada", admitted), AnswerWaiting("bob", admitted)]
        assert heard(state, outcome, "mod") == [protocol.KnockEnded("ada"), protocol.KnockEnded("bob")]
        assert [state.must_wait(entry(peer_id)) for peer_id in ("ada", "bob", "cyd")] == [not admitted] * 2 + [True]
        assert state.apply(By("mod", AdmitAll(admitted)), NOW_MS).effects == []


class TestLock:
    def test_newcomers_find_the_room_locked_whether_they_would_wait_or_not(self) -> None:
        state = room(moderator(), "ada")
        outcome = state.apply(By("mod", SetLocked(locked=True)), NOW_MS)
        assert heard(state, outcome, "ada") == [protocol.RulesChanged(protocol.Rules(locked=True))]
        for command in (entry("bob"), viewer("bob"), entry("bob", role="interpreter"), Wait("bob", "")):
            with pytest.raises(Refused) as caught:
                state.apply(command, NOW_MS)
            assert (caught.value.info.code, caught.value.info.message) == ("roomLocked", "The room is locked.")

    def test_moderators_and_those_who_were_in_before_come_in(self) -> None:
        state = room(moderator(), "ada")
        state.apply(Exit("ada", "left"), NOW_MS)
        state.apply(By("mod", SetLocked(locked=True)), NOW_MS)
        state.apply(entry("ada"), NOW_MS)
        state.apply(moderator("mia"), NOW_MS)
        state.check_enter(entry("ada"))  # another connection of theirs

    def test_who_waits_already_stays_and_may_be_let_in(self) -> None:
        state = room(moderator(waiting_room=True))
        state.apply(Wait("ada", "Ada", SIGNED), NOW_MS)
        state.apply(By("mod", SetLocked(locked=True)), NOW_MS)
        assert [peer.peer_id for peer in state.snapshot("mod").waiting] == ["ada"]
        state.apply(Wait("ada", "Again", SIGNED), NOW_MS)
        assert refused(state, entry("ada")) == "roomLocked"
        state.apply(By("mod", Admit("ada", admitted=True)), NOW_MS)
        state.apply(entry("ada"), NOW_MS)

    def test_unlocked_everybody_comes_in(self) -> None:
        state = room(moderator())
        state.apply(By("mod", SetLocked(locked=True)), NOW_MS)
        state.apply(By("mod", SetLocked(locked=False)), NOW_MS)
        state.apply(entry("ada"), NOW_MS)

    def test_nobody_is_told_twice(self) -> None:
        state = room(moderator())
        state.apply(By("mod", SetLocked(locked=True)), NOW_MS)
        assert state.apply(By("mod", SetLocked(locked=True)), NOW_MS).events == []


class TestKnocking:
    def test_moderators_hear_of_it_and_find_it_when_they_come(self) -> None:
        state = room("ada", moderator())
        outcome = state.apply(Wait("bob", "Bob"), NOW_MS)
        waiting = protocol.WaitingPeer("bob", "Bob", NOW_MS)
        assert heard(state, outcome, "mod") == [protocol.Knocked(waiting)]
        assert heard(state, outcome, "ada") == []
        state.apply(moderator("mia"), NOW_MS)
        assert state.snapshot("mia").waiting == [waiting]
        assert state.snapshot("ada").waiting == []
        assert "bob" not in state

    @pytest.mark.parametrize("admitted", [True, False])
    def test_they_are_let_in_or_not_and_the_waiting_is_over(self, admitted: bool) -> None:
        state = room(moderator())
        state.apply(Wait("bob", "Bob"), NOW_MS)
        outcome = state.apply(By("mod", Admit("bob", admitted)), NOW_MS)
        assert outcome.effects == [AnswerWaiting("bob", admitted)]
        assert heard(state, outcome, "mod") == [protocol.KnockEnded("bob")]
        assert refused(state, By("mod", Admit("bob", admitted))) == "notFound"

    def test_who_gives_up_is_forgotten(self) -> None:
        state = room(moderator())
        state.apply(Wait("bob", "Bob"), NOW_MS)
        outcome = state.apply(GiveUp("bob"), NOW_MS)
        assert heard(state, outcome, "mod") == [protocol.KnockEnded("bob")]
        assert state.apply(GiveUp("bob"), NOW_MS).events == []

    def test_who_is_inside_does_not_knock(self) -> None:
        assert refused(room("ada"), Wait("ada", "Ada", SIGNED)) == "alreadyJoined"

    def test_who_comes_in_by_another_link_does_not_wait_any_more(self) -> None:
        state = room(moderator())
        state.apply(Wait("bob", "Bob"), NOW_MS)
        outcome = state.apply(entry("bob"), NOW_MS)
        assert protocol.KnockEnded("bob") in heard(state, outcome, "mod")
        assert state.snapshot("mod").waiting == []

    def test_two_hundred_may_wait(self) -> None:
        state = room()
        for number in range(200):
            state.apply(Wait(f"p{number}", ""), NOW_MS)
        assert refused(state, Wait("one more", "")) == "roomFull"
        state.apply(Wait("p7", "again"), NOW_MS)

    def test_a_room_where_somebody_waits_is_not_empty(self) -> None:
        state = room()
        state.apply(Wait("bob", "Bob"), NOW_MS)
        assert not state.empty
        state.apply(GiveUp("bob"), NOW_MS)
        assert state.empty


# --- in a live room -------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def node() -> AsyncIterator[Node]:
    async with open_node() as made:
        yield made


async def host(node: Node, peer_id: str = "mod") -> Guest:
    """A moderator who wants a waiting room."""
    guest = Guest(node, peer_id)
    assert (await guest.join(ticket_of(peer_id, role="moderator", waiting_room=True)))["ok"]
    return guest


async def ask_to_join(node: Node, peer_id: str, admission: Ticket | None = None) -> Guest:
    """Somebody who waits."""
    guest = Guest(node, peer_id)
    await guest.ask_to_join(admission)
    assert guest.events == ["waiting"]
    assert not guest.answered(guest.last_id)
    return guest


class TestLiveDoor:
    async def test_a_join_is_answered_only_when_a_moderator_opens(self, node: Node) -> None:
        mod = await host(node)
        ada = await ask_to_join(node, "ada", ticket_of("ada", "Ada"))
        assert mod.event("knocked")["peer"]["displayName"] == "Ada"
        assert node.peer_count == 1
        assert await ada.refusal("setDisplayName", displayName="Eve") == "notJoined"
        join_id = ada.last_id - 1
        assert await mod.refusal("admit", peerId="ada", admitted=True) == "ok"
        room_of_ada = ada.answer(join_id)["data"]["room"]
        assert [peer["id"] for peer in room_of_ada["peers"]] == ["mod", "ada"]
        assert mod.events[-2:] == ["knockEnded", "peerJoined"]
        assert ada.refused_joins == 0
        assert await ada.refusal("setDisplayName", displayName="Eve") == "ok"

    async def test_who_is_turned_away_is_told_and_may_knock_again(self, node: Node) -> None:
        mod = await host(node)
        ada = await ask_to_join(node, "ada")
        assert await mod.refusal("admit", peerId="ada", admitted=False) == "ok"
        assert ada.code(ada.last_id) == "notAdmitted"
        assert ada.refused_joins == 1
        assert mod.events[-1] == "knockEnded"
        await ada.ask_to_join()
        assert ada.events == ["waiting", "waiting"]
        assert await mod.refusal("admit", peerId="ada", admitted=True) == "ok"
        assert ada.code(ada.last_id) == "ok"

    @pytest.mark.parametrize("how", ["disconnect", "leave"])
    async def test_who_goes_while_waiting_is_gone(self, node: Node, how: str) -> None:
        mod = await host(node)
        ada = await ask_to_join(node, "ada")
        if how == "leave":
            assert await ada.refusal("leave") == "ok"
            assert ada.socket.closed == (1000, "Left.")
        ada.disconnect()  # comes after each end of a socket
        await settle()
        assert mod.events == ["knocked", "knockEnded"]
        assert await mod.refusal("admit", peerId="ada", admitted=True) == "notFound"

    async def test_who_has_hung_up_just_before_is_not_let_in(self, node: Node) -> None:
        mod = await host(node)
        ada = await ask_to_join(node, "ada")
        ada.connection.dismiss("tooManyRequests", "Too many requests.")
        assert await mod.refusal("admit", peerId="ada", admitted=True) == "ok"
        ada.disconnect()
        await settle()
        assert node.peer_count == 1
        assert "peerJoined" not in mod.events

    async def test_the_second_in_the_waiting_room_with_an_id_takes_the_place_of_the_first(self, node: Node) -> None:
        mod = await host(node)
        first = await ask_to_join(node, "ada")
        second = await ask_to_join(node, "ada", ticket_of("ada", "Second"))
        assert first.event("closing")["code"] == "peerReplaced"
        first.disconnect()
        await settle()
        assert mod.events == ["knocked", "knocked"]
        assert mod.event("knocked")["peer"]["displayName"] == "Second"
        await mod.ask("admit", peerId="ada", admitted=True)
        assert second.code(second.last_id) == "ok"
        assert not first.answered(first.last_id)

    async def test_somebody_known_comes_back_without_waiting(self, node: Node) -> None:
        mod = await host(node)
        ada = await ask_to_join(node, "ada")
        await mod.ask("admit", peerId="ada", admitted=True)
        ada.disconnect()
        await settle()
        again = Guest(node, "ada")
        assert (await again.join())["ok"]
        assert "waiting" not in again.events

    async def test_a_second_connection_of_somebody_inside_takes_over_without_waiting(self, node: Node) -> None:
        (ada,) = await guests(node, "ada")
        await host(node)
        again = Guest(node, "ada")
        assert (await again.join())["ok"]
        assert ada.event("closing")["code"] == "peerReplaced"

    async def test_who_gets_in_by_another_link_is_not_in_the_waiting_room_any_more(self, node: Node) -> None:
        (mod,) = await guests(node, "mod")
        outside = await ask_to_join(node, "ada", ticket_of("ada", waiting_room=True))
        inside = Guest(node, "ada")
        assert (await inside.join())["ok"]
        assert outside.event("closing")["code"] == "peerReplaced"
        outside.disconnect()
        await settle()
        assert node.peer_count == 2
        assert mod.events == ["peerJoined"]
        assert inside.socket.closed is None

    async def test_a_full_room_is_said_to_who_was_let_in_and_to_nobody_else(self, node: Node) -> None:
        mod = await host(node)
        ada = await ask_to_join(node, "ada", ticket_of("ada", max_watchers=1))
        assert await mod.refusal("admit", peerId="ada", admitted=True) == "ok"
        assert ada.code(ada.last_id) == "roomFull"
        assert ada.refused_joins == 1

    async def test_media_that_fails_is_said_to_who_was_let_in_and_to_nobody_else(
        self, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mod = await host(node)
        ada = await ask_to_join(node, "ada")

        def fail(_listener: Any) -> None:
            raise InvalidState("No more transports.")

        monkeypatch.setattr(mod.room.router, "create_webrtc_transport", fail)
        assert await mod.refusal("admit", peerId="ada", admitted=True) == "ok"
        assert ada.code(ada.last_id) == "notAllowed"
        assert ada.refused_joins == 1

    async def test_two_hundred_are_let_in_at_once_and_the_node_goes_on_meanwhile(self, node: Node) -> None:
        mod = await host(node)
        await mod.ask("produce", kind="video", source="camera", rtpParameters=VP8)
        crowd = [await ask_to_join(node, f"p{number}") for number in range(200)]
        mod.room.request(mod.connection, "mod", 99, protocol.AdmitAll(admitted=True))
        crowd[150].disconnect()  # gave up a moment too late for the command, and in time for the waiting room
        turns = 0
        while node.peer_count < 200:
            await asyncio.sleep(0)
            turns += 1
        assert turns >= 200 // WORK_AT_ONCE  # so often others had their turn, after 10 ms at most as measured
        await settle()
        assert not crowd[150].answered(crowd[150].last_id)
        assert all(guest.code(guest.last_id) == "ok" for guest in crowd if guest is not crowd[150])

    async def test_who_knocks_again_while_all_are_turned_away_waits_on(self, node: Node) -> None:
        mod = await host(node)
        first = await ask_to_join(node, "ada")
        mod.room.request(mod.connection, "mod", 99, protocol.AdmitAll(admitted=False))
        second = await ask_to_join(node, "ada")
        assert not first.answered(first.last_id)
        assert mod.events == ["knocked", "knockEnded", "knocked"]
        assert await mod.refusal("admit", peerId="ada", admitted=True) == "ok"
        assert second.code(second.last_id) == "ok"

    async def test_a_locked_room_says_so_and_one_may_try_again(self, node: Node) -> None:
        mod = await host(node)
        assert await mod.refusal("setLocked", locked=True) == "ok"
        ada = Guest(node, "ada")
        assert (await ada.join())["error"] == {"code": "roomLocked", "message": "The room is locked.", "data": {}}
        assert ada.refused_joins == 1
        assert ada.events == mod.events[:-1] == []
        await mod.ask("setLocked", locked=False)
        await ada.ask_to_join()
        assert ada.events == ["waiting"]

    async def test_a_room_with_only_waiting_people_stays_until_they_go(self, node: Node) -> None:
        ada = await ask_to_join(node, "ada", ticket_of("ada", waiting_room=True))
        assert (node.room_count, node.peer_count) == (1, 0)
        mod = await host(node)
        await mod.ask("leave")
        assert node.room_count == 1
        ada.disconnect()
        await settle()
        assert node.room_count == 0

    async def test_a_moderator_who_comes_later_finds_who_waits(self, node: Node) -> None:
        ada = await ask_to_join(node, "ada", ticket_of("ada", waiting_room=True))
        mod = Guest(node, "mod")
        joined = await mod.join(ticket_of("mod", role="moderator"))
        assert [peer["peerId"] for peer in joined["data"]["room"]["waiting"]] == ["ada"]
        await mod.ask("admit", peerId="ada", admitted=True)
        assert ada.code(ada.last_id) == "ok"

    async def test_a_node_that_closes_tells_who_waits(self, node: Node) -> None:
        ada = await ask_to_join(node, "ada", ticket_of("ada", waiting_room=True))
        node.sockets.add(ada.connection)
        await node.close()
        await settle()
        assert ada.event("closing")["code"] == "serverClosing"
        assert ada.socket.closed == (4001, "The server is restarting.")
        assert node.room_count == 0

    async def test_a_room_that_is_closed_forgets_who_waits(self, node: Node) -> None:
        ada = await ask_to_join(node, "ada", ticket_of("ada", waiting_room=True))
        ada.room.close()
        ada.disconnect()
        await settle()
        assert not ada.room._joining.waiting
        assert ada.room.router.closed
