"""The bridge's library, the playground, and a new meeting on a chosen node."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from meet.attributes.schema import LANGUAGES, specs
from meet.views.bridge import ClientNotBuilt
from meet.views.playground import groups
from rooms.models import Node

if TYPE_CHECKING:
    from pathlib import Path

    from django.test import Client

PATHS = ["/meetBridgeApi.js", "/meetBridgeApi.mjs"]


@pytest.fixture
def library(client_build: Path) -> Path:
    """The folder of a library that is none."""
    folder = client_build / "bridge"
    folder.mkdir()
    for name in ("meetBridgeApi.js", "meetBridgeApi.mjs"):
        (folder / name).write_text(f"// {name}", encoding="utf-8")
    return folder


@pytest.fixture
def playground_build(client_build: Path) -> None:
    """A manifest that knows the playground."""
    path = client_build / ".vite" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["src/pages/playground/main.ts"] = {"file": "assets/playground-Abcdef12.js"}
    path.write_text(json.dumps(manifest), encoding="utf-8")


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("path", PATHS)
class TestLibrary:
    def test_it_is_a_script_that_any_site_may_load(self, client: Client, path: str) -> None:
        response = client.get(path)
        assert response.content.decode() == f"// {path[1:]}"
        assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert not response.cookies

    def test_it_is_kept_for_minutes_and_then_asked_about(self, client: Client, path: str) -> None:
        response = client.get(path)
        assert response.headers["Cache-Control"] == "public, max-age=300"
        again = client.get(path, headers={"If-None-Match": response.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == response.headers["ETag"]
        assert again.headers["Access-Control-Allow-Origin"] == "*"

    def test_another_build_has_another_tag(self, client: Client, path: str, library: Path) -> None:
        before = client.get(path).headers["ETag"]
        (library / path[1:]).write_text("// another", encoding="utf-8")
        response = client.get(path, headers={"If-None-Match": before})
        assert (response.status_code, response.content) == (200, b"// another")

    def test_it_is_only_read(self, client: Client, path: str) -> None:
        assert client.head(path).status_code == 200
        assert client.post(path).status_code == 405


@pytest.mark.usefixtures("client_build")
def test_a_library_that_is_not_built_says_what_to_do(client: Client) -> None:
    with pytest.raises(ClientNotBuilt, match="make build"):
        client.get("/meetBridgeApi.js")


class TestPlayground:
    @pytest.mark.usefixtures("playground_build")
    @pytest.mark.parametrize("path", ["/playground", "/playground/"])
    def test_it_offers_every_attribute_and_loads_the_public_library(self, client: Client, path: str) -> None:
        page = client.get(path).content.decode()
        for _field, spec, _default in specs():
            assert f'data-control="{spec.name}"' in page
        assert '<script src="/meetBridgeApi.js" defer></script>' in page
        assert "/static/assets/playground-Abcdef12.js" in page

    def test_each_attribute_is_in_exactly_one_group(self) -> None:
        names = [control.name for _title, controls in groups() for control in controls]
        assert sorted(names) == sorted(spec.name for _field, spec, _default in specs())

    def test_each_attribute_has_a_topic(self) -> None:
        assert "Other" not in dict(groups()), "name new attributes in _GROUPS of meet/views/playground.py"

    def test_words_can_be_chosen(self) -> None:
        choices = {control.name: control.choices for _, controls in groups() for control in controls if control.choices}
        assert choices == {
            "lang": LANGUAGES,
            "interface": ("call", "webinar"),
            "role": ("moderator", "interpreter"),
        }

    def test_what_only_a_token_can_say_is_marked(self) -> None:
        marked = {control.name for _title, controls in groups() for control in controls if control.token_only}
        assert {"role", "canRecord", "waitingRoom"} <= marked
        assert not marked & {"roomId", "token", "displayName"}


@pytest.mark.django_db
@pytest.mark.usefixtures("client_build", "live_node")
class TestNewMeeting:
    def second(self, *, alive: bool = True) -> None:
        now = timezone.now()
        heartbeat = now if alive else now - timedelta(minutes=5)
        Node.objects.create(name="serv1", port=8101, started_at=now, heartbeat_at=heartbeat)

    def test_the_room_goes_to_the_chosen_node(self, client: Client) -> None:
        self.second()
        context = client.get("/new?server=serv1").context
        assert context["servers"] == ["serv0", "serv1"]
        assert context["server"] == "serv1"
        assert context["room_id"].startswith("serv1")
        assert len(context["room_id"]) == len("serv1") + 12

    @pytest.mark.parametrize("server", ["", "serv1", "serv7", "<b>"])
    def test_a_node_that_is_not_there_is_not_named(self, client: Client, server: str) -> None:
        self.second(alive=False)
        context = client.get("/new", {"server": server}).context
        assert context["servers"] == []  # one is no choice
        assert context["server"] == ""
        assert len(context["room_id"]) == 12
