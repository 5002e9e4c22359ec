"""`/videos/<id>/<expiry>-<signature>/<path>`: a video's files for players, and for who saves them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from meet.accounts.models import Visibility
from recording.delivery.access import may_have
from recording.delivery.addresses import DOWNLOAD, MP4, file_name
from recording.delivery.links import LIFE_S, LinkExpired, LinkRefused
from recording.delivery.playlists import PLAYLIST, with_addresses
from recording.delivery.sending import send_file
from recording.delivery.tokens import check_token, is_kept
from recording.jobs.participant_files import download_name
from recording.models import PersonFile, Status, Video
from recording.storage.storing import PEOPLE, folder_of, type_of, video_storage

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

    from recording.delivery.links import Files

# All that composition makes, and nothing else that could be in the folder.
_NAMES: Final = re.compile(
    r"video\.mp4|poster\.jpg|sprite\.(jpg|vtt)|chapters\.(vtt|json)|hls/[\w-]+\.(m3u8|m4s|mp4)|people/\d+\.(webm|mkv)"
)
# What is at an address never changes.
MAX_AGE_S: Final = LIFE_S
# But it may be revoked.
KEPT_MAX_AGE_S: Final = 300
# The storage's own addresses: who has begun to watch may go on when ours expires; no service signs for ever.
STORAGE_LIFE_S: Final = (LIFE_S, 24 * 3600)


@csrf_exempt  # nothing is changed
@require_http_methods(["GET", "HEAD", "OPTIONS"])
def video_file(request: HttpRequest, video_id: int, token: str, path: str) -> HttpResponseBase:
    """One file. What isn't there, another account's link and a wrong signature are all 404."""
    video = Video.objects.select_related("account").filter(pk=video_id, deleted_at=None, status=Status.READY).first()
    if video is None or not _NAMES.fullmatch(path):
        raise Http404
    files: Files = "people" if path.startswith(f"{PEOPLE}/") else "video"
    now = timezone.now()
    try:
        life_s = int(check_token(video, files, token, now) - now.timestamp())
    except LinkExpired:
        return _refusal(410, "This link has expired.")
    except LinkRefused as error:
        raise Http404 from error
    if request.method != "OPTIONS" and not may_have(request, video.account):
        return _refusal(403, "Only people of the account may watch this video: log in first.")
    response = HttpResponse() if request.method == "OPTIONS" else _file(request, video, path, life_s)
    _add_headers(response, video, min(life_s, KEPT_MAX_AGE_S) if is_kept(video, token) else life_s)
    return response


def _file(request: HttpRequest, video: Video, path: str, life_s: int) -> HttpResponseBase:
    storage = video_storage()
    name = f"{folder_of(video)}/{path}"
    download_as = _name(video, path) if DOWNLOAD in request.GET else ""
    local = storage.local_path(name)
    if local is not None:
        return send_file(request, local, download_as)
    shortest_s, longest_s = STORAGE_LIFE_S
    addresses = storage.addresses(min(max(life_s, shortest_s), longest_s), download_as)
    if not path.endswith(PLAYLIST):
        return HttpResponseRedirect(addresses(name))
    try:
        playlist = storage.text(name)
    except FileNotFoundError as error:
        raise Http404 from error
    folder = name.rpartition("/")[0]
    return HttpResponse(with_addresses(playlist, lambda file: addresses(f"{folder}/{file}")), type_of(path))


def _name(video: Video, path: str) -> str:
    """Under which it is saved."""
    if path == MP4:
        return file_name(video)
    file = PersonFile.objects.select_related("person__video").filter(person__video=video, name=path).first()
    return download_name(file) if file is not None else path.rpartition("/")[2]


def _add_headers(response: HttpResponseBase, video: Video, life_s: int) -> None:
    visibility = video.account.recording_visibility
    cache = "public" if visibility == Visibility.PUBLIC else "private"
    response["Cache-Control"] = f"{cache}, max-age={min(MAX_AGE_S, life_s)}"
    if visibility != Visibility.MEMBERS:
        # Players on other sites, and in apps.
        response["Access-Control-Allow-Origin"] = "*"
        response["Access-Control-Allow-Headers"] = "Range"
        response["Access-Control-Expose-Headers"] = "Accept-Ranges, Content-Length, Content-Range"
        response["Cross-Origin-Resource-Policy"] = "cross-origin"


def _refusal(status: int, sentence: str) -> HttpResponse:
    return HttpResponse(f"{sentence}\n", "text/plain; charset=utf-8", status, headers={"Cache-Control": "no-store"})
