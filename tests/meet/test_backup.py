"""What a backup has, and what comes of it, from each database into each: by the commands, on real databases."""

from __future__ import annotations

import datetime as dt
import io
import re
import stat
import subprocess
import sys
import threading
import zipfile
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session as LoginSession
from django.core.management import CommandError, call_command
from django.db import connection

from meet.accounts.encrypted import EncryptedTextField
from meet.accounts.models import Account, SigningKey
from meet.backup import backing_up, rows
from meet.backup.archive import ArchiveError, Manifest, Reader, Writer, is_plain
from meet.backup.rows import TRANSIENT
from rooms.models import Node
from rooms.webhooks.models import Endpoint
from stats.models import Session
from tests.meet.installations import another_database, installed, tables
from tests.meet.personas import NOW, household

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from django.conf import LazySettings
    from django.db.models import Model
    from pytest_django import DjangoDbBlocker

KEY = "the key of the installation that the backup was made of"


@pytest.fixture
def place(
    tmp_path: Path, settings: LazySettings, request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker
) -> Iterator[Callable[[str, str], Any]]:
    """Makes installations: `with place(name, "sqlite"):`; each is there again by its name."""
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = KEY, []
    with ExitStack() as stack, django_db_blocker.unblock():
        urls: dict[str, str] = {}

        @contextmanager
        def entered(name: str, kind: str) -> Iterator[Path]:
            if kind == "postgresql" and name not in urls:
                url = request.getfixturevalue("postgresql_url")
                urls[name] = stack.enter_context(another_database(url, f"{tmp_path.name}-{name}"))
            folder = tmp_path / name
            with installed(folder, urls.get(name, ""), settings):
                yield folder

        yield entered


def inhabited(folder: Path) -> None:
    """An account with everything, files of it, and somebody who has logged in."""
    tables()
    household("olivia")
    LoginSession.objects.create(session_key="k" * 32, session_data="", expire_date=NOW)
    Node.objects.update(heartbeat_at=NOW - dt.timedelta(days=3000))
    write(folder / "files" / "recordings" / "1" / "slug" / "video.mp4", b"\0video" * 1000)
    write(folder / "captures" / "folder" / "track.rtp", b"packets")
    write(folder / "self-signed.pem", b"certificate")
    write(folder / "secret_key", b"never in a backup")


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def everything() -> dict[str, list[dict[str, Any]]]:
    """All rows that a backup has, secrets as their owners know them."""
    kept: list[type[Model]] = [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and model._meta.label_lower not in TRANSIENT
    ]
    return {
        model._meta.label_lower: sorted(
            ({name: str(value) for name, value in row.items()} for row in model._base_manager.values()), key=str
        )
        for model in kept
    }


def backup(path: Path, *options: str) -> str:
    told = io.StringIO()
    call_command("backup", str(path), *options, stderr=told)
    return told.getvalue()


def restore(path: Path, *options: str) -> str:
    told = io.StringIO()
    call_command("restore", str(path), *options, stdout=told, stderr=told)
    return told.getvalue()


@pytest.mark.parametrize(
    ("source", "target"),
    [
        pytest.param("sqlite", "sqlite", marks=pytest.mark.long),
        pytest.param("postgresql", "postgresql", marks=pytest.mark.long),
        ("sqlite", "postgresql"),
    ],
)
def test_all_that_was_saved_is_there_again(place: Callable[..., Any], tmp_path: Path, source: str, target: str) -> None:
    archive = tmp_path / "backup.zip"
    with place("old", source) as folder:
        inhabited(folder)
        before = everything()
        told = backup(archive)
    assert "secret key is NOT in it" in told
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["backup.zip"]
    with place("new", target) as folder:
        assert "Everybody logs in again" in restore(archive)
        assert everything() == before
        assert not LoginSession.objects.exists()
        assert Endpoint.objects.get().header == "Basic olivia"
        assert (folder / "files/recordings/1/slug/video.mp4").read_bytes() == b"\0video" * 1000
        assert (folder / "captures/folder/track.rtp").read_bytes() == b"packets"
        assert (folder / "self-signed.pem").read_bytes() == b"certificate"
        assert not (folder / "secret_key").exists()
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()} == {0o600}
        assert not [path for path in folder.rglob("*") if "restoring" in path.name]
        # New rows get keys that no restored row has.
        assert Account.objects.create(name="another").pk > max(int(row["id"]) for row in before["accounts.account"])


@pytest.mark.long
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_is_there_stays_unless_it_is_to_be_replaced(place: Callable[..., Any], tmp_path: Path, kind: str) -> None:
    archive = tmp_path / "backup.zip"
    with place("old", "sqlite") as folder:
        inhabited(folder)
        before = everything()
        backup(archive, "--without-recordings")
    with place("new", kind) as folder:
        tables()
        household("mallory")
        write(folder / "files/recordings/1/mine/video.mp4", b"mine")
        with pytest.raises(CommandError, match=r"serv0 ran half a minute ago\. Stop all processes"):
            restore(archive, "--replace")
        Node.objects.update(heartbeat_at=NOW - dt.timedelta(days=3000))
        with pytest.raises(CommandError, match="This installation is not empty: accounts_"):
            restore(archive)
        assert Account.objects.filter(name="mallory name").exists()
        write(folder / "files/logos/mine.png", b"mine")
        assert "those that were here are as they were" in restore(archive, "--replace")
        assert everything() == before
        assert (folder / "files/recordings/1/mine/video.mp4").read_bytes() == b"mine"
        assert not (folder / "files/logos/mine.png").exists()


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)])
def test_a_backup_is_of_one_moment_while_everybody_writes(
    place: Callable[..., Any], tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sessions come while tables are read: a session in it without its account could not be restored."""
    archive = tmp_path / "backup.zip"
    with place("old", kind) as folder:
        tables()
        write(folder / "files" / "logo", b"")
        settings = dict(connection.settings_dict)
        written: list[bool] = []

        def slowly(model: type[Model]) -> Iterator[bytes]:
            if not written:  # after the transaction has begun: an account with a session comes
                first = list(rows.dump(model))
                written.append(another_writer(settings, kind))
                yield from first
            else:
                yield from rows.dump(model)

        monkeypatch.setattr(backing_up, "dump", slowly)
        backup(archive)
        assert written == [True]
        assert Session.objects.count() == 1
    reader = Reader(archive)
    counts = {table.model: table.rows for table in reader.manifest.tables}
    reader.close()
    assert (counts["accounts.account"], counts["stats.session"]) == (0, 0)


def another_writer(settings: dict[str, Any], kind: str) -> bool:
    """Writes from a connection of its own, without waiting."""
    done: list[bool] = []

    def work() -> None:
        account = Account.objects.create(name="meanwhile")
        times = {"joined_at": NOW, "marked_at": NOW}
        Session.objects.create(account=account, room_id="r", peer_id="p", display_name="n", node="serv0", **times)
        connection.close()
        done.append(True)

    from django.db import connections  # noqa: PLC0415
    from django.db.utils import ConnectionHandler  # noqa: PLC0415

    def threaded() -> None:
        settings["OPTIONS"] = dict(settings["OPTIONS"])
        if kind == "sqlite":
            settings["OPTIONS"]["timeout"] = 1
        handler = ConnectionHandler({"default": settings})
        connections["default"] = handler["default"]
        work()

    thread = threading.Thread(target=threaded)
    thread.start()
    thread.join(30)
    return done == [True]


class TestSecrets:
    def test_without_the_key_nothing_is_restored(
        self, place: Callable[..., Any], tmp_path: Path, settings: LazySettings
    ) -> None:
        archive = tmp_path / "backup.zip"
        with place("old", "sqlite") as folder:
            inhabited(folder)
            expected = sum(
                bool(getattr(row, field.attname))
                for model in apps.get_models()
                for field in model._meta.concrete_fields
                if isinstance(field, EncryptedTextField)
                for row in model._base_manager.all()
            )
            backup(archive)
        settings.SECRET_KEY = "another key, of somebody who has only got hold of the backup"
        with place("new", "sqlite") as folder:
            with pytest.raises(CommandError, match=f"{expected} secrets in the archive .* another MEET_SECRET_KEY"):
                restore(archive)
            assert not connection.introspection.table_names()
            assert {path.name.partition("-")[0] for path in folder.iterdir()} <= {"meet.sqlite3", "files", "captures"}
            assert not [path for path in folder.rglob("*") if path.is_file() and path.parent != folder]
            settings.SECRET_KEY_FALLBACKS = [KEY]
            restore(archive)
            assert Endpoint.objects.get().header == "Basic olivia"

    @pytest.mark.long
    def test_where_the_key_is_lost_all_else_is_restored(
        self, place: Callable[..., Any], tmp_path: Path, settings: LazySettings
    ) -> None:
        archive = tmp_path / "backup.zip"
        with place("old", "sqlite") as folder:
            inhabited(folder)
            backup(archive)
            secret = Endpoint.objects.get().secret
        settings.SECRET_KEY = "another key, because the one of the backup was lost"
        with place("new", "sqlite"):
            assert re.search(r"\d+ secrets could not be read", restore(archive, "--lose-secrets"))
            endpoint = Endpoint.objects.get()
            assert endpoint.header == ""
            assert endpoint.secret.startswith("whsec_")
            assert endpoint.secret != secret
            assert Account.objects.get(name="olivia name").access_header == ""
            assert not SigningKey.objects.exists()

    def test_secrets_are_encrypted_in_the_archive(self, place: Callable[..., Any], tmp_path: Path) -> None:
        archive = tmp_path / "backup.zip"
        with place("old", "sqlite") as folder:
            inhabited(folder)
            backup(archive)
            secret = Endpoint.objects.get().secret
        with zipfile.ZipFile(archive) as file:
            assert "secret_key" not in " ".join(file.namelist())
            content = b"".join(file.read(name) for name in file.namelist())
        assert b"Basic olivia" not in content
        assert secret.encode() not in content
        assert b"olivia@example.org" in content


class TestArchives:
    """What is no whole backup of this version or an older one changes nothing."""

    @pytest.fixture
    def archive(self, tmp_path: Path) -> Path:
        path = tmp_path / "archive.zip"
        made(path, {"database/accounts.account": b'["id"]\n', "data/files/logo.png": b"logo" * 100})
        return path

    def test_each_flipped_or_missing_part_is_noticed(self, archive: Path) -> None:
        whole = archive.read_bytes()
        assert read(archive) == {"database/accounts.account": b'["id"]\n', "data/files/logo.png": b"logo" * 100}
        wrong = 0
        for position in range(0, len(whole), 7):
            archive.write_bytes(whole[:position] + bytes([whole[position] ^ 0x55]) + whole[position + 1 :])
            try:
                content = read(archive)
            except ArchiveError:
                wrong += 1
            else:  # a date, a permission, a comment
                assert content == {"database/accounts.account": b'["id"]\n', "data/files/logo.png": b"logo" * 100}
        assert wrong > len(whole) / 7 / 2
        for length in range(0, len(whole), 11):
            archive.write_bytes(whole[:length])
            with pytest.raises(ArchiveError):
                read(archive)

    @pytest.mark.parametrize(
        "name",
        ["../escaped", "data/../../escaped", "/etc/passwd", "data//x", "data/./x", "data\\..\\x", "data/x\n", "", "."],
    )
    def test_a_name_that_leads_elsewhere_is_refused(self, tmp_path: Path, name: str) -> None:
        assert not is_plain(name)
        if name:
            path = tmp_path / "archive.zip"
            made(path, {name: b"x"})
            with pytest.raises(ArchiveError, match="not to be trusted"):
                Reader(path)

    @pytest.mark.parametrize(
        "name", ["data/secret_key", "data/meet.sqlite3", "data/.ssh/config", "data/meet.sqlite3-wal"]
    )
    def test_a_file_that_no_backup_has_is_refused(self, place: Callable[..., Any], tmp_path: Path, name: str) -> None:
        archive = tmp_path / "archive.zip"
        with place("old", "sqlite"):
            tables()
            backup(archive)
        rewritten(archive, {name: b"x"})
        with place("new", "sqlite") as folder:
            with pytest.raises(CommandError, match=r"not to be trusted: it has a file .* Nothing was changed"):
                restore(archive)
            assert not connection.introspection.table_names()
            assert not (folder / ".ssh").exists()

    def test_two_entries_of_one_name_and_unnamed_ones_are_refused(self, archive: Path) -> None:
        with zipfile.ZipFile(archive, "a") as file:
            file.writestr("data/files/more", b"")
        with pytest.raises(ArchiveError, match="not what its manifest says"):
            Reader(archive)

    def test_a_newer_versions_archive_is_refused(self, place: Callable[..., Any], tmp_path: Path) -> None:
        archive = tmp_path / "archive.zip"
        made(archive, {}, migrations=[("stats", "9999_next")], version="9.9")
        with place("new", "sqlite"), pytest.raises(CommandError, match=r"newer version, 9\.9: .* stats\.9999_next"):
            restore(archive)
        made(archive, {}, format=2, version="9.9")
        with pytest.raises(ArchiveError, match=r"newer version, 9\.9"):
            Reader(archive)

    def test_a_damaged_row_or_file_leaves_all_as_it_was(self, place: Callable[..., Any], tmp_path: Path) -> None:
        archive = tmp_path / "archive.zip"
        with place("old", "sqlite") as folder:
            inhabited(folder)
            backup(archive)
        whole = archive.read_bytes()
        position = whole.index(b"\0video")
        with place("new", "sqlite") as folder:
            tables()
            write(folder / "files" / "mine", b"mine")
            archive.write_bytes(whole[:position] + b"!" + whole[position + 1 :])
            with pytest.raises(CommandError, match=r"damaged: data/files/recordings/1/slug/video\.mp4"):
                restore(archive)
            archive.write_bytes(whole)
            rewritten(archive, {}, lambda name, content: content[:-2] if name == "database/stats.session" else content)
            with pytest.raises(CommandError, match=r"damaged: .*stats\.session"):
                restore(archive)
            assert not Session.objects.exists()
            left = {path.name for path in folder.rglob("*") if path.is_file()}
            assert left - {"meet.sqlite3-wal", "meet.sqlite3-shm"} == {"meet.sqlite3", "mine"}

    def test_what_is_no_archive_is_said_so(self, tmp_path: Path) -> None:
        (tmp_path / "text").write_text("hello")
        with pytest.raises(ArchiveError, match="is no backup, or damaged"):
            Reader(tmp_path / "text")
        with pytest.raises(ArchiveError, match="There is no file"):
            Reader(tmp_path / "nothing")
        with zipfile.ZipFile(tmp_path / "other.zip", "w") as file:
            file.writestr("a", "b")
        with pytest.raises(ArchiveError, match=r"There is no manifest\.json in it"):
            Reader(tmp_path / "other.zip")


class TestCommand:
    def test_a_backup_never_overwrites_and_is_never_in_the_data_folder(
        self, place: Callable[..., Any], tmp_path: Path
    ) -> None:
        with place("old", "sqlite") as folder:
            with pytest.raises(CommandError, match="has no tables yet"):
                backup(tmp_path / "backup.zip")
            (tmp_path / "backup.zip").write_text("mine")
            with pytest.raises(CommandError, match="is there already"):
                backup(tmp_path / "backup.zip")
            with pytest.raises(CommandError, match="is in the data folder"):
                backup(folder / "backup.zip")
            assert (tmp_path / "backup.zip").read_text() == "mine"
            with pytest.raises(CommandError, match="There is no backup"):
                backup(tmp_path / "nowhere" / "backup.zip")

    def test_it_goes_into_a_pipe(
        self, place: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with place("old", "sqlite"), (tmp_path / "archive.zip").open("wb") as file:
            tables()
            reader = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=file)
            assert reader.stdin is not None
            monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=reader.stdin))
            call_command("backup", "-", stderr=io.StringIO())
            monkeypatch.undo()
            reader.stdin.close()
            assert reader.wait(30) == 0
        assert "database/auth.user" in read(tmp_path / "archive.zip")


def made(path: Path, content: dict[str, bytes], **manifest: Any) -> None:
    """An archive with these entries, as a program of ours would write it."""
    with path.open("wb") as file:
        writer = Writer(file, NOW)
        for name, data in content.items():
            with writer.entry(name) as entry:
                entry.write(data)
        facts: dict[str, Any] = {
            "format": 1,
            "version": "0.1.0",
            "made_at": "2030-06-21T10:00:00+00:00",
            "database": "sqlite",
            "migrations": [],
            "tables": [],
            "recordings": "included",
            "entries": writer.entries,
        }
        writer.finish(Manifest(**facts | manifest))
        writer.close()


def rewritten(
    path: Path,
    more: dict[str, bytes],
    change: Callable[[str, bytes], bytes] = lambda name, content: content,  # noqa: ARG005
) -> None:
    """The same archive with more entries or others, whose checksums are right."""
    reader = Reader(path)
    content = {name: change(name, b"".join(reader.chunks(name))) for name in reader.entries} | more
    facts = {name: getattr(reader.manifest, name) for name in reader.manifest.__struct_fields__ if name != "entries"}
    reader.close()
    made(path, content, **facts)


def read(path: Path) -> dict[str, bytes]:
    reader = Reader(path)
    try:
        return {name: b"".join(reader.chunks(name)) for name in reader.entries}
    finally:
        reader.close()
