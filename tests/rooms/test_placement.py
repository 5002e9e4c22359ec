"""Which node a room lives on. What touches the database runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meet.accounts.hosts import default_account
from meet.accounts.models import Account
from meet.config import PROJECT
from meet.errors import BadRequest, Unavailable
from rooms.models import Node, Placement
from rooms.nodes import placement
from rooms.nodes.ended import machine_of, process_ended
from rooms.nodes.lease import CLOCK_SET_BACK, LEASE
from rooms.nodes.placement import (
    NOTED_AFTER,
    PLACEMENT_LIFETIME,
    UNJOINED_LIFETIME,
    candidates,
    check_room_id,
    place,
    touch,
)
from rooms.room_key import RoomKey

if TYPE_CHECKING:
    from django.conf import LazySettings
    from django.db.backends.base.base import BaseDatabaseWrapper

NOW = timezone.now()


def node(name: str, age_s: float = 0, **fields: Any) -> Node:
    now = timezone.now()
    return Node(name=name, port=8001, started_at=now, heartbeat_at=now - timedelta(seconds=age_s), **fields)


def least_loaded() -> Account:
    """An account whose rooms go to the least loaded node."""
    return Account.objects.get_or_create(name="Spread", defaults={"default_node": "least"})[0]


def names(nodes: list[Node]) -> list[str]:
    return [one.name for one in nodes]


class TestRoomIds:
    @pytest.mark.parametrize("room_id", ["a", "serv2testroom", "A-b_9", "7" * 128])
    def test_letters_digits_hyphens_and_underscores_are_fine(self, room_id: str) -> None:
        assert check_room_id(room_id) == room_id

    @pytest.mark.parametrize("room_id", ["-a", "_a", "a b", "a/b", "ä", "a\n", "a" * 129, "<b>", "a\x00", "..", "%61"])
    def test_anything_else_is_not(self, room_id: str) -> None:
        with pytest.raises(BadRequest) as caught:
            check_room_id(room_id)
        assert caught.value.code == "roomIdInvalid"

    def test_a_missing_one_is_told_apart(self) -> None:
        with pytest.raises(BadRequest) as caught:
            check_room_id("")
        assert caught.value.code == "roomIdMissing"


class TestCandidates:
    def test_the_least_loaded_comes_first(self) -> None:
        nodes = [node("serv0", peers=5), node("serv1", peers=2, rooms=2), node("serv2", peers=2, rooms=1)]
        assert names(candidates("room", nodes, timezone.now())) == ["serv2", "serv1", "serv0"]

    def test_nodes_without_a_fresh_heartbeat_do_not_count(self) -> None:
        dead = node("serv0")
        dead.heartbeat_at = NOW - LEASE
        barely = node("serv1")
        barely.heartbeat_at = NOW - LEASE + timedelta(milliseconds=1)
        assert names(candidates("room", [dead, barely], NOW)) == ["serv1"]

    @pytest.mark.parametrize(
        ("room_id", "first"),
        [
            ("serv2testroom", "serv2"),
            ("serv2", "serv2"),
            ("serv12room", "serv12"),
            ("serv1x", "serv1"),
            ("serv129", "serv12"),  # there is no serv129: serv12 and the room 9
            ("serv9room", "serv0"),
            ("Serv2room", "serv0"),
            ("myserv2room", "serv0"),
        ],
    )
    def test_an_id_that_begins_with_a_node_goes_there_however_busy_it_is(self, room_id: str, first: str) -> None:
        nodes = [node("serv0"), node("serv1", peers=9), node("serv2", peers=9), node("serv12", peers=99)]
        assert candidates(room_id, nodes, timezone.now())[0].name == first

    def test_an_id_that_names_no_node_goes_to_the_default_one_however_busy_it_is(self) -> None:
        nodes = [node("serv0"), node("serv1", peers=900), node("serv2", age_s=60)]
        for room_id in ("BMW", "serv9room", "serv", "myserv0room"):
            assert names(candidates(room_id, nodes, timezone.now(), "serv1")) == ["serv1", "serv0"]
            assert names(candidates(room_id, nodes, timezone.now(), "serv2")) == ["serv0", "serv1"], "it is gone"

    def test_rooms_placed_since_the_last_heartbeats_are_load_too(self) -> None:
        nodes = [node("serv0", pk=1, rooms=4, peers=8), node("serv1", pk=2, rooms=4, peers=9)]
        assert names(candidates("room", nodes, timezone.now(), "least", {1: 2})) == ["serv1", "serv0"]

    def test_a_heartbeat_from_the_future_says_nothing(self) -> None:
        nodes = [node("serv0", age_s=-3600), node("serv1", age_s=-29)]
        assert names(candidates("serv0room", nodes, timezone.now(), "serv0")) == ["serv1"]

    def test_a_named_node_that_is_dead_is_not_waited_for(self) -> None:
        nodes = [node("serv0"), node("serv2", age_s=60)]
        assert names(candidates("serv2room", nodes, timezone.now())) == ["serv0"]


@pytest.mark.usefixtures("database")
class TestPlacing:
    def test_a_room_stays_where_it_is(self, database: str) -> None:
        node("serv0").save()
        node("serv1", peers=3).save()
        assert place(default_account(), "room").name == "serv0"
        Node.objects.filter(name="serv0").update(peers=100)
        assert place(default_account(), "room").name == "serv0"
        assert place(least_loaded(), "other").name == "serv1"
        assert Placement.objects.count() == 2
        assert connection.vendor == database

    def test_a_room_of_a_dead_node_moves_and_stays_there(self) -> None:
        node("serv0").save()
        node("serv1", peers=3).save()
        place(default_account(), "room")
        Node.objects.filter(name="serv0").update(heartbeat_at=timezone.now() - LEASE)
        assert place(default_account(), "room").name == "serv1"
        Node.objects.filter(name="serv0").update(heartbeat_at=timezone.now())
        assert place(default_account(), "room").name == "serv1"

    def test_without_a_live_node_nothing_is_available(self) -> None:
        with pytest.raises(Unavailable) as caught:
            place(default_account(), "room")
        assert (caught.value.code, caught.value.status) == ("noNode", 503)
        node("serv0", age_s=60).save()
        with pytest.raises(Unavailable):
            place(default_account(), "room")
        assert not Placement.objects.exists()

    def test_using_a_room_is_noted_and_old_rooms_are_forgotten(self) -> None:
        node("serv0").save()
        place(default_account(), "old")
        place(default_account(), "used")
        Placement.objects.update(used_at=timezone.now() - PLACEMENT_LIFETIME - timedelta(minutes=1))
        place(default_account(), "used")
        place(default_account(), "new")
        assert list(Placement.objects.values_list("room_id", flat=True)) == ["new", "used"]

    def test_a_crowd_that_comes_into_a_room_writes_nothing_and_once_in_a_while_its_use_is_noted(self) -> None:
        node("serv0").save()
        place(default_account(), "room")
        noted = Placement.objects.get().used_at
        with CaptureQueriesContext(connection) as captured:
            account = default_account()
            for _ in range(3):
                assert place(account, "room").name == "serv0"
        assert not [query for query in captured if "UPDATE" in query["sql"] or "FOR UPDATE" in query["sql"]]
        assert Placement.objects.get().used_at == noted
        Placement.objects.update(used_at=noted - NOTED_AFTER)
        place(default_account(), "room")
        assert Placement.objects.get().used_at >= noted

    def test_the_default_node_is_the_accounts_else_the_installations(self, settings: LazySettings) -> None:
        for name in ("serv0", "serv1", "serv2"):
            node(name, peers=5 if name == "serv0" else 0).save()
        assert place(default_account(), "one").name == "serv0"
        settings.CONFIG = replace(settings.CONFIG, default_node="serv2")
        assert place(default_account(), "two").name == "serv2"
        theirs = Account.objects.create(name="Theirs", default_node="serv1")
        assert place(theirs, "two").name == "serv1"

    def test_many_new_rooms_at_once_are_spread(self) -> None:
        for name in ("serv0", "serv1", "serv2"):
            node(name).save()
        found = [place(least_loaded(), f"room{number}").name for number in range(9)]
        assert sorted(found) == [name for name in ("serv0", "serv1", "serv2") for _ in range(3)]

    def test_rooms_that_nobody_joined_are_forgotten_within_an_hour(self) -> None:
        node("serv0").save()
        for room_id in ("joined", "made-up"):
            place(default_account(), room_id)
        touch([RoomKey(default_account().pk, "joined"), RoomKey(default_account().pk, "nowhere")], timezone.now())
        Placement.objects.update(used_at=timezone.now() - UNJOINED_LIFETIME - timedelta(minutes=1))
        place(default_account(), "new")
        assert list(Placement.objects.values_list("room_id", flat=True)) == ["joined", "new"]

    def test_an_account_has_so_many_rooms_at_most_and_takes_none_from_another(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(placement, "MAX_UNJOINED", 3)
        monkeypatch.setattr(placement, "MAX_JOINED", 2)
        node("serv0").save()
        place(least_loaded(), "theirs")
        for number in range(3):
            place(default_account(), f"joined{number}")
            touch([RoomKey(default_account().pk, f"joined{number}")], timezone.now())
        for number in range(9):
            place(default_account(), f"made-up{number}")
        rooms = list(Placement.objects.values_list("room_id", flat=True))
        assert rooms == ["joined2", "made-up6", "made-up7", "made-up8", "theirs"]

    def test_many_who_ask_for_a_room_at_the_same_time_get_the_same_node(self) -> None:
        for number in range(4):
            node(f"serv{number}").save()
        account = least_loaded()
        together = threading.Barrier(8)

        def claim(number: int) -> list[str]:
            together.wait()
            found = []
            for round_number in range(5):
                found.append(place(account, f"room{round_number}").name)
                # Whoever comes next would be sent elsewhere if there were no placement.
                Node.objects.filter(name=f"serv{number % 4}").update(peers=number)
            connection.close()
            return found

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(claim, range(8)))
        assert all(answer == answers[0] for answer in answers)
        assert Placement.objects.count() == 5

    def test_many_who_find_its_node_dead_move_the_room_to_the_same_node(self) -> None:
        for number in range(4):
            node(f"serv{number}").save()
        place(default_account(), "room")
        Node.objects.filter(name="serv0").update(heartbeat_at=timezone.now() - LEASE)
        together = threading.Barrier(8)

        def claim(number: int) -> str:
            together.wait()
            name = place(default_account(), "room").name
            Node.objects.filter(name=f"serv{number % 4}").update(peers=number)
            connection.close()
            return name

        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(claim, range(8)))) == 1


def test_two_processes_that_ask_at_the_same_time_get_the_same_node(postgresql: str) -> None:
    program = (
        "import django; django.setup()\n"
        "from meet.accounts.hosts import default_account\n"
        "from rooms.nodes.placement import place\n"
        "import sys; print('ready', flush=True); sys.stdin.readline()\n"
        "print(*(place(default_account(), f'room{number}').name for number in range(20)))\n"
    )
    environment = {**os.environ, "MEET_DATABASE_URL": postgresql, "MEET_DEFAULT_NODE": "least"}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            env=environment,
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for number in range(4):
        # Heartbeats of later than now: on a busy machine the processes may take longer than one lasts.
        node(f"serv{number}", age_s=-CLOCK_SET_BACK.total_seconds() / 2).save()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert answers[0] == answers[1]
    assert len(answers[0].split()) == 20


@pytest.mark.usefixtures("database")
class TestModels:
    def test_a_room_is_in_one_place_only(self) -> None:
        first = node("serv0")
        first.save()
        of_room = {"account": default_account(), "room_id": "room", "claimed_at": NOW, "used_at": NOW}
        Placement.objects.create(node=first, **of_room)
        with pytest.raises(IntegrityError), transaction.atomic():
            Placement.objects.create(node=first, **of_room)
        Placement.objects.create(node=first, **{**of_room, "account": Account.objects.create(name="Other")})
        with pytest.raises(IntegrityError), transaction.atomic():
            node("serv0").save()

    def test_a_node_that_is_deleted_takes_its_placements_along(self) -> None:
        first = node("serv0")
        first.save()
        place(default_account(), "room")
        first.delete()
        assert not Placement.objects.exists()

    def test_they_introduce_themselves(self) -> None:
        placement = Placement(room_id="room", node=node("serv0"), claimed_at=NOW, used_at=NOW)
        assert (str(placement.node), str(placement)) == ("serv0", "room on serv0")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="all tests run on PostgreSQL")
@pytest.mark.django_db(transaction=True)
def test_sqlite_runs_in_wal_mode_with_foreign_keys() -> None:
    def pragma(connection: BaseDatabaseWrapper, name: str) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA {name}")
            return cursor.fetchone()[0]

    assert pragma(connection, "journal_mode") == "wal"
    assert pragma(connection, "foreign_keys") == 1


@pytest.mark.django_db
class TestEndedProcess:
    @pytest.mark.parametrize("other_drains", [False, True])
    def test_its_rooms_go_elsewhere_at_once_if_there_is_another_node(self, *, other_drains: bool) -> None:
        node("serv0", machine=machine_of(4_000_000, "run"), instance="a").save()
        node("serv1", machine=machine_of(4_000_001, "run"), drain="finish" if other_drains else "").save()
        account = default_account()
        assert place(account, "serv0large").name == "serv0"
        process_ended(4_000_000, "run")
        process_ended(4_000_002, "run")  # was no node
        assert place(account, "serv0large").name == ("serv0" if other_drains else "serv1")

    def test_by_itself_it_keeps_its_name_for_the_next_process(self) -> None:
        node("serv0", machine=machine_of(4_000_000, "run")).save()
        process_ended(4_000_000, "run")
        assert place(default_account(), "serv0large").name == "serv0"

    def test_a_name_that_another_process_has_by_now_is_not_given_up(self) -> None:
        node("serv0", machine=machine_of(4_000_003, "run")).save()
        node("serv1", machine=machine_of(4_000_001, "run")).save()
        process_ended(4_000_000, "run")
        assert place(default_account(), "serv0large").name == "serv0"

    def test_a_process_of_the_same_number_and_host_name_in_another_container_keeps_its_own(self) -> None:
        node("serv0", machine=machine_of(4_000_000, "another"), instance="a").save()
        node("serv1", machine=machine_of(4_000_001, "run"), instance="b").save()
        process_ended(4_000_000, "run")
        assert place(default_account(), "serv0large").name == "serv0"
