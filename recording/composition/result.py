"""What came out of composition."""

from __future__ import annotations

from typing import Final

import msgspec

VERSION: Final = 1


class ShownPeer(msgspec.Struct, rename="camel", frozen=True):
    """Somebody who is to be seen or heard, under the last name that they had."""

    peer_id: str
    display_name: str


class Result(msgspec.Struct, rename="camel", frozen=True):
    """A video. `size_bytes` is that of video.mp4; people are in the order in which they came."""

    duration_s: float
    width: int
    height: int
    size_bytes: int
    peers: list[ShownPeer]
    version: int = VERSION


class Original(msgspec.Struct, rename="camel", frozen=True):
    """What somebody sent, as a file: its name in the output folder, and its size."""

    name: str
    size_bytes: int
