"""Playlists whose segments are elsewhere (RFC 8216). Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

PLAYLIST: Final = ".m3u8"
_URI: Final = re.compile(r'(?<=URI=")[^"]+(?=")')


def with_addresses(playlist: str, address: Callable[[str], str]) -> str:
    """The same playlist with other addresses of media; playlists that it names stay where they are, beside it."""

    def moved(name: str) -> str:
        return name if name.endswith(PLAYLIST) else address(name)

    lines = []
    for line in playlist.splitlines():
        if line.startswith("#"):
            lines.append(_URI.sub(lambda found: moved(found.group()), line))
        else:
            lines.append(moved(line) if line else line)
    return "\n".join(lines) + "\n"
