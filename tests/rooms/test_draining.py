"""Emptying a node: who may, by which ways, and what follows for where rooms go."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse

from media.config import MediaConfig
from meet.accounts.hosts import default_account
from meet.accounts.models import AuditEvent
from meet.database_time import database_now
from meet.errors import BadRequest, NotFoundError
from rooms.models import Drain, Node
from rooms.nodes.draining import State, drain, node_named, state_of
from rooms.nodes.lease import LEASE
from rooms.nodes.missing import MISSED_FOR, missing_nodes
from rooms.nodes.place import Place, PlaceTaken
from rooms.nodes.placement import place
from rooms.protocol import SetLocked
from rooms.room_key import RoomKey
from rooms.runtime.node import Node as RunningNode
from rooms.runtime.node import NodeConfig
from rooms.runtime.tenure import Tenure
from rooms.state.commands import By
from rooms.state.memory import RemembersNothing
from rooms.uptime import uptime_s
from tests.rooms.fakes import settle
from tests.rooms.guests import Guest

if TYPE_CHECKING:
    from pathlib import Path

    from django.test import Client

    from rooms.state.memory import RoomMemory

pytestmark = pytest.mark.django_db


def node(name: str, age_s: float = -30.0, **fields: Any) -> Node:
    now = database_now()
    beat = now - timedelta(seconds=age_s)
    return Node.objects.create(name=name, port=8001, started_at=now, heartbeat_at=beat, **fields)


class TestService:
    def test_a_node_that_drains_takes_no_new_rooms_though_their_ids_name_it(self) -> None:
        first, _ = node("serv0"), node("serv1")
        drain(first, Drain.FINISH)
        assert place(default_account(), "serv0room").name == "serv1"
        drain(first, Drain.NONE)
        assert place(default_account(), "serv0other").name == "serv0"

    def test_a_room_that_is_there_is_found_there_until_the_node_lets_it_go(self) -> None:
        first, _ = node("serv0"), node("serv1")
        place(default_account(), "room")
        drain(first, Drain.FINISH)
        assert place(default_account(), "room").name == "serv0"

    def test_rooms_have_to_have_somewhere_to_go(self) -> None:
        only = node("serv0")
        node("serv1", age_s=60)
        node("serv2", drain=Drain.FINISH)
        with pytest.raises(BadRequest) as refused:
            drain(only, Drain.MOVE)
        assert refused.value.code == "noOtherNode"
        assert node_named("serv0").drain == Drain.NONE
        drain(only, Drain.FINISH)

    def test_what_a_node_does_is_a_word(self) -> None:
        now = database_now()
        assert state_of(node("serv0"), now) is State.RUNNING
        assert state_of(node("serv1", drain=Drain.FINISH, rooms=1), now) is State.DRAINING
        assert state_of(node("serv2", drain=Drain.MOVE), now) is State.DRAINED
        assert state_of(node("serv3", age_s=2 * LEASE.total_seconds()), now) is State.DOWN

    def test_who_names_none_is_told_which_there_are(self) -> None:
        node("serv0")
        with pytest.raises(NotFoundError) as refused:
            node_named("serv9")
        assert refused.value.hint == "There are: serv0."


class TestCommand:
    def test_nodes_are_listed_and_drained(self) -> None:
        node(
            "serv0",
            country="Luxembourg",
            machine="process 1 on one",
            peers=3,
            rooms=2,
            load_percent=7,
            lag_ms=4,
            packets_per_s=900,
        )
        node("serv1")
        out = StringIO()
        call_command("node", "drain", "serv0", "--move", stdout=out)
        call_command("node", "list", stdout=out)
        said, head, first, _second = out.getvalue().splitlines()
        assert said == "serv0 takes no new rooms; those that are there move to other nodes."
        assert head.split() == [
            "name",
            "state",
            "rooms",
            "people",
            "load",
            "late",
            "packets/s",
            "country",
            "runs",
            "as",
        ]
        assert first.split() == [
            "serv0",
            "draining",
            "2",
            "3",
            "7",
            "%",
            "4",
            "ms",
            "900",
            "Luxembourg",
            "process",
            "1",
            "on",
            "one",
        ]
        assert Node.objects.get(name="serv0").drain == Drain.MOVE
        call_command("node", "undrain", "serv0", stdout=out)
        assert Node.objects.get(name="serv0").drain == Drain.NONE
        assert AuditEvent.objects.filter(actor="manage.py").count() == 2

    def test_what_can_not_be_is_said_in_a_line(self) -> None:
        node("serv0")
        with pytest.raises(CommandError, match=r"There is no node serv9\. There are: serv0\."):
            call_command("node", "drain", "serv9")
        with pytest.raises(CommandError, match="have nowhere to go"):
            call_command("node", "drain", "serv0", "--move")


class TestAdmin:
    def ask(self, client: Client, action: str, *nodes: Node, **more: str) -> Any:
        chosen = {"action": action, "_selected_action": [one.pk for one in nodes], **more}
        return client.post(reverse("admin:rooms_node_changelist"), chosen, follow=True)

    def test_a_superuser_is_asked_first(self, admin_client: Client) -> None:
        first, _ = node("serv0", rooms=2, peers=5), node("serv1")
        asked = self.ask(admin_client, "move_rooms", first).content.decode()
        assert "serv0: 2 rooms, 5 participants" in asked
        assert "This node takes no new rooms from now on, and its meetings move" in asked
        assert node_named("serv0").drain == Drain.NONE
        assert "move to other nodes." in self.ask(admin_client, "move_rooms", first, confirmed="yes").content.decode()
        assert node_named("serv0").drain == Drain.MOVE
        self.ask(admin_client, "undrain_nodes", first)
        assert node_named("serv0").drain == Drain.NONE
        self.ask(admin_client, "drain_nodes", first, confirmed="yes")
        assert node_named("serv0").drain == Drain.FINISH
        assert AuditEvent.objects.filter(what__startswith="serv0 takes").count() == 3

    def test_nobody_else_may_though_they_see_the_nodes(self, client: Client) -> None:
        first, _ = node("serv0"), node("serv1")
        staff = User.objects.create_user("staff", password="a long enough one", is_staff=True)
        staff.user_permissions.set(Permission.objects.filter(content_type__app_label="rooms"))
        client.force_login(staff)
        for action in ("drain_nodes", "move_rooms", "undrain_nodes"):
            self.ask(client, action, first, confirmed="yes")
        assert node_named("serv0").drain == Drain.NONE

    def test_the_list_shows_what_nodes_do(self, admin_client: Client) -> None:
        node("serv0", country="Luxembourg", load_percent=12)
        node("serv1", age_s=60)
        page = admin_client.get(reverse("admin:rooms_node_changelist")).content.decode()
        for text in ("Luxembourg", "12\N{NO-BREAK SPACE}%", "running", "down"):
            assert text in page
        running = admin_client.get(reverse("admin:rooms_node_changelist"), {"runs": "no"}).content.decode()
        assert "serv1" in running
        assert "Luxembourg" not in running

    def test_a_node_that_runs_is_not_deleted(self, admin_client: Client) -> None:
        first, dead = node("serv0"), node("serv1", age_s=60)
        for one, status in ((first, 403), (dead, 302)):
            address = reverse("admin:rooms_node_delete", args=(one.pk,))
            assert admin_client.post(address, {"post": "yes"}).status_code == status
        assert [one.name for one in Node.objects.all()] == ["serv0"]


class TestMissingNodes:
    def test_a_node_is_missing_when_it_was_seen_dead_for_a_while(self) -> None:
        node("serv0")
        node("serv1", age_s=3600)
        assert missing_nodes(["serv0", "serv1"]) == [], "the database may have been away"
        Node.objects.filter(name="serv1").update(missed_at=database_now() - MISSED_FOR)
        assert missing_nodes(["serv0", "serv1"]) == ["serv1"]
        assert missing_nodes(["serv0"]) == []

    def test_a_node_without_a_row_is_missing(self) -> None:
        assert missing_nodes(["serv7"]) == ["serv7"]


class TestPlace:
    def test_one_process_at_a_time_is_in_a_place(self, tmp_path: Path) -> None:
        first, second = Place(tmp_path, "serv0"), Place(tmp_path, "serv0")
        here = first.hold()
        with pytest.raises(PlaceTaken, match="serv0 runs already on this data folder"):
            second.hold()
        other = Place(tmp_path, "serv1")
        assert other.hold() != here
        first.close()
        assert second.hold() == here, "the same place as before"
        second.close()
        other.close()
        assert (tmp_path / "node-serv0.lock").stat().st_mode & 0o077 == 0


class TestRunningNode:
    """Its rooms, when it is told something by its registration."""

    async def test_rooms_that_move_are_remembered_let_go_and_left_in_this_order(self) -> None:
        done: list[str] = []

        class Kept(RemembersNothing):
            def save(self, key: RoomKey, memory: RoomMemory | None) -> None:
                assert memory is not None
                assert memory.rules.rules.locked
                done.append(f"save {key.room_id}")

            async def flush(self) -> None:
                done.append("flush")

        async def let_go() -> None:
            done.append("let go")
            assert "closing" not in ada.events

        node = await started(memories=Kept())
        ada = Guest(node, "ada")
        await ada.join()
        await ada.room.control(By(None, SetLocked(locked=True)))
        done.clear()
        await node.move(node.kept_rooms(), let_go)
        await settle()
        assert done == ["save room", "flush", "let go"]
        assert ada.event("closing")["code"] == "serverClosing"
        assert ada.socket.closed is not None
        assert node.rooms == {}
        await node.close()

    async def test_rooms_of_who_has_lost_the_name_end_and_change_nothing_that_the_other_remembers(self) -> None:
        class Kept(RemembersNothing):
            def save(self, key: RoomKey, memory: RoomMemory | None) -> None:
                raise AssertionError(key, memory)

        node = await started(memories=Kept(), tenure=Tenure(5.0))
        node.name_kept(7, uptime_s())
        ada = Guest(node, "ada")
        await ada.join()
        await ada.room.control(By(None, SetLocked(locked=True)))
        node.name_lost("serv0 is run by another.")
        await settle()
        assert ada.event("closing")["code"] == "serverClosing"
        assert (node.rooms, node.tenure.serves(uptime_s())) == ({}, False)
        node.name_kept(8, uptime_s())
        assert node.tenure.serves(uptime_s())
        await node.close()

    async def test_while_it_drains_people_come_into_rooms_that_are_there_only(self) -> None:
        node = await started()
        await Guest(node, "ada").join()
        node.told_to(Drain.FINISH)
        assert node.takes(RoomKey(1, "room"))
        assert not node.takes(RoomKey(1, "another"))
        node.told_to(Drain.NONE)
        assert node.takes(RoomKey(1, "another"))
        await node.close()


async def started(**parts: Any) -> RunningNode:
    running = RunningNode(NodeConfig("serv0", MediaConfig(port=0)), **parts)
    await running.start()
    return running
