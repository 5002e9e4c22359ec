"""What the buttons of the list do. Another account's videos are not found."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from meet.accounts.scope import ADMINS, ANYBODY, objects_of
from meet.errors import BadRequest
from meet.wakeup import composer_of, wake
from recording.delivery.addresses import DOWNLOAD, MP4, address_of, address_of_person
from recording.jobs.kept_links import do_revoke_link
from recording.jobs.participant_files import do_ask_for
from recording.jobs.videos import can_compose, do_compose_again, do_delete, do_restore
from recording.models import Status, Video, VideoPerson
from recording.pages.listing import DELETED
from recording.pages.sharing import DEFAULT_LIFE, LIVES, KeptLinks, listed, may_revoke, share

if TYPE_CHECKING:
    from collections.abc import Container

    from django.http import HttpRequest, HttpResponse


@login_required
@require_POST
def shared(request: HttpRequest, video_id: int) -> HttpResponse:
    """The link and the code for so many `days`, and all other links that count."""
    video = _video(request, video_id, ANYBODY)
    days = next((days for days in LIVES if str(days) == request.POST.get("days")), DEFAULT_LIFE)
    try:
        told, status = msgspec.to_builtins(share(request, video, days, timezone.now())), 200
    except BadRequest as error:
        told, status = {"message": error.message}, error.status
    response = JsonResponse(told, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


@login_required
@require_POST
def revoke(request: HttpRequest, video_id: int, link_id: int) -> HttpResponse:
    """Have a link open nothing any more; the links that are left."""
    video = _video(request, video_id, ANYBODY)
    link = get_object_or_404(video.links.select_related("video__account"), pk=link_id)
    if not may_revoke(request, link):
        raise PermissionDenied
    now = timezone.now()
    do_revoke_link(link, now)
    response = JsonResponse(msgspec.to_builtins(KeptLinks(listed(request, video, now))))
    response.headers["Cache-Control"] = "no-store"
    return response


@login_required
@require_safe
def download(request: HttpRequest, video_id: int) -> HttpResponse:
    """To the MP4 file, by an address that is made now: the list may have been open for long."""
    return _to(address_of(_video(request, video_id, ANYBODY), MP4, timezone.now()), f"?{DOWNLOAD}")


@login_required
@require_POST
def delete(request: HttpRequest, video_id: int) -> HttpResponse:
    """Put a video away; the list then offers to undo that."""
    video = _video(request, video_id, ADMINS)
    do_delete(video, timezone.now())
    return _back(request, deleted=video)


@login_required
@require_POST
def restore(request: HttpRequest, video_id: int) -> HttpResponse:
    """Bring it back."""
    video = get_object_or_404(
        objects_of(Video.objects.all(), "account", request.user, ADMINS), pk=video_id, deleted_at__isnull=False
    )
    do_restore(video)
    wake(composer_of(video.recording.node))
    return _back(request)


@login_required
@require_POST
def compose_again(request: HttpRequest, video_id: int) -> HttpResponse:
    """Try once more what has failed."""
    video = _video(request, video_id, ADMINS)
    if video.status == Status.FAILED and can_compose(video):
        do_compose_again(video, timezone.now())
        wake(composer_of(video.recording.node))
    return _back(request)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def original(request: HttpRequest, video_id: int, person_id: int) -> HttpResponse:
    """Have somebody's own file made (POST), or get it."""
    video = _video(request, video_id, ADMINS)
    person = get_object_or_404(VideoPerson.objects.select_related("file"), pk=person_id, video=video)
    person.video = video
    if request.method != "POST":
        file = getattr(person, "file", None)
        return _to(address_of_person(file, timezone.now()) if file is not None else None)
    with suppress(BadRequest):  # the list then says that what people sent has been deleted
        do_ask_for(person, timezone.now())
        wake(composer_of(video.recording.node))
    return _back(request)


def _video(request: HttpRequest, video_id: int, roles: Container[str]) -> Video:
    videos = Video.objects.filter(deleted_at=None).select_related("account", "recording")
    return get_object_or_404(objects_of(videos, "account", request.user, roles), pk=video_id)


def _to(address: str | None, query: str = "") -> HttpResponse:
    if address is None:
        raise Http404
    response = HttpResponseRedirect(address + query)
    response.headers["Cache-Control"] = "no-store"
    return response


def _back(request: HttpRequest, deleted: Video | None = None) -> HttpResponse:
    """To the list as it was."""
    query = QueryDict(request.POST.get("back", ""), mutable=True)
    query.pop(DELETED, None)
    if deleted is not None:
        query[DELETED] = str(deleted.pk)
    return HttpResponseRedirect(f"{reverse('recordings')}?{query.urlencode()}".removesuffix("?"))
