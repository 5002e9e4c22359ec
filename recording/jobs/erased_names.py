"""Chapters without those who have been erased, once what erases them is committed."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.db import transaction

from recording.composition.write.chapters import without_person
from recording.models import ErasedName, Video
from recording.storage.storing import folder_of, video_storage

if TYPE_CHECKING:
    from collections.abc import Iterable

logger = logging.getLogger(__name__)

CHAPTERS: Final = ("chapters.json", "chapters.vtt")
# Videos at a time, so that other work of the beat isn't held up.
MOST: Final = 20


def rewrite_chapters(video_id: int) -> None:
    """Take the names of all who are erased out of a video's chapters. Raises what its storage raises."""
    with transaction.atomic():
        # One at a time: who reads what somebody else is rewriting would bring back another one's name.
        video = Video.objects.select_for_update().filter(pk=video_id).first()
        erased = list(ErasedName.objects.filter(video_id=video_id))
        if video is None or not erased:
            return
        _rewrite(video, [one.peer_id for one in erased])
        ErasedName.objects.filter(pk__in=[one.pk for one in erased]).delete()


def rewrite_what_is_left() -> None:
    """Do what could not be done at the time: the process ended, or the storage was away."""
    for video_id in ErasedName.objects.order_by("video_id").values_list("video_id", flat=True).distinct()[:MOST]:
        try:
            rewrite_chapters(video_id)
        except Exception:
            logger.exception("The chapters of a video still name somebody who was erased; tried again later")


def _rewrite(video: Video, peer_ids: Iterable[str]) -> None:
    storage, folder = video_storage(), folder_of(video)
    try:
        text = storage.text(f"{folder}/{CHAPTERS[0]}")
    except FileNotFoundError:
        return
    subtitles = ""
    for peer_id in peer_ids:
        text, subtitles = without_person(text, peer_id)
    with tempfile.TemporaryDirectory(prefix="chapters-") as drafts:
        for name, content in zip(CHAPTERS, (text, subtitles), strict=True):
            draft = Path(drafts) / name
            draft.write_text(content, encoding="utf-8")
            storage.keep(draft, f"{folder}/{name}")
