"""`/recordings/`: an account's videos, to find, watch, share, save and put away."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from meet.accounts import branding
from meet.accounts.hosts import account_of
from meet.accounts.models import Visibility
from meet.accounts.scope import ADMINS, accounts_of, may
from meet.attributes.language import speak
from meet.errors import AppError
from recording.delivery.addresses import POSTER, address_of
from recording.jobs.search import find, videos_of
from recording.jobs.sequence import neighbours
from recording.jobs.videos import UNDO, can_compose
from recording.models import Status, Video, VideoPerson
from recording.pages.player import SHEET, SHEET_INDEX
from recording.pages.policy import set_policy
from recording.pages.sharing import DEFAULT_LIFE, LIVES
from recording.pages.titles import is_renamed, length_of, title_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponse, QueryDict

    from meet.accounts.models import Account
    from recording.jobs.sequence import Neighbours

PAGE: Final = 24
MAX_TEXT: Final = 200
# So many people are named below a video; then comes how many more there are.
MAX_NAMES: Final = 3
UNDER_WAY: Final = (Status.WAITING, Status.COMPOSING)
DELETED: Final = "deleted"
# Longer numbers are no id of the database's.
MAX_ID_DIGITS: Final = 18


@dataclass(frozen=True)
class Search:
    """What somebody looks for. Days are those of their time zone, the last one included."""

    text: str = ""
    person: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    zone: dt.tzinfo = dt.UTC

    @classmethod
    def read(cls, query: QueryDict) -> Search:
        """From a page's query; what can't be read is left out."""
        text, person = (query.get(name, "").strip().replace("\0", "")[:MAX_TEXT] for name in ("q", "person"))
        return cls(
            text, person, _day(query.get("since", "")), _day(query.get("until", "")), _zone(query.get("zone", ""))
        )

    def __bool__(self) -> bool:
        """Whether anything is looked for."""
        return bool(self.text or self.person or self.since or self.until)

    @property
    def begins_at(self) -> dt.datetime | None:
        """The first moment of the first day."""
        return self._midnight(self.since) if self.since is not None else None

    @property
    def ends_at(self) -> dt.datetime | None:
        """The first moment after the last day."""
        return self._midnight(self.until + dt.timedelta(1)) if self.until is not None else None

    def _midnight(self, day: dt.date) -> dt.datetime:
        return dt.datetime.combine(day, dt.time(), self.zone)


@dataclass(frozen=True)
class Card:
    """A video as it stands in the list."""

    video: Video
    people: Sequence[VideoPerson]
    poster: str | None
    sheet: str | None
    sheet_index: str | None
    can_compose: bool
    title: str
    renamed: bool
    length: str
    around: Neighbours

    @property
    def under_way(self) -> bool:
        """Whether something of it is being made, so that the page looks again."""
        return self.video.status in UNDER_WAY or any(
            person.file.status in UNDER_WAY for person in self.people if hasattr(person, "file")
        )

    @property
    def named(self) -> Sequence[VideoPerson]:
        """The first of its people."""
        return self.people[:MAX_NAMES]

    @property
    def more(self) -> int:
        """How many others there are."""
        return len(self.people) - len(self.named)


@login_required
@require_safe
def recordings(request: HttpRequest) -> HttpResponse:
    """The page. Whoever has a role in several accounts chooses one."""
    accounts = list(accounts_of(request.user).order_by("name"))
    if not accounts:
        raise PermissionDenied
    account = _chosen(request, accounts)
    speak(request, account)
    search = Search.read(request.GET)
    found = find(
        videos_of(account), text=search.text, person=search.person, since=search.begins_at, until=search.ends_at
    )
    people = VideoPerson.objects.select_related("file")
    page = Paginator(found.select_related("recording").prefetch_related(Prefetch("people", people)), PAGE).get_page(
        request.GET.get("page")
    )
    now = timezone.now()
    around = neighbours(page)
    context: dict[str, Any] = {
        "account": account,
        "accounts": accounts,
        "brand": branding.for_page(account)["brand"],
        "may_change": may(request.user, account, ADMINS),
        "runs_account": accounts_of(request.user, ADMINS).exists(),
        "search": search,
        "page": page,
        "cards": [_card(video, now, around[video.pk]) for video in page],
        "back": _back(request.GET),
        "deleted": _deleted(request, account),
        "undo_days": UNDO.days,
        "signed": account.recording_visibility == Visibility.SIGNED,
        "lives": LIVES,
        "default_life": DEFAULT_LIFE,
        "Status": Status,
    }
    response = render(request, "recordings/recordings.html", context)
    response.headers["Cache-Control"] = "no-store"
    set_policy(response)
    return response


def _chosen(request: HttpRequest, accounts: Sequence[Account]) -> Account:
    """Whose recordings: the account asked for, else the host's, else the first."""
    by_id = {account.pk: account for account in accounts}
    asked = request.GET.get("account", "")
    if asked.isascii() and asked.isdigit() and int(asked) in by_id:
        return by_id[int(asked)]
    try:
        return by_id.get(account_of(request).pk, accounts[0])
    except AppError:
        return accounts[0]


def _card(video: Video, now: dt.datetime, around: Neighbours) -> Card:
    return Card(
        video,
        list(video.people.all()),
        address_of(video, POSTER, now),
        address_of(video, SHEET, now),
        address_of(video, SHEET_INDEX, now),
        can_compose(video),
        title_of(video),
        is_renamed(video),
        length_of(video),
        around,
    )


def _back(query: QueryDict) -> str:
    """The page's query, for buttons that come back to it."""
    back = query.copy()
    back.pop(DELETED, None)
    return back.urlencode()


def _deleted(request: HttpRequest, account: Account) -> Video | None:
    """The video that has just been put away and can be brought back."""
    asked = request.GET.get(DELETED, "")
    if not (asked.isascii() and asked.isdigit() and len(asked) < MAX_ID_DIGITS):
        return None
    return Video.objects.filter(account=account, pk=int(asked), deleted_at__isnull=False).first()


def _day(text: str) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return day if dt.MINYEAR < day.year < dt.MAXYEAR else None


def _zone(name: str) -> dt.tzinfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return dt.UTC
