"""Whose a peer id is: who takes it over, and who passes a lock, the waiting room and a removal with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rooms.protocol import Admit, Allow, AllowAll, Kick, LetBack, RemovePeer, SetLocked, SetOnStage, SetWaitingRoom
from rooms.protocol.errors import Refused
from rooms.state.commands import By, Exit, Wait
from rooms.state.identity import Identity
from tests.rooms.fakes import ticket_of
from tests.rooms.guests import Guest, open_node
from tests.rooms.states import NOW_MS, entry, moderator, refused, room, viewer

if TYPE_CHECKING:
    from rooms.state.machine import RoomState

LINK, ISSUED, ACCOUNT = ({"proof": proof} for proof in ("link", "issued", "account"))
HOME: dict[str, Any] = {"proof": "link", "session": "home"}


def may_enter(state: RoomState, **fields: Any) -> str:
    """As what somebody may come who says to be Ada: `ok`, or why not."""
    try:
        state.check_enter(entry("ada", **fields))
    except Refused as refusal:
        return refusal.info.code
    return "ok"


class TestTakingOver:
    @pytest.mark.parametrize(
        ("holder", "newcomer", "expected"),
        [
            (LINK, LINK, "ok"),
            (LINK, ISSUED, "ok"),
            (LINK, ACCOUNT, "ok"),
            (ISSUED, LINK, "peerIdTaken"),
            (ISSUED, ACCOUNT, "ok"),
            (ACCOUNT, LINK, "peerIdTaken"),
            (ACCOUNT, ISSUED, "peerIdTaken"),
            (ACCOUNT, ACCOUNT, "ok"),
            ({**ISSUED, "session": "s"}, {**LINK, "session": "s"}, "ok"),
            ({**ACCOUNT, "role": "moderator"}, {**LINK, "role": "moderator"}, "peerIdTaken"),
            ({**LINK, "role": "moderator"}, LINK, "peerIdTaken"),
            ({**LINK, "role": "moderator"}, {**LINK, "role": "moderator"}, "ok"),
        ],
    )
    def test_what_is_proven_is_taken_over_by_a_proof_only(
        self, holder: dict[str, Any], newcomer: dict[str, Any], expected: str
    ) -> None:
        state = room(entry("ada", **holder))
        assert may_enter(state, **newcomer) == expected
        if "role" not in holder:  # while they are away for a moment, too
            state.apply(Exit("ada", "lost"), NOW_MS)
            assert may_enter(state, **newcomer) == expected

    def test_also_in_the_waiting_room(self) -> None:
        state = room(moderator())
        state.apply(Wait("ada", "Ada", Identity("account")), NOW_MS)
        assert refused(state, Wait("ada", "Eve", Identity("link"))) == "peerIdTaken"
        assert may_enter(state, **LINK) == "peerIdTaken"
        assert refused(room("ada"), Wait("ada", "Eve", Identity("link"))) == "peerIdTaken"

    async def test_a_live_room_keeps_who_is_in(self) -> None:
        async with open_node() as node:
            ada, eve = Guest(node, "ada"), Guest(node, "ada")
            assert (await ada.join(ticket_of("ada", proof="issued", session="home")))["ok"]
            answer = await eve.join(ticket_of("ada", proof="link", session="other"))
            assert answer["error"]["code"] == "peerIdTaken"
            assert ada.socket.closed is None
            again = Guest(node, "ada")
            assert (await again.join(ticket_of("ada", proof="issued", session="home")))["ok"]
            assert ada.event("closing")["code"] == "peerReplaced"


class TestLockAndWaitingRoom:
    @pytest.mark.parametrize("gone", [False, True])
    def test_who_only_says_to_be_somebody_is_a_newcomer(self, gone: bool) -> None:
        state = room(moderator(), entry("ada", **HOME))
        if gone:
            state.apply(Exit("ada", "lost"), NOW_MS)
        state.apply(By("mod", SetLocked(locked=True)), NOW_MS)
        assert may_enter(state, **LINK) == "roomLocked"
        assert may_enter(state, proof="link", session="other") == "roomLocked"
        assert may_enter(state, **HOME) == "ok"
        state.apply(By("mod", SetWaitingRoom(enabled=True)), NOW_MS)
        assert state.must_wait(entry("ada", **LINK))
        assert not state.must_wait(entry("ada", **HOME))

    def test_who_was_let_in_is_known_by_what_they_knocked_with(self) -> None:
        state = room(moderator(waiting_room=True))
        state.apply(Wait("ada", "Ada", Identity("link", "home")), NOW_MS)
        state.apply(By("mod", Admit("ada", admitted=True)), NOW_MS)
        assert state.must_wait(entry("ada", proof="link", session="other"))
        assert not state.must_wait(entry("ada", **HOME))

    def test_in_a_locked_room_nobody_takes_the_place_of_who_waits(self) -> None:
        state = room(moderator())
        state.apply(Wait("ada", "Ada", Identity("link", "home")), NOW_MS)
        state.apply(By("mod", SetLocked(locked=True)), NOW_MS)
        assert refused(state, Wait("ada", "Eve", Identity("link", "other"))) == "roomLocked"
        state.apply(Wait("ada", "Ada", Identity("link", "home")), NOW_MS)


class TestWhatWasDecided:
    def test_the_stage_waits_for_who_was_on_it(self) -> None:
        state = room(moderator(), viewer("vic", **HOME))
        state.apply(By("mod", SetOnStage("vic", on_stage=True)), NOW_MS)
        state.apply(Exit("vic", "lost"), NOW_MS)
        state.apply(viewer("vic", **LINK), NOW_MS)
        assert state.snapshot("vic").me.viewer
        state.apply(Exit("vic", "left"), NOW_MS)
        state.apply(viewer("vic", **HOME), NOW_MS)
        assert not state.snapshot("vic").me.viewer

    def test_a_permission_is_not_for_who_only_says_to_be_somebody_and_a_ban_on_a_device_is(self) -> None:
        state = room(moderator(), entry("ada", **HOME))
        state.apply(By("mod", AllowAll("mic", allowed=False)), NOW_MS)
        state.apply(By("mod", Allow("ada", "mic", allowed=True)), NOW_MS)
        state.apply(By("mod", Allow("ada", "camera", allowed=False)), NOW_MS)
        state.apply(Exit("ada", "lost"), NOW_MS)
        state.apply(entry("ada", **LINK), NOW_MS)
        may = state.snapshot("ada").me.permissions
        assert (may.mic, may.camera) == (False, False)


class TestRemoval:
    def test_it_binds_the_page_under_any_other_id(self) -> None:
        state = room(moderator(), entry("ada", **HOME))
        state.apply(By("mod", Kick("ada")), NOW_MS)
        for again in (entry("eve", **HOME), entry("bob", proof="issued", session="home"), moderator("m", **HOME)):
            assert refused(state, again) == "kicked"
        state.apply(By("mod", LetBack("ada")), NOW_MS)
        state.apply(entry("eve", **HOME), NOW_MS)

    def test_it_does_not_bind_who_proves_that_the_id_is_theirs(self) -> None:
        state = room(moderator(), entry("ada", **HOME))
        state.apply(By("mod", Kick("ada")), NOW_MS)
        assert may_enter(state, proof="link", session="other") == "kicked"
        assert may_enter(state, **ACCOUNT) == "ok"
        assert may_enter(state, proof="account", session="home") == "kicked"
        signed = room(moderator(), entry("ada", **ACCOUNT))
        signed.apply(By("mod", Kick("ada")), NOW_MS)
        assert {may_enter(signed, **proof) for proof in (LINK, ISSUED, ACCOUNT)} == {"kicked"}

    def test_who_is_only_sent_away_comes_again_as_anybody_else(self) -> None:
        state = room(moderator(), entry("ada", **HOME), "bob")
        outcome = state.apply(By(None, RemovePeer("ada")), NOW_MS)
        assert [type(effect).__name__ for effect in outcome.effects] == ["SendAway"]
        assert state.snapshot("mod").kicked == []
        assert refused(state, By("mod", LetBack("ada"))) == "notFound"
        assert may_enter(state, **HOME) == "ok"
        state.apply(By("mod", SetLocked(locked=True)), NOW_MS)
        assert may_enter(state, **HOME) == "roomLocked"
