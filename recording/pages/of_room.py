"""`/recordings/room/<token>/`: one room's videos, for a moderator whose link may record it and who has no login."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.core import signing
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from meet.accounts import branding
from meet.accounts.models import Account, Visibility
from meet.accounts.scope import ANYBODY, may
from meet.attributes.language import speak
from recording.delivery.addresses import POSTER, address_of, address_of_page
from recording.jobs.search import videos_of
from recording.models import Status
from recording.pages.policy import set_policy
from recording.pages.titles import length_of, title_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User
    from django.http import HttpRequest, HttpResponse

SALT: Final = "recording.pages.of_room"
# As long as a meeting may last for whose moderator the address is made.
LIFE_S: Final = 24 * 3600
# The newest.
MOST: Final = 50


def recordings_address(user: User | AnonymousUser, account: Account, room_id: str, *, records: bool) -> str:
    """Where somebody in a room finds its recordings; empty for who may see none.

    People of the account have the list of all; whose link `records` has the room's, where a link is enough to watch.
    """
    if may(user, account, ANYBODY):
        return reverse("recordings")
    if records and account.recording_visibility != Visibility.MEMBERS:
        return reverse("recordings-of-room", args=(signing.dumps([account.pk, room_id], salt=SALT),))
    return ""


@require_safe
def recordings_of_room(request: HttpRequest, token: str) -> HttpResponse:
    """The room's newest videos, to watch. An address that is forged or too old leads nowhere."""
    try:
        account_id, room_id = signing.loads(token, salt=SALT, max_age=LIFE_S)
    except signing.BadSignature as error:
        raise Http404 from error
    account = Account.objects.filter(pk=account_id).exclude(recording_visibility=Visibility.MEMBERS).first()
    if account is None:
        raise Http404
    speak(request, account)
    now = timezone.now()
    videos = videos_of(account).filter(room_id=room_id).select_related("account")[:MOST]
    cards: list[dict[str, Any]] = [
        {
            "video": video,
            "title": title_of(video),
            "length": length_of(video) if video.duration_s else "",
            "poster": address_of(video, POSTER, now),
            "watch": address_of_page(video, "video", now),
        }
        for video in videos
    ]
    context = {
        "account": account,
        "brand": branding.for_page(account)["brand"],
        "room_id": room_id,
        "cards": cards,
        "Status": Status,
    }
    response = render(request, "recordings/of_room.html", context)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "same-origin"
    set_policy(response)
    return response
