"""What the player's page starts with, by its `code`. `meet.management.typescript` writes the client's side."""

from __future__ import annotations

from typing import Literal

import msgspec

from recording.composition.write.chapters import ListedChapter


class PlayerBoot(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What every page of a video needs.

    `language` is empty for the browser's; `login` is where to log in, empty for who has logged in.
    """

    embedded: bool
    language: str
    login: str


class NothingToWatch(PlayerBoot, frozen=True, kw_only=True):
    """There is no video here for this visitor."""

    code: Literal["notFound", "expired", "deleted"]


class PendingVideo(PlayerBoot, frozen=True, kw_only=True):
    """A video that is not ready yet, or could not be made; how far it is, in percent, can be asked at `state_url`."""

    code: Literal["pending", "failed"]
    progress: int
    state_url: str


class ReadyVideo(PlayerBoot, frozen=True, kw_only=True):
    """A video that can be watched; `page_url` has all about it. `sheet_index` is WebVTT, empty where there is none."""

    code: Literal["ready"]
    id: int
    name: str
    page_url: str
    duration_s: float
    hls: str
    mp4: str
    download: str
    poster: str
    sheet: str
    sheet_index: str
    chapters: list[ListedChapter]


class VideoProgress(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How far a video is, for who waits for it; in percent, missing where there is nothing to watch."""

    code: Literal["ready", "pending", "failed", "notFound", "expired", "deleted"]
    progress: int | msgspec.UnsetType = msgspec.UNSET
