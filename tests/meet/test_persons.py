"""What is kept of a person is told, exported and erased: by owners and admins of the account, and by nobody else."""

from __future__ import annotations

import csv
import io
import json
import re
import weakref
import zipfile
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from meet.accounts.audit import Actor
from meet.accounts.models import Account, AuditEvent, Role
from meet.accounts.personal import Person
from meet.privacy import api, persons
from meet.views import persons as views
from recording.jobs import personal
from recording.jobs.erased_names import rewrite_chapters, rewrite_what_is_left
from recording.models import Discarded, ErasedName, PersonFile, Recording, Video, VideoPerson
from recording.storage.storing import folder_of, video_storage
from rooms.webhooks.models import Attempt, Delivery, Endpoint
from stats import personal as statistics
from stats.models import Sample, Session
from tests.api.programs import api_key, error_in, program
from tests.meet.personas import NOW, Household, household, member

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    Commit = Callable[..., AbstractContextManager[list[Callable[[], object]]]]

ID: Final = 'ann/7f3 "x"'
NAME: Final = "Annabel Leigh"
BESIDE: Final = "bob"

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Household:
    return household("acme")


@pytest.fixture
def ann(acme: Household, tmp_path: Path) -> Account:
    """An account in whose rooms Ann and Bob were: everything that is kept of both."""
    account = acme.account
    endpoint, recording = Endpoint.objects.get(account=account), Recording.objects.get(account=account)
    for peer, name in ((ID, NAME), (BESIDE, "Bob")):
        for room in ("one", "two"):
            stay = {"room_id": room, "peer_id": peer, "joined_at": NOW, "marked_at": NOW}
            Session.objects.create(account=account, display_name=name, left_at=NOW, node="serv0", **stay)
            Sample.objects.create(account=account, room_id=room, peer_id=peer, direction="up", at=NOW, seconds=30)
        body = json.dumps({"event": "connected", "roomId": "one", "peerId": peer, "displayName": name})
        # As bodies are written, without blanks and with letters as they are.
        compact = json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":"))
        told = Delivery.objects.create(
            endpoint=endpoint, room_id="one", kind="joinPeer", body=compact, peer_id=peer, happened_at=NOW
        )
        Attempt.objects.create(delivery=told, at=NOW, duration_ms=1, answer=f"welcome {peer} {name}")
    Recording.objects.filter(pk=recording.pk).update(ended_at=NOW)
    video = Video.objects.get(account=account)
    Video.objects.filter(pk=video.pk).update(status="ready")
    for position, (peer, name) in enumerate(((ID, NAME), (BESIDE, "Bob")), 1):
        person = VideoPerson.objects.create(video=video, position=position, peer_id=peer, display_name=name)
        PersonFile.objects.create(person=person, asked_at=NOW, due_at=NOW, name=f"{position}.webm")
    happenings = [
        {"atS": 20.0, "kind": "join", "peerId": ID, "displayName": NAME},
        {"atS": 25.0, "kind": "join", "peerId": BESIDE, "displayName": "Bob"},
    ]
    chapters = [{"startS": 20.0, "endS": 60.0, "title": f"{NAME} and Bob joined", "happenings": happenings}]
    for file, text in (("chapters.json", json.dumps(chapters)), ("chapters.vtt", f"WEBVTT\n\n{NAME} and Bob joined\n")):
        draft = tmp_path / file
        draft.write_text(text)
        video_storage().keep(draft, f"{folder_of(video)}/{file}")
    session = Session.objects.get(account=account, peer_id=ID, room_id="two")
    AuditEvent.objects.create(account=account, at=NOW, action="deleted", actor="op", what=f"session {session}")
    kind = ContentType.objects.get_for_model(Session)
    user = account.memberships.get().user
    LogEntry.objects.create(
        user=user, content_type=kind, object_id="1", object_repr=str(session), action_flag=DELETION, change_message=""
    )
    return account


@pytest.fixture
def caller(ann: Account) -> Client:
    return program(api_key(ann))


def texts() -> str:
    """All that stands in any column of any table, and in the files of videos."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 - quoted
            found += [str(value) for row in cursor.fetchall() for value in row]
    for video in Video.objects.all():
        found += [video_storage().text(f"{folder_of(video)}/{name}") for name in ("chapters.json", "chapters.vtt")]
    return "\n".join(found)


KEPT: Final = {"sessions": 2, "samples": 2, "videos": 1, "tracks": 1, "deliveries": 1}


class Row(dict[str, Any]):
    """One that tells when it is gone."""


class TestErasing:
    def test_nothing_in_any_table_or_file_tells_of_them_and_others_are_left_alone(
        self, ann: Account, caller: Client, django_capture_on_commit_callbacks: Commit
    ) -> None:
        commit = django_capture_on_commit_callbacks
        assert ID in texts()
        assert NAME in texts()
        with commit(execute=True):
            answer = caller.delete("/persons?peerId=" + 'ann/7f3%20"x"').json()
        assert answer["kept"] == KEPT
        after = texts()
        assert "ann/7f3" not in after
        assert NAME not in after
        assert Session.objects.filter(account=ann, peer_id=BESIDE).count() == 2
        assert Sample.objects.filter(account=ann, peer_id=BESIDE).count() == 2
        assert Attempt.objects.filter(answer="welcome bob Bob").exists()
        assert VideoPerson.objects.filter(peer_id=BESIDE).exists()
        (chapter,) = json.loads(video_storage().text(f"{folder_of(Video.objects.get())}/chapters.json"))
        assert chapter["title"] == "Somebody and Bob joined"
        kept = set(Discarded.objects.values_list("kind", flat=True))
        assert kept == {"capture", "video"}
        event = AuditEvent.objects.order_by("pk").last()
        assert event is not None
        assert (event.account, event.action) == (ann, "deleted")
        assert event.what == "a person's data: 2 sessions, 2 samples, 1 videos, 1 tracks, 1 deliveries"

    def test_what_other_accounts_have_done_is_left_alone(self, ann: Account, caller: Client) -> None:
        other = household("other").account
        kind, user = ContentType.objects.get_for_model(Session), other.memberships.get().user
        for name in (f"{ID} in elsewhere", f"{ID} in a row in two"):
            about = {"object_id": "9", "object_repr": name, "action_flag": DELETION, "change_message": ""}
            LogEntry.objects.create(user=user, content_type=kind, **about)
            AuditEvent.objects.create(account=other, at=NOW, action="deleted", actor="o", what=f"session {name}")
        AuditEvent.objects.create(
            account=ann, at=NOW, action="deleted", actor="o", what=f"session {ID} in a row in two"
        )
        assert caller.delete('/persons?peerId=ann/7f3%20"x"').status_code == 200
        assert LogEntry.objects.filter(object_repr__startswith=ID).count() == 2
        assert AuditEvent.objects.filter(account=other, what__contains=ID).count() == 2
        assert AuditEvent.objects.filter(account=ann, what=f"session {ID} in a row in two").exists(), "another person"

    def test_what_the_release_before_has_written_is_found_by_its_body(
        self, caller: Client, django_capture_on_commit_callbacks: Commit
    ) -> None:
        Delivery.objects.update(peer_id=None)
        assert caller.get('/persons?peerId=ann/7f3%20"x"').json()["kept"] == KEPT
        with django_capture_on_commit_callbacks(execute=True):
            caller.delete('/persons?peerId=ann/7f3%20"x"')
        assert "ann/7f3" not in texts()
        assert Delivery.objects.filter(body__contains="Bob").exists()

    def test_what_stays_is_said(self, caller: Client) -> None:
        answer = caller.delete('/persons?peerId=ann/7f3%20"x"').json()
        assert any("picture" in line for line in answer["remains"])

    def test_twice_is_once(self, caller: Client) -> None:
        assert caller.delete('/persons?peerId=ann/7f3%20"x"').status_code == 200
        error = error_in(caller.delete('/persons?peerId=ann/7f3%20"x"'), 404)
        assert error["code"] == "personUnknown"

    def test_who_is_in_a_room_is_not_erased(self, ann: Account, caller: Client) -> None:
        Session.objects.filter(account=ann, peer_id=ID, room_id="one").update(left_at=None)
        before = texts()
        error = error_in(caller.delete('/persons?peerId=ann/7f3%20"x"'), 409)
        assert error["code"] == "personInRoom"
        assert NAME in before
        assert Session.objects.filter(account=ann, peer_id=ID).count() == 2

    @pytest.mark.parametrize("query", ["", "?peerId=", "?peerid=x", "?peerId=x&peerId=y", "?peerId=" + "x" * 129])
    def test_a_request_that_is_not_understood_erases_nobody(self, ann: Account, caller: Client, query: str) -> None:
        error_in(caller.delete(f"/persons{query}"), 400)
        error_in(caller.delete("/persons?peerId=ann"), 404)
        error_in(caller.delete("/persons?peerId=%25"), 404)
        assert Session.objects.filter(account=ann).count() == 5

    def test_a_recording_that_is_no_video_yet_is_told_and_its_tracks_stay(self, ann: Account, caller: Client) -> None:
        Video.objects.filter(account=ann).update(status="waiting", room_id="one")
        answer = caller.delete('/persons?peerId=ann/7f3%20"x"').json()
        assert answer["unfinished"] == 1
        assert Recording.objects.get(account=ann).tracks_deleted_at is None


@pytest.mark.django_db(transaction=True)
class TestTransaction:
    def test_where_erasing_fails_in_its_middle_no_file_has_changed_either(
        self, ann: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_arguments: object) -> None:
            raise OperationalError

        before = texts()
        monkeypatch.setattr(persons, "note", fail)
        with pytest.raises(OperationalError):
            persons.erase(Person(ann, ID), Actor("op", ""), NOW)
        assert texts() == before

    def test_while_the_storage_is_away_a_name_in_chapters_waits_and_is_erased_later(
        self, ann: Account, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def away(*_arguments: object) -> None:
            raise ConnectionRefusedError

        with monkeypatch.context() as patch:
            patch.setattr(type(video_storage()), "keep", away)
            persons.erase(Person(ann, ID), Actor("op", ""), NOW)
            rewrite_what_is_left()
            assert "tried again later" in caplog.text
            assert NAME in texts()
        rewrite_what_is_left()
        after = texts()
        assert NAME not in after
        assert "ann/7f3" not in after
        assert "Bob" in after

    def test_two_who_are_erased_at_the_same_time_do_not_bring_each_other_back(
        self, ann: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(personal, "rewrite_chapters", lambda _video_id: None)  # both are noted, none is done yet
            for peer_id in (ID, BESIDE):
                persons.erase(Person(ann, peer_id), Actor("op", ""), NOW)
        assert ErasedName.objects.count() == 2
        rewrite_chapters(Video.objects.get().pk)
        after = texts()
        assert "Bob" not in after
        assert NAME not in after
        assert not ErasedName.objects.exists()


class TestTelling:
    def test_a_dry_run_changes_nothing(self, caller: Client) -> None:
        assert caller.get('/persons?peerId=ann/7f3%20"x"').json()["kept"] == KEPT
        before = texts()
        told = io.StringIO()
        call_command("erase_person", "acme name", ID, "--dry-run", stdout=told)
        assert "This would be erased: 2 sessions, 2 samples, 1 videos, 1 tracks, 1 deliveries." in told.getvalue()
        assert texts() == before

    def test_an_export_has_all_of_theirs_and_nothing_of_others(self, caller: Client, tmp_path: Path) -> None:
        response: Any = caller.get('/persons/export?peerId=ann/7f3%20"x"')
        content = b"".join(response.streaming_content)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}
        assert {kind: len(json.loads(files[f"{kind}.json"])) for kind in KEPT} == KEPT
        (first, *_) = list(csv.DictReader(io.StringIO(files["sessions.csv"])))
        assert (first["peer_id"], first["display_name"]) == (ID, NAME)
        assert "Bob" not in "".join(files.values())
        path = tmp_path / "person.zip"
        call_command("export_person", "acme name", ID, str(path), stdout=io.StringIO())
        assert path.stat().st_mode & 0o777 == 0o600
        with pytest.raises(CommandError, match="is there already"):
            call_command("export_person", "acme name", ID, str(path))

    def test_web_exports_so_much_and_the_command_all_of_it_row_by_row(
        self, ann: Account, caller: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(api, "MAX_ASKED", 6)
        monkeypatch.setattr(views, "MAX_ASKED", 6)
        assert error_in(caller.get('/persons/export?peerId=ann/7f3%20"x"'), 413)["code"] == "personTooLarge"
        page = f"/admin/persons/{ann.pk}/export?{urlencode({'peerId': ID})}"
        assert "manage.py export_person" in member(ann, Role.OWNER).get(page, follow=True).content.decode()
        waiting, most = 0, 0

        def counted(_person: Person) -> Iterator[tuple[str, dict[str, Any]]]:
            nonlocal waiting, most
            for _ in range(50):
                row = Row(room_id="one")
                waiting, most = waiting + 1, max(most, waiting + 1)
                weakref.finalize(row, gone)
                yield "samples", row
                del row

        def gone() -> None:
            nonlocal waiting
            waiting -= 1

        monkeypatch.setattr(statistics, "rows", counted)
        path = tmp_path / "person.zip"
        call_command("export_person", "acme name", ID, str(path), stdout=io.StringIO())
        with zipfile.ZipFile(path) as archive:
            assert json.loads(archive.read("samples.json")) == [{"room_id": "one"}] * 50
            assert json.loads(archive.read("sessions.json")) == []
            assert archive.read("samples.csv").decode("utf-8-sig").split() == ["room_id", *["one"] * 50]
        assert most < 5

    def plan(self, cursor: Any, sql: str) -> str:
        """How it is found; where any index is as good, as of few rows, without those that are not by person."""
        while True:
            cursor.execute(f"{'EXPLAIN' if connection.vendor == 'postgresql' else 'EXPLAIN QUERY PLAN'} {sql}")
            found = "\n".join(str(row) for row in cursor.fetchall())
            other = re.search(r"Index (?:Only )?Scan using (\w+)", found)
            if "FROM" not in sql or "peer_id" not in sql or not other or re.search(r"Index Cond: .*peer_id", found):
                return found
            cursor.execute("SELECT 1 FROM pg_constraint WHERE conname = %s", [other[1]])
            if cursor.fetchone():
                return found
            cursor.execute(f"DROP INDEX {other[1]}")

    def test_they_are_found_by_indexes_however_much_is_kept_of_others(self, ann: Account) -> None:
        with CaptureQueriesContext(connection) as asked:
            persons.look_up(Person(ann, ID))
        plans = {}
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET enable_seqscan = off")  # a table of ten rows is read without any index
            for query in asked.captured_queries:
                plans[query["sql"]] = self.plan(cursor, query["sql"])
        for table in ("stats_session", "stats_sample", "recording_videoperson", "webhooks_delivery"):
            mine = [plan for sql, plan in plans.items() if f'COUNT(*) AS "__count" FROM "{table}"' in sql]
            assert mine, plans
            assert all(re.search(r"peer_id=\?|Index Cond: .*peer_id", plan) for plan in mine), mine

    def test_a_wrong_id_is_said(self, ann: Account) -> None:
        assert ann
        with pytest.raises(
            CommandError, match=r"Nothing is kept of a person with this id\. It is the participant's id"
        ):
            call_command("erase_person", "acme name", "nobody")


class TestAdmin:
    def page(self, account: Account, peer_id: str = ID) -> str:
        return f"/admin/persons/{account.pk}/?{urlencode({'peerId': peer_id})}"

    def test_a_session_leads_to_what_is_kept_and_that_to_a_file(self, ann: Account) -> None:
        browser = member(ann, Role.ADMIN)
        session = Session.objects.get(peer_id=ID, room_id="one")
        shown = browser.get(f"/admin/stats/session/{session.pk}/change/").content.decode()
        assert self.page(ann).replace("&", "&amp;") in shown
        shown = browser.get(self.page(ann)).content.decode()
        assert "2 sessions" in shown
        assert "Their picture" in shown
        response: Any = browser.get(self.page(ann).replace("/?", "/export?"))
        assert zipfile.is_zipfile(io.BytesIO(b"".join(response.streaming_content)))

    def test_it_is_erased_when_the_id_is_typed_once_more(
        self, ann: Account, django_capture_on_commit_callbacks: Commit
    ) -> None:
        commit = django_capture_on_commit_callbacks
        browser = member(ann, Role.OWNER)
        for typed in ("", "ann"):
            shown = browser.post(self.page(ann), {"typed": typed}).content.decode()
            assert "Nothing was erased" in shown
        assert NAME in texts()
        with commit(execute=True):
            assert browser.post(self.page(ann), {"typed": ID}).status_code == 302
        assert NAME not in texts()
        assert browser.get(self.page(ann)).status_code == 404

    def test_strangers_and_viewers_find_nothing(self, ann: Account) -> None:
        other = household("other").account
        for browser in (member(ann, Role.VIEWER), member(other, Role.OWNER, "stranger")):
            for response in (
                browser.get(self.page(ann)),
                browser.post(self.page(ann), {"typed": ID}),
                browser.get(self.page(ann).replace("/?", "/export?")),
            ):
                assert response.status_code == 404
        assert Client().get(self.page(ann)).status_code == 302
        assert member(ann, Role.ADMIN, "admin").get(self.page(ann, "nobody")).status_code == 404
        assert Session.objects.filter(account=ann, peer_id=ID).count() == 2


class TestWhoMay:
    def test_only_owners_and_admins_of_the_account(self, ann: Account) -> None:
        other = household("other").account
        for method in ("get", "delete"):
            for authorization, status in (("", 401), (api_key(ann, Role.VIEWER), 403), (api_key(other), 404)):
                response = getattr(program(authorization), method)('/persons?peerId=ann/7f3%20"x"')
                assert response.status_code == status
                assert NAME not in response.content.decode()
        assert Session.objects.filter(account=ann, peer_id=ID).count() == 2


def test_each_column_of_each_table_has_been_thought_of() -> None:
    """A new table with texts has to be looked after by a Keeper, or be one that has nothing of participants."""
    looked_after = {
        "stats.session",
        "stats.sample",
        "recording.videoperson",
        "recording.personfile",
        "recording.erasedname",
        "webhooks.delivery",
        "webhooks.attempt",
        "accounts.auditevent",
        "admin.logentry",
    }
    # People with a password, the account's own settings, rooms, files and keys; what is encrypted goes in minutes.
    of_nobody = {
        "accounts.account",
        "accounts.domain",
        "accounts.membership",
        "accounts.signingkey",
        "accounts.apitoken",
        "accounts.tokenuse",
        "accounts.incident",
        "accounts.resetmail",
        "accounts.retention",
        "api.login",
        "api.pace",
        "recording.recording",
        "recording.video",
        "recording.videolink",
        "recording.discarded",
        "rooms.memory",
        "rooms.node",
        "rooms.placement",
        "stats.dailyusage",
        "webhooks.endpoint",
        "accounts.secondfactor",
        "accounts.passkey",
        "accounts.recoverycode",
        "auth.user",
        "auth.group",
        "auth.permission",
        "contenttypes.contenttype",
        "sessions.session",
    }
    models = {model._meta.label_lower for model in apps.get_models()}
    assert models == looked_after | of_nobody, "see meet.privacy, then name it here"
