"""What an account owns is invisible to all others: every address of the project, visited by another account's people.

A new address makes a test here fail until it can be visited: give its parameters in `_values`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.forms.models import model_to_dict
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from meet.accounts.models import Account, Role
from meet.api.errors import PREFIXES
from recording.delivery.links import sign
from recording.models import Video, VideoLink, VideoPerson
from tests.api.programs import api_key, program
from tests.meet.personas import Household, browser, household, member
from tests.streamed import body_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django.conf import LazySettings
    from django.db.models import Model

THEIRS = "zebrafish"
OURS = "mongoose"
NAMED = {"account_id", "room_id", "peer_id", "video_id", "person_id", "link_id", "token", "path", "uidb64"}


@dataclass(frozen=True)
class Address:
    """A route with its parameters' names, and the admin's page that it belongs to, if any."""

    route: str
    parameters: tuple[str, ...]
    model: type[Model] | None


def addresses(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[Address]:
    """Everything that the project answers to."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from addresses(entry, route)
        else:
            assert isinstance(entry, URLPattern)
            page = getattr(entry.callback, "model_admin", None)
            yield Address(route, tuple(entry.pattern.converters), page.model if page is not None else None)


ADDRESSES = list(addresses())


@pytest.fixture
def theirs(db: None) -> Household:  # noqa: ARG001 - its tables
    return household(THEIRS)


@pytest.fixture
def strangers(theirs: Household, client_build: Path) -> list[Client]:
    """People of another account, in each role, somebody who has no account, and somebody who has not logged in."""
    del theirs
    manifest = client_build / ".vite" / "manifest.json"
    entries = json.loads(manifest.read_text(encoding="utf-8"))
    playground = {"src/pages/playground/main.ts": {"file": "assets/playground-Abcdef12.js"}}
    manifest.write_text(json.dumps(entries | playground), encoding="utf-8")
    (client_build / "bridge").mkdir()
    for name in ("meetBridgeApi.js", "meetBridgeApi.mjs"):
        (client_build / "bridge" / name).touch()
    ours = household(OURS).account
    nobody = User.objects.create_user("nobody", is_staff=True)
    return [*(member(ours, role) for role in Role), browser(nobody), Client()]


@pytest.fixture
def programs(strangers: list[Client], settings: LazySettings) -> list[Client]:
    """What other accounts' servers run, with a token of each role."""
    del strangers
    settings.CONFIG = replace(settings.CONFIG, api_requests_per_second=0)
    ours = Account.objects.get(name=f"{OURS} name")
    return [program(api_key(ours, role)) for role in Role]


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.route)
def test_a_stranger_sees_and_changes_nothing(
    address: Address, theirs: Household, strangers: list[Client], programs: list[Client]
) -> None:
    before = snapshot(theirs)
    for path in paths(address, theirs):
        for stranger in strangers + (programs if path.startswith(PREFIXES) else []):
            for response in visits(stranger, path, theirs, address.model):
                # No node runs, so nothing is known of any room.
                content = body_of(response) if response.streaming else response.content
                assert response.status_code < 500 or b"nodeUnreachable" in content, path
                shown = content.decode(errors="replace") + str(response.headers)
                assert THEIRS not in shown, path
        assert snapshot(theirs) == before, path


@pytest.mark.parametrize("name", ["account", "membership", "signingkey", "apitoken", "incident", "auditevent"])
def test_each_thing_of_another_account_is_not_found(name: str, theirs: Household, strangers: list[Client]) -> None:
    (thing,) = (thing for thing in theirs.objects if thing._meta.model_name == name)
    owner, *others, visitor = strangers
    for page in ("change", "delete", "history"):
        path = f"/admin/accounts/{name}/{thing.pk}/{page}/"
        assert owner.get(path).status_code == 404
        assert {stranger.get(path).status_code for stranger in others} <= {403, 404}
        assert visitor.get(path).status_code == 302


def test_their_own_people_do_see_it(theirs: Household) -> None:
    """Else the test above would find nothing anywhere."""
    owner = browser(User.objects.get(username=f"{THEIRS}person"))
    for name in ("account", "membership", "signingkey", "apitoken", "incident", "auditevent"):
        assert THEIRS in owner.get(f"/admin/accounts/{name}/").content.decode(), name
        (thing,) = (thing for thing in theirs.objects if thing._meta.model_name == name)
        assert THEIRS in owner.get(f"/admin/accounts/{name}/{thing.pk}/change/").content.decode(), name


def test_every_kind_of_thing_that_an_account_owns_is_walked(theirs: Household) -> None:
    """A new model with an account must be in `tests.meet.personas.household`."""
    owned = {
        model
        for model in apps.get_models()
        if any(field.name == "account" and field.is_relation for field in model._meta.get_fields())
    }
    assert owned <= {type(thing) for thing in theirs.objects}


def paths(address: Address, theirs: Household) -> Iterator[str]:
    """The address with their things in it."""
    if not address.parameters:
        yield "/" + _plain(address.route)
        return
    for values in _values(address, theirs):
        route = address.route
        for name, value in values.items():
            for shape in (f"<{name}>", f"<path:{name}>", f"<int:{name}>", f"<str:{name}>", f"<slug:{name}>"):
                route = route.replace(shape, str(value))
        assert "<" not in route, f"a parameter of {address.route} has no value"
        yield "/" + _plain(route)


def _plain(route: str) -> str:
    if "(?P<url>.*)" in route:  # the admin's answer to everything else
        route = route.replace("(?P<url>.*)", "nowhere")
    return route.removeprefix("^").removesuffix("$")


def _values(address: Address, theirs: Household) -> Iterator[dict[str, Any]]:
    """What to put in for an address's parameters. Fails for an address that is not known here."""
    match address.parameters:
        case ("object_id",) if address.model is not None:
            yield from ({"object_id": thing.pk} for thing in theirs.objects if type(thing) is address.model)
        case ("id",) if address.route.startswith("admin/auth/user/"):
            yield from ({"id": thing.pk} for thing in theirs.objects if type(thing) is User)
        case ("content_type_id", "object_id"):
            for thing in theirs.objects:
                yield {"content_type_id": ContentType.objects.get_for_model(thing).pk, "object_id": thing.pk}
        case ("app_label",):
            yield from ({"app_label": label} for label in ("accounts", "auth", "rooms", "stats", "webhooks"))
        case parameters if parameters and NAMED.issuperset(parameters):
            yield _named(parameters, theirs)
        case ("url",):
            yield {}
        case _:
            pytest.fail(f"{address.route} has parameters that this test can't fill in")


def _named(parameters: tuple[str, ...], theirs: Household) -> dict[str, Any]:
    # A page of the admin says the room's name again, which is of one's own choice there and tells nothing.
    room_id = "room" if "account_id" in parameters else f"{THEIRS}room"
    (video,) = (thing for thing in theirs.objects if isinstance(thing, Video))
    (person,) = (thing for thing in theirs.objects if isinstance(thing, VideoPerson))
    (link,) = (thing for thing in theirs.objects if isinstance(thing, VideoLink))
    values = {
        "account_id": theirs.account.pk,
        "room_id": room_id,
        "peer_id": "ada",
        "video_id": video.pk,
        "person_id": person.pk,
        "link_id": link.pk,
        "token": sign(b"guessed", video.slug, "video", 2_000_000_000),
        "path": "video.mp4",
        "uidb64": "MQ",
    }
    return {name: values[name] for name in parameters}


def visits(client: Client, path: str, theirs: Household, model: type[Model] | None) -> Iterator[Any]:
    """All that a visitor may try: to look, to search, and to change, also with another account's keys in a form."""
    account = theirs.account
    word = THEIRS[:5]
    of_one_thing = path.startswith("/admin/") and any(f"/{thing.pk}/" in path for thing in theirs.objects)
    yield client.get(path)
    if not of_one_thing:  # such a page of the admin has nothing to look for
        yield client.get(f"{path}?q={word}&s={word}&extended=1&account__id__exact={account.pk}&_popup=1")
        yield client.get(f"{path}?account={account.pk}&days=90")
    form = {
        "name": "changed",
        "account": account.pk,
        "user": theirs.objects[1].pk,
        "role": Role.OWNER,
        "host": "taken.example",
        "username": "newcomer",
        "password": "correct horse staple",
        "key": "s" * 64,
        "kid": "changed",
        "seen": "on",
        "post": "yes",
        "_selected_action": [thing.pk for thing in theirs.objects if type(thing) is model],
        "domains-TOTAL_FORMS": "1",
        "domains-INITIAL_FORMS": "0",
        "domains-0-account": account.pk,
        "domains-0-host": "taken.example",
    }
    if path.startswith(PREFIXES):
        body = form | {
            "peerId": "ada",
            "locked": True,
            "hostname": f"{THEIRS}.example",
            "rooms": [{"roomId": f"{THEIRS}room"}],
        }
        yield client.post(path, body, content_type="application/json")
    # Lists of the admin alone know actions.
    for action in ("delete_selected", "mark_as_seen") if model is not None and not of_one_thing else (None,):
        if not path.startswith("/admin/logout"):
            with transaction.atomic():
                yield client.post(path, form | ({"action": action} if action else {}))


def snapshot(theirs: Household) -> list[Any]:
    """All that they own, as it is in the database, and how much of it there is."""
    found: list[Any] = []
    for thing in theirs.objects:
        model = type(thing)
        now = model._default_manager.filter(pk=thing.pk).first()
        found.append(model_to_dict(now) if now is not None else None)
        if hasattr(thing, "account_id"):
            found.append(model._default_manager.filter(account=theirs.account).count())
    return found
