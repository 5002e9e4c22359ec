"""Where videos are kept: a folder, and a bucket of a real S3-compatible server (moto's)."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from pathlib import Path  # noqa: TC003 - fixtures
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

import botocore.config  # type: ignore[import-untyped]
import pytest

from meet.conf.rules import check
from meet.conf.storage import video_storage_settings
from meet.config import Config, ConfigError
from recording.storage.presigning import like
from recording.storage.storing import keep_folder, type_of, video_storage
from tests.recording.bucket import BUCKET, CONFIG, SECRET_KEY, client

if TYPE_CHECKING:
    from django.conf import LazySettings


@pytest.fixture(params=["folder", "bucket"])
def kind(request: pytest.FixtureRequest, settings: LazySettings, tmp_path: Path) -> str:
    """Both storages, as settings make them."""
    config = Config()
    if request.param == "bucket":
        config = Config(**CONFIG, s3_endpoint=request.getfixturevalue("s3"))
    storage = video_storage_settings(config, tmp_path / "kept")
    settings.STORAGES = {**settings.STORAGES, "recordings": storage}
    return str(request.param)


def made(folder: Path) -> Path:
    """What composition leaves, in short."""
    (folder / "hls").mkdir(parents=True)
    for name in ("video.mp4", "hls/master.m3u8", "hls/720p-00000.m4s", "result.json"):
        (folder / name).write_text(f"content of {name}", encoding="utf-8")
    return folder


def content(name: str) -> str | None:
    """What is kept under a name."""
    storage = video_storage()
    path = storage.local_path(name)
    if path is not None:
        return path.read_text(encoding="utf-8") if path.exists() else None
    try:
        with urllib.request.urlopen(storage.addresses(60)(name)) as answer:  # noqa: S310 - our own server
            return str(answer.read().decode())
    except urllib.error.HTTPError:
        return None


def test_a_folder_is_kept_with_all_that_is_in_it_and_gone_here(kind: str, tmp_path: Path) -> None:
    del kind
    folder = made(tmp_path / "made")
    assert keep_folder(folder, "7/slug", but=("result.json",), wanted=lambda: True)
    for name in ("video.mp4", "hls/master.m3u8", "hls/720p-00000.m4s"):
        assert content(f"7/slug/{name}") == f"content of {name}"
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["result.json"]
    assert content("7/slug/result.json") is None
    assert video_storage().text("7/slug/hls/master.m3u8") == "content of hls/master.m3u8"
    with pytest.raises(FileNotFoundError):
        video_storage().text("7/slug/hls/other.m3u8")


def test_interrupted_it_goes_on_with_what_is_left(kind: str, tmp_path: Path) -> None:
    del kind
    folder = made(tmp_path / "made")
    once = threading.Semaphore(1)
    assert not keep_folder(folder, "7/again", wanted=lambda: once.acquire(blocking=False))
    assert sum(path.is_file() for path in folder.rglob("*")) == 3
    assert keep_folder(folder, "7/again", wanted=lambda: True)
    for name in ("video.mp4", "hls/master.m3u8", "hls/720p-00000.m4s", "result.json"):
        assert content(f"7/again/{name}") == f"content of {name}"


def test_a_folder_is_deleted_and_its_neighbours_stay(kind: str, tmp_path: Path) -> None:
    del kind
    for name in ("7/gone", "7/gone2", "8/gone"):
        assert keep_folder(made(tmp_path / name), name, wanted=lambda: True)
    for _ in range(2):
        video_storage().folder_deleted("7/gone")
    assert content("7/gone/video.mp4") is content("7/gone/hls/master.m3u8") is None
    assert content("7/gone2/video.mp4") == content("8/gone/video.mp4") == "content of video.mp4"


def test_what_is_kept_twice_is_the_newer_one(kind: str, tmp_path: Path) -> None:
    del kind
    for text in ("old", "new"):
        (tmp_path / "file.json").write_text(text, encoding="utf-8")
        video_storage().keep(tmp_path / "file.json", "7/twice/file.json")
    assert content("7/twice/file.json") == "new"


def test_a_bucket_knows_what_files_are_and_its_addresses_for_how_long_they_count(
    s3: str, settings: LazySettings, tmp_path: Path
) -> None:
    config = Config(**CONFIG, s3_endpoint=s3)
    settings.STORAGES = {**settings.STORAGES, "recordings": video_storage_settings(config, tmp_path)}
    keep_folder(made(tmp_path / "made"), "7/types", wanted=lambda: True)
    types = {
        name: client(s3).head_object(Bucket=BUCKET, Key=f"7/types/{name}")["ContentType"]
        for name in ("video.mp4", "hls/master.m3u8", "hls/720p-00000.m4s")
    }
    assert types == {name: type_of(name) for name in types}
    assert types["hls/master.m3u8"] == "application/vnd.apple.mpegurl"
    address = video_storage().addresses(60, 'Recording "one".mp4')("7/types/video.mp4")
    assert "X-Amz-Expires=60" in address
    with urllib.request.urlopen(address) as answer:  # noqa: S310 - our own server
        assert answer.headers["Content-Disposition"] == r'attachment; filename="Recording \"one\".mp4"'


@pytest.mark.parametrize("style", ["path", "virtual"])
@pytest.mark.parametrize("key", ["7/slug/hls/720p-00000.m4s", "a b/ä+&=~.mp4"])
@pytest.mark.parametrize("more", [{}, {"ResponseContentDisposition": 'attachment; filename="a b.mp4"'}])
def test_our_signatures_are_those_of_the_services_own_library(style: str, key: str, more: dict[str, str]) -> None:
    config = botocore.config.Config(signature_version="s3v4", s3={"addressing_style": style})
    theirs = client("https://s3.example.org", config).generate_presigned_url(
        "get_object", {"Bucket": BUCKET, "Key": key, **more}, ExpiresIn=60
    )
    ours = like(theirs, SECRET_KEY)(unquote(urlsplit(theirs).path))
    assert urlsplit(ours)._replace(query="") == urlsplit(theirs)._replace(query="")
    assert parse_qs(urlsplit(ours).query) == parse_qs(urlsplit(theirs).query)
    other = like(theirs, "another")(unquote(urlsplit(theirs).path))
    assert parse_qs(urlsplit(other).query) != parse_qs(urlsplit(theirs).query)


def test_keys_belong_together_and_an_endpoint_is_an_address() -> None:
    for wrong in ({"S3_ACCESS_KEY": "meet"}, {"S3_SECRET_KEY": "secret"}, {"S3_ENDPOINT": "s3.example.org"}):
        with pytest.raises(ConfigError, match="MEET_S3_"):
            check(Config.from_environment({f"MEET_{name}": value for name, value in wrong.items()}))
    assert "secret" * 4 not in repr(Config(**CONFIG))
