"""Events become deliveries in the transaction in which they happened."""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING

import pytest
from django.apps import apps
from django.db import transaction
from django.utils import timezone

from meet.accounts.models import Account, Incident
from rooms.room_key import RoomKey
from rooms.webhooks import outbox
from rooms.webhooks.message import address_of, body_of
from rooms.webhooks.models import MAX_ENDPOINTS, Delivery, Endpoint, State
from rooms.webhooks.room_events import KINDS, Kind, RoomEvent
from tests.webhooks.parts import URL

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

LINKS = "https://links.example/events"


def room_event(
    account: Account, kind: Kind = "joinPeer", peer_id: str = "p", url: str = "", header: str = ""
) -> RoomEvent:
    return RoomEvent(kind, RoomKey(account.pk, "44fde071"), 1_900_000_000_000, peer_id, "user16", url, header)


def endpoint(account: Account, **fields: object) -> Endpoint:
    return Endpoint.objects.create(account=account, **({"url": URL} | fields))


FILLING = import_module("rooms.webhooks.migrations.0006_deliveries_of_a_person")


@pytest.mark.django_db
def test_each_delivery_knows_whom_it_tells_of() -> None:
    account = Account.objects.create(name="acme")
    endpoint(account, kinds=["joinPeer", "roomClosed"])
    outbox.add([room_event(account), RoomEvent("roomClosed", RoomKey(account.pk, "r"), 0)])
    assert list(Delivery.objects.order_by("pk").values_list("kind", "peer_id")) == [
        ("joinPeer", "p"),
        ("roomClosed", ""),
    ]


@pytest.mark.django_db
def test_those_of_the_release_before_are_told_whom_they_tell_of() -> None:
    mine = endpoint(Account.objects.create(name="acme"))
    bodies = {
        '{"event":"connected","peerId":"a\\"b"}': 'a"b',
        '{"event":"connected","peerId":"a","displayName":"n"}': "a",
        '{"event":"roomOpened","roomId":"r"}': "",
        '{"peerId":7}': "",
        '{"peerId":"\\u0000"}': "",
        json.dumps({"peerId": "x" * 129}): "",
        "[]": "",
        "nonsense": "",
    }
    for body in bodies:
        Delivery.objects.create(endpoint=mine, room_id="r", kind="joinPeer", body=body, happened_at=timezone.now())
    known = Delivery.objects.create(
        endpoint=mine, room_id="r", kind="joinPeer", body="{}", peer_id="known", happened_at=timezone.now()
    )
    FILLING.fill(apps, list(Delivery.objects.all()))
    assert dict(Delivery.objects.exclude(pk=known.pk).values_list("body", "peer_id")) == bodies
    known.refresh_from_db()
    assert known.peer_id == "known"


class TestMessages:
    @pytest.mark.parametrize(("kind", "event"), [("joinPeer", "connected"), ("closePeer", "disconnected")])
    def test_the_bodies_of_the_tutorial_to_the_byte(self, kind: Kind, event: str) -> None:
        body = body_of(RoomEvent(kind, RoomKey(1, "44fde071"), 0, "de9b6927", "user16"))
        assert body == f'{{"event":"{event}","roomId":"44fde071","peerId":"de9b6927","displayName":"user16"}}'

    def test_an_extended_body_says_role_and_language_too_of_participants_only(self) -> None:
        event = RoomEvent("joinPeer", RoomKey(1, "r"), 0, "p", "n", role="interpreter", language="de")
        assert body_of(event, extended=True) == (
            '{"event":"connected","roomId":"r","peerId":"p","displayName":"n","role":"interpreter","language":"de"}'
        )
        opened = RoomEvent("roomOpened", RoomKey(1, "r"), 0)
        assert body_of(opened, extended=True) == body_of(opened)

    def test_events_of_rooms(self) -> None:
        assert body_of(RoomEvent("roomOpened", RoomKey(1, "r"), 0)) == '{"event":"roomOpened","roomId":"r"}'
        body = body_of(RoomEvent("recordingReady", RoomKey(1, "r"), 0, data={"recordingId": 7}))
        assert body == '{"event":"recordingReady","roomId":"r","recordingId":7}'

    @pytest.mark.parametrize(
        ("url", "address"),
        [
            ("https://a.example", "https://a.example/joinPeer"),
            ("https://a.example/", "https://a.example/joinPeer"),
            ("https://a.example/events", "https://a.example/events/joinPeer"),
            ("https://a.example/events/", "https://a.example/events/joinPeer"),
            ("https://a.example/events?key=1&b=/", "https://a.example/events/joinPeer?key=1&b=/"),
            ("https://a.example:8443/e#part", "https://a.example:8443/e/joinPeer"),
        ],
    )
    def test_addresses(self, url: str, address: str) -> None:
        assert address_of(url, "joinPeer") == address


class TestTargets:
    def test_an_endpoint_is_told_what_it_wants(self, acme: Account) -> None:
        endpoint(acme)
        endpoint(acme, url="https://acme.example/rooms", kinds=["roomOpened"])
        with transaction.atomic():
            outbox.add([room_event(acme, kind) for kind in KINDS])
        told = Delivery.objects.order_by("pk").values_list("kind", "endpoint__url")
        assert list(told) == [("joinPeer", URL), ("closePeer", URL), ("roomOpened", "https://acme.example/rooms")]

    def test_a_delivery_waits_from_the_beginning(self, acme: Account) -> None:
        endpoint(acme)
        outbox.add([room_event(acme)])
        delivery = Delivery.objects.get()
        assert delivery.state == State.WAITING
        assert delivery.due_at is not None
        assert delivery.due_at <= timezone.now()
        assert delivery.happened_at.timestamp() == 1_900_000_000
        assert json.loads(delivery.body)["event"] == "connected"

    def test_neither_inactive_endpoints_nor_other_accounts(self, acme: Account) -> None:
        endpoint(acme, active=False)
        endpoint(Account.objects.create(name="other"))
        outbox.add([room_event(acme)])
        assert not Delivery.objects.exists()

    def test_nothing_stays_of_a_transaction_that_fails(self, acme: Account) -> None:
        endpoint(acme)

        def fail() -> None:
            with transaction.atomic():
                outbox.add([room_event(acme)])
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
        assert not Delivery.objects.exists()

    def test_two_statements_for_many(self, acme: Account, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        endpoint(acme)
        with django_assert_num_queries(2):
            outbox.add([room_event(acme, peer_id=str(number)) for number in range(50)])
        order = [json.loads(body)["peerId"] for body in Delivery.objects.order_by("pk").values_list("body", flat=True)]
        assert order == [str(number) for number in range(50)]

    @pytest.mark.parametrize("extended", [False, True])
    def test_bodies_are_extended_where_the_account_wants_that(self, acme: Account, extended: bool) -> None:
        acme.extended_webhook_bodies = extended
        acme.save()
        endpoint(acme)
        outbox.add([room_event(acme), room_event(acme, url=LINKS)])
        bodies = [json.loads(body) for body in Delivery.objects.values_list("body", flat=True)]
        assert [("role" in body, "language" in body) for body in bodies] == [(extended, extended)] * 3

    def test_none_for_nothing(self, acme: Account, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        with django_assert_num_queries(0):
            del acme
            outbox.add([])


class TestLinks:
    def test_a_links_address_becomes_an_endpoint_once(self, acme: Account) -> None:
        outbox.add([room_event(acme, url=LINKS, header="Basic eA==")] * 2)
        outbox.add([room_event(acme, "closePeer", url=LINKS, header="Basic eA==")])
        made = Endpoint.objects.get()
        assert (made.url, made.header, made.from_link) == (LINKS, "Basic eA==", True)
        assert made.deliveries.count() == 3

    def test_it_is_told_of_its_own_participants_only_and_no_optional_events(self, acme: Account) -> None:
        outbox.add([room_event(acme, kind, url=LINKS) for kind in KINDS])
        outbox.add([room_event(acme)])
        assert list(Delivery.objects.order_by("pk").values_list("kind", flat=True)) == ["joinPeer", "closePeer"]

    def test_the_accounts_own_endpoints_are_told_as_well_and_the_same_address_once(self, acme: Account) -> None:
        endpoint(acme)
        outbox.add([room_event(acme, url=LINKS), room_event(acme, url=URL)])
        told = Delivery.objects.order_by("pk").values_list("endpoint__url", flat=True)
        assert list(told) == [URL, LINKS, URL]

    def test_links_can_not_make_any_number_of_them(self, acme: Account) -> None:
        outbox.add([room_event(acme, url=f"{LINKS}/{number}") for number in range(MAX_ENDPOINTS + 5)])
        assert Endpoint.objects.count() == Delivery.objects.count() == MAX_ENDPOINTS
        assert "too many" in Incident.objects.get(account=acme).message

    def test_one_that_was_turned_off_stays_off(self, acme: Account) -> None:
        outbox.add([room_event(acme, url=LINKS)])
        Endpoint.objects.update(active=False)
        outbox.add([room_event(acme, url=LINKS)])
        assert Delivery.objects.count() == 1
