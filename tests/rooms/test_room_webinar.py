"""Webinars, moderators and limits in a live room on a real SFU."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
import pytest_asyncio

from rooms import protocol
from rooms.runtime import announcer as announcer_module
from rooms.runtime import consuming as consuming_module
from tests.rooms.fakes import settle, ticket_of
from tests.rooms.guests import CAMERA, MIC, Guest, come, guests, open_node
from tests.work import counted_work

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from rooms.runtime.node import Node
    from rooms.runtime.room import Room


@pytest_asyncio.fixture
async def node() -> AsyncIterator[Node]:
    async with open_node() as made:
        yield made


@pytest.fixture(autouse=True)
def _for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long a test takes, only `tell_viewers` has that time pass."""
    monkeypatch.setattr(announcer_module, "VIEWERS_INTERVAL_S", 3600.0)


async def tell_viewers(room: Room) -> None:
    """The time after which a number is told that has waited."""
    assert room._announcer._viewers_timer is not None
    room._announcer._viewers_timer.cancel()
    room._announcer._tell_viewers()
    await settle()


class TestViewers:
    async def test_a_viewer_watches_and_sends_nothing(self, node: Node) -> None:
        (ada,) = await guests(node, "ada")
        await ada.ask("produce", **CAMERA)
        vic = await come(node, "vic", viewer=True)
        assert vic.consumers[-1]["peerId"] == "ada"
        assert ada.event("viewersChanged") == {"count": 1}
        assert await vic.refusal("produce", **MIC) == "notAllowed"
        assert await vic.refusal("produceData", sctpStreamParameters={"streamId": 0}) == "notAllowed"
        assert await vic.refusal("sendChat", text="hello") == "ok"
        assert ada.event("chatAdded")["message"]["peerId"] == "vic"

    async def test_on_stage_they_send_and_sent_back_nothing_of_it_is_left(self, node: Node) -> None:
        mod = await come(node, "mod", role="moderator")
        (ada,) = await guests(node, "ada")
        vic = await come(node, "vic", viewer=True)
        assert await mod.refusal("setOnStage", peerId="vic", onStage=True) == "ok"
        assert vic.event("permissionsChanged")["viewer"] is False
        produced = await vic.ask("produce", **MIC)
        assert await vic.refusal("produceData", sctpStreamParameters={"streamId": 0}) == "ok"
        member = ada.room._members["vic"]
        assert ada.consumers[-1]["peerId"] == "vic"

        assert await mod.refusal("setOnStage", peerId="vic", onStage=False) == "ok"
        assert vic.event("permissionsChanged")["viewer"] is True
        assert member.send_transport.producers == {}
        assert member.data_producers == []
        assert ada.event("producerRemoved")["producerId"] == produced["data"]["producerId"]
        assert ada.event("consumerClosed")
        assert ada.event("peerLeft") == {"peerId": "vic", "reason": "viewing"}
        assert await vic.refusal("produce", **MIC) == "notAllowed"
        assert await vic.refusal("produceData", sctpStreamParameters={"streamId": 1}) == "notAllowed"
        assert await vic.refusal("resumeProducer", producerId=produced["data"]["producerId"]) == "notFound"
        (cyd,) = await guests(node, "cyd")
        assert cyd.consumers == []
        assert "dataConsumerCreated" not in cyd.events

    async def test_few_are_counted_at_once_and_many_now_and_then(
        self, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(announcer_module, "MANY_VIEWERS", 3)
        (ada,) = await guests(node, "ada")
        viewers = [await come(node, f"v{number}", viewer=True) for number in range(8)]
        assert ada.events == ["viewersChanged"] * 2
        await tell_viewers(ada.room)
        assert ada.events == ["viewersChanged"] * 3
        for guest in (ada, *viewers):
            assert guest.event("viewersChanged") == {"count": 8}

    async def test_the_more_hear_of_their_number_the_more_rarely_they_do(
        self, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(announcer_module, "MANY_VIEWERS", 3)
        monkeypatch.setattr(announcer_module, "VIEWERS_INTERVAL_S", 0.5)
        monkeypatch.setattr(announcer_module, "VIEWERS_FRAMES_PER_S", 0.001)
        (ada,) = await guests(node, "ada")
        for number in range(3):
            await come(node, f"v{number}", viewer=True)
        timer = ada.room._announcer._viewers_timer
        assert timer is not None
        assert timer.when() - asyncio.get_running_loop().time() > 3000
        timer.cancel()

    async def test_the_last_count_that_is_told_is_right_also_when_few_are_left(
        self, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(announcer_module, "MANY_VIEWERS", 3)
        (ada,) = await guests(node, "ada")
        viewers = [await come(node, f"v{number}", viewer=True) for number in range(4)]
        for guest in viewers[1:]:
            guest.disconnect()
        await settle()
        assert ada.event("viewersChanged") == {"count": 1}
        await tell_viewers(ada.room)
        assert ada.event("viewersChanged") == {"count": 1}
        assert viewers[0].event("viewersChanged") == {"count": 1}

    async def test_a_count_that_waits_does_not_outlive_its_room(self, node: Node, monkeypatch: Any) -> None:
        monkeypatch.setattr(announcer_module, "MANY_VIEWERS", 1)
        vic = await come(node, "vic", viewer=True)
        timer = vic.room._announcer._viewers_timer
        assert timer is not None
        await vic.ask("leave")
        assert node.room_count == 0
        assert timer.cancelled()

    async def test_the_third_hundred_of_viewers_costs_what_the_first_did(
        self, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        speakers = await guests(node, *(f"s{number}" for number in range(4)))
        for speaker in speakers:
            assert (await speaker.ask("produce", **CAMERA))["ok"]
        lines: list[int] = []
        watching: list[Guest] = []
        loop = asyncio.get_running_loop()
        for hundred in range(3):
            with monkeypatch.context() as patch, counted_work() as work:
                now = loop.time()
                patch.setattr(loop, "time", lambda now=now: now)  # what is done now and then is not counted
                watching += [await come(node, f"v{hundred}-{number}", viewer=True) for number in range(100)]
            lines.append(work.lines)
        assert lines[2] < 1.3 * lines[1]
        await tell_viewers(speakers[0].room)
        assert all(guest.event("viewersChanged") == {"count": 300} for guest in (*speakers, *watching))
        assert speakers[0].events.count("viewersChanged") < 100
        late = await come(node, "late")
        for _ in range(20):
            await settle()
        assert len(late.consumers) == 4
        await late.ask("produce", **CAMERA)
        for _ in range(20):
            await settle()
        assert all(len(guest.consumers) == 5 for guest in watching)


class TestHandingOut:
    async def test_a_new_producer_reaches_everybody_in_small_portions(
        self, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(consuming_module, "CONSUMERS_AT_ONCE", 2)
        ada, *others = await guests(node, *"abcdefg")
        await ada.ask("produce", **CAMERA)
        await settle()
        assert [len(guest.consumers) for guest in others] == [1] * 6

    async def test_who_leaves_or_is_replaced_and_what_ends_meanwhile_is_not_in_the_way(
        self, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(consuming_module, "CONSUMERS_AT_ONCE", 1)
        ada, bob, cyd, dan, eve = await guests(node, "ada", "bob", "cyd", "dan", "eve")
        room = ada.room
        produce = msgspec.convert(CAMERA, protocol.Produce)
        room.request(ada.connection, "ada", 50, produce)
        cyd.disconnect()
        again = Guest(node, "dan")
        await again.join()
        await settle()
        assert len(bob.consumers) == len(eve.consumers) == 1
        assert len(again.consumers) == 1
        assert (len(cyd.consumers), len(dan.consumers)) == (0, 0)
        producer_id = ada.answer(50)["data"]["producerId"]
        room.request(ada.connection, "ada", 51, protocol.CloseProducer(producer_id))
        room.request(ada.connection, "ada", 52, produce)
        await settle()
        replaced = ada.answer(52)["data"]["producerId"]
        room.request(ada.connection, "ada", 53, protocol.CloseProducer(replaced))
        await settle()
        assert eve.events.count("consumerClosed") == len(eve.consumers)


class TestModerators:
    async def test_a_stopped_microphone_can_be_turned_on_again(self, node: Node) -> None:
        mod = await come(node, "mod", role="moderator")
        (ada,) = await guests(node, "ada")
        producer_id = (await ada.ask("produce", **MIC))["data"]["producerId"]
        media = ada.room._members["ada"].send_transport.producers[producer_id]
        assert await mod.refusal("stopTrack", peerId="ada", device="mic") == "ok"
        assert ada.event("trackStopped") == {"device": "mic"}
        assert mod.event("producerPaused") == {"peerId": "ada", "producerId": producer_id, "paused": True}
        assert media.paused
        assert await ada.refusal("resumeProducer", producerId=producer_id) == "ok"
        assert not media.paused

    async def test_all_cameras_but_the_own_one(self, node: Node) -> None:
        mod = await come(node, "mod", role="moderator")
        ada, bob = await guests(node, "ada", "bob")
        for guest in (mod, ada, bob):
            await guest.ask("produce", **CAMERA)
        assert await mod.refusal("stopAllTracks", device="camera") == "ok"
        assert "trackStopped" in ada.events
        assert "trackStopped" in bob.events
        assert "trackStopped" not in mod.events

    async def test_hands_and_bitrate(self, node: Node) -> None:
        mod = await come(node, "mod", role="moderator", hand_enabled=True)
        (ada,) = await guests(node, "ada")
        assert await ada.refusal("raiseHand", raised=True) == "ok"
        assert mod.event("handChanged")["raisedAt"] is not None
        assert await mod.refusal("lowerHand", peerId="ada") == "ok"
        assert ada.event("handChanged")["raisedAt"] is None
        assert await mod.refusal("setMaxBitrate", bitrateBps=300_000) == "ok"
        assert ada.event("maxBitrateChanged") == {"bitrateBps": 300_000}
        late = await come(node, "late")
        room = late.room
        assert all(
            room._members[peer].send_transport._receiver._police.video_limited for peer in ("mod", "ada", "late")
        )
        assert await mod.refusal("setMaxBitrate", bitrateBps=0) == "ok"
        assert not any(
            room._members[peer].send_transport._receiver._police.video_limited for peer in ("mod", "ada", "late")
        )

    async def test_a_limit_of_attendees_leaves_no_media_behind(self, node: Node) -> None:
        (ada,) = await guests(node, "ada")
        await ada.ask("produce", **CAMERA)
        bob = await come(node, "bob", max_broadcasters=1)
        answer = await bob.ask("produce", **MIC)
        assert answer["error"]["code"] == "tooManyBroadcasters"
        assert answer["error"]["message"] == "The limit of maximum active attendees is exceeded"
        assert ada.room._members["bob"].send_transport.producers == {}
        assert await bob.refusal("produce", **MIC, paused=True) == "ok"

    async def test_a_full_room_throws_nobody_out(self, node: Node) -> None:
        ada, _bob, _cyd = await guests(node, "ada", "bob", "cyd")
        again = Guest(node, "ada")
        answer = await again.join(ticket_of("ada", max_watchers=2))
        assert answer["error"]["code"] == "roomFull"
        assert again.refused_joins == 1
        assert await ada.refusal("setAbsent", absent=True) == "ok"


class TestQuality:
    async def test_it_is_measured_for_those_with_a_tile(self, node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
        ada, bob = await guests(node, "ada", "bob")
        vic = await come(node, "vic", viewer=True)
        for guest in (ada, vic):
            member = ada.room._members[guest.peer_id]
            monkeypatch.setattr(member.meter, "measure", lambda _sending, _receiving: "poor")
        ada.room._quality.begin()
        await settle()
        assert bob.event("qualityChanged") == {"peerId": "ada", "quality": "poor"}
        assert bob.events.count("qualityChanged") == 1

    async def test_with_idle_real_transports_nothing_is_known(self, node: Node) -> None:
        ada, bob = await guests(node, "ada", "bob")
        await ada.ask("produce", **CAMERA)
        ada.room._quality.begin()
        await settle()
        assert "qualityChanged" not in bob.events


async def test_nothing_that_people_are_called_or_say_is_logged(node: Node, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        mod = await come(node, "mod@example.org", role="moderator", display_name="Ada Lovelace")
        ada = await come(node, "ada@example.org")
        await ada.ask("sendChat", text="my secret")
        await ada.ask("produce", **CAMERA)
        await mod.ask("stopTrack", peerId="ada@example.org", device="camera")
        blind = Guest(node, "blind@example.org")
        await blind.join(capabilities={"codecs": []})
        await ada.ask("produceData", sctpStreamParameters={"streamId": 0})
    for secret in ("example.org", "Lovelace", "my secret"):
        assert secret not in caplog.text
