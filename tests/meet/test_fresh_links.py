"""`/new` of an account that lets nobody in without a token."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.http import QueryDict
from django.test import Client

from meet.accounts.models import Account, Domain, Membership, Role, SigningKey
from meet.attributes.links import read_link

if TYPE_CHECKING:
    from meet.attributes.links import Interface, Link

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("client_build")]


@pytest.fixture
def account() -> Account:
    account = Account.objects.create(name="Acme", jwt_required=True)
    Domain.objects.create(account=account, host="acme.example")
    return account


def add_secret(account: Account) -> None:
    SigningKey.objects.create(account=account, kid="k", algorithm="HS256", key="a long secret of theirs " * 2)


def page(account: Account | None, role: Role = Role.ADMIN, *, signed_in: bool = True) -> str:
    client = Client(headers={"host": "acme.example"})
    if signed_in:
        user = User.objects.create_user("ada", is_staff=True)
        if account is not None:
            Membership.objects.create(user=user, account=account, role=role)
        client.force_login(user)
    response: Any = client.get("/new?kind=call")
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def links(account: Account, text: str, interface: Interface) -> list[Link]:
    """Those of a page, as the room's page reads them."""
    found = dict.fromkeys(re.findall(rf"/{interface}/\?([^\"<> ]+)", text))
    return [read_link(account, QueryDict(query), interface) for query in found]


def test_a_signed_in_admin_gets_links_that_open_the_room(account: Account) -> None:
    add_secret(account)
    text = page(account)
    for interface in ("call", "webinar"):
        found = links(account, text, interface)
        assert sorted(link.attributes.role for link in found) == ["", "moderator"]
        assert all(link.attributes.token and link.warnings == [] for link in found)
    assert "Its links are signed and count until" in text


@pytest.mark.parametrize("who", ["stranger", "viewer", "member of another account"])
def test_nobody_else_does_and_hears_how_one_is_made(account: Account, who: str) -> None:
    add_secret(account)
    other = Account.objects.create(name="Zenith")
    text = page(other if who.startswith("member") else account, Role.VIEWER, signed_in=who != "stranger")
    assert "token=" not in text
    assert "/call/?" not in text
    assert re.search(r"POST /rooms/[a-z0-9]{12}/token", text)
    assert "/admin/login/?next=%2Fnew%3Fkind%3Dcall" in text


def test_without_a_secret_the_page_says_so(account: Account) -> None:
    text = page(account)
    assert "no HS256 secret" in text
    assert "/call/?" not in text
