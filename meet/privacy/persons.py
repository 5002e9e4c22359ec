"""One person's data, wherever it is kept. What can't be erased is said: `REMAINS`."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from meet.accounts.audit import note
from meet.accounts.export import cell
from meet.accounts.models import AuditEvent
from meet.errors import AppError, NotFoundError
from recording.jobs import personal as recordings
from rooms.webhooks import personal as webhooks
from stats import personal as statistics
from stats.models import Session

if TYPE_CHECKING:
    import datetime as dt

    from meet.accounts.audit import Actor
    from meet.accounts.personal import Keeper, Person

KEEPERS: Final[tuple[Keeper, ...]] = (statistics, recordings, webhooks)  # type: ignore[assignment]  # modules
MAX_ID: Final = 128
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
        note(AuditEvent.Action.DELETED, actor, f"a person's data: {holdings}", now, [person.account])
    return holdings


def export(person: Person, file: IO[bytes]) -> Holdings:
    """Write a ZIP file: of each kind a list in JSON, and the same as CSV. Raises `NotFoundError`."""
    holdings = look_up(person)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", _readme(person))
        for keeper in KEEPERS:
            rows: dict[str, list[dict[str, Any]]] = {kind: [] for kind in keeper.KINDS}
            for kind, row in keeper.rows(person):
                rows[kind].append(row)
            for kind, found in rows.items():
                archive.writestr(f"{kind}.json", json.dumps(found, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1))
                archive.writestr(f"{kind}.csv", _csv(found))
    return holdings


def _forget_mentions(person: Person) -> None:
    """Where the admin's history and the audit trail name a session that the operator deleted."""
    start, instead = f"{person.peer_id} in ", "somebody's, who was erased"
    AuditEvent.objects.filter(account=person.account, what__startswith=f"session {start}").update(
        what=f"session {instead}"
    )
    kind = ContentType.objects.get_for_model(Session)
    LogEntry.objects.filter(content_type=kind, object_repr__startswith=start).update(object_repr=instead)


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


def _csv(rows: list[dict[str, Any]]) -> str:
    # Spreadsheets know by the mark that it is UTF-8.
    text = io.StringIO("\N{ZERO WIDTH NO-BREAK SPACE}")
    text.seek(0, io.SEEK_END)
    writer = csv.writer(text)
    if rows:
        writer.writerow(rows[0])
        writer.writerows([cell(value) for value in row.values()] for row in rows)
    return text.getvalue()
