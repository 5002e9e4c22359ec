"""Meetings that are recorded, and their videos."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jwt
import psycopg
from playwright.sync_api import expect

from tests.e2e.participant import wait_for
from tests.e2e.server import KEY

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.participant import Participant
    from tests.e2e.server import Server


@dataclass(frozen=True)
class Video:
    """What is known of a finished one; `started_at_s` is Unix time."""

    folder: Path
    started_at_s: float
    duration_s: float


def moderate(person: Participant, room: str) -> None:
    """Come in as somebody who may record, and open the moderator's panel."""
    claims = {"role": "moderator", "roomId": room, "canRecord": True}
    person.join(room, token=jwt.encode(claims, KEY, "HS256"))
    person.button("toggle-moderator").click()
    expect(person.button("start-recording")).to_be_visible()


def captures(server: Server, room: str) -> list[Path]:
    """The folders of what was captured of a room."""
    found = (server.data / "captures").glob("*/capture.json")
    return [path.parent for path in found if json.loads(path.read_text())["roomId"] == room]


def timeline(server: Server, room: str) -> list[dict[str, Any]]:
    """What was noted in a room's only capture, in turn, but for a line that a killed node had only begun to write."""
    (folder,) = captures(server, room)
    entries = []
    for line in (folder / "timeline.jsonl").read_text().splitlines():
        with contextlib.suppress(json.JSONDecodeError):
            entries.append(json.loads(line))
    return entries


def reasons(server: Server, room: str) -> list[str]:
    """Why each of a room's recordings ended; empty of one that goes on."""
    query = "SELECT reason FROM recording_recording WHERE room_id = ? ORDER BY started_at"
    return [reason for (reason,) in _rows(server, query, room)]


def finished_video(server: Server, room: str, timeout_s: float = 120) -> Video:
    """Wait for a room's only video."""
    (folder,) = captures(server, room)
    query = "SELECT account_id, slug, status, problem, duration_s FROM recording_video WHERE room_id = ?"

    def look() -> tuple[int, str, str, str, float] | None:
        found = _rows(server, query, room)
        assert len(found) <= 1
        assert not any(problem for _, _, _, problem, _ in found), found
        return next((one for one in found if one[2] == "ready"), None)

    account, slug, _, _, duration_s = wait_for(look, timeout_s, "The video should be composed.")
    started_at_s = json.loads((folder / "capture.json").read_text())["startedAt"] / 1000
    return Video(server.data / "files" / "recordings" / str(account) / slug, started_at_s, duration_s)


def _rows(server: Server, query: str, room: str) -> list[Any]:
    if "MEET_DATABASE_URL" in server.stores:
        with psycopg.connect(server.stores["MEET_DATABASE_URL"]) as postgresql:
            return postgresql.execute(query.replace("?", "%s").encode(), (room,)).fetchall()
    with contextlib.closing(sqlite3.connect(server.data / "meet.sqlite3")) as database:
        return database.execute(query, (room,)).fetchall()
