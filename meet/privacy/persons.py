"""One person's data, wherever it is kept. What can't be erased is said: `REMAINS`."""

from __future__ import annotations

import csv
import json
import tempfile
import zipfile
from itertools import groupby
from operator import itemgetter
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from meet.accounts.audit import forget_person, note
from meet.accounts.export import cell
from meet.accounts.models import AuditEvent
from meet.errors import AppError, NotFoundError
from recording.jobs import personal as recordings
from rooms.webhooks import personal as webhooks
from stats import personal as statistics
from stats.models import Session

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from meet.accounts.audit import Actor
    from meet.accounts.personal import Keeper, Person

KEEPERS: Final[tuple[Keeper, ...]] = (statistics, recordings, webhooks)  # type: ignore[assignment]  # modules
MAX_ID: Final = 128
# Of an export, so many characters stay in memory; a longer one is a file meanwhile.
IN_MEMORY: Final = 1_000_000
READ_AT_ONCE: Final = 65_536
# Rows that web exports for one request, which takes some seconds: one person's samples of ten days without a break.
MAX_ASKED: Final = 100_000
REMAINS: Final = (
    "Their picture, their voice and the name on their tile in videos: delete the videos that show them.",
    "What they wrote in a chat is kept nowhere; what others said or wrote about them can't be found.",
    "Backups that were made before.",
    "What your servers were told by webhooks before.",
)


class InARoom(AppError):
    """Somebody who is in a meeting can't be erased: more would be written at once."""

    status = 409

    def __init__(self) -> None:
        super().__init__(
            "personInRoom",
            "This person is in a room at the moment.",
            hint="Remove them from the room, or wait until they have left, then erase them.",
        )


class TooMuch(AppError):
    """More is kept of somebody than web exports for one request."""

    status = 413

    def __init__(self) -> None:
        super().__init__(
            "personTooLarge",
            f"More than {MAX_ASKED:,} rows are kept of this person, which is too much for one answer.",
            hint="Ask the operator of this server: manage.py export_person writes exports of any size.",
        )


class Holdings(NamedTuple):
    """How much is kept of each kind; `unfinished` recordings will name the person once they are videos."""

    counts: dict[str, int]
    unfinished: int

    @property
    def total(self) -> int:
        """All of it."""
        return sum(self.counts.values())

    def __str__(self) -> str:
        return ", ".join(f"{count} {kind}" for kind, count in self.counts.items())


def look_up(person: Person) -> Holdings:
    """What is kept. Raises `NotFoundError` where nothing is, as for an id that is spelt wrong."""
    counts: dict[str, int] = {}
    for keeper in KEEPERS:
        counts |= keeper.count(person)
    holdings = Holdings(counts, recordings.unfinished(person.account, statistics.rooms_of(person)))
    if not holdings.total:
        raise NotFoundError(
            "personUnknown",
            "Nothing is kept of a person with this id.",
            hint="It is the participant's id (peerId) as sessions have it, not a name.",
        )
    return holdings


def erase(person: Person, actor: Actor, now: dt.datetime) -> Holdings:
    """Erase it; what that was. The audit trail tells that, and not whose it was.

    Raises `NotFoundError` and `InARoom`, and then nothing is erased.
    """
    holdings = look_up(person)
    if statistics.is_in_a_room(person):
        raise InARoom
    with transaction.atomic():
        for keeper in KEEPERS:
            keeper.erase(person, now)
        _forget_mentions(person)
        forget_person(person.account, person.peer_id)
        note(AuditEvent.Action.DELETED, actor, f"a person's data: {holdings}", now, [person.account])
    return holdings


def export(person: Person, file: IO[bytes], most: int | None = None) -> Holdings:
    """Write a ZIP file: of each kind a list in JSON, and the same as CSV.

    Raises `NotFoundError`, and `TooMuch` where it is more than `most` rows.
    """
    holdings = look_up(person)
    if most is not None and holdings.total > most:
        raise TooMuch
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", _readme(person))
        for keeper in KEEPERS:
            empty = set(keeper.KINDS)
            for kind, found in groupby(keeper.rows(person), itemgetter(0)):
                empty.remove(kind)
                _write(archive, kind, (row for _, row in found))
            for kind in sorted(empty):
                _write(archive, kind, ())
    return holdings


def _forget_mentions(person: Person) -> None:
    """Where the admin's history and the audit trail name a session that the operator deleted.

    The history does not say whose account it was in, so what of it is the account's is known by its trail.
    """
    start, instead = f"session {person.peer_id} in ", "somebody's, who was erased"
    told = AuditEvent.objects.filter(account=person.account, what__startswith=start).values_list("pk", "what")
    # A room's id has no blanks: what has some is about somebody whose id only begins like this one.
    mine = {pk: what for pk, what in told if what.startswith(start) and " " not in what.removeprefix(start)}
    AuditEvent.objects.filter(pk__in=mine).update(what=f"session {instead}")
    kind, names = ContentType.objects.get_for_model(Session), {what.removeprefix("session ") for what in mine.values()}
    LogEntry.objects.filter(content_type=kind, object_repr__in=names).update(object_repr=instead)


def _readme(person: Person) -> str:
    return "\n".join(
        (
            f"What {person.account} keeps of the participant with the id {person.peer_id}.",
            "sessions: when they were in which room. samples: how good their connection was.",
            "videos: those that name them. tracks: recordings of which what they sent is kept as a file of its own.",
            "deliveries: what the account's servers were told of them.",
            "",
        )
    )


def _write(archive: zipfile.ZipFile, kind: str, rows: Iterable[dict[str, Any]]) -> None:
    """One row at a time, however many they are: the CSV waits beside the archive, which takes one file at once."""
    with tempfile.SpooledTemporaryFile(IN_MEMORY, "w+", encoding="utf-8", newline="") as table:
        # Spreadsheets know by the mark that it is UTF-8.
        table.write("\N{ZERO WIDTH NO-BREAK SPACE}")
        writer = csv.writer(table)
        with archive.open(f"{kind}.json", "w", force_zip64=True) as listing:
            before = b"["
            for row in rows:
                if before == b"[":
                    writer.writerow(row)
                listing.write(before + b"\n" + json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False).encode())
                writer.writerow([cell(value) for value in row.values()])
                before = b","
            listing.write(b"[]\n" if before == b"[" else b"\n]\n")
        table.seek(0)
        with archive.open(f"{kind}.csv", "w", force_zip64=True) as file:
            while text := table.read(READ_AT_ONCE):
                file.write(text.encode())
