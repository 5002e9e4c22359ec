"""Whether the product's own files have changed since the last look: what `manage.py serve --reload` starts anew for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

WATCHED: Final = frozenset({".py", ".html", ".mo"})
# Looking at some 500 files takes some ms.
LOOK_EVERY_S: Final = 1.0


class Sources:
    """Code and templates in folders. Time is a parameter, in seconds."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = folders
        self._seen = self._stamps()
        self._next_at = 0.0

    def changed(self, now: float) -> bool:
        """Whether a file is new, gone or written to; it looks once a second."""
        if now < self._next_at:
            return False
        self._next_at = now + LOOK_EVERY_S
        seen = self._stamps()
        if seen == self._seen:
            return False
        self._seen = seen
        return True

    def _stamps(self) -> dict[Path, int]:
        stamps = {}
        for folder in self._folders:
            for path in folder.rglob("*"):
                if path.suffix in WATCHED:
                    try:
                        stamps[path] = path.stat().st_mtime_ns
                    except OSError:  # it has gone meanwhile
                        continue
        return stamps
