"""A node's control API: who is let in, how much one can ask, and that it holds nobody up."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from rooms.control import requests, server, survey
from rooms.control.requests import DescribeRoom, ListRooms
from rooms.control.server import ControlServer
from rooms.protocol import SERVER_REQUESTS, ClearChat, EndMeeting, Kick, SetLocked
from rooms.protocol.errors import Refused
from rooms.runtime.work_queue import MAX_QUEUED_REQUESTS
from rooms.state.commands import By
from tests.control.asking import KEY, Answer, connections, control_api, control_server, exchange, request
from tests.rooms.fakes import ticket_of
from tests.rooms.guests import OPUS, VP8, Guest, guests, open_node

if TYPE_CHECKING:
    from rooms.protocol import Request

LIST = msgspec.json.encode(ListRooms(None))


async def act(port: int, command: Request, room_id: str = "room") -> Answer:
    return await exchange(port, request(msgspec.json.encode(requests.act(1, room_id, command))))


class TestWhoIsLetIn:
    async def test_a_request_counts_once(self) -> None:
        async with open_node() as node, control_api(node) as port:
            signed = request(LIST)
            assert (await exchange(port, signed)).json() == []
            assert await exchange(port, signed) == Answer(403, b"")

    @pytest.mark.parametrize(
        ("more", "now_s"),
        [
            ({}, 10_000.0 + 31),
            ({}, 10_000.0 - 31),
            ({"node": "serv1"}, 10_000.0),
            ({"X_Meet_Signature": "0" * 64}, 10_000.0),
            ({"X_Meet_Signature": ""}, 10_000.0),
            ({"X_Meet_Time": "10001"}, 10_000.0),
            ({"X_Meet_Nonce": "another"}, 10_000.0),
        ],
    )
    async def test_whoever_did_not_sign_this_for_this_node_now_is_told_nothing(
        self, more: dict[str, Any], now_s: float
    ) -> None:
        async with open_node() as node, control_api(node, lambda: now_s) as port:
            assert await exchange(port, request(LIST, at_s=10_000.0, **more)) == Answer(403, b"")

    async def test_nobody_reaches_it_through_the_public_port_s_paths_or_methods(self) -> None:
        async with open_node() as node, control_api(node) as port:
            for line in (b"GET / HTTP/1.1", b"GET /healthz HTTP/1.1", b"POST /control HTTP/1.1"):
                assert await exchange(port, line + b"\r\nHost: node\r\n\r\n") == Answer(403, b"")
            assert (await exchange(port, request(LIST, path="/other"))).status == 404


class TestWhatCanBeAsked:
    async def test_only_the_commands_of_the_list_in_the_servers_own_name(self) -> None:
        async with open_node() as node, control_api(node) as port:
            (ada,) = await guests(node, "ada")
            ask = {"type": "Act", "account_id": 1, "room_id": "room"}
            for changes in (
                {"command": "Exit", "data": {"peer_id": "ada", "reason": "left"}},
                {"command": "Say", "data": {"peer_id": "ada", "text": "Hello"}},
                {"command": "__class__", "data": {}},
                {"command": "EndMeeting", "data": {"actor": "ada"}},
                {"command": "EndMeeting", "data": {"actor": None}},
                {"command": "EndMeeting", "data": {}, "actor": "ada"},
                {"command": "Kick", "data": {"peer_id": None}},
                {"command": "Kick", "data": {}},
                {"command": "Kick", "data": []},
            ):
                answer = await exchange(port, request(msgspec.json.encode(ask | changes)))
                assert (answer.status, answer.json()["code"]) == (400, "malformedMessage"), changes
            assert ada.events == []

    def test_each_command_of_the_list_is_the_account_servers(self) -> None:
        for name, kind in SERVER_REQUESTS.items():
            assert kind.__name__ == name
            assert kind.moderator, name

    async def test_what_the_room_does_and_refuses(self) -> None:
        async with open_node() as node, control_api(node) as port:
            mia = Guest(node, "mia")
            await mia.join(ticket_of("mia", role="moderator"))
            assert (await act(port, SetLocked(locked=True))).status == 200
            assert mia.event("rulesChanged")["rules"]["locked"]
            refused = await act(port, Kick("ada"))
            assert (refused.status, refused.json()["code"]) == (409, "notFound")
            assert (await act(port, ClearChat(), "elsewhere")).status == 404
            assert (await act(port, EndMeeting())).status == 200
            assert mia.connection.closing
            assert (await act(port, ClearChat())).status == 404

    async def test_what_people_send_is_told_with_its_codec(self) -> None:
        async with open_node() as node, control_api(node) as port:
            (ada,) = await guests(node, "ada")
            transport = ada.answer(1)["data"]["sendTransport"]["id"]
            for kind, source, parameters, paused in (("audio", "mic", OPUS, False), ("video", "camera", VP8, True)):
                sent = {"transportId": transport, "kind": kind, "source": source, "rtpParameters": parameters}
                assert (await ada.ask("produce", **sent, paused=paused))["ok"]
            told = (await exchange(port, request(msgspec.json.encode(DescribeRoom(1, "room"))))).json()
            (peer,) = told["peers"]
            assert [(one["source"], one["mimeType"], one["paused"]) for one in peer["producers"]] == [
                ("mic", "audio/opus", False),
                ("camera", "video/VP8", True),
            ]
            assert (peer["peerId"], peer["viewer"], peer["handRaised"], peer["quality"]) == (
                "ada",
                False,
                False,
                "unknown",
            )


class TestThatItHoldsNobodyUp:
    async def test_others_have_their_turns_while_a_node_tells_of_many_rooms_and_people(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(survey, "AT_ONCE", 5)
        async with open_node() as node:
            for number in range(20):
                assert (await Guest(node, "ada", f"room{number}").join())["ok"]
                assert (await Guest(node, f"p{number}").join())["ok"]
            turns = 0

            async def take_turns() -> None:
                nonlocal turns
                while True:
                    turns += 1
                    await asyncio.sleep(0)

            others = asyncio.create_task(take_turns())
            assert len(await survey.summaries(node, None)) == 21
            assert turns >= 4
            turns = 0
            room = next(room for room in node.rooms.values() if room.room_id == "room")
            assert len((await survey.describe(node, room)).peers) == 20
            assert turns >= 4
            others.cancel()

    @pytest.mark.parametrize(
        "sent", [b"", b"POST /control HTTP/1.1\r\n", request(LIST)[:-3]], ids=["nothing", "a line", "a part"]
    )
    async def test_who_does_not_say_all_of_it_is_given_up(self, sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(server, "READ_TIMEOUT_S", 0.05)
        async with open_node() as node, control_api(node) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            assert await asyncio.wait_for(reader.read(), 30) == b""
            writer.close()

    async def test_who_does_not_read_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(server, "WRITE_TIMEOUT_S", 0.05)
        async with open_node() as node, control_server(node) as (control, port):
            for number in range(40):
                await Guest(node, "ada", f"room{number}").join(ticket_of("ada", "x" * 200_000))
            _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
            writer.write(request(LIST))
            await connections(control, 1)
            await connections(control, 0)
            writer.transport.abort()
            monkeypatch.setattr(server, "WRITE_TIMEOUT_S", 30)
            assert (await exchange(port, request(LIST))).status == 200

    async def test_more_connections_than_web_ever_needs_are_cut_off(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(server, "MAX_CONNECTIONS", 2)
        async with open_node() as node, control_server(node) as (control, port):
            held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
            await connections(control, 2)
            assert (await exchange(port, request(LIST))).status == 0
            for _, writer in held:
                writer.transport.abort()
            await connections(control, 0)
            assert (await exchange(port, request(LIST))).status == 200

    @pytest.mark.parametrize(
        ("sent", "status"),
        [
            (request(b" " * (server.MAX_BODY + 1)), 413),
            (request(LIST, X_Long="x" * 2 * server.READ_AT_ONCE), 431),
            (b"NONSENSE\r\n\r\n", 400),
        ],
        ids=["a long body", "a long head", "no HTTP"],
    )
    async def test_what_is_too_long_or_no_http_is_answered_so(self, sent: bytes, status: int) -> None:
        async with open_node() as node, control_api(node) as port:
            # Nothing, where the rest of what was sent meets a connection that is closed already.
            assert (await exchange(port, sent)).status in {status, 0}
            assert (await exchange(port, request(LIST))).status == 200

    async def test_a_room_that_does_not_get_to_it_is_not_waited_for(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(server, "ROOM_TIMEOUT_S", 0.01)
        async with open_node() as node, control_api(node) as port:
            (ada,) = await guests(node, "ada")
            monkeypatch.setattr(ada.room._work, "_queue", asyncio.Queue())
            answer = await act(port, SetLocked(locked=True))
            assert (answer.status, answer.json()["code"]) == (409, "tooManyRequests")
            for _ in range(MAX_QUEUED_REQUESTS):
                ada.room._work.later(lambda: None)
            with pytest.raises(Refused):
                ada.room.control(By(None, SetLocked(locked=True)))
        assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []

    async def test_closing_cuts_off_who_is_connected_and_frees_the_port(self) -> None:
        async with open_node() as node:
            async with control_server(node) as (control, port):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                await connections(control, 1)
            assert await asyncio.wait_for(reader.read(), 30) == b""
            writer.close()
            again = ControlServer(node, KEY)
            await again.start("127.0.0.1", port)
            await again.close()
            await again.close()
