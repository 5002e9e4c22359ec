"""A node's signalling over real WebSockets: daphne, Channels, the room and the SFU, as in production."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from meet.management.commands.node import WEBSOCKET_PING_S, WEBSOCKET_PONG_TIMEOUT_S
from rooms import protocol
from rooms.nodes import tickets
from rooms.runtime.request_budget import JOIN_BURST, MAX_SLOW_JOINS
from rooms.state.devices import FORBIDDEN
from tests.rooms.client import TIMEOUT_S, Address, Client, Refusal, ticket
from tests.rooms.conftest import NodeProcess
from tests.rooms.guests import OPUS

if TYPE_CHECKING:
    from pathlib import Path

SOON_S: Final = 10
"""Within so long others hear that somebody's network is gone, as the protocol has it."""

BY_MODERATORS: dict[str, dict[str, Any]] = {
    "lowerHand": {"peerId": "mod"},
    "lowerAllHands": {},
    "stopVideo": {},
    "stopTrack": {"peerId": "mod", "device": "mic"},
    "stopAllTracks": {"device": "screen"},
    "allow": {"peerId": "ada", "device": "camera", "allowed": False},
    "allowAll": {"device": "screen", "allowed": False},
    "askToTurnOn": {"peerId": "ada", "device": "mic"},
    "setOnStage": {"peerId": "vic", "onStage": True},
    "admit": {"peerId": "wim", "admitted": True},
    "admitAll": {"admitted": False},
    "setWaitingRoom": {"enabled": True},
    "setLocked": {"locked": True},
    "kick": {"peerId": "ada"},
    "letBack": {"peerId": "out"},
    "endMeeting": {},
    "listViewers": {},
    "removeMessage": {"messageId": 1},
    "setMaxBitrate": {"bitrateBps": 100_000},
    "setInterpretation": {"enabled": True},
}


async def ended(client: Client) -> None:
    """Wait until the server has dropped the connection."""
    await asyncio.wait_for(client.socket.wait_closed(), TIMEOUT_S)


async def refused(client: Client, method: str, **data: Any) -> str:
    """The code that a request is refused with."""
    with pytest.raises(Refusal) as caught:
        await client.request(method, **data)
    return str(caught.value.code)


class TestConnecting:
    async def test_hello_comes_first_with_the_version_and_what_the_router_can_do(self, node: NodeProcess) -> None:
        async with Client(node) as client:
            assert client.socket.subprotocol == "meet.v1"
            assert client.hello["version"] == 1
            assert "audio/opus" in [codec["mimeType"] for codec in client.hello["routerRtpCapabilities"]["codecs"]]

    @pytest.mark.parametrize("origin", [None, "http://127.0.0.1", "http://127.0.0.1:8000", "https://embedder.example"])
    async def test_our_own_pages_and_allowed_origins_may_connect(self, node: NodeProcess, origin: str | None) -> None:
        async with Client(node, origin=origin):
            pass

    @pytest.mark.parametrize(
        "origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example", "https://127.0.0.1@evil.example"]
    )
    async def test_any_other_origin_gets_403(self, node: NodeProcess, origin: str) -> None:
        with pytest.raises(InvalidStatus) as caught:
            await connect(node.websocket, origin=origin, subprotocols=["meet.v1"])  # type: ignore[arg-type, list-item]
        assert caught.value.response.status_code == 403

    async def test_a_page_of_ours_at_another_host_is_one_that_web_vouched_for(self, node: NodeProcess) -> None:
        url = f"{node.websocket}?{urlencode({'page': tickets.vouch_for('video.example.org')})}"
        async with connect(url, origin=Origin("https://video.example.org"), subprotocols=[Subprotocol("meet.v1")]):
            pass
        for address, origin in (
            (url, "https://evil.example"),
            (url.replace("video", "evil"), "https://evil.example.org"),
            (f"{node.websocket}?page=evil.example", "https://evil.example"),
        ):
            with pytest.raises(InvalidStatus):
                await connect(address, origin=Origin(origin), subprotocols=[Subprotocol("meet.v1")])

    @pytest.mark.parametrize("subprotocols", [None, ["meet.v2"], ["chat"]])
    async def test_a_wrong_subprotocol_is_closed_with_4400(self, node: NodeProcess, subprotocols: Any) -> None:
        async with connect(node.websocket, subprotocols=subprotocols) as socket:
            with pytest.raises(ConnectionClosed):
                await asyncio.wait_for(socket.recv(), TIMEOUT_S)
            assert socket.close_code == 4400

    async def test_an_unknown_path_is_refused(self, node: NodeProcess) -> None:
        with pytest.raises(InvalidStatus):
            await connect(f"ws://127.0.0.1:{node.port}/ws/serv9/", subprotocols=["meet.v1"])  # type: ignore[list-item]

    async def test_a_ping_is_answered_before_joining_and_everything_else_waits_for_it(self, node: NodeProcess) -> None:
        async with Client(node) as client:
            assert await client.request("ping") == {}
            assert await refused(client, "setDisplayName", displayName="Ada") == "notJoined"
            assert await refused(client, "leave") == "notJoined"


class TestJoining:
    async def test_a_newcomer_gets_the_room_and_the_others_hear_of_them(self, node: NodeProcess) -> None:
        async with Client(node) as ada, Client(node) as bob:
            joined = await ada.join("joining", "ada", displayName="Ada")
            assert joined["peerId"] == "ada"
            assert [peer["displayName"] for peer in joined["room"]["peers"]] == ["Ada"]
            assert joined["sendTransport"]["iceCandidates"][0]["address"] == "127.0.0.1"
            joined = await bob.join("joining", "bob")
            assert [peer["id"] for peer in joined["room"]["peers"]] == ["ada", "bob"]
            assert (await ada.event("peerJoined"))["peer"]["id"] == "bob"
            assert ada.events == bob.events == []

    async def test_rooms_are_apart(self, node: NodeProcess) -> None:
        async with Client(node) as ada, Client(node) as bob:
            await ada.join("room-one", "ada")
            joined = await bob.join("room-two", "bob")
            assert [peer["id"] for peer in joined["room"]["peers"]] == ["bob"]
            await ada.drain()
            assert ada.events == []

    async def test_joining_twice_on_one_connection_is_refused(self, node: NodeProcess) -> None:
        async with Client(node) as ada:
            await ada.join("twice", "ada")
            with pytest.raises(Refusal, match="alreadyJoined"):
                await ada.join("twice", "ada")

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("", "ticketInvalid"),
            ("no:ticket:at-all", "ticketInvalid"),
            ("of another node", "wrongNode"),
        ],
    )
    async def test_a_bad_ticket_is_refused_and_a_good_one_may_follow(
        self, node: NodeProcess, text: str, code: str
    ) -> None:
        shown = ticket("tickets", "ada", node="serv7") if text == "of another node" else text
        async with Client(node) as ada:
            assert await refused(ada, "join", ticket=shown, rtpCapabilities={}) == code
            await ada.join("tickets", "ada")

    async def test_an_old_ticket_is_refused(self, node: NodeProcess, monkeypatch: pytest.MonkeyPatch) -> None:
        long_ago = time.time() - tickets.LIFETIME_S - 5
        with monkeypatch.context() as patch:
            patch.setattr(time, "time", lambda: long_ago)
            old = ticket("tickets", "ada")
        async with Client(node) as ada:
            assert await refused(ada, "join", ticket=old, rtpCapabilities={}) == "ticketExpired"

    async def test_a_refused_join_can_be_tried_again_on_the_same_connection(self, node: NodeProcess) -> None:
        impossible = {"codecs": [{"mimeType": "nonsense", "kind": "video", "clockRate": 90000}]}
        async with Client(node) as ada:
            with pytest.raises(Refusal, match="invalidData"):
                await ada.join("again", "ada", rtpCapabilities=impossible)
            assert await refused(ada, "setDisplayName", displayName="Ada") == "notJoined"
            await ada.join("again", "ada")

    async def test_somebody_who_joins_with_the_same_id_replaces_the_first(self, node: NodeProcess) -> None:
        async with Client(node) as ada, Client(node) as bob, Client(node) as again:
            await ada.join("replaced", "ada")
            await bob.join("replaced", "bob")
            await again.join("replaced", "ada")
            closing = await ada.event("closing")
            assert closing == {"code": "peerReplaced", "message": "Someone joined into the room with your ID"}
            assert await ada.closed() == 4409
            assert await bob.event("peerLeft") == {"peerId": "ada", "reason": "replaced"}
            assert (await bob.event("peerJoined"))["peer"]["id"] == "ada"
            await bob.drain()
            assert bob.events == []  # that the first one's socket closes afterwards is nobody's business


class TestLeaving:
    async def test_leaving_is_answered_then_the_socket_is_closed_and_the_others_hear_of_it(
        self, node: NodeProcess
    ) -> None:
        async with Client(node) as ada, Client(node) as bob:
            await ada.join("leaving", "ada")
            await bob.join("leaving", "bob")
            assert await bob.request("leave") == {}
            assert await bob.closed() == 1000
            assert await ada.event("peerLeft") == {"peerId": "bob", "reason": "left"}

    async def test_an_abrupt_end_of_the_connection_is_noticed_at_once(self, node: NodeProcess) -> None:
        async with Client(node) as ada:
            await ada.join("abrupt", "ada")
            # Who hangs since before is noticed when its pings are missed: whoever is noticed so comes after it.
            _, writer = await raw_join(node, "abrupt", "hung")
            await ada.event("peerJoined")
            async with Client(node) as bob:
                await bob.join("abrupt", "bob")
                pinging = asyncio.create_task(keep_alive(ada))
                bob.socket.transport.abort()
                assert await ada.event("peerLeft") == {"peerId": "bob", "reason": "lost"}
            pinging.cancel()
            writer.close()

    async def test_a_room_vanishes_with_its_last_participant(self, node: NodeProcess) -> None:
        assert await node.rooms_gone()
        async with Client(node) as ada, Client(node) as bob:
            await ada.join("vanishing", "ada")
            await bob.join("vanishing", "bob")
            assert await asyncio.to_thread(node.health) == {"status": "ok", "name": "serv0", "rooms": 1, "peers": 2}
            await bob.request("leave")
        assert await node.rooms_gone()

    async def test_a_client_that_hangs_is_lost_for_the_others_within_10_seconds(self, node: NodeProcess) -> None:
        async with Client(node) as ada:
            await ada.join("hanging", "ada")
            reader, writer = await raw_join(node, "hanging", "hung")
            await ada.event("peerJoined")
            # From here on it neither reads nor writes, nor answers pings: its network is gone.
            pinging = asyncio.create_task(keep_alive(ada))
            left = await ada.event("peerLeft")
            pinging.cancel()
            assert left == {"peerId": "hung", "reason": "lost"}
            assert WEBSOCKET_PING_S + WEBSOCKET_PONG_TIMEOUT_S < SOON_S
            writer.close()
            del reader

    @pytest.mark.long
    async def test_a_client_that_pings_stays_for_longer_than_that(self, node: NodeProcess) -> None:
        async with Client(node) as ada:
            await ada.join("patient", "ada")
            for _ in range(12):
                await asyncio.sleep(1)
                await ada.request("ping")

    @pytest.mark.long
    async def test_a_client_that_answers_websocket_pings_but_says_nothing_is_lost_too(self, node: NodeProcess) -> None:
        async with Client(node) as ada:
            await ada.join("silent", "ada")
            started = time.monotonic()
            with pytest.raises(ConnectionClosed):
                await asyncio.wait_for(ada.socket.recv(), 60)
            assert ada.socket.close_code == 4410
            assert time.monotonic() - started > 8  # not before its time; how late says something of the machine


class TestModeration:
    @pytest.mark.parametrize("method", BY_MODERATORS)
    async def test_what_only_moderators_may_do_is_refused_to_everybody_else(
        self, node: NodeProcess, method: str
    ) -> None:
        everybody: dict[str, dict[str, Any]] = {
            "mod": {"role": "moderator"},
            "ada": {},
            "int": {"role": "interpreter"},
            "vic": {"viewer": True},
            "out": {},
        }
        data = BY_MODERATORS[method]
        async with contextlib.AsyncExitStack() as stack:
            clients = {name: await stack.enter_async_context(Client(node)) for name in (*everybody, "wim")}
            for name, admission in everybody.items():
                await clients[name].join(f"moderation-{method}", name, admission)
            await clients["mod"].request("kick", peerId="out")
            await clients["wim"].ask_to_join(f"moderation-{method}", "wim", {"waiting_room": True})
            await clients["wim"].event("waiting")
            for name in ("ada", "int", "vic"):
                with pytest.raises(Refusal) as caught:
                    await clients[name].request(method, **data)
                assert (caught.value.code, caught.value.message) == (
                    "notModerator",
                    "Only a moderator can do that.",
                )
            assert await refused(clients["wim"], method, **data) == "notJoined"
            await clients["ada"].request("sendChat", text="hello")
            answer = await clients["mod"].request(method, **data)
            assert set(answer) == ({"viewers", "total"} if method == "listViewers" else set())
        assert await node.rooms_gone()

    def test_that_list_is_complete(self) -> None:
        moderators = {name for name, request in protocol.REQUESTS.items() if request.moderator}
        needs_a_recorder = {"startRecording", "stopRecording"}  # tested with one
        assert set(BY_MODERATORS) | needs_a_recorder == moderators

    async def test_what_is_forbidden_goes_off_and_is_refused(self, node: NodeProcess) -> None:
        async with Client(node) as mod, Client(node) as ada, Client(node) as again:
            await mod.join("forbidden", "mod", {"role": "moderator"})
            await ada.join("forbidden", "ada")
            produce = {"kind": "audio", "source": "mic", "rtpParameters": OPUS}
            producer_id = (await ada.request("produce", **produce))["producerId"]
            await mod.request("allow", peerId="ada", device="mic", allowed=False)
            assert await ada.event("trackStopped") == {"device": "mic"}
            assert (await ada.event("permissionsChanged"))["permissions"]["mic"] is False
            with pytest.raises(Refusal) as caught:
                await ada.request("resumeProducer", producerId=producer_id)
            assert (caught.value.code, caught.value.message) == ("notAllowed", FORBIDDEN["mic"])
            joined = await again.join("forbidden", "ada")  # loading the page anew doesn't help
            assert joined["room"]["me"]["permissions"]["mic"] is False
            assert await refused(again, "produce", **produce) == "notAllowed"
            await mod.request("askToTurnOn", peerId="ada", device="mic")
            assert await again.event("askedToTurnOn") == {"device": "mic", "displayName": "mod"}
            await again.request("produce", **produce)

    async def test_who_is_removed_is_told_why_and_can_not_come_back(self, node: NodeProcess) -> None:
        async with Client(node) as mod, Client(node) as ada, Client(node) as again:
            await mod.join("removed", "mod", {"role": "moderator"})
            await ada.join("removed", "ada")
            await mod.request("kick", peerId="ada")
            told = "A moderator removed you from this meeting."
            assert await ada.event("closing") == {"code": "kicked", "message": told}
            assert await ada.closed() == 4411
            assert await mod.event("peerLeft") == {"peerId": "ada", "reason": "kicked"}
            with pytest.raises(Refusal, match="kicked"):
                await again.join("removed", "ada")
            await mod.request("letBack", peerId="ada")
            await again.join("removed", "ada")

    async def test_a_meeting_that_is_ended_is_ended_for_everybody_in_the_waiting_room_too(
        self, node: NodeProcess
    ) -> None:
        async with Client(node) as mod, Client(node) as ada, Client(node) as wim:
            await mod.join("ended", "mod", {"role": "moderator"})
            await ada.join("ended", "ada")
            await mod.request("setWaitingRoom", enabled=True)
            await wim.ask_to_join("ended", "wim")
            await wim.event("waiting")
            assert await mod.request("endMeeting") == {}
            for client in (mod, ada, wim):
                told = "A moderator ended the meeting for everybody."
                assert await client.event("closing") == {"code": "meetingEnded", "message": told}
                assert await client.closed() == 4412
            assert await node.rooms_gone()

    async def test_a_viewer_chats_and_sends_no_media_and_on_stage_they_do(self, node: NodeProcess) -> None:
        async with Client(node) as mod, Client(node) as vic:
            await mod.join("stage", "mod", {"role": "moderator"})
            joined = await vic.join("stage", "vic", {"viewer": True})
            assert joined["room"]["me"]["viewer"] is True
            assert await mod.event("viewersChanged") == {"count": 1}
            produce = {"kind": "audio", "source": "mic", "rtpParameters": OPUS}
            assert await refused(vic, "produce", **produce) == "notAllowed"
            await vic.request("sendChat", text="hello")
            assert (await mod.event("chatAdded"))["message"]["text"] == "hello"
            await mod.request("setOnStage", peerId="vic", onStage=True)
            assert (await vic.event("permissionsChanged"))["permissions"]["mic"] is True
            await vic.request("produce", **produce)
            await mod.request("setOnStage", peerId="vic", onStage=False)
            assert await vic.event("peerLeft") == {"peerId": "vic", "reason": "viewing"}
            assert await refused(vic, "produce", **produce) == "notAllowed"

    async def test_what_the_ticket_forbids_is_refused(self, node: NodeProcess) -> None:
        async with Client(node) as ada, Client(node) as bob, Client(node) as cyd:
            await ada.join("limits", "ada")
            produce = {"kind": "audio", "source": "mic", "rtpParameters": OPUS}
            await ada.request("produce", **produce)
            fixed = {"display_name": "Bob", "name_fixed": True}
            await bob.join("limits", "bob", {"chat_disabled": True, "max_broadcasters": 1, **fixed})
            assert await refused(bob, "sendChat", text="hello") == "chatDisabled"
            assert await refused(bob, "raiseHand", raised=True) == "handDisabled"
            assert await refused(bob, "setDisplayName", displayName="Eve") == "nameFixed"
            with pytest.raises(Refusal) as caught:
                await bob.request("produce", **produce)
            assert caught.value.message == "The limit of maximum active attendees is exceeded"
            with pytest.raises(Refusal, match="roomFull"):
                await cyd.join("limits", "cyd", {"max_watchers": 2})
            await cyd.join("limits", "cyd", {"max_watchers": 3})


class TestWaiting:
    async def test_a_join_is_answered_when_a_moderator_says_so(self, node: NodeProcess) -> None:
        async with Client(node) as mod, Client(node) as ada, Client(node) as bob:
            await mod.join("door", "mod", {"role": "moderator", "waiting_room": True})
            joins = [await client.ask_to_join("door", name) for client, name in ((ada, "ada"), (bob, "bob"))]
            for client, name in ((ada, "ada"), (bob, "bob")):
                await client.event("waiting")
                assert (await mod.event("knocked"))["peer"]["peerId"] == name
                await client.request("ping")
            await mod.request("admit", peerId="ada", admitted=True)
            assert ada.unwrap(await ada.answer(joins[0]))["peerId"] == "ada"
            await mod.request("admit", peerId="bob", admitted=False)
            assert (await bob.answer(joins[1]))["error"]["code"] == "notAdmitted"
            again = await bob.ask_to_join("door", "bob")
            await bob.event("waiting")
            bob.socket.transport.abort()
            for _ in range(2):
                await mod.event("knockEnded")
            assert await mod.event("knockEnded") == {"peerId": "bob"}
            assert again not in bob.answers

    @pytest.mark.long
    async def test_who_waits_and_says_nothing_is_lost_like_everybody(self, node: NodeProcess) -> None:
        async with Client(node) as mod, Client(node) as ada, Client(node) as bob:
            await mod.join("quiet-door", "mod", {"role": "moderator", "waiting_room": True})
            pinging = [asyncio.create_task(keep_alive(client)) for client in (mod, bob)]
            await bob.ask_to_join("quiet-door", "bob")
            await bob.event("waiting")
            await ada.ask_to_join("quiet-door", "ada")
            await ada.event("waiting")
            assert await mod.event("knockEnded") == {"peerId": "ada"}
            assert await ada.closed() == 4410
            await mod.request("admit", peerId="bob", admitted=True)  # who pings is still there
            for task in pinging:
                task.cancel()


class TestHostileFrames:
    @pytest.mark.parametrize(
        ("hostile", "code"),
        [
            ("", "malformedMessage"),
            ("{", "malformedMessage"),
            ("null", "malformedMessage"),
            ("[]", "malformedMessage"),
            ('"text"', "malformedMessage"),
            ("{}", "malformedMessage"),
            ('{"id": 1}', "malformedMessage"),
            ('{"id": "1", "method": "ping"}', "malformedMessage"),
            ('{"id": -1, "method": "ping"}', "malformedMessage"),
            ('{"id": 1e999, "method": "ping"}', "malformedMessage"),
            ('{"id": 99999999999999999999999999, "method": "ping"}', "malformedMessage"),
            ('{"id": 1, "method": "\\ud800"}', "malformedMessage"),
            (b"\x00\x01\x02", "malformedMessage"),
            (b'{"id": 1, "method": "ping"}', "malformedMessage"),
            ("[" * 60_000, "malformedMessage"),
            (" " * 70_000, "malformedMessage"),
            ('{"id": 1, "method": "' + "a" * 5000 + '"}', "malformedMessage"),
        ],
    )
    async def test_what_is_no_request_is_refused_and_the_socket_stays_open(
        self, node: NodeProcess, hostile: str | bytes, code: str
    ) -> None:
        async with Client(node) as client:
            await client.send(hostile)
            assert (await client.answer(None))["error"]["code"] == code
            await client.drain()

    @pytest.mark.parametrize(
        ("method", "data", "code"),
        [
            ("__init__", {}, "unknownMethod"),
            ("hello", {}, "unknownMethod"),
            ("websocket.disconnect", {}, "unknownMethod"),
            ("join", {}, "invalidData"),
            ("produce", {"kind": "text", "source": "mic", "rtpParameters": {}}, "invalidData"),
            ("setDisplayName", {"displayName": 7}, "invalidData"),
            ("setDisplayName", {"displayName": "x" * 2000}, "invalidData"),
        ],
    )
    async def test_a_bad_request_is_refused_with_its_id_and_the_socket_stays_open(
        self, node: NodeProcess, method: str, data: dict[str, Any], code: str
    ) -> None:
        async with Client(node) as client:
            assert await refused(client, method, **data) == code
            await client.drain()

    async def test_a_flood_of_requests_is_closed_with_a_reason(self, node: NodeProcess) -> None:
        async with Client(node) as client:
            for number in range(1000):
                await client.send({"id": number, "method": "ping", "data": {}})
            assert (await client.event("closing"))["code"] == "tooManyRequests"
            assert await client.closed() == 4429

    @pytest.mark.parametrize("frame", ["898000000000", "008000000000"], ids=["pings", "pieces of a message"])
    async def test_a_flood_of_frames_that_are_no_requests_is_cut_off(self, node: NodeProcess, frame: str) -> None:
        async with Client(node) as client:
            begin = "018000000000" if frame.startswith("00") else ""
            client.socket.transport.write(bytes.fromhex(begin) + bytes.fromhex(frame) * 20_000)
            await ended(client)

    async def test_a_message_that_is_longer_than_any_is_cut_off_before_it_is_whole(self, node: NodeProcess) -> None:
        async with Client(node) as client:
            client.socket.transport.write(bytes.fromhex("81ff 0000000000050000 00000000") + bytes(1000))
            await ended(client)

    async def test_a_flood_of_what_everybody_hears_is_closed_sooner(self, node: NodeProcess) -> None:
        async with Client(node) as client:
            await client.join("flood", "ada")
            for number in range(150):
                await client.send({"id": 10 + number, "method": "setDisplayName", "data": {"displayName": str(number)}})
            assert (await client.event("closing"))["code"] == "tooManyRequests"

    async def test_joins_in_a_loop_wait_and_are_refused_in_the_end(self, node: NodeProcess) -> None:
        async with contextlib.AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(Client(node)) for _ in range(JOIN_BURST + MAX_SLOW_JOINS + 1)]
            for client in clients[:JOIN_BURST]:
                await client.join("loop", "ada")
            first = clients[JOIN_BURST]
            slow, again = [await first.ask_to_join("loop", "ada") for _ in range(2)]
            for client in clients[JOIN_BURST + 1 : -1]:
                await client.ask_to_join("loop", "ada")
            with pytest.raises(Refusal) as caught:
                await clients[-1].join("loop", "ada")
            assert caught.value.code == "tooManyRequests"
            await clients[-1].join("loop", "ben")  # nobody else's joins are counted
            assert (await first.answer(again))["error"]["code"] == "alreadyJoined"
            assert (await first.answer(slow))["ok"]

    async def test_too_many_bad_frames_are_closed_with_a_reason(self, node: NodeProcess) -> None:
        async with Client(node) as client:
            for _ in range(110):
                await client.send("nonsense")
            assert (await client.event("closing"))["code"] == "tooManyRequests"


class TestHealth:
    async def test_a_proxy_that_says_so_gets_no_figures(self, node: NodeProcess) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
        writer.write(b"GET /healthz HTTP/1.0\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(), TIMEOUT_S)
        assert answer.endswith(b'\r\n\r\n{"status":"ok"}')
        writer.close()


async def test_a_node_that_is_stopped_tells_everybody_and_ends(tmp_path: Path) -> None:
    process = NodeProcess(tmp_path / "log")
    async with Client(process) as ada, Client(process) as welcome, Client(process) as waiting:
        await ada.join("stopping", "ada")
        await waiting.ask_to_join("stopping", "bob", {"waiting_room": True})
        await waiting.event("waiting")
        process.process.terminate()
        for client in (ada, welcome, waiting):
            assert (await client.event("closing"))["code"] == "serverClosing"
            assert await client.closed() == 4001
    assert await asyncio.to_thread(process.process.wait, 60) == 0
    assert "Traceback" not in process.log, process.log


async def keep_alive(client: Client) -> None:
    """Ping as a browser does; the answers are read by whoever waits for events."""
    for number in range(1_000_000, 1_000_100):
        await asyncio.sleep(3)
        await client.send({"id": number, "method": "ping", "data": {}})


def frame(text: str) -> bytes:
    """A masked text frame (RFC 6455 section 5.2) with a mask of zeros."""
    payload = text.encode()
    length = len(payload)
    head = bytes([0x81, 0x80 | length]) if length < 126 else bytes([0x81, 0x80 | 126]) + length.to_bytes(2, "big")
    return head + bytes(4) + payload


async def raw_join(address: Address, room_id: str, peer_id: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A participant on a bare TCP connection that reads nothing after its handshake."""
    reader, writer = await asyncio.open_connection("127.0.0.1", address.port, limit=1024)
    key = base64.b64encode(os.urandom(16)).decode()
    lines = (
        "GET /ws/serv0/ HTTP/1.1",
        f"Host: 127.0.0.1:{address.port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: meet.v1",
    )
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    assert b"101" in await reader.readline()
    data = {"ticket": ticket(room_id, peer_id), "rtpCapabilities": {}}
    writer.write(frame(json.dumps({"id": 1, "method": "join", "data": data})))
    return reader, writer
