"""The Server API of live rooms, in a real meeting on a real node: who may ask, what is answered, what happens."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from django.db import connections

from meet.api.description import described
from rooms.models import Node
from rooms.nodes.lease import LONG_AGO
from tests.api.meeting import HOST, ROOM, Callers
from tests.rooms.client import Client, Refusal

if TYPE_CHECKING:
    from tests.rooms.conftest import NodeProcess

# All that can be asked of one room, with what is missing in another one of the same account.
QUESTIONS: list[tuple[str, str, Any]] = [
    ("GET", "", None),
    ("GET", "/peers", None),
    ("GET", "/exists", None),
    ("GET", "/durationOfBroadcast", None),
    ("GET", "/numberPeers", None),
    ("GET", "/existingPeer/ada", None),
    ("POST", "/existingPeer", {"peerId": "ada"}),
    ("POST", "/existingPeer?peerId=ada", None),
]
ACTIONS: list[tuple[str, str, Any]] = [
    ("POST", "/mute", {"device": "camera", "everybody": True}),
    ("POST", "/admit", {"everybody": True}),
    ("POST", "/video/stop", None),
    ("POST", "/lock", {"locked": True}),
    ("POST", "/closePeer", {"peerId": "ada"}),
    ("POST", "/closePeer?peerId=ada", None),
    ("POST", "/letBack", {"peerId": "ada"}),
    ("POST", "/closeRoom", None),
    ("GET", "/closeRoom", None),
]
OF_A_ROOM = QUESTIONS + ACTIONS
CLEAR = {"hostname": HOST, "rooms": [{"roomId": ROOM}]}
WRONG_CLEARS: list[tuple[Any, int]] = [
    ({}, 400),
    ([], 400),
    ({"hostname": HOST}, 400),
    ({**CLEAR, "room": "team42"}, 400),
    ({"hostname": HOST, "rooms": [{"roomId": ROOM, "peerId": "ada"}]}, 400),
    ({"hostname": HOST, "rooms": []}, 400),
    ({"hostname": HOST, "rooms": ["team42"]}, 400),
    ({"hostname": HOST, "rooms": [{"roomId": ROOM, "type": "party"}]}, 400),
    ({"hostname": HOST, "rooms": [{"roomId": f"room{number}"} for number in range(101)]}, 400),
    ({"hostname": "theirs.example", "rooms": [{"roomId": ROOM}]}, 400),
    ({"hostname": "unknown.example", "rooms": [{"roomId": ROOM}]}, 400),
    ({"hostname": HOST, "rooms": [{"roomId": ROOM}, {"roomId": "a b"}]}, 404),
]


def _sign_off() -> None:
    """The node stops in order."""
    try:
        Node.objects.update(heartbeat_at=LONG_AGO)
    finally:
        connections.close_all()


def test_all_that_can_be_asked_of_a_room_is_in_these_tests() -> None:
    described_here = {
        (method.upper(), path)
        for path, operations in described()["paths"].items()
        for method, operation in operations.items()
        if path.startswith("/rooms/") and operation["tags"] == ["Rooms"]
    }
    here = {(method, f"/rooms/{{roomId}}{path.partition('?')[0]}") for method, path, _ in OF_A_ROOM}
    here = {(method, path.replace("/existingPeer/ada", "/existingPeer/{peerId}")) for method, path in here}
    assert described_here == here, "add each request of rooms/api to QUESTIONS or ACTIONS above"


@pytest.mark.usefixtures("database")
class TestWhoMayAsk:
    async def test_owners_and_admins(self, callers: Callers, node: NodeProcess) -> None:
        async with callers.meeting(node):
            for asker in (callers.owner, callers.admin):
                for method, path, body in QUESTIONS:
                    for address in (path, path.replace("?", "/?") if "?" in path else f"{path}/"):
                        assert (await asker.ask(method, f"/rooms/{ROOM}{address}", body)).status == 200, address
                assert [room["roomId"] for room in (await asker.get("/rooms/")).body["rooms"]] == [ROOM]

    async def test_nobody_who_only_views_recordings_and_nobody_without_a_token(
        self, callers: Callers, node: NodeProcess
    ) -> None:
        async with callers.meeting(node) as meeting:
            for asker, status in ((callers.viewer, 403), (callers.nobody, 401)):
                for method, path, body in OF_A_ROOM:
                    answer = await asker.ask(method, f"/rooms/{ROOM}{path}", body)
                    assert (answer.status, bool(answer.code)) == (status, True), path
                assert (await asker.get("/rooms/")).status == status
                assert (await asker.post("/chat/clear-rooms", CLEAR)).status == status
            await meeting.ada.drain()
            assert meeting.ada.events == []

    async def test_to_other_accounts_the_room_is_not_there(self, callers: Callers, node: NodeProcess) -> None:
        stranger = callers.stranger
        async with callers.meeting(node) as meeting:
            for method, path, body in OF_A_ROOM:
                answer = await stranger.ask(method, f"/rooms/{ROOM}{path}", body)
                missing = await stranger.ask(method, f"/rooms/nowhere{path}", body)
                assert (answer.status, answer.code) == (400, "roomNotFound"), path
                assert answer.body == missing.body
            assert (await stranger.get("/rooms/")).body == {"count": 0, "rooms": [], "silentNodes": []}
            answer = await stranger.post("/chat/clear-rooms", CLEAR)
            assert (answer.status, answer.code) == (400, "hostnameUnknown")
            answer = await stranger.post("/chat/clear-rooms", {**CLEAR, "hostname": "theirs.example"})
            assert (answer.status, answer.body) == (200, {"deleted": []})
            await meeting.ada.drain()
            assert meeting.ada.events == []


class TestWhatIsNotThere:
    async def test_a_room_is_400_and_an_impossible_id_404(self, callers: Callers) -> None:
        for method, path, body in OF_A_ROOM:
            answer = await callers.owner.ask(method, f"/rooms/nowhere{path}", body)
            assert (answer.status, answer.code) == (400, "roomNotFound"), path
            answer = await callers.owner.ask(method, f"/rooms/_x{path}", body)
            assert (answer.status, answer.code) == (404, "roomIdInvalid"), path

    @pytest.mark.parametrize("impossible", ["_x", "a%20b", "a.b", "a%0A", "r" * 129])
    async def test_what_no_id_can_be(self, callers: Callers, impossible: str) -> None:
        answer = await callers.owner.get(f"/rooms/{impossible}/exists")
        assert (answer.status, answer.code) == (404, "roomIdInvalid")

    async def test_a_participant_is_400(self, callers: Callers, node: NodeProcess) -> None:
        async with callers.meeting(node):
            for method, path, body in [
                ("GET", "/existingPeer/eve", None),
                ("GET", "/existingPeer/wim", None),  # waits at the door
                ("POST", "/existingPeer", {"peerId": "eve"}),
                ("POST", "/closePeer", {"peerId": "eve"}),
                ("POST", "/letBack", {"peerId": "ada"}),
                ("POST", "/mute", {"peerId": "eve"}),
                ("POST", "/admit", {"peerId": "ada"}),
            ]:
                answer = await callers.owner.ask(method, f"/rooms/{ROOM}{path}", body)
                assert (answer.status, answer.code) == (400, "peerNotFound"), path

    async def test_whom_it_is_about_must_be_said(self, callers: Callers) -> None:
        wrong: list[Any] = [None, {}, [], 5, "peerId", {"peerId": ""}, {"peerId": ["ada"]}, {"peerId": None}]
        for body in wrong:
            for path in ("existingPeer", "closePeer", "letBack"):
                answer = await callers.owner.post(f"/rooms/{ROOM}/{path}", body)
                assert (answer.status, bool(answer.code)) == (400, True), body

    @pytest.mark.usefixtures("silent_node")
    async def test_a_node_that_does_not_answer_is_500(self, callers: Callers) -> None:
        answer = await callers.owner.get(f"/rooms/{ROOM}/durationOfBroadcast")
        assert (answer.status, answer.code) == (500, "nodeUnreachable")
        answer = await callers.owner.post("/chat/clear-rooms", CLEAR)
        assert (answer.status, answer.code) == (500, "nodeUnreachable")
        assert (await callers.owner.get("/rooms/")).body == {"count": 0, "rooms": [], "silentNodes": ["serv0"]}

    @pytest.mark.usefixtures("silent_node")
    @pytest.mark.parametrize("runs", [True, False])
    async def test_nothing_is_said_or_done_then_as_if_the_room_were_not_there(
        self, callers: Callers, *, runs: bool
    ) -> None:
        if not runs:
            await asyncio.to_thread(_sign_off)
        recording: list[tuple[str, str, Any]] = [
            ("GET", "/recording", None),
            ("POST", "/recording/start", None),
            ("POST", "/recording/stop", None),
        ]
        for room in (ROOM, "serv0nobody", "nobody"):
            for method, path, body in OF_A_ROOM + recording:
                answer = await callers.owner.ask(method, f"/rooms/{room}{path}", body)
                assert (answer.status, answer.code) == (500, "nodeUnreachable"), (room, path)
                assert "serv0" in answer.body["error"]["message"]
        assert (await callers.owner.get("/rooms/")).body["silentNodes"] == ["serv0"]

    async def test_an_id_with_the_name_of_no_server_is_the_default_ones_and_answers_say_so(
        self, callers: Callers, node: NodeProcess
    ) -> None:
        answer = await callers.owner.get("/rooms/serv9room/exists")
        told = "There is no server serv9 here: the room belongs to the default server, serv0."
        assert (answer.code, answer.body["error"]["hint"]) == ("roomNotFound", told)
        async with Client(node) as ada:
            await ada.join("serv9room", "ada", {"account_id": callers.account.pk})
            answer = await callers.owner.get("/rooms/serv9room/exists")
            assert (answer.status, answer.headers["X-Notice"]) == (200, told)


class TestQuestions:
    async def test_a_list_of_rooms(self, callers: Callers, node: NodeProcess) -> None:
        async with callers.meeting(node):
            (room,) = (await callers.owner.get("/rooms")).body["rooms"]
            assert room.pop("openedAt").endswith("Z")
            assert room == {"roomId": ROOM, "node": "serv0", "numberPeers": 2, "viewers": 1, "waiting": 1}
            page = (await callers.owner.get("/rooms/?offset=1&limit=1")).body
            assert (page["count"], page["rooms"]) == (1, [])
            for wrong in ("limit=0", "limit=1001", "limit=x", "offset=-1"):
                assert (await callers.owner.get(f"/rooms/?{wrong}")).status == 400

    async def test_everything_about_a_room(self, callers: Callers, node: NodeProcess) -> None:
        async with callers.meeting(node):
            room = (await callers.owner.get(f"/rooms/{ROOM}")).body
            ada, bob = peers = room.pop("peers")
            assert (await callers.owner.get(f"/rooms/{ROOM}/peers")).body == {"peers": peers}
            (wim,) = room.pop("waiting")
            assert room.pop("openedAt") <= ada.pop("joinedAt") <= bob.pop("joinedAt") <= wim.pop("since")
            assert room == {"roomId": ROOM, "node": "serv0", "locked": False, "waitingRoom": False, "removed": []}
            assert wim == {"peerId": "wim", "displayName": "wim"}
            tracks = [
                {"source": source, "mimeType": mime_type, "paused": False, "bitrate": 0}
                for source, mime_type in (("mic", "audio/opus"), ("camera", "video/VP8"), ("screen", "video/VP8"))
            ]
            known = {"role": "participant", "language": "", "handRaised": False, "quality": "unknown"}
            assert ada == {"peerId": "ada", "displayName": "Ada L.", "viewer": False, "tracks": tracks, **known}
            assert bob == {"peerId": "bob/2", "displayName": "bob/2", "viewer": True, "tracks": [], **known}

    async def test_short_answers(self, callers: Callers, node: NodeProcess) -> None:
        async with callers.meeting(node):
            assert (await callers.owner.get(f"/rooms/{ROOM}/exists")).body == {"exists": True}
            assert (await callers.owner.get(f"/rooms/{ROOM}/numberPeers")).body == {"numberPeers": 2}
            assert (await callers.owner.get(f"/rooms/{ROOM}/durationOfBroadcast")).body["duration"] >= 0
            assert (await callers.owner.get(f"/rooms/{ROOM}/existingPeer/bob%2F2")).body == {"exists": True}

    async def test_the_old_question_says_that_it_is_old(self, callers: Callers, node: NodeProcess) -> None:
        async with callers.meeting(node):
            answer = await callers.owner.post(f"/rooms/{ROOM}/existingPeer", {"peerId": "bob/2"})
            assert answer.headers["Deprecation"] == "@1795564800"
            link, relation = answer.headers["Link"].split("; ")
            assert relation == 'rel="successor-version"'
            assert (await callers.owner.get(link.strip("<>"))).body == answer.body
            answer = await callers.owner.post(f"/rooms/{ROOM}/existingPeer", {"peerId": "eve"})
            assert (answer.status, answer.headers["Deprecation"]) == (400, "@1795564800")
            answer = await callers.owner.get(f"/rooms/{ROOM}/existingPeer/ada")
            assert not answer.headers.keys() & {"Deprecation", "Link"}


class TestActions:
    async def test_somebody_is_removed_inside_and_at_the_door(self, callers: Callers, node: NodeProcess) -> None:
        async with callers.meeting(node) as meeting:
            answer = await callers.owner.post(f"/rooms/{ROOM}/closePeer", {"peerId": "ada"})
            assert (answer.status, answer.body) == (200, {"closed": True})
            assert (await meeting.ada.event("closing"))["code"] == "kicked"
            assert await meeting.ada.closed() == 4411
            assert (await callers.owner.post(f"/rooms/{ROOM}/closePeer?peerId=wim")).status == 200
            assert (await meeting.wim.event("closing"))["code"] == "kicked"
            assert (await callers.owner.get(f"/rooms/{ROOM}/existingPeer/ada")).code == "peerNotFound"

    async def test_who_is_removed_may_come_again_unless_they_are_banned_until_they_are_let_back(
        self, callers: Callers, node: NodeProcess
    ) -> None:
        async def ask(path: str, **body: Any) -> int:
            return (await callers.owner.post(f"/rooms/{ROOM}/{path}", body)).status

        async def join() -> str:
            async with Client(node) as again:
                try:
                    await again.join(ROOM, "ada", {"account_id": callers.account.pk})
                except Refusal as refusal:
                    return str(refusal.code)
                return "ok"

        async with callers.meeting(node):
            assert await ask("closePeer", peerId="ada") == 200
            assert await join() == "ok"
        async with callers.meeting(node):
            assert await ask("closePeer?peerId=ada", ban=True) == 200
            (removed,) = (await callers.owner.get(f"/rooms/{ROOM}")).body["removed"]
            assert (removed["peerId"], removed["displayName"]) == ("ada", "Ada L.")
            assert await join() == "kicked"
            assert await ask("letBack", peerId="ada") == 200
            assert await join() == "ok"
            assert await ask("closePeer", peerId="bob/2", ban="sometimes") == 400

    @pytest.mark.parametrize("method", ["GET", "POST"])
    async def test_a_meeting_is_ended(self, callers: Callers, node: NodeProcess, method: str) -> None:
        async with callers.meeting(node) as meeting:
            answer = await callers.owner.ask(method, f"/rooms/{ROOM}/closeRoom")
            assert (answer.status, answer.body) == (200, {"closed": True})
            for client in (meeting.ada, meeting.bob):
                assert (await client.event("closing"))["code"] == "meetingEnded"
                assert await client.closed() == 4412
            assert (await callers.owner.get(f"/rooms/{ROOM}/exists")).status == 400
            assert (await callers.owner.ask(method, f"/rooms/{ROOM}/closeRoom")).code == "roomNotFound"

    async def test_looking_only_at_the_head_ends_no_meeting(self, callers: Callers, node: NodeProcess) -> None:
        async with callers.meeting(node):
            assert (await callers.owner.ask("HEAD", f"/rooms/{ROOM}/closeRoom")).status == 405
            assert (await callers.owner.get(f"/rooms/{ROOM}/exists")).status == 200

    async def test_one_or_all_are_muted(self, callers: Callers, node: NodeProcess) -> None:
        async with callers.meeting(node) as meeting:
            for body, device in (
                ({"everybody": True}, "mic"),
                ({"device": "camera", "peerId": "ada"}, "camera"),
                ({"device": "screen", "everybody": True}, "screen"),
            ):
                answer = await callers.owner.post(f"/rooms/{ROOM}/mute", body)
                assert (answer.status, answer.body) == (200, {"muted": True})
                assert await meeting.ada.event("trackStopped") == {"device": device}
            ada, _ = (await callers.owner.get(f"/rooms/{ROOM}/peers")).body["peers"]
            assert [(track["source"], track["paused"]) for track in ada["tracks"]] == [("mic", True), ("camera", True)]
            assert (await callers.owner.post(f"/rooms/{ROOM}/mute", {"device": "lamp"})).status == 400

    @pytest.mark.parametrize("body", [{"everybody": True}, {"peerId": "wim"}, {"peerId": "wim", "admitted": True}])
    async def test_the_door_is_opened(self, callers: Callers, node: NodeProcess, body: Any) -> None:
        async with callers.meeting(node) as meeting:
            answer = await callers.owner.post(f"/rooms/{ROOM}/admit", body)
            assert (answer.status, answer.body) == (200, {"admitted": True})
            assert (await meeting.wim.answer(meeting.wims_join))["ok"]
            assert (await meeting.ada.event("peerJoined"))["peer"]["id"] == "wim"

    @pytest.mark.parametrize("body", [{"everybody": True, "admitted": False}, {"peerId": "wim", "admitted": False}])
    async def test_or_somebody_is_turned_away_from_it(self, callers: Callers, node: NodeProcess, body: Any) -> None:
        async with callers.meeting(node) as meeting:
            answer = await callers.owner.post(f"/rooms/{ROOM}/admit", body)
            assert (answer.status, answer.body) == (200, {"admitted": False})
            assert not (await meeting.wim.answer(meeting.wims_join))["ok"]

    async def test_a_room_is_locked_and_opened_again(self, callers: Callers, node: NodeProcess) -> None:
        late = {"account_id": callers.account.pk}
        async with callers.meeting(node) as meeting:
            answer = await callers.owner.post(f"/rooms/{ROOM}/lock", {"locked": True})
            assert (answer.status, answer.body) == (200, {"locked": True})
            assert (await meeting.ada.event("rulesChanged"))["rules"]["locked"] is True
            assert (await callers.owner.get(f"/rooms/{ROOM}")).body["locked"] is True
            await meeting.bob.request("leave")
            async with Client(node) as eve:
                with pytest.raises(Refusal, match="roomLocked"):
                    await eve.join(ROOM, "eve", late)
            assert (await callers.owner.post(f"/rooms/{ROOM}/lock", {"locked": False})).body == {"locked": False}
            async with Client(node) as eve:
                await eve.join(ROOM, "eve", late)
            assert (await callers.owner.post(f"/rooms/{ROOM}/lock", {})).status == 400


class TestWhatIsNotUnderstood:
    """It acts on nobody: neither on whom it may have meant, nor on everybody."""

    WHOM: ClassVar[list[tuple[str, Any]]] = [
        ("", None),
        ("", {}),
        ("?peerId=wim", None),
        ("?peerId=wim", {"everybody": True}),
        ("?everybody=true", None),
        ("", {"peerID": "wim"}),
        ("", {"peer_id": "wim"}),
        ("", {"peerid": "wim", "everybody": True}),
        ("", {"peerId": None}),
        ("", {"peerId": ["wim"]}),
        ("", {"everybody": False}),
        ("", {"everybody": None}),
        ("", {"peerId": "wim", "everybody": True}),
        ("", {"peerId": "wim", "admit": False}),
        ("", {"peerId": "wim", "admited": False}),
        ("", {"peerId": "wim", "admitted": None}),
        ("", {"peerId": "wim", "devices": "camera"}),
    ]

    async def test_mute_and_admit(self, callers: Callers, node: NodeProcess) -> None:
        async with callers.meeting(node) as meeting:
            for action in ("mute", "admit"):
                for query, body in self.WHOM:
                    answer = await callers.owner.post(f"/rooms/{ROOM}/{action}{query}", body)
                    if not (action == "mute" and body == {"peerId": "wim", "admitted": None}):
                        assert (answer.status, answer.code) == (400, "invalidData"), (action, query, body)
            for client in (meeting.ada, meeting.wim):
                await client.drain()
                assert client.events == []

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("POST", "/closePeer?peerId=ada", {"peerId": "bob/2"}),
            ("POST", "/closePeer?peerId=ada&peerId=bob", None),
            ("POST", "/closePeer", {"peerId": "ada", "ban": 1, "bann": 1}),
            ("POST", "/closeRoom", {"peerId": "ada"}),
            ("GET", "/closeRoom?peerId=ada", None),
            ("POST", "/lock?locked=true", {"locked": False}),
            ("POST", "/lock", {"locked": True, "until": "noon"}),
            ("POST", "/recording/start", {"layout": "grid"}),
            ("GET", "/numberPeers?viewers=true", None),
        ],
    )
    async def test_others_likewise(
        self, callers: Callers, node: NodeProcess, method: str, path: str, body: Any
    ) -> None:
        async with callers.meeting(node) as meeting:
            answer = await callers.owner.ask(method, f"/rooms/{ROOM}{path}", body)
            assert (answer.status, answer.code) == (400, "invalidData")
            await meeting.ada.drain()
            assert meeting.ada.events == []

    async def test_the_answer_says_where_a_name_belongs(self, callers: Callers) -> None:
        answer = await callers.owner.post(f"/rooms/{ROOM}/mute?peerId=ada", {"peer": "ada"})
        assert answer.body["error"]["message"] == (
            "peerId: It belongs into the body. peer: There is no such field here; known are peerId, everybody, device."
        )
        answer = await callers.owner.post(f"/rooms/{ROOM}/lock", {"lock": True})
        assert answer.body["error"]["message"].startswith("lock: There is no such field here; known is locked.")


class TestChats:
    async def test_the_chat_of_live_rooms_is_cleared(self, callers: Callers, node: NodeProcess) -> None:
        async with callers.meeting(node) as meeting:
            await meeting.ada.request("sendChat", text="hello")
            rooms = [{"roomId": ROOM}, {"roomId": "nowhere", "type": "call"}, {"roomId": ROOM, "type": "webinar"}]
            answer = await callers.owner.post("/chat/clear-rooms", {"hostname": HOST, "rooms": rooms})
            assert (answer.status, answer.body) == (200, {"deleted": [ROOM]})
            assert await meeting.bob.event("chatCleared") == {}
            async with Client(node) as eve:
                joined = await eve.join(ROOM, "eve", {"account_id": callers.account.pk})
                assert joined["room"]["chat"] == []

    async def test_nothing_happens_where_the_body_is_wrong(self, callers: Callers, node: NodeProcess) -> None:
        async with callers.meeting(node) as meeting:
            for body, status in WRONG_CLEARS:
                answer = await callers.owner.post("/chat/clear-rooms", body)
                assert (answer.status, bool(answer.code)) == (status, True), body
            await meeting.ada.drain()
            assert meeting.ada.events == []
