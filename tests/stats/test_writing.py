"""Sessions and deliveries of webhooks, written in one transaction."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from django.db import transaction

from meet.accounts.hosts import default_account
from meet.accounts.models import Account
from rooms.webhooks.models import Delivery, Endpoint
from stats.changes import Left
from stats.models import Session
from stats.writing import close_interrupted, write
from tests.stats.parts import START_MS, at, joined, left, visit, written

if TYPE_CHECKING:
    from stats.changes import Change

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def endpoint(database: str) -> Endpoint:
    """Of the default account; it wants to know everything."""
    del database
    kinds = ["joinPeer", "closePeer", "roomOpened", "roomClosed"]
    return Endpoint.objects.create(account=default_account(), url="https://hooks.example", kinds=kinds)


def told() -> list[tuple[str, str]]:
    """Kinds of deliveries and whom each is about, in order."""
    return [(one.kind, json.loads(one.body).get("peerId", "")) for one in Delivery.objects.order_by("pk")]


def test_a_session_has_what_is_known_of_the_visit() -> None:
    stay = replace(visit("ada"), display_name="Ada", role="moderator", viewer=True)
    write("serv3", [joined(stay)], None)
    session = Session.objects.get()
    assert (session.account, session.room_id, session.peer_id) == (default_account(), "room", "ada")
    assert (session.display_name, session.role, session.viewer, session.node) == ("Ada", "moderator", True, "serv3")
    assert session.joined_at == session.marked_at == at(START_MS / 1000)
    assert (session.left_at, session.interrupted) == (None, False)


def test_it_ends_with_the_name_that_they_had_then() -> None:
    ada = joined(visit("ada"))
    write("serv0", [ada], None)
    write("serv0", [replace(left(ada, START_MS + 5123), display_name="Ada L.")], None)
    assert written() == [("ada", 0, 5123, 5123)]
    assert Session.objects.get().display_name == "Ada L."


@pytest.mark.parametrize("sizes", [[5], [1] * 5, [2, 3], [3, 2]])
def test_in_how_many_batches_makes_no_difference(endpoint: Endpoint, sizes: list[int]) -> None:
    ada, bob = joined(visit("ada"), opens=True), joined(visit("bob", START_MS + 10))
    again = joined(visit("ada", START_MS + 30))
    changes: list[Change] = [ada, bob, left(ada, START_MS + 20), again, left(bob, START_MS + 40)]
    for size in sizes:
        write("serv0", changes[:size], None)
        del changes[:size]
    assert written() == [("ada", 0, 20, 20), ("bob", 10, 40, 40), ("ada", 30, 30, None)]
    expected = [("roomOpened", ""), ("joinPeer", "ada"), ("joinPeer", "bob"), ("closePeer", "ada")]
    assert told() == [*expected, ("joinPeer", "ada"), ("closePeer", "bob")]
    assert {delivery.endpoint for delivery in Delivery.objects.all()} == {endpoint}


def test_a_batch_that_is_repeated_changes_nothing_and_tells_nothing_again(endpoint: Endpoint) -> None:
    del endpoint
    ada, bob = joined(visit("ada"), opens=True), joined(visit("bob"))
    first: list[Change] = [ada, bob, left(bob, START_MS + 1000)]
    more: list[Change] = [left(ada, START_MS + 2000, closes=True)]
    for batch in (first, first, first + more, first + more):
        write("serv0", batch, None)
    assert written() == [("ada", 0, 2000, 2000), ("bob", 0, 1000, 1000)]
    kinds = [kind for kind, _ in told()]
    assert kinds == ["roomOpened", "joinPeer", "joinPeer", "closePeer", "closePeer", "roomClosed"]


def test_nothing_is_told_of_what_is_not_written(endpoint: Endpoint) -> None:
    del endpoint
    with transaction.atomic():
        write("serv0", [joined(visit("ada"))], None)
        assert told() == [("joinPeer", "ada")]
        transaction.set_rollback(True)
    assert (written(), told()) == ([], [])


def test_a_mark_is_for_what_lasts_on_this_node() -> None:
    ada, bob, eve = joined(visit("ada")), joined(visit("bob")), joined(visit("eve"))
    write("serv0", [ada, bob, left(bob, START_MS + 10)], None)
    write("serv1", [eve], None)
    write("serv0", [], at(START_MS / 1000 + 30))
    assert written() == [("ada", 0, 30_000, None), ("bob", 0, 10, 10), ("eve", 0, 0, None)]


def test_a_clock_that_was_set_back_makes_no_negative_time() -> None:
    ada = joined(visit("ada"))
    write("serv0", [ada, left(ada, START_MS - 60_000)], None)
    assert written() == [("ada", 0, 0, 0)]


def test_an_account_that_is_deleted_meanwhile_is_in_nobodys_way() -> None:
    account = Account.objects.create(name="Short-lived")
    ada = joined(visit("ada", account_id=account.pk))
    write("serv0", [ada], None)
    account.delete()
    bob = joined(visit("bob", account_id=ada.visit.room.account_id))
    write("serv0", [bob, left(bob, START_MS + 5), left(ada, START_MS + 5), joined(visit("eve"))], None)
    assert [peer_id for peer_id, *_ in written()] == ["eve"]


class TestInterruption:
    def test_what_a_node_left_unfinished_ends_at_its_last_mark(self, endpoint: Endpoint) -> None:
        del endpoint
        ada, bob, eve = joined(visit("ada")), joined(visit("bob")), joined(visit("eve"))
        write("serv0", [ada, bob], None)
        write("serv1", [eve], None)
        write("serv0", [left(bob, START_MS + 10)], at(START_MS / 1000 + 30))
        Delivery.objects.all().delete()
        assert close_interrupted("serv0") == 1
        assert written() == [("ada", 0, 30_000, 30_000), ("bob", 0, 10, 10), ("eve", 0, 0, None)]
        assert list(Session.objects.filter(interrupted=True).values_list("peer_id", flat=True)) == ["ada"]
        assert told() == [("closePeer", "ada"), ("roomClosed", "")]
        assert close_interrupted("serv0") == 0
        assert len(told()) == 2

    def test_each_room_is_closed_once_after_all_are_out(self, endpoint: Endpoint) -> None:
        del endpoint
        write("serv0", [joined(visit(name, room_id=name[0])) for name in ("a1", "b1", "a2", "b2")], None)
        Delivery.objects.all().delete()
        close_interrupted("serv0")
        assert [kind for kind, _ in told()] == ["closePeer"] * 4 + ["roomClosed"] * 2

    def test_a_leave_that_comes_late_does_not_end_it_twice(self, endpoint: Endpoint) -> None:
        del endpoint
        ada = joined(visit("ada"))
        write("serv0", [ada], None)
        close_interrupted("serv0")
        before = told()
        write("serv0", [Left(ada.key, ada.visit, "Ada", START_MS + 99, closes=True)], None)
        assert written() == [("ada", 0, 0, 0)]
        assert told() == before
