"""What the Server API tells of recordings. Names of fields are the tutorial's: videos have underscores in theirs."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from rest_framework import serializers

from recording.delivery.addresses import (
    MASTER,
    MP4,
    POSTER,
    address_of,
    address_of_page,
    address_of_person,
    expires_at,
    token_of_link,
)
from recording.jobs.videos import UNDO
from recording.models import Status

if TYPE_CHECKING:
    from rest_framework.request import Request

    from recording.jobs.sequence import Neighbours
    from recording.models import PersonFile, Video, VideoLink
    from rooms.control.shapes import LiveRoom


class RecordingState(serializers.Serializer[Any]):
    """Whether a live room is being recorded."""

    recording = serializers.BooleanField()
    startedAt = serializers.DateTimeField(allow_null=True, help_text="Since when; null while it isn't.")


class ShownPerson(serializers.Serializer[Any]):
    """Somebody who is to be seen or heard."""

    peerId = serializers.CharField()
    displayName = serializers.CharField(allow_blank=True)


class VideoAnswer(serializers.Serializer[Any]):
    """A video; its addresses are null until it is ready, and count until `expires`."""

    id = serializers.IntegerField()
    name = serializers.CharField(help_text="`Recording`, the room's id, and when it began.")
    room_id = serializers.CharField()
    part = serializers.IntegerField(min_value=1, help_text="A session of more than four hours has several videos.")
    previous = serializers.IntegerField(
        allow_null=True, help_text="The id of the meeting's video that ends where this one begins; null for the first."
    )
    next = serializers.IntegerField(
        allow_null=True, help_text="The id of the one that goes on: the next part, or what the next server recorded."
    )
    status = serializers.ChoiceField(Status.values, help_text="It can be watched once it is `ready`.")
    progress = serializers.IntegerField(min_value=0, max_value=100, help_text="How far it is, in percent.")
    problem = serializers.CharField(allow_blank=True, help_text="What went wrong, if anything did.")
    created = serializers.DateTimeField(help_text="When what is to be seen began.")
    duration = serializers.FloatField(allow_null=True, help_text="In seconds.")
    size = serializers.IntegerField(allow_null=True, help_text="Of the MP4 file, in bytes.")
    people = ShownPerson(many=True, help_text="Who is in it, once it is ready.")
    hls_url = serializers.URLField(allow_null=True, help_text="The stream, for players: an `.m3u8` playlist.")
    origin_host = serializers.CharField(allow_null=True, help_text="Of the MP4 file's address: host, perhaps port.")
    origin_resource = serializers.CharField(allow_null=True, help_text="Of the MP4 file's address: what follows it.")
    poster = serializers.URLField(allow_null=True, help_text="A picture of it.")
    player_url = serializers.URLField(allow_null=True, help_text="A page that plays it, for an iframe.")
    expires = serializers.DateTimeField(allow_null=True, help_text="Ask again for addresses after that.")


class VideoDeleted(serializers.Serializer[Any]):
    """It is put away."""

    deleted = serializers.BooleanField()
    restorable_until = serializers.DateTimeField(help_text="Then it is gone for good.")


class LinkAnswer(serializers.Serializer[Any]):
    """A link to a video. Its addresses are null until the video is ready."""

    id = serializers.IntegerField()
    note = serializers.CharField(allow_blank=True)
    made_by = serializers.CharField(help_text="Who made it: a user's name, or `API`.")
    created = serializers.DateTimeField()
    expires = serializers.DateTimeField(allow_null=True, help_text="Null where it counts until it is revoked.")
    hls_url = serializers.URLField(allow_null=True, help_text="The stream, for players and apps.")
    mp4_url = serializers.URLField(allow_null=True, help_text="The MP4 file.")
    player_url = serializers.URLField(allow_null=True, help_text="A page that plays it, for an iframe.")


class LinkRevoked(serializers.Serializer[Any]):
    """It opens nothing any more."""

    revoked = serializers.BooleanField()


class OriginalAnswer(serializers.Serializer[Any]):
    """What somebody sent, as a file."""

    peerId = serializers.CharField()
    status = serializers.ChoiceField(Status.values)
    problem = serializers.CharField(allow_blank=True, help_text="What went wrong, if anything did.")
    size = serializers.IntegerField(allow_null=True, help_text="In bytes.")
    url = serializers.URLField(allow_null=True, help_text="Where to get it, once it is ready; for some hours.")


def state_of(room: LiveRoom) -> dict[str, Any]:
    """For `RecordingState`."""
    since = room.recording_since
    started_at = None if since is None else dt.datetime.fromtimestamp(since / 1000, dt.UTC)
    return RecordingState({"recording": since is not None, "startedAt": started_at}).data


def video_of(video: Video, request: Request, around: Neighbours) -> dict[str, Any]:
    """For `VideoAnswer`. Addresses are at the host that was asked."""
    now = timezone.now()
    resource = address_of(video, MP4, now)
    return VideoAnswer(
        {
            "id": video.pk,
            "name": video.name,
            "room_id": video.room_id,
            "part": video.part,
            "previous": around.before,
            "next": around.after,
            "status": video.status,
            "progress": video.progress,
            "problem": video.problem,
            "created": video.created_at,
            "duration": video.duration_s,
            "size": video.size_bytes,
            "people": [{"peerId": person.peer_id, "displayName": person.display_name} for person in video.people.all()],
            "hls_url": _absolute(address_of(video, MASTER, now), request),
            "origin_host": resource and request.get_host(),
            "origin_resource": resource and resource.removeprefix("/"),
            "poster": _absolute(address_of(video, POSTER, now), request),
            "player_url": resource and _absolute(address_of_page(video, "video-embed", now), request),
            "expires": resource and expires_at(now),
        }
    ).data


def deleted_at(now: dt.datetime) -> dict[str, Any]:
    """For `VideoDeleted`."""
    return VideoDeleted({"deleted": True, "restorable_until": now + UNDO}).data


def link_of(link: VideoLink, request: Request) -> dict[str, Any]:
    """For `LinkAnswer`."""
    now, token, video = timezone.now(), token_of_link(link), link.video
    mp4 = address_of(video, MP4, now, token)
    return LinkAnswer(
        {
            "id": link.pk,
            "note": link.note,
            "made_by": link.made_by,
            "created": link.made_at,
            "expires": link.expires_at,
            "hls_url": _absolute(address_of(video, MASTER, now, token), request),
            "mp4_url": _absolute(mp4, request),
            "player_url": mp4 and _absolute(address_of_page(video, "video-embed", now, token), request),
        }
    ).data


def link_revoked() -> dict[str, Any]:
    """For `LinkRevoked`."""
    return LinkRevoked({"revoked": True}).data


def original_of(file: PersonFile, request: Request) -> dict[str, Any]:
    """For `OriginalAnswer`."""
    return OriginalAnswer(
        {
            "peerId": file.person.peer_id,
            "status": file.status,
            "problem": file.problem,
            "size": file.size_bytes,
            "url": _absolute(address_of_person(file, timezone.now()), request),
        }
    ).data


def _absolute(path: str | None, request: Request) -> str | None:
    return None if path is None else str(request.build_absolute_uri(path))
