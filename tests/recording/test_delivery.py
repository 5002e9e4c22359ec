"""Videos' files over HTTP: who gets them, in which parts, and how much memory a slow reader costs."""

from __future__ import annotations

import contextlib
import socket
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient, Client
from django.utils import timezone

from meet.accounts.models import Account, Role, Visibility
from meet.conf.storage import video_storage_settings
from meet.config import Config
from recording.delivery import links
from recording.delivery.addresses import address_of, address_of_person, keys, token_of
from recording.models import PersonFile, Status, Video
from recording.storage.storing import folder_of
from tests.api.programs import api_key
from tests.meet.personas import member
from tests.ports import free_port
from tests.recording.bucket import BUCKET, CONFIG, client
from tests.recording.library import NOW, recorded, video_of
from tests.webhooks.processes import Process, environment_of, running, until

if TYPE_CHECKING:
    from django.conf import LazySettings

CONTENT = bytes(range(256)) * 4
MEBIBYTE = 1 << 20

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def files(settings: LazySettings, tmp_path: Path) -> Path:
    """The storage's folder."""
    backend = "recording.storage.folder.FolderStorage"
    storage = {"BACKEND": backend, "OPTIONS": {"location": str(tmp_path / "files")}}
    settings.STORAGES = {**settings.STORAGES, "recordings": storage}
    return tmp_path / "files"


@pytest.fixture
def video(files: Path) -> Video:
    """One that is ready, of an account whose videos are for who has a link."""
    made = video_of(recorded(Account.objects.create(name="acme")), Status.READY, people=("ann",))
    write(files, made, "video.mp4", CONTENT)
    write(files, made, "hls/master.m3u8", b"#EXTM3U\n")
    return made


def octets_read(process: Process) -> int:
    """What it has read from files so far."""
    return int(Path(f"/proc/{process.pid}/io").read_text().split()[1])


def stands_still(process: Process) -> bool:
    """Whether it has read nothing for a while."""
    before = octets_read(process)
    time.sleep(1)
    return octets_read(process) - before < MEBIBYTE


def memory_kib(process: Process) -> int:
    return int(Path(f"/proc/{process.pid}/status").read_text().partition("VmRSS:")[2].split()[0])


def has_open(process: Process, name: str) -> bool:
    """Whether it has a file of this name open."""
    return any(name in str(link.readlink()) for link in Path(f"/proc/{process.pid}/fd").iterdir() if link.is_symlink())


def connectable(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def write(files: Path, video: Video, name: str, content: bytes) -> None:
    path = files / folder_of(video) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def mp4(video: Video) -> str:
    path = address_of(video, "video.mp4", timezone.now())
    assert path is not None
    return path


async def get(path: str, **headers: str) -> tuple[Any, bytes]:
    response: Any = await AsyncClient().get(
        path, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    if response.streaming:
        return response, b"".join([piece async for piece in response.streaming_content])
    return response, response.content


class TestParts:
    async def test_all_of_a_file(self, video: Video) -> None:
        response, body = await get(mp4(video))
        assert (response.status_code, body) == (200, CONTENT)
        assert response["Content-Type"] == "video/mp4"
        assert response["Content-Length"] == str(len(CONTENT))
        assert response["Accept-Ranges"] == "bytes"

    async def test_a_part_of_it(self, video: Video) -> None:
        response, body = await get(mp4(video), range="bytes=300-309")
        assert (response.status_code, body) == (206, CONTENT[300:310])
        assert response["Content-Range"] == "bytes 300-309/1024"
        assert response["Content-Length"] == "10"

    async def test_no_part_of_it(self, video: Video) -> None:
        response, body = await get(mp4(video), range="bytes=5000-")
        assert (response.status_code, body, response["Content-Range"]) == (416, b"", "bytes */1024")

    async def test_a_part_only_of_what_is_still_the_same(self, video: Video) -> None:
        first, _ = await get(mp4(video))
        for known, status in ((first["ETag"], 206), (first["Last-Modified"], 206), ('"other"', 200)):
            response, _ = await get(mp4(video), range="bytes=0-9", if_range=known)
            assert response.status_code == status
        response, body = await get(mp4(video), if_none_match=first["ETag"])
        assert (response.status_code, body) == (304, b"")

    async def test_a_question_about_it(self, video: Video) -> None:
        response: Any = await AsyncClient().head(mp4(video))
        assert (response.status_code, response["Content-Length"], response.content) == (200, "1024", b"")

    async def test_a_download_has_a_name(self, video: Video) -> None:
        response, body = await get(f"{mp4(video)}?download")
        assert body == CONTENT
        assert response["Content-Disposition"] == (
            'attachment; filename="Recording_serv0abc_2026-09-21_13_00_00_UTC.mp4"'
        )


class TestWhoGetsThem:
    @pytest.mark.parametrize(
        "path",
        ["other.mp4", "hls/none.m3u8", "../../secret_key", "hls/../video.mp4", "work/input", "people/1.webm", "%00"],
    )
    async def test_what_is_not_there(self, video: Video, path: str) -> None:
        token = await sync_to_async(token_of)(video, timezone.now())
        response, _ = await get(f"/videos/{video.pk}/{token}/{path}")
        assert response.status_code == 404

    async def test_a_link_that_has_expired(self, video: Video) -> None:
        token = links.sign(keys()[0], video.slug, "video", int(timezone.now().timestamp()) - 1)
        response, body = await get(f"/videos/{video.pk}/{token}/video.mp4")
        assert (response.status_code, body) == (410, b"This link has expired.\n")

    async def test_a_link_for_another_video_or_made_up(self, video: Video) -> None:
        now = timezone.now()
        for token in ("x", "1-x", links.sign(keys()[0], "other", "video", int(now.timestamp()) + 60)):
            response, _ = await get(f"/videos/{video.pk}/{token}/video.mp4")
            assert response.status_code == 404

    async def test_a_video_that_was_put_away(self, video: Video) -> None:
        path = mp4(video)
        await Video.objects.aupdate(deleted_at=NOW)
        assert (await get(path))[0].status_code == 404
        await Video.objects.aupdate(deleted_at=None)
        assert (await get(path))[0].status_code == 200

    async def test_players_on_other_sites_where_the_account_lets_them(self, video: Video) -> None:
        path = mp4(video)
        for visibility, origin, cache in (
            (Visibility.SIGNED, "*", "private"),
            (Visibility.PUBLIC, "*", "public"),
        ):
            await Account.objects.aupdate(recording_visibility=visibility)
            response, _ = await get(path)
            assert (response["Access-Control-Allow-Origin"], response["Cache-Control"].split(",")[0]) == (origin, cache)
            asked = await AsyncClient().options(path)
            assert (asked.status_code, asked["Access-Control-Allow-Headers"]) == (200, "Range")

    def test_where_only_members_may_watch_a_link_is_not_enough(self, video: Video) -> None:
        Account.objects.update(recording_visibility=Visibility.MEMBERS)
        others = Account.objects.create(name="others", recording_visibility=Visibility.MEMBERS)
        path = mp4(video)
        for stranger in (Client(), member(others, Role.OWNER), Client(headers={"Authorization": api_key(others)})):
            response = stranger.head(path)
            assert (response.status_code, response.headers.get("Access-Control-Allow-Origin")) == (403, None)
        ours = Client(headers={"Authorization": api_key(video.account, Role.VIEWER)})
        for one in (member(video.account, Role.VIEWER), ours):
            response = one.head(path)
            assert response.status_code == 200
            assert "Access-Control-Allow-Origin" not in response.headers

    def test_a_persons_file_has_a_link_of_its_own(self, video: Video, files: Path) -> None:
        file = PersonFile.objects.create(
            person=video.people.get(), asked_at=NOW, due_at=NOW, status=Status.READY, name="people/1.webm"
        )
        write(files, video, file.name, b"webm")
        path = address_of_person(file, timezone.now())
        assert path is not None
        response = Client().head(path)
        assert (response.status_code, response["Content-Type"]) == (200, "video/webm")
        assert response["Content-Disposition"].endswith('_Ann.webm"')
        of_the_video = path.replace(token_of(video, timezone.now(), "people"), token_of(video, timezone.now()))
        assert Client().head(of_the_video).status_code == 404


class TestBuckets:
    def test_playlists_lead_to_the_service_and_so_do_files(
        self, video: Video, s3: str, settings: LazySettings, tmp_path: Path
    ) -> None:
        config = Config(**CONFIG, s3_endpoint=s3)
        settings.STORAGES = {**settings.STORAGES, "recordings": video_storage_settings(config, tmp_path)}
        media = '#EXTM3U\n#EXT-X-MAP:URI="720p-init.mp4"\n#EXTINF:4.0,\n720p-00000.m4s\n'
        for name, content in (("hls/720p.m3u8", media), ("hls/720p-00000.m4s", "segment"), ("video.mp4", "movie")):
            client(s3).put_object(Bucket=BUCKET, Key=f"{folder_of(video)}/{name}", Body=content.encode())
        playlist = Client().get(mp4(video).replace("video.mp4", "hls/720p.m3u8"))
        assert playlist["Content-Type"] == "application/vnd.apple.mpegurl"
        *_, segment = playlist.content.decode().split()
        assert urlsplit(segment).netloc == urlsplit(s3).netloc
        assert 'URI="http' in playlist.content.decode()
        answer = Client().get(f"{mp4(video)}?download")
        assert answer.status_code == 302
        for address, expected in ((segment, b"segment"), (answer["Location"], b"movie")):
            with urllib.request.urlopen(address) as found:  # noqa: S310 - our own server
                assert found.read() == expected
        assert Client().get(mp4(video).replace("video.mp4", "hls/360p.m3u8")).status_code == 404


def test_a_large_file_costs_a_slow_reader_no_memory_and_arrives_whole(video: Video, tmp_path: Path) -> None:
    """daphne takes all that it is given at once: this is the test of the contract with its internals."""
    data = tmp_path / "data"
    data.mkdir()
    size = 300 * MEBIBYTE
    write(data / "files" / "recordings", video, "video.mp4", b"begin")
    with (data / "files" / "recordings" / folder_of(video) / "video.mp4").open("r+b") as file:
        file.seek(size - 3)
        file.write(b"end")
    port = free_port()
    with running(environment_of(data, MEET_PORT=str(port)), "manage.py", "web") as web:
        until(lambda: web.poll() is not None or connectable(port))
        with socket.create_connection(("127.0.0.1", port)) as reader:
            before = memory_kib(web)
            reader.sendall(f"GET {mp4(video)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            received = bytearray(reader.recv(MEBIBYTE))
            assert b"200 OK" in received
            until(lambda: stands_still(web))
            assert octets_read(web) < size / 2
            assert memory_kib(web) - before < 60 * 1024
            while piece := reader.recv(MEBIBYTE):
                received += piece
        assert len(received.partition(b"\r\n\r\n")[2]) == size
        assert received.endswith(b"end")
        with socket.create_connection(("127.0.0.1", port)) as reader:  # that vanishes in the middle
            reader.sendall(f"GET {mp4(video)} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            reader.recv(MEBIBYTE)
            until(lambda: stands_still(web))
        until(lambda: not has_open(web, "video.mp4"))
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
            assert answer.status == 200
