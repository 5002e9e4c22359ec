"""The admin's pages of live rooms: whose rooms are there for whom, and what their buttons may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from asgiref.sync import sync_to_async
from django.test import Client as Browser

from meet.accounts.models import Account, Role
from rooms.live import views
from tests.control.nodes import placed, registered
from tests.meet.conftest import client_build as client_build  # noqa: PLC0414 - a fixture
from tests.meet.personas import member, operator
from tests.rooms.client import Client

if TYPE_CHECKING:
    from pathlib import Path

    from rooms.models import Node
    from tests.rooms.conftest import NodeProcess

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/admin/rooms/liveroom/"
MUTE = {"command": "stopTrack", "data": {"peerId": "ada", "device": "mic"}}


@pytest.fixture
def row(node: NodeProcess, transactional_db: None) -> Node:  # noqa: ARG001 - its tables
    return registered(node.control_url)


@pytest.fixture
def acme(row: Node) -> Account:
    account = Account.objects.create(name="Acme")
    placed(account, "talk", row)
    return account


@pytest.fixture
def personas(acme: Account) -> dict[str, Browser]:
    """The operator, each role in Acme, an owner of another account, and nobody."""
    other = Account.objects.create(name="Other")
    mine = {str(role): member(acme, role) for role in Role}
    return mine | {"operator": operator(), "stranger": member(other, Role.OWNER), "nobody": Browser()}


def paths(account: Account) -> tuple[str, str, str]:
    """Page, state and orders of Acme's room."""
    page = f"{LIST}{account.pk}/talk/"
    return page, f"{page}state/", f"{page}act/"


async def get(browser: Browser, path: str) -> Any:
    return await sync_to_async(browser.get)(path)


async def post(browser: Browser, path: str, order: Any) -> Any:
    return await sync_to_async(browser.post)(path, order, content_type="application/json")


async def test_owners_admins_and_the_operator_see_a_room_others_do_not_even_that_it_is_there(
    node: NodeProcess, acme: Account, personas: dict[str, Browser], client_build: Path
) -> None:
    del client_build
    page, state, act = paths(acme)
    async with Client(node) as ada, Client(node) as bob:
        await ada.join("talk", "ada", {"account_id": acme.pk, "display_name": "Ada <3"})
        await bob.join("talk", "bob", {"account_id": acme.pk + 1000})
        for name in ("owner", "admin", "operator"):
            browser = personas[name]
            assert (await get(browser, LIST)).status_code == 200
            listed = (await get(browser, f"{LIST}state/")).json()
            rooms = [(one["account"], one["roomId"], one["people"], one["url"]) for one in listed["rooms"]]
            assert rooms == [("Acme", "talk", ["Ada <3"], page)], name
            assert (await get(browser, page)).status_code == 200
            told = (await get(browser, state)).json()
            assert [peer["displayName"] for peer in told["room"]["peers"]] == ["Ada <3"]
            assert (await post(browser, act, MUTE)).status_code == 200
        for name, status, listing in (("viewer", 404, 403), ("stranger", 404, 200), ("nobody", 302, 302)):
            browser = personas[name]
            for path in (page, state):
                assert (await get(browser, path)).status_code == status, (name, path)
            assert (await post(browser, act, MUTE)).status_code == status, name
            assert (await get(browser, LIST)).status_code == listing
            answer = await get(browser, f"{LIST}state/")
            assert answer.status_code == listing
            assert b"talk" not in answer.content


async def test_a_room_that_is_over_says_so(acme: Account, personas: dict[str, Browser]) -> None:
    _, state, act = paths(acme)
    assert (await get(personas["owner"], state)).json()["room"] is None
    answer = await post(personas["owner"], act, MUTE)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "roomNotFound")


async def test_orders_that_make_no_sense_are_refused(
    node: NodeProcess, acme: Account, personas: dict[str, Browser]
) -> None:
    act = paths(acme)[2]
    async with Client(node) as ada:
        await ada.join("talk", "ada", {"account_id": acme.pk})
        for order in (
            "[]",
            "{",
            {"command": "sendChat", "data": {"text": "Hello"}},
            {"command": "kick", "data": {}},
            {"command": "Kick", "data": {"peerId": "ada"}},
            {"command": "kick", "data": {"peer_id": "ada"}},
            {"command": "kick", "data": {"peerId": None}},
            {"command": "kick", "data": {"peerId": "ada", "actor": "mia"}},
            {"command": "kick", "data": {"peerId": 7}},
            {"command": "stopTrack", "data": {"peerId": "ada", "device": "heart"}},
            {"command": "kick", "data": {"peerId": "ada"}, "accountId": 1},
        ):
            answer = await post(personas["owner"], act, order)
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalidData"), order
        await ada.drain()
        assert ada.events == []


async def test_an_order_needs_the_token_of_our_page(acme: Account, personas: dict[str, Browser]) -> None:
    careful = Browser(enforce_csrf_checks=True)
    careful.cookies = personas["owner"].cookies
    assert (await get(careful, paths(acme)[1])).status_code == 200
    assert (await post(careful, paths(acme)[2], MUTE)).status_code == 403


async def test_a_silent_node_is_named_and_nothing_is_invented(acme: Account, personas: dict[str, Browser]) -> None:
    await sync_to_async(registered)("http://127.0.0.1:9")
    listed = (await get(personas["owner"], f"{LIST}state/")).json()
    assert (listed["rooms"], listed["silentNodes"]) == ([], ["serv0"])
    answer = await get(personas["owner"], paths(acme)[1])
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "nodeUnreachable")


async def test_of_many_viewers_those_with_a_hand_up_come_first(
    node: NodeProcess, acme: Account, personas: dict[str, Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MAX_VIEWERS", 2)
    watching = {"account_id": acme.pk, "interface": "webinar", "viewer": True, "hand_enabled": True}
    async with Client(node) as ada, Client(node) as vi, Client(node) as vo, Client(node) as vu:
        await ada.join("talk", "ada", {"account_id": acme.pk})
        for number, viewer in enumerate((vi, vo, vu)):
            await viewer.join("talk", f"v{number}", watching)
        await vu.request("raiseHand", raised=True)
        told = (await get(personas["owner"], paths(acme)[1])).json()
        assert [peer["peerId"] for peer in told["room"]["peers"]] == ["ada", "v2", "v0"]
        assert told["viewers"] == 3
