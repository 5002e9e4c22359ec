"""What of a room outlives its node."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from media.config import MediaConfig
from meet.database_writer import DatabaseThread
from rooms import models
from rooms.models import Memory
from rooms.nodes import room_memories as remembering
from rooms.nodes.room_memories import DatabaseMemories, Holder
from rooms.protocol import Admit, Allow, Kick, SetLocked, SetMaxBitrate, SetWaitingRoom
from rooms.room_key import RoomKey
from rooms.runtime.node import Node, NodeConfig
from rooms.state.commands import By, RecordingBegan, Wait
from rooms.state.identity import Identity
from rooms.state.memory import RecordingMemory, decode, encode, left_at
from tests.rooms.fakes import settle, ticket_of
from tests.rooms.guests import Guest
from tests.rooms.states import NOW_MS, entry, moderator, refused, room

if TYPE_CHECKING:
    from rooms.state.machine import RoomState
    from rooms.state.memory import RoomMemory


def lost(state: RoomState) -> RoomState:
    """The room as another node makes it anew."""
    memory = state.memory()
    assert memory is not None
    anew = room()
    anew.restore(decode(encode(memory)))
    assert anew.memory() is not None
    return anew


class TestRules:
    def test_a_room_as_any_other_leaves_nothing_behind(self) -> None:
        assert room(moderator(), "ada").memory() is None

    def test_a_locked_room_is_locked_and_open_to_who_was_in(self) -> None:
        state = room(moderator(), entry("ada", proof="link", session="adas page"))
        state.apply(By("mod", SetLocked(locked=True)), NOW_MS)
        anew = lost(state)
        assert refused(anew, entry("eve")) == "roomLocked"
        assert refused(anew, entry("ada", proof="link", session="eves page")) == "roomLocked"
        anew.apply(entry("ada", proof="link", session="adas page"), NOW_MS)
        anew.apply(moderator(), NOW_MS)

    def test_who_was_removed_stays_outside_and_can_be_let_back(self) -> None:
        state = room(moderator(), entry("bob", session="bobs page"))
        state.apply(By("mod", Kick("bob")), NOW_MS)
        anew = lost(state)
        assert refused(anew, entry("bob")) == "kicked"
        assert refused(anew, entry("another id", session="bobs page")) == "kicked"
        anew.apply(moderator(), NOW_MS)
        assert [kicked.peer_id for kicked in anew.snapshot("mod").kicked] == ["bob"]

    def test_newcomers_wait_and_who_was_admitted_does_not_again(self) -> None:
        state = room(moderator())
        state.apply(By("mod", SetWaitingRoom(enabled=True)), NOW_MS)
        state.apply(Wait("ada", "Ada", Identity("link", "adas page")), NOW_MS)
        state.apply(By("mod", Admit("ada", admitted=True)), NOW_MS)
        anew = lost(state)
        assert anew.must_wait(entry("eve"))
        assert not anew.must_wait(entry("ada", proof="link", session="adas page"))

    def test_what_was_forbidden_stays_so(self) -> None:
        state = room(moderator(), entry("ada", proof="link", session="adas page"))
        state.apply(By("mod", Allow("ada", "mic", allowed=False)), NOW_MS)
        state.apply(By("mod", SetMaxBitrate(100_000)), NOW_MS)
        anew = lost(state)
        anew.apply(entry("ada", proof="link", session="adas page"), NOW_MS)
        snapshot = anew.snapshot("ada")
        assert (snapshot.me.permissions.mic, snapshot.max_bitrate_bps) == (False, 100_000)

    @pytest.mark.parametrize("text", ["", "{}", "[1]", '{"door": {"decided": "perhaps"}}', "[" * 99_999])
    def test_what_can_not_be_read_opens_for_moderators_only(self, text: str) -> None:
        anew = room()
        anew.restore(decode(text))
        assert refused(anew, entry("eve")) == "roomLocked"
        anew.apply(moderator(), NOW_MS)


class Kept:
    """Memories in a dictionary."""

    def __init__(self) -> None:
        self.memories: dict[RoomKey, RoomMemory] = {}

    async def load(self, key: RoomKey) -> RoomMemory | None:
        await asyncio.sleep(0)
        return self.memories.get(key)

    def save(self, key: RoomKey, memory: RoomMemory | None) -> None:
        self.memories.pop(key, None)
        if memory is not None:
            self.memories[key] = memory

    async def flush(self) -> None:
        """It is kept at once."""


class TestLiveRooms:
    async def test_a_meeting_that_was_closed_is_closed_on_a_restarted_node_until_it_is_over(self) -> None:
        kept = Kept()
        node = await self.node(kept)
        (ada,) = [Guest(node, "ada")]
        await ada.join(ticket_of("ada", session="adas page"))
        await ada.room.control(By(None, SetLocked(locked=True)))
        await node.close()
        assert kept.memories

        node = await self.node(kept)
        eve = Guest(node, "eve")
        assert (await eve.join())["error"]["code"] == "roomLocked"
        await settle()
        eve = Guest(node, "eve")  # nor does asking again help
        assert (await eve.join())["error"]["code"] == "roomLocked"
        ada = Guest(node, "ada")
        assert (await ada.join(ticket_of("ada", session="adas page")))["data"]["room"]["rules"]["locked"]
        await ada.ask("leave")
        assert not kept.memories
        eve = Guest(node, "eve")
        assert (await eve.join())["ok"]
        await node.close()

    async def node(self, kept: Kept) -> Node:
        node = Node(NodeConfig("serv0", MediaConfig(port=0)), memories=kept)
        await node.start()
        return node


@pytest.mark.usefixtures("database")
class TestInTheDatabase:
    def memory(self) -> RoomMemory:
        state = room(moderator())
        state.apply(By("mod", SetLocked(locked=True)), NOW_MS)
        memory = state.memory()
        assert memory is not None
        return memory

    def key(self) -> RoomKey:
        from meet.accounts.hosts import default_account  # noqa: PLC0415 - its table must be there

        return RoomKey(default_account().pk, "room")

    def after(self, *saved: RoomMemory | None) -> RoomMemory | None:
        """What another node finds."""
        key = self.key()

        async def live() -> RoomMemory | None:
            database = DatabaseThread()
            first, second = (DatabaseMemories(lambda: (), database) for _ in range(2))
            await first.start()
            await second.start()
            for memory in saved:
                first.save(key, memory)
                assert await first.load(key) == memory
            await first.close()
            found = await second.load(key)
            await second.close()
            database.close()
            return found

        return asyncio.run(live())

    def test_another_node_finds_what_was_kept_and_nobody_reads_it_in_the_table(self) -> None:
        assert self.after(self.memory()) == self.memory()
        assert Memory.objects.get().content == encode(self.memory())

    def test_a_room_that_is_over_leaves_nothing(self) -> None:
        assert self.after(self.memory(), None) is None
        assert not Memory.objects.exists()

    def test_it_is_forgotten_when_nobody_can_come_back_any_more(self) -> None:
        self.after(self.memory())
        row = Memory.objects.get()
        row.alive_at -= remembering.KEPT_FOR
        row.save()
        assert self.after() is None
        remembering._mark([], row.alive_at + 2 * remembering.KEPT_FOR)
        assert not Memory.objects.exists()

    def test_when_somebody_was_in_a_recorded_room_is_the_databases_to_say(self) -> None:
        state = room(moderator())
        state.apply(RecordingBegan(NOW_MS), NOW_MS)
        memory = state.memory()
        assert memory is not None
        assert memory.recording == RecordingMemory(since_ms=NOW_MS)
        found = self.after(memory)
        assert found is not None
        last_ms = int(Memory.objects.get().alive_at.timestamp() * 1000)
        assert found.recording == RecordingMemory(since_ms=NOW_MS, last_ms=last_ms, until_ms=last_ms)

    @pytest.mark.parametrize(("epoch", "until_s"), [(3, 20), (4, 0)], ids=["its node", "another process of that name"])
    def test_a_lost_room_was_recorded_until_its_node_was_heard_of_last(self, epoch: int, until_s: int) -> None:
        state = room(moderator())
        state.apply(RecordingBegan(NOW_MS), NOW_MS)
        self.after(state.memory())
        row = Memory.objects.get()
        beat_at = row.alive_at + timedelta(seconds=20)
        models.Node.objects.create(name="serv0", port=1, epoch=epoch, started_at=row.alive_at, heartbeat_at=beat_at)
        remembering._mark([self.key()], row.alive_at, Holder("serv0", 3))
        found = remembering._load(self.key(), row.alive_at)
        assert found is not None
        assert found.recording is not None
        assert found.recording.until_ms - found.recording.last_ms == until_s * 1000

    def test_a_room_that_has_left_says_itself_until_when_it_was_recorded(self) -> None:
        state = room(moderator())
        state.apply(RecordingBegan(NOW_MS), NOW_MS)
        memory = state.memory()
        assert memory is not None
        found = self.after(left_at(memory, NOW_MS + 7))
        assert found is not None
        assert found.recording == RecordingMemory(since_ms=NOW_MS, last_ms=NOW_MS + 7, until_ms=NOW_MS + 7)
        assert left_at(self.memory(), NOW_MS) == self.memory()  # nothing was recorded

    def test_rooms_with_somebody_in_are_kept_on(self) -> None:
        self.after(self.memory())
        row = Memory.objects.get()
        later = row.alive_at + 9 * remembering.KEPT_FOR
        remembering._mark([self.key()], later)
        assert Memory.objects.get().alive_at == later

    def test_an_account_that_is_gone_stops_nothing(self) -> None:
        async def live() -> None:
            database = DatabaseThread()
            memories = DatabaseMemories(lambda: (), database)
            await memories.start()
            memories.save(RoomKey(999_999, "room"), self_memory)
            await memories.close()
            assert memories._writer.waiting(RoomKey(999_999, "room")) is None
            database.close()

        self_memory = self.memory()
        asyncio.run(live())
