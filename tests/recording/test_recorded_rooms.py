"""A live room on a real SFU that is being recorded: what people ask for, what they see, and what is in the files."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest_asyncio
from msgspec.structs import replace

from media.config import MediaConfig
from rooms.protocol import EndMeeting, StartRecording
from rooms.runtime.node import Node, NodeConfig
from rooms.state.commands import By
from tests.recording.captures import timeline
from tests.recording.test_recorder import Studio, kill, now_ms
from tests.rooms.fakes import settle, ticket_of
from tests.rooms.guests import OPUS, Guest
from tests.rooms.test_memory import Kept as Memories

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from rooms.room_key import RoomKey
    from rooms.state.memory import RoomMemory
    from rooms.state.ticket import Ticket

MODERATOR = ticket_of("mod", role="moderator", can_record=True)


class Kept(Memories):
    """Memories of rooms in which somebody was a moment ago."""

    async def load(self, key: RoomKey) -> RoomMemory | None:
        found = await super().load(key)
        if found is None or found.recording is None:
            return found
        at_ms = found.recording.until_ms or now_ms()
        return replace(found, recording=replace(found.recording, last_ms=at_ms, until_ms=at_ms))


class Recorded:
    """A node whose rooms can be recorded."""

    def __init__(self, studio: Studio, node: Node) -> None:
        self.studio = studio
        self.node = node

    async def guest(self, peer_id: str, admission: Ticket | None = None) -> Guest:
        """Somebody in the room."""
        guest = Guest(self.node, peer_id)
        assert (await guest.join(admission))["ok"]
        return guest

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The timeline of the first capture."""
        return timeline(self.studio.journal.begun[0])


@pytest_asyncio.fixture
async def recorded(tmp_path: Path) -> AsyncIterator[Recorded]:
    studio = Studio(tmp_path, empty_for_s=1000)
    node = Node(NodeConfig("serv0", MediaConfig(port=0)), recorder=studio.recorder)
    await node.start()
    yield Recorded(studio, node)
    await node.close()
    await studio.recorder.close()


async def test_a_moderator_records_and_everybody_sees_it(recorded: Recorded) -> None:
    mod, ada = await recorded.guest("mod", MODERATOR), await recorded.guest("ada")
    assert (await mod.ask("startRecording"))["ok"]
    assert ada.event("recordingChanged")["since"] > 0
    assert await mod.refusal("startRecording") == "alreadyRecording"
    assert await ada.refusal("stopRecording") == "notModerator"
    bob = await recorded.guest("bob")
    assert bob.answer(1)["data"]["room"]["recordingSince"] == ada.event("recordingChanged")["since"]
    assert (await mod.ask("stopRecording"))["ok"]
    assert bob.event("recordingChanged") == {"since": None}
    assert await mod.refusal("stopRecording") == "notRecording"
    assert await recorded.studio.until_finished() == ["stopped"]


async def test_the_timeline_tells_what_a_viewer_saw(recorded: Recorded) -> None:
    mod, ada = await recorded.guest("mod", MODERATOR), await recorded.guest("ada")
    await ada.ask("sendChat", text="not for the film")
    await mod.ask("startRecording")
    await ada.ask("sendChat", text="nor this")
    await mod.ask("setWaitingRoom", enabled=True)
    produced = await ada.ask("produce", kind="audio", source="mic", rtpParameters=OPUS)
    await ada.ask("pauseProducer", producerId=produced["data"]["producerId"])
    await ada.ask("leave")
    await mod.ask("stopRecording")
    await recorded.studio.until_finished()
    entries = recorded.entries
    assert [peer["id"] for peer in entries[0]["snapshot"]["peers"]] == ["mod", "ada"]
    assert entries[0]["snapshot"]["chat"] == []
    heard = [entry["event"] for entry in entries if "event" in entry]
    assert heard == ["recordingChanged", "rulesChanged", "producerAdded", "producerPaused", "peerLeft"]
    (started,) = [entry["trackStarted"] for entry in entries if "trackStarted" in entry]
    assert (started["peerId"], started["source"], started["mimeType"]) == ("ada", "mic", "audio/opus")
    (ended,) = [entry["trackEnded"] for entry in entries if "trackEnded" in entry]
    assert ended == {"number": started["number"]}


async def test_a_meeting_that_everybody_left_and_came_back_to_goes_on(recorded: Recorded) -> None:
    mod = await recorded.guest("mod", MODERATOR)
    await mod.ask("startRecording")
    await mod.ask("leave")
    assert recorded.node.room_count == 0
    again = await recorded.guest("mod", MODERATOR)
    assert again.answer(1)["data"]["room"]["recordingSince"] is not None
    await again.ask("stopRecording")
    assert await recorded.studio.until_finished() == ["stopped"]
    assert len(recorded.studio.journal.begun) == 1
    assert [len(entry["snapshot"]["peers"]) for entry in recorded.entries if "snapshot" in entry] == [1, 0]


async def test_ending_the_meeting_for_everybody_ends_the_recording_and_the_next_one_is_not_recorded(
    recorded: Recorded,
) -> None:
    mod = await recorded.guest("mod", MODERATOR)
    await recorded.guest("ada")
    await mod.ask("startRecording")
    assert (await mod.ask("endMeeting"))["ok"]
    assert await recorded.studio.until_finished() == ["meetingEnded"]
    next_one = await recorded.guest("bob")
    assert next_one.answer(1)["data"]["room"]["recordingSince"] is None
    assert len(recorded.studio.journal.begun) == 1


async def test_the_accounts_server_ends_it_as_well(recorded: Recorded) -> None:
    mod = await recorded.guest("mod", MODERATOR)
    await mod.ask("startRecording")
    await mod.room.control(By(None, EndMeeting()))
    assert await recorded.studio.until_finished() == ["meetingEnded"]


async def test_a_room_in_which_somebody_only_waits_at_the_door_is_empty(recorded: Recorded) -> None:
    mod = await recorded.guest("mod", MODERATOR)
    await mod.ask("setWaitingRoom", enabled=True)
    await mod.ask("startRecording")
    waiting = Guest(recorded.node, "ada")
    await waiting.ask_to_join()
    await mod.ask("leave")
    await settle()
    assert recorded.node.room_count == 1
    active = next(iter(recorded.studio.recorder._active.values()))
    assert active.empty_since_ms is not None
    await recorded.guest("mod", MODERATOR)
    assert active.empty_since_ms is None


async def test_an_account_that_records_everything_needs_nobody_to_ask(recorded: Recorded) -> None:
    ada = await recorded.guest("ada", ticket_of("ada", recorded=True))
    await recorded.studio.journal.started.wait()
    await settle()
    assert ada.event("recordingChanged")["since"] > 0


async def test_the_accounts_server_records(recorded: Recorded) -> None:
    ada = await recorded.guest("ada")
    await ada.room.control(By(None, StartRecording()))
    await settle()
    assert ada.event("recordingChanged")["since"] > 0


async def test_a_full_disk_is_told_and_the_meeting_goes_on(recorded: Recorded) -> None:
    mod, ada = await recorded.guest("mod", MODERATOR), await recorded.guest("ada")
    recorded.studio.free = 0
    assert await mod.refusal("startRecording") == "recordingFailed"
    recorded.studio.free = 10**12
    await mod.ask("startRecording")
    recorded.studio.free = 0
    assert await recorded.studio.until_finished() == ["diskFull"]
    await settle()
    assert mod.event("recordingFailed") == {"problem": "diskFull"}
    assert ada.event("recordingChanged") == {"since": None}
    assert "recordingFailed" not in ada.events
    assert (await ada.ask("sendChat", text="still here"))["ok"]


class TestAtTheNextNode:
    async def next_node(self, kept: Kept, tmp_path: Path) -> Recorded:
        """Another one, on another machine, that finds what the first wanted to be remembered."""
        studio = Studio(tmp_path / "next", empty_for_s=1000)
        node = Node(NodeConfig("serv1", MediaConfig(port=0)), recorder=studio.recorder, memories=kept)
        await node.start()
        return Recorded(studio, node)

    async def end(self, *nodes: Recorded) -> None:
        for one in nodes:
            await one.node.close()
            await one.studio.recorder.close()

    async def test_a_recording_goes_on_in_one_of_its_own_and_everybody_sees_it(self, tmp_path: Path) -> None:
        kept = Kept()
        first = await self.next_node(kept, tmp_path / "first")
        mod = await first.guest("mod", MODERATOR)
        await mod.ask("startRecording")
        since = mod.event("recordingChanged")["since"]
        second = await self.next_node(kept, tmp_path)
        ada = await second.guest("ada")
        await settle()
        assert ada.answer(1)["data"]["room"]["recordingSince"] >= since
        assert ada.event("recordingResumed")["missingMs"] >= 0
        assert "recordingChanged" not in ada.events
        assert second.studio.journal.continued == [since]
        again = await second.guest("mod", MODERATOR)
        assert (await again.ask("stopRecording"))["ok"]
        assert await second.studio.until_finished() == ["stopped"]
        assert [peer["id"] for peer in second.entries[0]["snapshot"]["peers"]] == ["ada"]
        await self.end(first, second)

    async def test_of_a_room_that_moves_the_first_part_ends_at_once_and_the_gap_is_what_it_is(
        self, tmp_path: Path
    ) -> None:
        kept = Kept()
        first = await self.next_node(kept, tmp_path / "first")
        mod = await first.guest("mod", MODERATOR)
        await mod.ask("startRecording")
        since_ms = mod.event("recordingChanged")["since"]
        await asyncio.sleep(0.1)  # of which nothing is missing
        left_ms = now_ms()
        await first.node.move(first.node.kept_rooms(), kept.flush)
        assert await first.studio.until_finished() == ["moved"]
        (memory,) = kept.memories.values()
        assert memory.recording is not None
        assert left_ms <= memory.recording.until_ms <= first.studio.journal.ended_at_ms[0]
        second = await self.next_node(kept, tmp_path)
        ada = await second.guest("ada")
        await settle()
        began_ms = ada.answer(1)["data"]["room"]["recordingSince"]
        assert ada.event("recordingResumed")["missingMs"] == began_ms - memory.recording.until_ms
        assert second.studio.journal.continued == [since_ms]
        await self.end(first, second)

    async def test_a_node_that_ends_says_so_and_not_that_its_rooms_moved(self, tmp_path: Path) -> None:
        kept = Kept()
        first = await self.next_node(kept, tmp_path)
        mod = await first.guest("mod", MODERATOR)
        await mod.ask("startRecording")
        await first.node.move(first.node.kept_rooms(), kept.flush, closing=True)
        await self.end(first)
        assert list(first.studio.journal.finished.values()) == ["serverClosing"]

    async def test_one_that_somebody_has_stopped_stays_so_there_and_here(self, tmp_path: Path) -> None:
        kept = Kept()
        first = await self.next_node(kept, tmp_path / "first")
        automatic = ticket_of("mod", role="moderator", can_record=True, recorded=True)
        mod = await first.guest("mod", automatic)
        await first.studio.journal.started.wait()
        await settle()
        await mod.ask("stopRecording")
        second = await self.next_node(kept, tmp_path)
        for nodes, name in ((first, "ada"), (second, "ada"), (second, "bob")):
            await nodes.guest(name, ticket_of(name, recorded=True))
        await settle()
        assert second.studio.recorder._expected == first.studio.recorder._expected == {}
        assert (len(first.studio.journal.begun), second.studio.journal.begun) == (1, [])
        again = await second.guest("mod", MODERATOR)
        assert (await again.ask("startRecording"))["ok"]
        assert second.studio.journal.continued == [None]
        await self.end(first, second)

    async def test_that_it_was_stopped_is_kept_before_anybody_can_miss_it(self, tmp_path: Path) -> None:
        kept = Kept()
        first = await self.next_node(kept, tmp_path)
        mod = await first.guest("mod", MODERATOR)
        for method, recorded in (("startRecording", True), ("stopRecording", False)):
            await mod.ask(method)
            (memory,) = kept.memories.values()
            assert memory.recording is not None
            assert (memory.recording.since_ms is not None, memory.recording.stopped) == (recorded, not recorded)
        await self.end(first)


async def test_who_comes_back_after_their_node_was_killed_hears_what_is_missing(
    recorded: Recorded, tmp_path: Path
) -> None:
    mod = await recorded.guest("mod", MODERATOR)
    await mod.ask("startRecording")
    unfinished = await kill(recorded.studio)
    studio = Studio(tmp_path, empty_for_s=1000)
    node = Node(NodeConfig("serv0", MediaConfig(port=0)), recorder=studio.recorder)
    await node.start()
    studio.recorder.resume(unfinished)
    again = Guest(node, "mod")
    assert (await again.join(MODERATOR))["data"]["room"]["recordingSince"] == unfinished.started_at_ms
    assert again.event("recordingResumed")["missingMs"] >= 0
    assert (await again.ask("stopRecording"))["ok"]
    assert await studio.until_finished() == ["stopped"]
    await node.close()
    await studio.recorder.close()
