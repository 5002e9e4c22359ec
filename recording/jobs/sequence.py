"""Which video comes before another, and which after it: parts of a recording, and recordings that others go on with."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from recording.models import Recording, Video

if TYPE_CHECKING:
    from collections.abc import Iterable


class Neighbours(NamedTuple):
    """Ids of the videos of the same meeting just before and just after one; None where there is none to be watched."""

    before: int | None = None
    after: int | None = None


def neighbours(videos: Iterable[Video]) -> dict[int, Neighbours]:
    """Those of each of some videos of one account, by its id. Three queries, however many videos they are."""
    keys = {video.recording_id for video in videos}
    known = {one.pk: one for one in Recording.objects.filter(pk__in=keys)}
    rooms = {one.room_id for one in known.values()}
    accounts = {one.account_id for one in known.values()}
    of_rooms = Recording.objects.filter(account__in=accounts, room_id__in=rooms)
    begun = {one.continues for one in known.values() if one.continues is not None}
    related = of_rooms.filter(started_at__in=begun) | of_rooms.filter(
        continues__in={one.started_at for one in known.values()}
    )
    known |= {one.pk: one for one in related}
    by_beginning = {(one.account_id, one.room_id, one.started_at): one.pk for one in known.values()}
    followed: dict[int, int] = {}
    preceded: dict[int, int] = {}
    for one in known.values():
        former = by_beginning.get((one.account_id, one.room_id, one.continues)) if one.continues is not None else None
        if former is not None:
            followed[former], preceded[one.pk] = one.pk, former
    parts: dict[int, list[int]] = defaultdict(list)
    watchable = Video.objects.filter(recording__in=known, deleted_at=None).order_by("part")
    for recording, pk in watchable.values_list("recording_id", "pk"):
        parts[recording].append(pk)
    return {video.pk: _around(video, parts, preceded, followed) for video in videos}


def _around(
    video: Video, parts: dict[int, list[int]], preceded: dict[int, int], followed: dict[int, int]
) -> Neighbours:
    own = parts[video.recording_id]
    before = parts.get(preceded.get(video.recording_id, 0), [])
    after = parts.get(followed.get(video.recording_id, 0), [])
    row = [*before, *own, *after]
    if video.pk not in own:  # put away
        return Neighbours()
    at = len(before) + own.index(video.pk)
    return Neighbours(row[at - 1] if at else None, row[at + 1] if at + 1 < len(row) else None)
