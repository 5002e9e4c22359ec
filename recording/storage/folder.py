"""Videos in a folder."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from django.core.files.storage import FileSystemStorage

if TYPE_CHECKING:
    from collections.abc import Callable


class FolderStorage(FileSystemStorage):
    """A `recording.storage.storing.VideoStorage`: a folder on this machine, or one that all machines share."""

    def keep(self, file: Path, name: str) -> None:
        """By renaming, where both are on one disk."""
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f"{target.name}.new")
        shutil.move(file, draft)
        draft.rename(target)

    def folder_deleted(self, name: str) -> None:
        """With everything in it."""
        if (folder := Path(self.path(name))).exists():
            shutil.rmtree(folder)

    def local_path(self, name: str) -> Path | None:
        """Always here."""
        return Path(self.path(name))

    def text(self, name: str) -> str:
        """UTF-8."""
        return Path(self.path(name)).read_text(encoding="utf-8")

    def addresses(self, expires_s: int, download_as: str = "") -> Callable[[str], str]:
        """There are none."""
        raise NotImplementedError
