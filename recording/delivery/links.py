"""Signed addresses that expire. Pure.

    /videos/<id>/<expiry>-<signature>/<path>

A signature is for all files of one video, so that playlists can name what belongs to them by relative addresses; or for
its `people`, whose own files are not everybody's. It counts for these files only: a video that is composed again, and
so has others, has other addresses.

    /videos/<id>/link<number>-<signature>/<path>

is for a link that is kept (`recording.jobs.kept_links`), and so can be revoked.
"""

from __future__ import annotations

import base64
import hmac
import re
from typing import Final, Literal

SALT: Final = b"recording.links"
LIFE_S: Final = 6 * 3600
# Addresses that are made within this time are the same, so that browsers find again what they have.
STEP_S: Final = 900
_OCTETS: Final = 16
# Until the year 2286.
_MAX_DIGITS: Final = 10

Files = Literal["video", "people"]


_KEPT: Final = re.compile(r"link(\d{1,18})-[\w-]+", re.ASCII)


class LinkRefused(Exception):
    """The address is not one of ours."""


class LinkExpired(LinkRefused):
    """It was."""


def derive_key(secret_key: str) -> bytes:
    """A key for this purpose only."""
    return hmac.digest(secret_key.encode(), SALT, "sha256")


def expiry_of(now_s: float, life_s: int = LIFE_S) -> int:
    """Until when an address counts that is made now: for `life_s`, or up to a quarter of an hour longer."""
    return -int(-(now_s + life_s) // STEP_S) * STEP_S


def sign(key: bytes, slug: str, files: Files, until_s: int) -> str:
    """The part of the address that lets somebody in, until then (Unix time)."""
    digest = hmac.digest(key, f"{files}\n{slug}\n{until_s}".encode(), "sha256")
    return f"{until_s}-{base64.urlsafe_b64encode(digest[:_OCTETS]).decode().rstrip('=')}"


def check(key: bytes, slug: str, files: Files, token: str, now_s: float) -> int:
    """When that part of an address expires. Raises `LinkRefused`, and `LinkExpired` for one that has."""
    digits = token.partition("-")[0]
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _MAX_DIGITS):
        raise LinkRefused
    until_s = int(digits)
    if not hmac.compare_digest(sign(key, slug, files, until_s).encode(), token.encode()):
        raise LinkRefused
    if now_s >= until_s:
        raise LinkExpired
    return until_s


def sign_kept(key: bytes, video_id: int, link_id: int) -> str:
    """The part of the address for a link that is kept."""
    digest = hmac.digest(key, f"kept\n{video_id}\n{link_id}".encode(), "sha256")
    return f"link{link_id}-{base64.urlsafe_b64encode(digest[:_OCTETS]).decode().rstrip('=')}"


def kept_id(key: bytes, video_id: int, token: str) -> int | None:
    """The number of the kept link in an address; None where there is none. Raises `LinkRefused` for a forged one."""
    found = _KEPT.fullmatch(token)
    if found is None:
        return None
    link_id = int(found[1])
    if not hmac.compare_digest(sign_kept(key, video_id, link_id).encode(), token.encode()):
        raise LinkRefused
    return link_id
