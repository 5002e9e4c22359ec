"""Real nodes and composers, on both brokers and databases; some of them killed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connections
from django.utils import timezone

from meet.accounts.hosts import default_account
from meet.accounts.models import Role
from recording.models import Recording, Status, Video
from recording.storage.storing import folder_of
from rooms.models import Node
from tests.api.meeting import Caller
from tests.api.programs import api_key
from tests.control.nodes import placed
from tests.recording.library import capture, recorded, video_of
from tests.rooms.client import Address, Client
from tests.webhooks.processes import TIMEOUT_S, kill, node, running, until
from tests.webhooks.test_workers import PRODUCTION, SQLITE
from tests.webhooks.test_workers import environment as environment  # noqa: PLC0414 - a fixture

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.conf import LazySettings

COMPOSER = ("manage.py", "composer")
# Without its own look at the database every second: it hears of work from Redis only.
BARE_COMPOSER = ("-m", "celery", "-A", "meet.celery", "--quiet", "worker", "--pool=threads", "--queues=recording-serv0")
ROOM = "serv0talk"


def now_so(condition: Callable[[], bool]) -> bool:
    """Whether something is so in the database, seen from here and now."""
    try:
        return condition()
    finally:
        connections.close_all()


def status_is(status: Status) -> Callable[[], bool]:
    return lambda: now_so(lambda: Video.objects.filter(status=status).exists())


def compositions(folder: Path) -> list[str]:
    """The processes that compose captures below a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if "recording.composition" in command and str(folder) in command:
            found.append(process.name)
    return found


@pytest.mark.parametrize("environment", [PRODUCTION, pytest.param(SQLITE, marks=pytest.mark.long)], indirect=True)
def test_a_meeting_is_recorded_by_the_api_and_composed_when_that_ends(
    environment: dict[str, str], settings: LazySettings
) -> None:
    settings.CONFIG = replace(settings.CONFIG, api_requests_per_second=0)
    account = default_account()
    admin, viewer = (Caller(api_key(account, role)) for role in (Role.ADMIN, Role.VIEWER))

    async def meeting(address: Address) -> None:
        async with Client(address) as ada:
            await ada.join(ROOM, "ada", {"account_id": account.pk})
            path = f"/rooms/{ROOM}/recording"
            assert (await viewer.post(f"{path}/start")).status == 403
            assert (await admin.get(path)).body == {"recording": False, "startedAt": None}
            assert (await admin.post(f"{path}/stop")).code == "notRecording"
            started = await admin.post(f"{path}/start/")
            assert (started.status, started.body["recording"]) == (200, True)
            assert started.body["startedAt"].endswith("Z")
            again = await admin.post(f"{path}/start")
            assert (again.status, again.code) == (400, "alreadyRecording")
            assert (await admin.get(path)).body == started.body
            assert (await ada.event("recordingChanged"))["since"] is not None
            await asyncio.to_thread(until, lambda: now_so(Recording.objects.filter(ended_at=None).exists))
            stopped = await admin.post(f"{path}/stop")
            assert (stopped.status, stopped.body) == (200, {"recording": False, "startedAt": None})
            absent = await admin.post("/rooms/serv0other/recording/start")
            assert (absent.status, absent.code) == (400, "roomNotFound")
            assert (await admin.post("/rooms/a%20b/recording/start")).status == 404

    # Without Redis it looks by itself.
    composer = BARE_COMPOSER if "MEET_REDIS_URL" in environment else COMPOSER
    with node(environment) as (address, _), running(environment, *composer):
        until(lambda: now_so(Node.objects.exists))
        placed(account, ROOM, Node.objects.get())
        connections.close_all()
        asyncio.run(asyncio.wait_for(meeting(address), TIMEOUT_S))
        until(status_is(Status.FAILED))
    video = Video.objects.get()
    assert video.problem == "Nobody sent sound or pictures at that time."  # there are no browsers here
    assert (video.recording.reason, video.recording.node, video.room_id) == ("stopped", "serv0", ROOM)
    assert video.name.startswith(f"Recording {ROOM} ")


@pytest.mark.parametrize("environment", [SQLITE], indirect=True)
def test_what_a_killed_composer_was_making_is_made_by_the_next_one(environment: dict[str, str]) -> None:
    data = Path(environment["MEET_DATA_DIR"])
    capture(data / "captures", seconds=20.0)
    video = video_of(recorded(default_account()))
    connections.close_all()
    with running(environment, *COMPOSER) as composer:
        until(lambda: compositions(data) != [])
        kill(composer)
    until(lambda: not compositions(data))  # it doesn't go on alone
    video.refresh_from_db()
    assert video.status == Status.COMPOSING
    Video.objects.update(lease_until=timezone.now())  # half a minute later
    connections.close_all()
    with running(environment, *COMPOSER):
        until(status_is(Status.READY))
    video.refresh_from_db()
    assert video.duration_s == pytest.approx(20, abs=0.1)
    assert (data / "files" / "recordings" / folder_of(video) / "hls" / "master.m3u8").exists()
    assert (video.attempts, video.problem) == (0, "")


@pytest.mark.long
@pytest.mark.parametrize("environment", [SQLITE], indirect=True)
def test_a_composer_that_is_stopped_leaves_what_it_was_making_at_once(environment: dict[str, str]) -> None:
    data = Path(environment["MEET_DATA_DIR"])
    capture(data / "captures", seconds=20.0)
    video_of(recorded(default_account()))
    connections.close_all()
    with running(environment, *COMPOSER):
        until(lambda: compositions(data) != [])
    left: Any = Video.objects.get()
    assert (left.status, left.lease, left.lease_until) == (Status.WAITING, "", None)
    assert not compositions(data)
