"""Web asks a real node about its rooms, and acts in them; people are there over real signalling."""

from __future__ import annotations

import contextlib
import socket
import time
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from asgiref.sync import sync_to_async

from meet.accounts.models import Account
from meet.database_time import database_now
from rooms.control import client
from rooms.control.errors import CommandRefused, NodeUnreachable, NoSuchRoom
from rooms.models import Node
from rooms.nodes.lease import LEASE
from rooms.nodes.placement import place
from rooms.protocol import (
    Admit,
    AskToTurnOn,
    ClearChat,
    EndMeeting,
    Kick,
    LetBack,
    LowerHand,
    Request,
    SendChat,
    SetLocked,
    SetWaitingRoom,
    StartRecording,
    StopTrack,
)
from tests.control.nodes import placed, registered
from tests.meet.answering import answer, answering
from tests.rooms.client import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rooms.control.shapes import LiveRoom
    from tests.rooms.conftest import NodeProcess

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def row(node: NodeProcess, db: None) -> Node:  # noqa: ARG001 - its tables
    return registered(node.control_url)


@pytest.fixture
def account(db: None) -> Account:  # noqa: ARG001
    return Account.objects.create(name="Acme")


@pytest.fixture
def room(account: Account, row: Node, request: pytest.FixtureRequest) -> str:
    """A room of the account's, placed on the node; its name is the test's."""
    room_id = str(request.function.__name__)[:100]
    placed(account, room_id, row)
    return room_id


def of(account: Account, **more: Any) -> dict[str, Any]:
    return {"account_id": account.pk, **more}


async def act(account: Account, room: str, command: Request) -> None:
    await sync_to_async(client.act)(account, room, command)


async def described(account: Account, room: str) -> LiveRoom:
    return await sync_to_async(client.live_room)(account, room)


async def test_a_room_is_told_with_everybody_who_is_in_or_waits(node: NodeProcess, account: Account, room: str) -> None:
    async with Client(node) as ada, Client(node) as vic, Client(node) as eve:
        await ada.join(room, "ada", of(account, role="moderator"))
        await vic.join(room, "vic", of(account, interface="webinar", viewer=True))
        await eve.ask_to_join(room, "eve", of(account, waiting_room=True))
        await eve.event("waiting")
        told = await described(account, room)
        assert (told.account_id, told.room_id, told.node) == (account.pk, room, "serv0")
        assert [(peer.peer_id, peer.role, peer.viewer) for peer in told.peers] == [
            ("ada", "moderator", False),
            ("vic", "participant", True),
        ]
        assert [peer.peer_id for peer in told.waiting] == ["eve"]
        assert told.opened_at <= told.peers[0].joined_at <= told.waiting[0].since
        survey = await sync_to_async(client.live_rooms)(account)
        assert [(one.room_id, one.peers, one.viewers, one.waiting) for one in survey.rooms] == [(room, 2, 1, 1)]
        assert survey.silent_nodes == []


async def test_an_account_sees_its_own_rooms_only_and_the_operator_all(
    node: NodeProcess, account: Account, row: Node, room: str
) -> None:
    other = await Account.objects.acreate(name="Other")
    await sync_to_async(placed)(other, room, row)
    async with Client(node) as ada, Client(node) as bob:
        await ada.join(room, "ada", of(account))
        await bob.join(room, "bob", of(other))
        for one, peer in ((account, "ada"), (other, "bob")):
            assert [p.peer_id for p in (await described(one, room)).peers] == [peer]
            survey = await sync_to_async(client.live_rooms)(one)
            assert [r.account_id for r in survey.rooms] == [one.pk]
        survey = await sync_to_async(client.live_rooms)(None)
        assert {r.account_id for r in survey.rooms} == {account.pk, other.pk}
        await act(other, room, Kick("bob"))
        with pytest.raises(CommandRefused):
            await act(account, room, Kick("bob"))


async def test_a_room_without_people_or_a_placement_is_not_there(account: Account, room: str) -> None:
    with pytest.raises(NoSuchRoom) as caught:
        await described(account, room)
    assert (caught.value.status, caught.value.code) == (400, "roomNotFound")
    with pytest.raises(NoSuchRoom):
        await act(account, room, EndMeeting())
    with pytest.raises(NoSuchRoom):
        await described(account, "elsewhere")


class TestNodesThatDoNotRun:
    """Nobody knows then whether a room is there."""

    async def everything_fails(self, account: Account, *rooms: str) -> None:
        for room in rooms:
            with pytest.raises(NodeUnreachable, match="serv"):
                await described(account, room)
            for command in (Kick("ada"), StartRecording(), ClearChat(), EndMeeting()):
                with pytest.raises(NodeUnreachable, match="serv"):
                    await act(account, room, command)

    async def test_all_of_them(self, account: Account, room: str) -> None:
        await sync_to_async(registered)("http://127.0.0.1:9", live=False)
        await self.everything_fails(account, room, "serv0nobody", "nobody")
        survey = await sync_to_async(client.live_rooms)(account)
        assert (survey.rooms, survey.silent_nodes) == ([], ["serv0"])

    async def test_no_node_has_ever_run(self, account: Account) -> None:
        with pytest.raises(NodeUnreachable, match="No meeting server is running"):
            await described(account, "nobody")

    @pytest.mark.usefixtures("row")
    async def test_the_one_that_an_id_names_while_others_run(self, account: Account) -> None:
        dead = await sync_to_async(registered)("http://127.0.0.1:9", "serv1", live=False)
        await self.everything_fails(account, "serv1nobody")
        with pytest.raises(NoSuchRoom):
            await described(account, "serv0nobody")
        with pytest.raises(NoSuchRoom):
            await described(account, "nobody")
        await sync_to_async(placed)(account, "moved", dead)
        await self.everything_fails(account, "moved")

    async def test_a_room_that_lives_elsewhere_is_found_and_one_that_is_over_is_not_taken_for_well(
        self, node: NodeProcess, account: Account, row: Node
    ) -> None:
        await sync_to_async(registered)("http://127.0.0.1:9", "serv1", live=False)
        await sync_to_async(placed)(account, "serv1room", row)
        async with Client(node) as ada:
            await ada.join("serv1room", "ada", of(account))
            assert (await described(account, "serv1room")).node == "serv0"
        assert await node.rooms_gone()
        await self.everything_fails(account, "serv1room")

    async def test_a_heartbeat_from_the_future_is_none(self, account: Account) -> None:
        row = await sync_to_async(registered)("http://127.0.0.1:9")
        row.heartbeat_at += timedelta(hours=1)
        await row.asave()
        await self.everything_fails(account, "serv0room")


def test_a_node_whose_lease_is_over_keeps_its_rooms_while_it_answers(account: Account, row: Node, room: str) -> None:
    """It has lost its database, and not its people."""
    client._answered.clear()
    registered("http://127.0.0.1:9", "serv1")
    over = Node.objects.filter(pk=row.pk)
    over.update(heartbeat_at=database_now() - LEASE)
    assert place(account, room, client.answers).name == "serv0"
    over.update(epoch=7)
    assert place(account, room, client.answers).name == "serv0", "what was found a moment ago"
    client._answered.clear()
    assert place(account, room, client.answers).name == "serv1", "another process has the name"


def test_a_node_that_says_nothing_is_not_there(
    account: Account, row: Node, room: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "CONNECT_TIMEOUT_S", 0.3)  # nobody who is asked here will answer
    client._answered.clear()
    registered("http://127.0.0.1:9", "serv1")
    with socket.create_server(("127.0.0.1", 0)) as stopped:  # takes connections, as the kernel does for it
        url = f"http://127.0.0.1:{stopped.getsockname()[1]}"
        Node.objects.filter(pk=row.pk).update(heartbeat_at=database_now() - LEASE, control_url=url)
        assert place(account, room, client.answers).name == "serv1"


@pytest.mark.usefixtures("row")
async def test_an_id_that_names_no_server_is_said_so(account: Account) -> None:
    with pytest.raises(NoSuchRoom) as caught:
        await described(account, "serv77room")
    assert caught.value.hint == "There is no server serv77 here: the room belongs to the default server, serv0."


async def test_the_accounts_server_does_what_moderators_may_and_removes_moderators_too(
    node: NodeProcess, account: Account, room: str
) -> None:
    async with Client(node) as mia, Client(node) as ada, Client(node) as eve:
        await mia.join(room, "mia", of(account, role="moderator"))
        await ada.join(room, "ada", of(account))
        await act(account, room, AskToTurnOn("ada", "mic"))
        assert await ada.event("askedToTurnOn") == {"device": "mic", "displayName": ""}
        await act(account, room, SetWaitingRoom(enabled=True))
        await act(account, room, SetLocked(locked=False))
        await eve.ask_to_join(room, "eve", of(account))
        await eve.event("waiting")
        await act(account, room, Admit("eve", admitted=True))
        assert (await mia.event("peerJoined"))["peer"]["id"] == "ada"
        assert (await mia.event("peerJoined"))["peer"]["id"] == "eve"
        await act(account, room, Kick("mia"))
        told = await mia.event("closing")
        assert told == {"code": "kicked", "message": "The organiser removed you from this meeting."}
        assert await mia.closed() == 4411
        await act(account, room, LetBack("mia"))
        await act(account, room, EndMeeting())
        assert await ada.event("closing") == {"code": "meetingEnded", "message": "The meeting was ended."}


async def test_a_cleared_chat_is_empty_for_all_and_for_who_comes_later(
    node: NodeProcess, account: Account, room: str
) -> None:
    async with Client(node) as ada, Client(node) as bob:
        await ada.join(room, "ada", of(account))
        await ada.request("sendChat", text="Hello")
        assert (await ada.event("chatAdded"))["message"]["id"] == 1
        await act(account, room, ClearChat())
        assert await ada.event("chatCleared") == {}
        assert (await bob.join(room, "bob", of(account)))["room"]["chat"] == []
        await bob.request("sendChat", text="Hello")
        assert (await ada.event("chatAdded"))["message"]["id"] == 2


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (Kick("nobody"), "peerNotFound"),
        (Admit("nobody", admitted=True), "peerNotFound"),
        (StopTrack("nobody", "mic"), "peerNotFound"),
        (LetBack("nobody"), "peerNotFound"),
        (AskToTurnOn("ina", "camera"), "notAllowed"),
    ],
)
async def test_what_the_room_refuses_comes_back_with_its_code(
    node: NodeProcess, account: Account, room: str, command: Request, code: str
) -> None:
    async with Client(node) as ina:
        await ina.join(room, "ina", of(account, role="interpreter"))
        with pytest.raises(CommandRefused) as caught:
            await act(account, room, command)
        assert (caught.value.status, caught.value.code) == (400, code)


async def test_commands_of_participants_cannot_be_sent(account: Account, room: str) -> None:
    for command in (SendChat("Hello"), LowerHand("ada")):
        with pytest.raises(ValueError, match="can't be asked for"):
            await act(account, room, command)


def test_who_asks_a_silent_node_a_moment_later_does_not_wait_for_it(
    account: Account, row: Node, room: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "time", SimpleNamespace(monotonic=lambda: 1000.0, time=time.time))  # a moment
    with monkeypatch.context() as impatient:
        impatient.setattr(client, "TIMEOUT_S", 0.3)
        impatient.setattr(client, "CONNECT_TIMEOUT_S", 0.3)
        ask_a_silent_node(account, row, room)
    Node.objects.filter(pk=row.pk).update(control_url=row.control_url, heartbeat_at=database_now())
    with pytest.raises(NoSuchRoom):
        client.live_room(account, room)


def ask_a_silent_node(account: Account, row: Node, room: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stopped:  # takes connections, as the kernel does for it
        stopped.setblocking(False)
        url = f"http://127.0.0.1:{stopped.getsockname()[1]}"
        over = Node.objects.filter(pk=row.pk)
        over.update(heartbeat_at=database_now() - LEASE, control_url=url)
        for _ in range(5):
            with pytest.raises(NodeUnreachable, match="serv0"):
                client.live_room(account, room)
            with pytest.raises(NodeUnreachable, match="serv0"):
                client.act(account, room, EndMeeting())
            assert client.live_rooms(account).silent_nodes == ["serv0"]
        assert asked(stopped) == 1
        over.update(heartbeat_at=database_now())
        with pytest.raises(NodeUnreachable):
            client.live_room(account, room)
        assert asked(stopped) == 1, "it writes heartbeats: it is asked again"
        over.update(heartbeat_at=database_now() - LEASE)
        client._answered.clear()
        for _ in range(2):
            assert not client.answers(Node.objects.get())
        assert asked(stopped) == 1, "where its rooms may move, it is asked whatever was before, once a second"


def asked(server: socket.socket) -> int:
    """How many connections have been made since the last time."""
    count = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            server.accept()[0].close()
            count += 1
    return count


@pytest.fixture
def deaf() -> Iterator[str]:
    """An address where connections are taken and nobody ever answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("status", [200, 404, 409])
async def test_where_another_server_has_a_nodes_address_the_node_does_not_answer(
    account: Account, room: str, status: int
) -> None:
    with answering(answer(status, b"<h1>Another server</h1>")) as other:
        await sync_to_async(registered)(f"http://127.0.0.1:{other.port}")
        with pytest.raises(NodeUnreachable):
            await described(account, room)
        with pytest.raises(NodeUnreachable):
            await sync_to_async(client.act)(account, room, EndMeeting())
        survey = await sync_to_async(client.live_rooms)(account)
        assert (survey.rooms, survey.silent_nodes) == ([], ["serv0"])


@pytest.mark.parametrize("kind", ["deaf", "closed", "nowhere", "foreign key"])
async def test_a_node_that_gives_no_answer_is_named(
    node: NodeProcess, account: Account, room: str, deaf: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "TIMEOUT_S", 0.3)
    client._http.cache_clear()
    addresses = {"deaf": deaf, "closed": "http://127.0.0.1:9", "nowhere": "", "foreign key": node.control_url}
    if kind == "foreign key":
        monkeypatch.setattr(client, "derive_key", lambda _: b"another")
    await sync_to_async(registered)(addresses[kind])
    try:
        with pytest.raises(NodeUnreachable) as caught:
            await described(account, room)
        assert (caught.value.status, caught.value.code) == (503, "nodeUnreachable")
        survey = await sync_to_async(client.live_rooms)(account)
        assert (survey.rooms, survey.silent_nodes) == ([], ["serv0"])
    finally:
        client._http.cache_clear()
