"""A live room on a real SFU, with participants whose sockets are not real."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from media.errors import InvalidState
from rooms import protocol
from rooms.protocol import EndMeeting, SetLocked
from rooms.protocol.errors import Refused
from rooms.runtime import joining, work_queue
from rooms.state.commands import By
from rooms.turn import TurnServers
from tests.rooms.fakes import settle, ticket_of
from tests.rooms.guests import OPUS, VP8, Guest, guests, open_node

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from rooms.runtime.node import Node

FINGERPRINT = ":".join(["AB"] * 32)


@pytest_asyncio.fixture
async def node() -> AsyncIterator[Node]:
    async with open_node() as made:
        yield made


class TestLife:
    async def test_a_room_goes_with_its_last_participant(self, node: Node) -> None:
        ada, bob = await guests(node, "ada", "bob")
        assert (node.room_count, node.peer_count) == (1, 2)
        await ada.ask("leave")
        assert (node.room_count, node.peer_count) == (1, 1)
        await bob.ask("leave")
        assert (node.room_count, node.peer_count) == (0, 0)
        assert bob.room.router.closed

    async def test_who_comes_while_the_last_one_leaves_finds_the_same_room_alive(self, node: Node) -> None:
        (ada,) = await guests(node, "ada")
        bob = Guest(node, "bob")
        ada.disconnect()
        assert (await bob.join())["ok"]  # was posted before the room had dealt with the other's end
        assert bob.room is ada.room
        assert not bob.room.router.closed

    async def test_who_comes_after_the_last_one_has_left_gets_a_new_room(self, node: Node) -> None:
        (ada,) = await guests(node, "ada")
        await ada.ask("leave")
        bob = Guest(node, "bob")
        assert bob.room is not ada.room
        assert (await bob.join())["ok"]

    async def test_a_room_waits_for_whoever_was_lost_and_is_as_it_was(self, node: Node) -> None:
        ada, bob = await guests(node, "ada", "bob")
        await ada.ask("sendChat", text="Hello")
        await ada.room.control(By(None, SetLocked(locked=True)))
        ada.disconnect()
        await bob.ask("leave")
        assert (node.room_count, node.peer_count) == (0, 0)
        eve = Guest(node, "eve")
        assert (await eve.join())["error"]["code"] == "roomLocked"
        again = Guest(node, "ada")
        joined = (await again.join())["data"]["room"]
        assert again.room is ada.room
        assert ([message["text"] for message in joined["chat"]], joined["rules"]["locked"]) == (["Hello"], True)
        await again.ask("leave")
        assert again.room.router.closed

    async def test_but_not_for_long(self, node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(joining, "BACK_WITHIN_S", 0.01)
        ada, bob = await guests(node, "ada", "bob")
        ada.disconnect()
        bob.disconnect()
        await settle()
        async with asyncio.timeout(30):
            while not ada.room.router.closed:  # noqa: ASYNC110 - nobody tells of it
                await asyncio.sleep(0.01)
        assert Guest(node, "ada").room is not ada.room

    async def test_nor_for_who_was_sent_away(self, node: Node) -> None:
        ada, bob = await guests(node, "ada", "bob")
        ada.disconnect()
        await settle()
        await ada.room.control(By(None, EndMeeting()))
        await settle()
        assert bob.room.router.closed

    async def test_a_room_that_nobody_got_into_goes_too(self, node: Node) -> None:
        ada = Guest(node, "ada")
        answer = await ada.join(capabilities={"codecs": [{"mimeType": "x", "kind": "video", "clockRate": 1}]})
        assert answer["error"]["code"] == "invalidData"
        assert ada.refused_joins == 1
        assert node.room_count == 0

    async def test_who_closes_before_the_join_is_dealt_with_is_not_in_the_room(self, node: Node) -> None:
        ada = Guest(node, "ada")
        ada.connection.dismiss("tooManyRequests", "")
        ada.room.join(ada.connection, 1, protocol.Join("", node.rtp_capabilities), ticket_of("ada"))
        await settle()
        assert (node.room_count, node.peer_count) == (0, 0)

    async def test_a_node_that_closes_tells_everybody(self, node: Node) -> None:
        (ada,) = await guests(node, "ada")
        node.sockets.add(ada.connection)
        await node.close()
        await settle()
        assert ada.event("closing")["code"] == "serverClosing"
        assert ada.socket.closed == (4001, "The server is restarting.")
        assert node.room_count == 0


class TestJoining:
    async def test_the_ticket_gives_the_name_unless_the_participant_may_choose_one(self, node: Node) -> None:
        for admission, chosen, expected in (
            (ticket_of("ada", "Ada", name_fixed=True), "Eve", "Ada"),
            (ticket_of("ada", "Ada"), "Countess", "Countess"),
            (ticket_of("ada", "Ada"), "", "Ada"),
            (ticket_of("ada", ""), " \u202e ", "Guest"),
        ):
            ada = Guest(node, "ada")
            joined = await ada.join(admission, display_name=chosen)
            assert joined["data"]["room"]["peers"][0]["displayName"] == expected

    async def test_the_second_with_an_id_replaces_the_first(self, node: Node) -> None:
        ada, bob = await guests(node, "ada", "bob")
        again = Guest(node, "ada")
        await again.join()
        assert ada.event("closing")["message"] == "Someone joined into the room with your ID"
        assert ada.socket.closed == (4409, "Someone joined into the room with your ID")
        assert bob.events[-2:] == ["peerLeft", "peerJoined"]
        ada.disconnect()
        await settle()
        assert node.peer_count == 2
        assert bob.events[-1] == "peerJoined"

    async def test_a_refused_newcomer_leaves_no_transports_behind(
        self, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (ada,) = await guests(node, "ada")
        bob = Guest(node, "bob")

        def refuse(_command: Any, _now_ms: int) -> None:
            raise Refused("notAllowed", "The room is locked.")

        monkeypatch.setattr(ada.room.state, "apply", refuse)
        before = len(ada.room.router._transports)
        assert not (await bob.join())["ok"]
        assert bob.refused_joins == 1
        assert len(ada.room.router._transports) == before


class TestMedia:
    async def test_a_producer_reaches_those_who_are_there_and_those_who_come(self, node: Node) -> None:
        ada, bob = await guests(node, "ada", "bob")
        produced = await ada.ask("produce", kind="audio", source="mic", rtpParameters=OPUS)
        producer_id = produced["data"]["producerId"]
        assert ada.event("producerAdded")["producer"]["id"] == producer_id
        consumer = bob.consumers[-1]
        assert (consumer["producerId"], consumer["peerId"], consumer["source"]) == (producer_id, "ada", "mic")
        (cyd,) = await guests(node, "cyd")
        assert cyd.consumers[-1]["producerId"] == producer_id
        assert ada.consumers == []

    async def test_pausing_and_closing_a_producer_is_done_and_told(self, node: Node) -> None:
        ada, bob = await guests(node, "ada", "bob")
        produced = await ada.ask("produce", kind="video", source="camera", rtpParameters=VP8)
        producer_id = produced["data"]["producerId"]
        await ada.ask("pauseProducer", producerId=producer_id)
        assert bob.event("producerPaused") == {"peerId": "ada", "producerId": producer_id, "paused": True}
        (cyd,) = await guests(node, "cyd")
        assert cyd.consumers[-1]["producerPaused"] is True
        await ada.ask("resumeProducer", producerId=producer_id)
        assert bob.event("producerPaused")["paused"] is False
        await ada.ask("closeProducer", producerId=producer_id)
        assert bob.event("consumerClosed")["consumerId"] == bob.consumers[-1]["consumerId"]
        assert bob.event("producerRemoved") == {"peerId": "ada", "producerId": producer_id}

    async def test_consumers_are_steered_by_those_who_have_them_only(self, node: Node) -> None:
        ada, bob = await guests(node, "ada", "bob")
        await ada.ask("produce", kind="video", source="camera", rtpParameters=VP8)
        consumer_id = bob.consumers[-1]["consumerId"]
        for method, data in (
            ("resumeConsumer", {}),
            ("requestKeyFrame", {}),
            ("setPreferredLayers", {"layers": {"spatialLayer": 1}}),
            ("pauseConsumer", {}),
        ):
            assert await bob.refusal(method, consumerId=consumer_id, **data) == "ok"
            assert await ada.refusal(method, consumerId=consumer_id, **data) == "notFound"

    async def test_what_a_video_matters_is_taken_and_bounded(self, node: Node) -> None:
        ada, bob = await guests(node, "ada", "bob")
        for ssrc, source in enumerate(("camera", "screen"), 10):
            parameters = {**VP8, "mid": source, "encodings": [{"ssrc": ssrc}]}
            await ada.ask("produce", kind="video", source=source, rtpParameters=parameters)
        consumers = bob.room._members["bob"].recv_transport.consumers
        camera, screen = (consumers[created["consumerId"]] for created in bob.consumers[-2:])
        assert (camera.is_screen, screen.is_screen) == (False, True)
        wish = {"consumerId": camera.id, "layers": {"spatialLayer": 0}}
        assert await bob.refusal("setPreferredLayers", **wish, priority=7, onStage=True) == "ok"
        assert (camera.priority, camera.on_stage) == (7, True)
        for priority in (-1, 101):
            assert await bob.refusal("setPreferredLayers", **wish, priority=priority) == "invalidData"
        assert (camera.priority, camera.on_stage) == (7, True)
        assert await bob.refusal("setPreferredLayers", **wish) == "ok", "Older pages don't tell."
        assert (camera.priority, camera.on_stage) == (0, False)

    async def test_who_leaves_takes_all_their_media_along(self, node: Node) -> None:
        ada, bob = await guests(node, "ada", "bob")
        await ada.ask("produce", kind="audio", source="mic", rtpParameters=OPUS)
        ada.disconnect()
        await settle()
        assert bob.events[-2:] == ["consumerClosed", "peerLeft"]

    async def test_who_cannot_decode_it_gets_no_consumer_and_is_not_in_the_way(self, node: Node) -> None:
        ada, bob = await guests(node, "ada", "bob")
        deaf = Guest(node, "deaf")
        await deaf.join(capabilities={})
        assert await ada.refusal("produce", kind="audio", source="mic", rtpParameters=OPUS) == "ok"
        assert bob.consumers
        assert deaf.consumers == []

    async def test_a_data_channel_reaches_the_others_and_sixteen_are_enough(self, node: Node) -> None:
        ada, bob = await guests(node, "ada", "bob")
        for stream in range(16):
            assert await ada.refusal("produceData", sctpStreamParameters={"streamId": stream}, label="chat") == "ok"
        assert bob.events.count("dataConsumerCreated") == 16
        assert await ada.refusal("produceData", sctpStreamParameters={"streamId": 16}) == "notAllowed"
        (cyd,) = await guests(node, "cyd")
        assert cyd.events.count("dataConsumerCreated") == 16

    async def test_data_channels_are_refused_unless_the_operator_turned_them_on(self) -> None:
        async with open_node(data_channels=False) as node:
            ada = Guest(node, "ada")
            joined = (await ada.join())["data"]
            assert joined["sendTransport"].get("sctpParameters") is None
            answer = await ada.ask("produceData", sctpStreamParameters={"streamId": 0})
            assert answer["error"]["code"] == "notAllowed"
            assert "turned off on this server" in answer["error"]["message"]

    async def test_a_receiver_without_free_streams_is_not_in_the_way(
        self, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ada, bob = await guests(node, "ada", "bob")

        def full(_producer_id: str) -> None:
            raise InvalidState("All streams are in use.")

        monkeypatch.setattr(bob.room._members["bob"].recv_transport, "consume_data", full)
        assert await ada.refusal("produceData", sctpStreamParameters={"streamId": 0}) == "ok"

    async def test_transports_are_connected_once_and_their_ice_restarted(self, node: Node) -> None:
        ada = Guest(node, "ada")
        joined = (await ada.join())["data"]
        transport_id = joined["sendTransport"]["id"]
        dtls = {"role": "client", "fingerprints": [{"algorithm": "sha-256", "value": FINGERPRINT}]}
        assert await ada.refusal("connectTransport", transportId=transport_id, dtlsParameters=dtls) == "ok"
        assert await ada.refusal("connectTransport", transportId=transport_id, dtlsParameters=dtls) == "notAllowed"
        assert await ada.refusal("connectTransport", transportId="other", dtlsParameters=dtls) == "notFound"
        restarted = await ada.ask("restartIce", transportId=transport_id)
        fresh = restarted["data"]["iceParameters"]["usernameFragment"]
        assert fresh != joined["sendTransport"]["iceParameters"]["usernameFragment"]
        assert restarted["data"]["iceServers"] == []

    async def test_each_restart_of_ice_brings_fresh_credentials_for_the_turn_servers(self) -> None:
        async with open_node(turn=TurnServers(("turn:turn.example.org",), "secret")) as node:
            ada = Guest(node, "ada")
            transport_id = (await ada.join())["data"]["sendTransport"]["id"]
            answer = await ada.ask("restartIce", transportId=transport_id)
            (given,) = answer["data"]["iceServers"]
        assert given["urls"] == ["turn:turn.example.org"]

    async def test_for_the_turn_servers_they_are_the_user_that_their_address_is(self) -> None:
        users = []
        servers = TurnServers(("turn:turn.example.org",), "secret")
        async with open_node(turn=servers) as node:
            for peer_id, address in (("ada", "198.51.100.7"), ("bob", "198.51.100.7"), ("eve", "198.51.100.8")):
                guest = Guest(node, peer_id, address=address)
                transport_id = (await guest.join())["data"]["sendTransport"]["id"]
                answer = await guest.ask("restartIce", transportId=transport_id)
                users.append(answer["data"]["iceServers"][0]["username"].partition(":")[2])
        (from_web,) = servers.ice_servers(0, "198.51.100.7")
        assert users[0] == users[1] == from_web.username.partition(":")[2]
        assert users[2] != users[0]


class TestRobustness:
    async def test_a_request_of_somebody_who_has_left_is_refused(self, node: Node) -> None:
        ada, _bob = await guests(node, "ada", "bob")
        ada.disconnect()
        assert await ada.refusal("setDisplayName", displayName="Ada") == "notJoined"

    async def test_an_exception_is_answered_logged_and_forgotten(
        self, node: Node, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        ada, bob = await guests(node, "ada", "bob")

        def fail(_message: protocol.Message) -> None:
            raise ZeroDivisionError

        with monkeypatch.context() as patch:
            patch.setattr(ada.room, "_apply", fail)
            assert await ada.refusal("setDisplayName", displayName="Ada") == "internalError"
        assert "a command failed" in caplog.text
        assert await bob.refusal("setDisplayName", displayName="Bob") == "ok"

    async def test_a_room_that_is_too_busy_refuses_requests_but_never_forgets_who_is_gone(
        self, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(work_queue, "MAX_QUEUED_REQUESTS", 3)
        ada, bob = await guests(node, "ada", "bob")
        for number in range(3):
            ada.room.request(ada.connection, "ada", 100 + number, protocol.RequestKeyFrame("none"))
        with pytest.raises(Refused) as caught:
            ada.room.request(ada.connection, "ada", 200, protocol.RequestKeyFrame("none"))
        assert caught.value.info.code == "tooManyRequests"
        ada.disconnect()
        await settle()
        assert bob.event("peerLeft")["peerId"] == "ada"

    async def test_a_busy_room_lets_the_rest_of_the_node_run(self, node: Node) -> None:
        (ada,) = await guests(node, "ada")
        for number in range(1000):
            ada.room.request(ada.connection, "ada", number + 10, protocol.RequestKeyFrame("none"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        waiting = len(ada.room._work)
        assert 900 < waiting < 1000
