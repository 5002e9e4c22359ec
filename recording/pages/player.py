"""`/videos/<id>/` and `/videos/<id>/embed`: the player. `static/src/pages/player` draws it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar
from urllib.parse import urlencode

import msgspec
from django.conf import settings
from django.http import JsonResponse
from django.shortcuts import render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from meet.accounts import branding
from meet.accounts.scope import ANYBODY, may
from meet.attributes.language import speak
from recording.composition.write.chapters import ListedChapter
from recording.delivery.addresses import DOWNLOAD, MASTER, MP4, POSTER, TOKEN, address_of
from recording.delivery.tokens import is_kept
from recording.jobs.sequence import neighbours
from recording.models import Status
from recording.pages.entrance import Closed, Reason, enter
from recording.pages.player_boot import NothingToWatch, PendingVideo, PlayerBoot, ReadyVideo, VideoProgress
from recording.pages.policy import set_policy
from recording.pages.titles import title_of
from recording.storage.storing import folder_of, video_storage

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from recording.models import Video

    R = TypeVar("R", bound=HttpResponse)

SHEET: Final = "sprite.jpg"
SHEET_INDEX: Final = "sprite.vtt"
CHAPTERS: Final = "chapters.json"


@require_safe
def page(request: HttpRequest, video_id: int) -> HttpResponse:
    """The player with the video's name, chapters and a download."""
    response = _render(request, video_id, embedded=False)
    set_policy(response)
    return response


@require_safe
@xframe_options_exempt
def embed(request: HttpRequest, video_id: int) -> HttpResponse:
    """The bare player, for other pages: those that may embed the account's rooms."""
    return _render(request, video_id, embedded=True)


@require_safe
def state(request: HttpRequest, video_id: int) -> JsonResponse:
    """How far a video is, for who waits for it."""
    try:
        video = enter(request, video_id, timezone.now())
    except Closed as closed:
        told = VideoProgress(code=closed.reason.code)
        return _no_store(JsonResponse(msgspec.to_builtins(told), status=closed.reason.status))
    told = VideoProgress(code=_code(video), progress=video.progress)
    return _no_store(JsonResponse(msgspec.to_builtins(told)))


def _render(request: HttpRequest, video_id: int, *, embedded: bool) -> HttpResponse:
    reason: Reason | None = None
    video: Video | None
    try:
        video = enter(request, video_id, timezone.now())
    except Closed as closed:
        video, reason = closed.video, closed.reason
    page: dict[str, Any] = {
        "embedded": embedded,
        "language": speak(request, video.account if video is not None else None),
        "login": _login(request, video_id),
    }
    told: PlayerBoot
    if video is not None and reason is None:
        told, status = _told(request, video, **page), 200
    else:
        reason = reason or Reason.NOT_FOUND
        told, status = NothingToWatch(code=reason.code, **page), reason.status
    of_account = video is not None and may(request.user, video.account, ANYBODY)
    context = {
        "told": msgspec.to_builtins(told),
        "embedded": embedded,
        "video": video if status == 200 else None,
        "title": title_of(video) if video is not None and status == 200 else "",
        "brand": branding.for_page(video.account)["brand"] if video is not None else None,
        "of_account": of_account,
        "around": neighbours([video])[video.pk] if video is not None and of_account else None,
    }
    response = render(request, "recordings/player.html", context, status=status)
    if embedded:
        set_policy(response, branding.frame_ancestors(video.account) if video is not None else "*")
    return _no_store(response)


def _told(request: HttpRequest, video: Video, **page: Any) -> PlayerBoot:
    """What the page's script needs to know of a video."""
    query = request.GET.urlencode()
    code = _code(video)
    if code != "ready":
        state_url = f"{reverse('video-state', args=(video.pk,))}?{query}"
        return PendingVideo(code=code, progress=video.progress, state_url=state_url, **page)
    now = timezone.now()
    # Who came by a link that can be revoked has what counts as long as that does
    given = request.GET.get(TOKEN, "")
    token = given if is_kept(video, given) and not may(request.user, video.account, ANYBODY) else ""
    mp4 = address_of(video, MP4, now, token) or ""
    return ReadyVideo(
        code=code,
        id=video.pk,
        name=title_of(video),
        page_url=request.build_absolute_uri(f"{reverse('video', args=(video.pk,))}?{query}"),
        duration_s=video.duration_s or 0.0,
        hls=address_of(video, MASTER, now, token) or "",
        mp4=mp4,
        download=f"{mp4}?{DOWNLOAD}",
        poster=address_of(video, POSTER, now, token) or "",
        sheet=address_of(video, SHEET, now, token) or "",
        sheet_index=_text(video, SHEET_INDEX),
        chapters=msgspec.json.decode(_text(video, CHAPTERS) or "[]", type=list[ListedChapter]),
        **page,
    )


def _code(video: Video) -> Literal["ready", "failed", "pending"]:
    match video.status:
        case Status.READY:
            return "ready"
        case Status.FAILED:
            return "failed"
    return "pending"


def _text(video: Video, path: str) -> str:
    """What is in one of the video's small files; empty where it isn't there. A player does without."""
    if video.status == Status.READY:
        with suppress(FileNotFoundError):
            return video_storage().text(f"{folder_of(video)}/{path}")
    return ""


def _login(request: HttpRequest, video_id: int) -> str:
    """Where to log in and come back from; empty for who has logged in."""
    if request.user.is_authenticated:
        return ""
    query = urlencode({"next": reverse("video", args=(video_id,))})
    return f"{resolve_url(settings.LOGIN_URL)}?{query}"


def _no_store(response: R) -> R:
    response.headers["Cache-Control"] = "no-store"
    return response
