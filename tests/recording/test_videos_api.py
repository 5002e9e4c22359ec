"""Videos by the Server API: search, everything about one, deletion and its undoing, files of people."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path  # noqa: TC003 - fixtures
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from meet.accounts.models import Account, Domain, Role, Visibility
from recording.jobs.videos import do_compose_again
from recording.models import PersonFile, Recording, Status, Video, VideoPerson
from recording.storage.storing import folder_of
from tests.api.programs import api_key, error_in, program
from tests.recording.library import NOW, recorded, video_of

if TYPE_CHECKING:
    from django.conf import LazySettings

pytestmark = pytest.mark.usefixtures("database")
SEARCH = "/streaming/videos/search"


@pytest.fixture
def acme(database: str, settings: LazySettings, tmp_path: Path) -> Account:  # noqa: ARG001 - the tables
    settings.CONFIG = replace(settings.CONFIG, api_requests_per_second=0)
    backend = "recording.storage.folder.FolderStorage"
    storage = {"BACKEND": backend, "OPTIONS": {"location": str(tmp_path / "files")}}
    settings.STORAGES = {**settings.STORAGES, "recordings": storage}
    account = Account.objects.create(name="acme")
    Domain.objects.create(account=account, host="acme.example")
    return account


def asking(account: Account, role: Role = Role.ADMIN) -> Client:
    return program(api_key(account, role), Host="acme.example")


def found(account: Account, query: str = "") -> list[int]:
    response = asking(account, Role.VIEWER).get(SEARCH + query)
    assert response.status_code == 200, response.content
    return [one["id"] for one in response.json()]


class TestSearch:
    def test_by_the_rooms_id_as_the_tutorial_has_it(self, acme: Account) -> None:
        ours = video_of(recorded(acme, "one", room_id="serv1test2a"), Status.READY)
        video_of(recorded(acme, "two", room_id="serv1other"), Status.READY)
        video_of(recorded(Account.objects.create(name="others"), "three", room_id="serv1test2a"), Status.READY)
        (answer,) = asking(acme).get(f"{SEARCH}?q=serv1test2a").json()
        assert answer["id"] == ours.pk
        assert answer["name"] == "Recording serv1test2a 2026-09-21 13:00:00 UTC"
        assert answer["room_id"] == "serv1test2a"
        assert (answer["status"], answer["duration"], answer["size"]) == ("ready", 3.0, 1000)
        assert dt.datetime.fromisoformat(answer["created"]) == NOW - dt.timedelta(hours=1)
        assert found(acme, "?q=SERV1TEST") == [ours.pk]
        assert found(acme, "?q=%25") == found(acme, "?q=_") == found(acme, "?q=nothing") == []

    def test_the_newest_first_and_page_by_page(self, acme: Account) -> None:
        videos = [video_of(recorded(acme, f"{hours}", hours=hours)).pk for hours in (1, 2, 3, 4)]
        assert found(acme) == found(acme, "/") == videos
        assert found(acme, "?limit=2") == videos[:2]
        assert found(acme, "?limit=2&offset=3") == videos[3:]
        response = asking(acme).get(f"{SEARCH}?limit=1")
        assert response.headers["X-Total-Count"] == "4"

    def test_many_cost_as_few_questions_of_the_database_as_one(self, acme: Account) -> None:
        asker, counts = asking(acme), []
        asker.get(SEARCH)  # writes when the token was last used
        for folder in ("one", "two"):
            video_of(recorded(acme, folder), Status.READY, people=("ada",))
            with CaptureQueriesContext(connection) as asked:
                assert asker.get(SEARCH).status_code == 200
            counts.append(len(asked))
        assert counts[0] == counts[1]

    def test_the_parts_of_a_long_one_are_in_order(self, acme: Account) -> None:
        recording = recorded(acme, hours=5)
        second, first = video_of(recording, part=2), video_of(recording, part=1)
        Video.objects.filter(pk=second.pk).update(created_at=recording.started_at + dt.timedelta(hours=4))
        assert found(acme) == [second.pk, first.pk]

    def test_what_goes_on_at_the_next_node_and_parts_name_each_other(self, acme: Account) -> None:
        first, second, last = (recorded(acme, name, hours=hours) for name, hours in (("a", 3), ("b", 2), ("c", 1)))
        for before, after in ((first, second), (second, last)):
            Recording.objects.filter(pk=after.pk).update(continues=before.started_at)
        stranger = recorded(Account.objects.create(name="others"), "d", hours=2.5)
        Recording.objects.filter(pk=stranger.pk).update(continues=first.started_at)
        video_of(stranger)
        alone = video_of(recorded(acme, "e", hours=9, room_id="serv0other")).pk
        row = [video_of(first).pk, video_of(first, part=2).pk, video_of(second).pk, video_of(last).pk]
        answers = {one["id"]: (one["previous"], one["next"]) for one in asking(acme).get(SEARCH).json()}
        assert answers.pop(alone) == (None, None)
        assert [answers[pk] for pk in row] == list(zip([None, *row], [*row[1:], None], strict=False))
        one = asking(acme).get(f"/streaming/videos/{row[2]}").json()
        assert (one["previous"], one["next"]) == (row[1], row[3])
        Video.objects.filter(pk=row[1]).update(deleted_at=NOW)
        assert asking(acme).get(f"/streaming/videos/{row[2]}").json()["previous"] == row[0]

    def test_by_who_is_in_it_and_when(self, acme: Account) -> None:
        ada = video_of(recorded(acme, "one", hours=30), Status.READY, people=("ada", "bob"))
        eve = video_of(recorded(acme, "two", hours=1), Status.READY, people=("eve",))
        VideoPerson.objects.filter(peer_id="eve").update(display_name="Éve Ada-Rossi")
        assert found(acme, "?person=Ada") == [eve.pk, ada.pk]
        assert found(acme, "?person=bob") == [ada.pk]
        assert found(acme, "?person=bob&q=nothing") == []
        assert found(acme, "?since=2026-09-21T00:00:00Z") == [eve.pk]
        assert found(acme, "?until=2026-09-21T00:00:00Z") == [ada.pk]
        assert found(acme, "?since=2026-09-21T13:00:00Z&until=2026-09-21T13:00:00Z") == []

    @pytest.mark.parametrize(
        "query", ["?limit=0", "?limit=101", "?offset=-1", "?since=today", "?q=%00", f"?q={'x' * 201}"]
    )
    def test_what_makes_no_sense(self, acme: Account, query: str) -> None:
        error_in(asking(acme).get(SEARCH + query), 400)


class TestOne:
    def test_its_addresses_lead_to_its_files(self, acme: Account, tmp_path: Path) -> None:
        video = video_of(recorded(acme), Status.READY, people=("ada",))
        for name in ("video.mp4", "hls/master.m3u8", "poster.jpg"):
            path = tmp_path / "files" / folder_of(video) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"12345")
        answer = asking(acme).get(f"/streaming/videos/{video.pk}").json()
        assert answer == asking(acme).get(f"/streaming/videos/{video.pk}/").json()
        assert answer["people"] == [{"peerId": "ada", "displayName": "Ada"}]
        assert answer["origin_host"] == "acme.example"
        addresses = (
            answer["hls_url"],
            answer["poster"],
            f"https://{answer['origin_host']}/{answer['origin_resource']}",
        )
        for address in addresses:
            assert urlsplit(address).netloc == "acme.example"
            response = Client(headers={"Host": "acme.example"}).head(urlsplit(address).path)
            assert (response.status_code, response["Content-Length"]) == (200, "5")
        assert answer["hls_url"].endswith("/hls/master.m3u8")
        assert dt.datetime.fromisoformat(answer["expires"]) > dt.datetime.now(dt.UTC)

    @pytest.mark.parametrize("visibility", [Visibility.SIGNED, Visibility.PUBLIC])
    def test_its_player_stands_in_a_page_of_yours(self, acme: Account, visibility: str) -> None:
        Account.objects.update(recording_visibility=visibility)
        video = video_of(recorded(acme), Status.READY)
        player = urlsplit(asking(acme).get(f"/streaming/videos/{video.pk}").json()["player_url"])
        assert (player.netloc, player.path) == ("acme.example", f"/videos/{video.pk}/embed")
        stranger = Client(headers={"Host": "acme.example"})
        assert stranger.get(f"{player.path}?{player.query}").status_code == 200
        assert (stranger.get(player.path).status_code == 200) == (visibility == Visibility.PUBLIC)

    def test_until_it_is_ready_it_tells_how_far_it_is(self, acme: Account) -> None:
        video = video_of(recorded(acme), Status.COMPOSING)
        Video.objects.update(progress=42)
        answer = asking(acme).get(f"/streaming/videos/{video.pk}").json()
        assert (answer["status"], answer["progress"]) == ("composing", 42)
        for name in (
            "hls_url",
            "origin_host",
            "origin_resource",
            "poster",
            "player_url",
            "expires",
            "duration",
            "size",
        ):
            assert answer[name] is None

    def test_another_accounts_is_not_there_and_neither_is_none(self, acme: Account) -> None:
        theirs = video_of(recorded(Account.objects.create(name="others")), Status.READY, people=("ada",))
        for video_id in (theirs.pk, theirs.pk + 1000, 2**70):
            for method, path in (
                ("GET", f"/streaming/videos/{video_id}"),
                ("DELETE", f"/streaming/videos/{video_id}"),
                ("POST", f"/streaming/videos/{video_id}/restore"),
                ("GET", f"/streaming/videos/{video_id}/originals/ada"),
                ("POST", f"/streaming/videos/{video_id}/originals/ada"),
            ):
                error = error_in(asking(acme).generic(method, path), 404)
                assert error["code"] == "videoNotFound"
        assert Video.objects.get().deleted_at is None

    def test_who_may_what(self, acme: Account) -> None:
        video = video_of(recorded(acme), Status.READY, people=("ada",))
        path = f"/streaming/videos/{video.pk}"
        for role in Role:
            assert asking(acme, role).get(path).status_code == 200
        viewer = asking(acme, Role.VIEWER)
        for method, address in (("DELETE", path), ("POST", f"{path}/restore"), ("POST", f"{path}/originals/ada")):
            error_in(viewer.generic(method, address), 403)
        error_in(viewer.get(f"{path}/originals/ada"), 403)
        error_in(program().get(path), 401)
        assert Video.objects.get().deleted_at is None


class TestDeletion:
    @pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN])
    def test_what_was_deleted_is_gone_and_can_be_brought_back(self, acme: Account, role: Role) -> None:
        video = video_of(recorded(acme), Status.READY)
        path = f"/streaming/videos/{video.pk}"
        asker = asking(acme, role)
        error_in(asker.post(f"{path}/restore"), 404)
        answer = asker.delete(path).json()
        assert answer["deleted"] is True
        assert dt.datetime.fromisoformat(answer["restorable_until"]) > dt.datetime.now(dt.UTC) + dt.timedelta(days=6)
        error_in(asker.get(path), 404)
        error_in(asker.delete(path), 404)
        assert found(acme) == []
        assert asker.post(f"{path}/restore/").json()["id"] == video.pk
        assert found(acme) == [video.pk]


class TestOriginals:
    def test_somebodys_file_is_asked_for_then_waited_for_then_fetched(self, acme: Account) -> None:
        video = video_of(recorded(acme), Status.READY, people=("ada", "bob/2"))
        path = f"/streaming/videos/{video.pk}/originals/bob/2"
        asker = asking(acme)
        assert error_in(asker.get(path), 404)["code"] == "originalNotFound"
        answer: dict[str, Any] = asker.post(path).json()
        assert answer == {"peerId": "bob/2", "status": "waiting", "problem": "", "size": None, "url": None}
        PersonFile.objects.update(status=Status.READY, name="people/1.webm", size_bytes=5)
        answer = asker.get(f"{path}/").json()
        assert (answer["status"], answer["size"]) == ("ready", 5)
        assert "/people/1.webm?download" in answer["url"]
        assert asker.post(path).json()["url"] == answer["url"]
        assert PersonFile.objects.count() == 1

    def test_of_who_was_not_there_or_whose_tracks_are_deleted(self, acme: Account) -> None:
        recording = recorded(acme)
        path = f"/streaming/videos/{video_of(recording, Status.READY, people=('ada',)).pk}/originals"
        for nobody in ("eve", "%00", "a%00b"):
            assert error_in(asking(acme).post(f"{path}/{nobody}"), 404)["code"] == "peerNotFound"
        recording.tracks_deleted_at = NOW
        recording.save()
        assert error_in(asking(acme).post(f"{path}/ada"), 400)["code"] == "tracksDeleted"


class TestLinks:
    def test_a_lasting_address_counts_after_days_until_it_is_revoked(
        self, acme: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        acme.lasting_links = True
        acme.save()
        video = video_of(recorded(acme), Status.READY)
        admin, path = asking(acme), f"/streaming/videos/{video.pk}/links"
        made = admin.post(path, {"note": "the app"}, content_type="application/json").json()
        limited = admin.post(path, {"days": 2}, content_type="application/json").json()
        assert (made["expires"], made["note"], made["made_by"]) == (None, "the app", "API")
        stream, player = urlsplit(made["hls_url"]).path, urlsplit(made["player_url"])
        stranger = Client(headers={"Host": "acme.example"})
        later = timezone.now() + dt.timedelta(days=400)
        with monkeypatch.context() as patch:
            patch.setattr("recording.delivery.views.timezone.now", lambda: later)
            assert stranger.options(stream).status_code == 200
            assert stranger.options(urlsplit(limited["hls_url"]).path).status_code == 410
        assert int(stranger.options(stream).headers["Cache-Control"].rpartition("=")[2]) <= 300
        assert stranger.get(f"{player.path}?{player.query}").status_code == 200
        do_compose_again(video, timezone.now())
        Video.objects.update(status=Status.READY)  # its files are elsewhere now, its address is the same
        assert stranger.options(stream).status_code == 200
        assert [one["id"] for one in admin.get(path).json()] == [limited["id"], made["id"]]
        assert admin.delete(f"{path}/{made['id']}").json() == {"revoked": True}
        assert stranger.options(stream).status_code == 410
        assert stranger.get(f"{player.path}?{player.query}").status_code == 410
        assert error_in(admin.delete(f"{path}/{made['id']}"), 404)["code"] == "linkNotFound"
        assert [one["id"] for one in admin.get(path).json()] == [limited["id"]]

    def test_without_the_accounts_option_there_are_none_and_old_ones_count_no_more(self, acme: Account) -> None:
        video = video_of(recorded(acme), Status.READY)
        admin, path = asking(acme), f"/streaming/videos/{video.pk}/links"
        refused = admin.post(path, {}, content_type="application/json")
        assert error_in(refused, 400)["code"] == "lastingLinksOff"
        assert admin.post(path, {"days": 0}, content_type="application/json").status_code == 400
        assert admin.post(path, {"day": 1}, content_type="application/json").status_code == 400
        acme.lasting_links = True
        acme.save()
        stream = urlsplit(admin.post(path, {}, content_type="application/json").json()["hls_url"]).path
        stranger = Client(headers={"Host": "acme.example"})
        assert stranger.options(stream).status_code == 200
        acme.lasting_links = False
        acme.save()
        assert stranger.options(stream).status_code == 410

    def test_only_the_accounts_admins_make_and_revoke_them(self, acme: Account) -> None:
        video = video_of(recorded(acme), Status.READY)
        path = f"/streaming/videos/{video.pk}/links"
        viewer, stranger = asking(acme, Role.VIEWER), asking(Account.objects.create(name="others"))
        link = asking(acme).post(path, {"days": 1}, content_type="application/json").json()["id"]
        for client, status in ((viewer, 403), (stranger, 404)):
            assert client.get(path).status_code == status
            assert client.post(path, {"days": 1}, content_type="application/json").status_code == status
            assert client.delete(f"{path}/{link}").status_code == status
        other = video_of(recorded(acme, "other"), Status.READY)
        assert asking(acme).delete(f"/streaming/videos/{other.pk}/links/{link}").status_code == 404
