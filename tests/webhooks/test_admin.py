"""Endpoints and deliveries in the admin: for the account's owners and admins, and nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from meet.accounts.models import Account, Role
from rooms.webhooks.models import Attempt, Delivery, Endpoint, State
from tests.meet.answering import Answering, answer
from tests.meet.personas import member, operator
from tests.webhooks.parts import URL, Clock, endpoint, happen, work

if TYPE_CHECKING:
    from django.test import Client

ENDPOINTS, DELIVERIES = "/admin/webhooks/endpoint/", "/admin/webhooks/delivery/"


@pytest.fixture
def admin(acme: Account) -> Client:
    return member(acme, Role.ADMIN)


def page(client: Client, path: str, **form: Any) -> str:
    """What somebody sees there, or after sending a form."""
    response = client.post(path, form, follow=True) if form else client.get(path)
    assert response.status_code == 200, path
    return response.content.decode()


def button(client: Client, obj: Endpoint | Delivery, name: str) -> str:
    """What somebody sees after pressing it."""
    address = reverse(f"admin:webhooks_{obj._meta.model_name}_{name}", args=(obj.pk,))
    return page(client, address, pressed="")


def test_a_new_endpoint_shows_its_secret_and_gets_the_usual_events(admin: Client, acme: Account) -> None:
    form = admin.get(f"{ENDPOINTS}add/").context["adminform"].form
    assert form["kinds"].value() == ["joinPeer", "closePeer"]
    kinds = ["joinPeer", "closePeer", "roomOpened"]
    shown = page(admin, f"{ENDPOINTS}add/", account=acme.pk, url=URL, header="Basic eA==", kinds=kinds, active="on")
    made = Endpoint.objects.get(account=acme)
    assert (made.url, made.header, made.kinds, made.active) == (URL, "Basic eA==", kinds, True)
    assert made.secret in shown
    assert "Basic eA==" not in shown


def test_what_can_not_be_an_endpoint(admin: Client, acme: Account) -> None:
    fields = {"account": acme.pk, "kinds": ["joinPeer"], "active": "on"}
    assert "Authorization header, not into" in page(admin, f"{ENDPOINTS}add/", **fields, url="https://u:p@a.example/")
    assert "one line of ASCII" in page(admin, f"{ENDPOINTS}add/", **fields, url=URL, header="ü")
    assert "not one of the available" in page(admin, f"{ENDPOINTS}add/", **(fields | {"kinds": ["x"]}), url=URL)
    assert not Endpoint.objects.exists()


def test_an_endpoint_is_deleted_with_its_deliveries(admin: Client, acme: Account) -> None:
    one = Endpoint.objects.create(account=acme, url=URL)
    button(admin, one, "test")
    assert Delivery.objects.exists()
    page(admin, f"{ENDPOINTS}{one.pk}/delete/", post="yes")
    assert not Endpoint.objects.exists()
    assert not Delivery.objects.exists()


def test_a_header_stays_when_nothing_is_typed(admin: Client, acme: Account) -> None:
    one = Endpoint.objects.create(account=acme, url=URL, header="Basic eA==")
    page(admin, f"{ENDPOINTS}{one.pk}/change/", url=f"{URL}/2", kinds=["closePeer"], active="on")
    one.refresh_from_db()
    assert (one.url, one.header, one.kinds) == (f"{URL}/2", "Basic eA==", ["closePeer"])


def test_a_test_event_tells_at_once_whether_it_works(admin: Client, acme: Account, receiver: Answering) -> None:
    one = endpoint(acme, receiver)
    assert "answered with 200 after" in button(admin, one, "test")
    assert receiver.asked[0].path == "/events/test"
    receiver.script = answer(403)
    assert "It answered with 403." in button(admin, one, "test")


def test_a_rotated_secret_is_another_one(admin: Client, acme: Account) -> None:
    one = Endpoint.objects.create(account=acme, url=URL)
    shown = button(admin, one, "rotate")
    rotated = Endpoint.objects.get()
    assert one.secret not in shown
    assert rotated.secret in shown
    assert rotated.old_secret == one.secret


def test_a_links_endpoint_can_only_be_turned_off(admin: Client, acme: Account) -> None:
    one = Endpoint.objects.create(account=acme, url=URL, from_link=True)
    assert "A link names this address" in page(admin, f"{ENDPOINTS}{one.pk}/change/")
    page(admin, f"{ENDPOINTS}{one.pk}/change/", url="https://elsewhere.example/", kinds=[])
    one.refresh_from_db()
    assert (one.url, one.active) == (URL, False)


def test_deliveries_show_their_state_and_attempts(
    admin: Client, acme: Account, receiver: Answering, clock: Clock
) -> None:
    endpoint(acme, receiver)
    receiver.script = answer(500, b"out of order")
    happen(acme, "ada", "bob")
    work(clock)
    listed = page(admin, DELIVERIES)
    assert "failed, to be tried again" in listed
    assert ">waiting<" in listed.replace("\n", "").replace(" ", "")
    assert "44fde071" not in page(admin, f"{DELIVERIES}?state__exact=delivered")
    failed = Delivery.objects.get(state=State.FAILED)
    shown = page(admin, f"{DELIVERIES}{failed.pk}/change/")
    for text in ("It answered with 500.", "out of order", failed.message_id, "ada name"):
        assert text in shown, text


def test_sending_again(admin: Client, acme: Account, receiver: Answering, clock: Clock) -> None:
    endpoint(acme, receiver)
    happen(acme, "ada")
    work(clock)
    (delivery,) = Delivery.objects.all()
    assert "answered with 200 after" in button(admin, delivery, "again")
    assert len(receiver.asked) == 2
    assert Attempt.objects.count() == 2


def test_a_button_takes_no_get(admin: Client, acme: Account, receiver: Answering) -> None:
    one = endpoint(acme, receiver)
    for name in ("test", "rotate"):
        assert admin.get(f"{ENDPOINTS}{one.pk}/{name}/").status_code == 405
    assert (receiver.asked, Endpoint.objects.get().secret) == ([], one.secret)


def test_what_is_an_accounts_own_is_nothing_to_others(acme: Account, receiver: Answering, clock: Clock) -> None:
    one = endpoint(acme, receiver)
    happen(acme, "ada")
    work(clock)
    (delivery,) = Delivery.objects.all()
    addresses = [f"{ENDPOINTS}{one.pk}/{name}/" for name in ("change", "test", "rotate")]
    addresses += [f"{DELIVERIES}{delivery.pk}/{name}/" for name in ("change", "again")]
    strangers = [member(Account.objects.create(name="other"), Role.OWNER), member(acme, Role.VIEWER)]
    for stranger in strangers:
        for address in addresses:
            assert {stranger.get(address).status_code, stranger.post(address).status_code} <= {403, 404, 405}
    assert len(receiver.asked) == 1
    assert Endpoint.objects.get().secret == one.secret


def test_the_operator_sees_all_accounts_and_whose_they_are(acme: Account) -> None:
    Endpoint.objects.create(account=acme, url=URL)
    listed = page(operator(), ENDPOINTS)
    assert URL in listed
    assert "acme" in listed
