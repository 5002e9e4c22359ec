"""Where videos are kept: in a folder, or in a bucket of an S3-compatible service (the storage `recordings`).

Each video has a folder there, `<account>/<slug>`, with what composition made (`recording.composition.compose`).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, Protocol, cast

from django.core.files.storage import storages

if TYPE_CHECKING:
    from collections.abc import Callable, Container
    from pathlib import Path

    from recording.models import Video

ALIAS: Final = "recordings"
# The folder for files of people within a video's.
PEOPLE: Final = "people"
TYPES: Final = {
    ".mp4": "video/mp4",
    ".m4s": "video/iso.segment",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".jpg": "image/jpeg",
    ".vtt": "text/vtt; charset=utf-8",
    ".json": "application/json",
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
}
OTHER_TYPE: Final = "application/octet-stream"
# Small files to a bucket: a video of four hours has thousands of segments.
AT_ONCE: Final = 8


class VideoStorage(Protocol):
    """What both kinds of storage can do. Names have slashes between folders."""

    def keep(self, file: Path, name: str) -> None:
        """Keep a local file under a name; the file is gone then. Raises `OSError` or what the service's client does."""

    def folder_deleted(self, name: str) -> None:
        """Delete a folder and all in it; one that isn't there is deleted already."""

    def local_path(self, name: str) -> Path | None:
        """Where a file is on this machine's disk, if it is there; None if it is elsewhere."""

    def text(self, name: str) -> str:
        """What is in a small file. Raises `FileNotFoundError`."""

    def addresses(self, expires_s: int, download_as: str = "") -> Callable[[str], str]:
        """Makes addresses at which files can be had from elsewhere, until they expire."""


def video_storage() -> VideoStorage:
    """The one that is configured."""
    return cast("VideoStorage", storages[ALIAS])


def folder_of(video: Video) -> str:
    """A video's folder in the storage."""
    return f"{video.account_id}/{video.slug}"


def type_of(name: str) -> str:
    """The media type of a file, by its name."""
    return TYPES.get(PurePosixPath(name).suffix, OTHER_TYPE)


def keep_folder(folder: Path, name: str, *, but: Container[str] = (), wanted: Callable[[], bool]) -> bool:
    """Keep all files below a local folder `but` some; False if that isn't wanted any more.

    Interrupted, it is done by another call with what is left.
    """
    storage = video_storage()

    def keep(file: Path) -> bool:
        if not wanted():
            return False
        storage.keep(file, f"{name}/{file.relative_to(folder).as_posix()}")
        return True

    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in but)
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="keeping") as threads:
        return all(threads.map(keep, files))
