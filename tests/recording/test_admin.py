"""Recordings and videos in the admin: who sees them, and what they can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from meet.accounts.models import Account, Role
from recording.models import Discarded, Recording, Status, Video
from tests.meet.conftest import client_build as client_build  # noqa: PLC0414 - a fixture
from tests.meet.personas import member, operator
from tests.recording.library import NOW, recorded, video_of

if TYPE_CHECKING:
    from pathlib import Path

    from django.test import Client

pytestmark = pytest.mark.django_db
VIDEOS = "/admin/recording/video/"
RECORDINGS = "/admin/recording/recording/"


@pytest.fixture
def acme(client_build: Path) -> Account:
    del client_build
    return Account.objects.create(name="acme")


def act(browser: Client, action: str, *videos: Video) -> Any:
    form = {"action": action, "_selected_action": [video.pk for video in videos]}
    return browser.post(f"{VIDEOS}?deleted=yes" if action == "bring_back" else VIDEOS, form, follow=True)


def test_everybody_in_an_account_sees_its_videos_and_how_far_they_are(acme: Account) -> None:
    video = video_of(recorded(acme), Status.COMPOSING, people=("ada",))
    Video.objects.update(progress=42, problem="It ended with exit code 1.")
    other = Account.objects.create(name="other")
    video_of(recorded(other, "theirs", room_id="serv0theirs"))
    for browser in (*(member(acme, role) for role in Role), operator()):
        for page in (VIDEOS, f"{VIDEOS}{video.pk}/change/"):
            shown = browser.get(page).content.decode()
            assert "being composed" in shown
            assert 'value="42"' in shown
            assert "exit code 1" in shown
        assert "Ada" in shown
        assert browser.get(RECORDINGS).status_code == 200
        assert browser.get(f"{RECORDINGS}{video.recording.pk}/change/").status_code == 200
    assert "serv0theirs" in browser.get(VIDEOS).content.decode()  # the operator
    assert "serv0theirs" not in member(acme, Role.OWNER, "another").get(VIDEOS).content.decode()


def test_a_search_finds_rooms_and_people(acme: Account) -> None:
    video_of(recorded(acme, "one", room_id="serv0first"), Status.READY, people=("ada",))
    video_of(recorded(acme, "two", room_id="serv0second"), Status.READY, people=("bob",))
    browser = member(acme, Role.VIEWER)
    for query in ("first", "ada"):
        shown = browser.get(f"{VIDEOS}?q={query}").content.decode()
        assert "serv0first" in shown
        assert "serv0second" not in shown


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN])
def test_owners_and_admins_delete_bring_back_and_compose_again(acme: Account, role: Role) -> None:
    browser = member(acme, role)
    video = video_of(recorded(acme), Status.FAILED)
    act(browser, "put_away", video)
    assert Video.objects.get().deleted_at is not None
    assert video.name not in browser.get(VIDEOS).content.decode()
    assert video.name in browser.get(f"{VIDEOS}?deleted=yes").content.decode()
    act(browser, "bring_back", video)
    assert Video.objects.get().deleted_at is None
    assert "1 video is composed again." in act(browser, "compose_again", video).content.decode()
    assert Video.objects.get().status == Status.WAITING
    assert Discarded.objects.count() == 1


def test_what_has_no_tracks_any_more_is_not_composed_again(acme: Account) -> None:
    video = video_of(recorded(acme), Status.READY)
    Recording.objects.update(tracks_deleted_at=NOW)
    assert "the tracks have been deleted" in act(member(acme, Role.OWNER), "compose_again", video).content.decode()
    assert Video.objects.get().status == Status.READY


@pytest.mark.parametrize("action", ["put_away", "bring_back", "compose_again", "delete_selected"])
def test_viewers_change_nothing_and_admins_of_one_account_nothing_in_another(acme: Account, action: str) -> None:
    video = video_of(recorded(acme), Status.READY)
    if action == "bring_back":
        Video.objects.update(deleted_at=NOW)
    before = list(Video.objects.values())
    viewer = member(acme, Role.VIEWER)
    act(viewer, action, video)
    # Who may do that elsewhere sees the button here.
    user = viewer.session["_auth_user_id"]
    other = Account.objects.create(name="other")
    other.memberships.create(user_id=user, role=Role.OWNER)
    act(viewer, action, video)
    act(member(other, Role.OWNER), action, video)
    assert list(Video.objects.values()) == before


def test_nobody_adds_or_removes_rows_by_hand(acme: Account) -> None:
    video = video_of(recorded(acme))
    browser = operator()
    for page in ("add/", f"{video.pk}/delete/"):
        assert browser.get(VIDEOS + page).status_code == 403
        assert browser.post(VIDEOS + page, {"post": "yes"}).status_code == 403
    assert Video.objects.exists()
