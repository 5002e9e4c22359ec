"""Who may open which page of a recording, what they may do there, and what they find."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from meet.accounts.hosts import default_account
from meet.accounts.models import Account, Role, Visibility
from recording.delivery.addresses import token_of
from recording.models import Recording, Status, Video
from recording.pages.listing import Search
from tests.meet.conftest import client_build as client_build  # noqa: PLC0414 - a fixture
from tests.meet.personas import member, operator
from tests.recording.library import recorded, video_of

if TYPE_CHECKING:
    from django.conf import LazySettings

pytestmark = [pytest.mark.usefixtures("client_build"), pytest.mark.django_db]

HOUR_S = 3600


@pytest.fixture
def account(db: None) -> Account:  # noqa: ARG001 - its tables
    return default_account()


@pytest.fixture
def video(account: Account) -> Video:
    return video_of(recorded(account), Status.READY, people=("ann",))


@pytest.fixture
def owner(account: Account) -> Client:
    return member(account, Role.OWNER)


def told(response: Any) -> dict[str, Any]:
    """What the page tells its script."""
    found = re.search(r'<script id="player-boot"[^>]*>(.*?)</script>', response.content.decode())
    assert found is not None
    told: dict[str, Any] = json.loads(found[1])
    return told


def link(video: Video, life_s: int = HOUR_S, page: str = "") -> str:
    return f"/videos/{video.pk}/{page}?token={token_of(video, timezone.now(), life_s=life_s)}"


def listed(client: Client, query: str = "") -> list[int]:
    content = client.get(f"/recordings/?{query}").content.decode()
    return [int(number) for number in re.findall(r'id="recording-(\d+)"', content)]


@pytest.mark.parametrize("page", ["", "embed"])
@pytest.mark.parametrize(
    ("visibility", "without", "linked"),
    [
        (Visibility.SIGNED, "notFound", "ready"),
        (Visibility.MEMBERS, "notFound", "notFound"),
        (Visibility.PUBLIC, "ready", "ready"),
    ],
)
def test_strangers_watch_what_the_account_lets_them(
    account: Account, video: Video, visibility: Visibility, without: str, linked: str, page: str
) -> None:
    account.recording_visibility = visibility
    account.save()
    stranger, viewer = Client(), member(account, Role.VIEWER)
    for address, code in ((f"/videos/{video.pk}/{page}", without), (link(video, page=page), linked)):
        response = stranger.get(address)
        assert told(response)["code"] == code
        assert response.status_code == (200 if code == "ready" else 404)
    assert told(viewer.get(f"/videos/{video.pk}/{page}"))["code"] == "ready"


def test_what_is_not_there_looks_like_what_is_not_for_one(video: Video) -> None:
    other = member(Account.objects.create(name="other"), Role.OWNER)
    for client in (Client(), other):
        hidden, missing = (client.get(f"/videos/{number}/") for number in (video.pk, video.pk + 1))
        texts = [response.content.decode().replace(str(video.pk + 1), str(video.pk)) for response in (hidden, missing)]
        assert texts[0] == texts[1]
        assert hidden.status_code == missing.status_code == 404


def test_a_link_that_has_expired_says_so_and_another_videos_link_opens_nothing(account: Account, video: Video) -> None:
    other = video_of(recorded(account, "two"), Status.READY)
    expired = Client().get(link(video, life_s=-HOUR_S))
    assert (expired.status_code, told(expired)["code"]) == (410, "expired")
    crossed = f"/videos/{video.pk}/?{link(other).partition('?')[2]}"
    assert told(Client().get(crossed))["code"] == "notFound"


def test_who_waits_is_told_how_far_it_is(video: Video) -> None:
    Video.objects.filter(pk=video.pk).update(status=Status.COMPOSING, progress=70)
    page = told(Client().get(link(video)))
    assert (page["code"], page["progress"], "hls" in page) == ("pending", 70, False)
    assert Client().get(page["stateUrl"]).json() == {"code": "pending", "progress": 70}
    Video.objects.filter(pk=video.pk).update(status=Status.READY)
    assert Client().get(page["stateUrl"]).json()["code"] == "ready"
    assert Client().get(f"/videos/{video.pk}/state").status_code == 404


def test_only_pages_that_may_embed_rooms_may_embed_the_player(account: Account, video: Video) -> None:
    account.embed_origins = "https://shop.example"
    account.save()
    page, embed = Client().get(link(video)), Client().get(link(video, page="embed"))
    assert page.headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")
    assert page.headers["X-Frame-Options"] == "DENY"
    assert embed.headers["Content-Security-Policy"].endswith("frame-ancestors 'self' https://shop.example")
    assert "X-Frame-Options" not in embed.headers


@pytest.mark.parametrize("visibility", list(Visibility))
def test_a_shared_link_opens_for_those_who_may_watch(
    account: Account, video: Video, owner: Client, visibility: Visibility
) -> None:
    account.recording_visibility = visibility
    account.save()
    shared = owner.post(f"/recordings/{video.pk}/share", {"days": "1"}).json()
    assert (shared["untilMs"] is None) is (visibility != Visibility.SIGNED)
    code = "notFound" if visibility == Visibility.MEMBERS else "ready"
    assert told(Client().get(shared["link"]))["code"] == code
    source = re.search(r'src="([^"]+)"', shared["embed"])
    assert source is not None
    assert told(Client().get(source[1]))["code"] == code


def test_a_link_counts_as_long_as_was_chosen(video: Video, owner: Client) -> None:
    now_ms = timezone.now().timestamp() * 1000
    for days, expected in (("1", 1), ("365", 365), ("9999", 7), ("", 7)):
        until_ms = owner.post(f"/recordings/{video.pk}/share", {"days": days}).json()["untilMs"]
        assert (until_ms - now_ms) / 86_400_000 == pytest.approx(expected, abs=0.02)


def test_each_link_can_be_revoked_and_the_others_count_on(account: Account, video: Video, owner: Client) -> None:
    viewer = member(account, Role.VIEWER)
    share = f"/recordings/{video.pk}/share"
    theirs = viewer.post(share, {"days": "1"}).json()
    mine = owner.post(share, {"days": "30"}).json()
    assert owner.post(share, {"days": "30"}).json()["link"] == mine["link"]
    assert [bool(one["revoke"]) for one in mine["links"]] == [True, True]
    seen_by_viewer = viewer.post(share, {"days": "1"}).json()["links"]
    assert [bool(one["revoke"]) for one in seen_by_viewer] == [False, True]
    files = told(Client().get(mine["link"]))["hls"]
    assert Client().options(files).status_code == 200
    (revoke,) = [one["revoke"] for one in seen_by_viewer if one["revoke"]]
    assert viewer.post(mine["links"][0]["revoke"]).status_code == 403
    left = owner.post(mine["links"][0]["revoke"]).json()["links"]
    assert len(left) == 1
    assert told(Client().get(mine["link"]))["code"] == "expired"
    assert Client().options(files).status_code == 410
    assert told(Client().get(theirs["link"]))["code"] == "ready"
    assert viewer.post(revoke).json() == {"links": []}
    assert told(Client().get(theirs["link"]))["code"] == "expired"
    assert owner.post(share, {"days": "30"}).json()["link"] != mine["link"]


def test_a_forged_link_or_one_of_another_video_opens_nothing(account: Account, video: Video, owner: Client) -> None:
    other = video_of(recorded(account, "other"), Status.READY)
    link = owner.post(f"/recordings/{video.pk}/share", {"days": "1"}).json()["link"]
    token = link.partition("token=")[2]
    for address in (f"/videos/{other.pk}/?token={token}", f"/videos/{video.pk}/?token={token[:-2]}xx"):
        assert told(Client().get(address))["code"] == "notFound"
    assert Client().get(f"/videos/{other.pk}/{token}/video.mp4").status_code == 404
    assert Client().get(f"/videos/{video.pk}/{token}/people/1.webm").status_code == 404


def test_a_video_is_put_away_and_comes_back_and_the_list_stays_as_it_was(video: Video, owner: Client) -> None:
    gone = owner.post(f"/recordings/{video.pk}/delete", {"back": "q=abc&deleted=99"}, follow=True)
    assert gone.redirect_chain == [(f"/recordings/?q=abc&deleted={video.pk}", 302)]
    assert listed(owner) == []
    assert "Undo" in gone.content.decode()
    assert told(owner.get(f"/videos/{video.pk}/"))["code"] == "deleted"
    back = owner.post(f"/recordings/{video.pk}/restore", {"back": "q=abc"}, follow=True)
    assert back.redirect_chain == [("/recordings/?q=abc", 302)]
    assert listed(owner) == [video.pk]
    assert owner.post(f"/recordings/{video.pk}/restore").status_code == 404


def test_viewers_watch_share_and_save_but_change_nothing(account: Account, video: Video) -> None:
    viewer = member(account, Role.VIEWER)
    assert listed(viewer) == [video.pk]
    assert "recording-more" not in viewer.get("/recordings/").content.decode()
    assert viewer.get(f"/recordings/{video.pk}/download").status_code == 302
    assert viewer.post(f"/recordings/{video.pk}/share").status_code == 200
    person = video.people.get()
    for act in ("delete", "restore", "again", f"people/{person.pk}"):
        assert viewer.post(f"/recordings/{video.pk}/{act}").status_code == 404
    video.refresh_from_db()
    assert video.deleted_at is None


def test_nobody_comes_without_a_role(video: Video) -> None:
    assert Client().get("/recordings/").headers["Location"] == "/admin/login/?next=/recordings/"
    assert Client().post(f"/recordings/{video.pk}/delete").status_code == 302
    stranger = member(Account.objects.create(name="other"), Role.OWNER)
    assert listed(stranger) == []
    assert stranger.post(f"/recordings/{video.pk}/delete").status_code == 404
    assert stranger.get(f"/recordings/?deleted={video.pk}").status_code == 200


def test_the_operator_and_who_has_several_accounts_choose_one(video: Video) -> None:
    other = Account.objects.create(name="other")
    theirs = video_of(recorded(other, "two"), Status.READY)
    client = operator()
    assert listed(client) == [video.pk]
    assert listed(client, f"account={other.pk}") == [theirs.pk]
    assert listed(client, "account=99999") == [video.pk]


def test_what_somebody_sent_is_made_when_it_is_asked_for(video: Video, owner: Client) -> None:
    person = video.people.get()
    address = f"/recordings/{video.pk}/people/{person.pk}"
    assert owner.get(address).status_code == 404
    assert owner.post(address).status_code == 302
    assert "Being made" in owner.get("/recordings/").content.decode()
    assert owner.get(address).status_code == 404
    person.refresh_from_db()
    person.file.status, person.file.name, person.file.size_bytes = Status.READY, "people/1.webm", 9
    person.file.save()
    assert owner.get(address).headers["Location"].endswith("/people/1.webm?download")


def test_what_has_failed_is_tried_again_while_its_tracks_are_there(video: Video, owner: Client) -> None:
    def again() -> str:
        Video.objects.filter(pk=video.pk).update(status=Status.FAILED, problem="The disk is full.")
        assert "The disk is full." in owner.get("/recordings/").content.decode()
        owner.post(f"/recordings/{video.pk}/again")
        video.refresh_from_db()
        return video.status

    assert again() == Status.WAITING
    video.recording.tracks_deleted_at = timezone.now()
    video.recording.save()
    assert again() == Status.FAILED


def test_videos_are_found_by_what_is_asked(account: Account, video: Video, owner: Client) -> None:
    other = video_of(recorded(account, "two", hours=48, room_id="lecture"), Status.READY, people=("cleo",))
    assert listed(owner) == [video.pk, other.pk]
    assert listed(owner, "q=LECT") == [other.pk]
    assert listed(owner, "person=Ann") == [video.pk]
    assert listed(owner, "until=2026-09-20") == [other.pk]
    assert listed(owner, "since=2026-09-20") == [video.pk]
    assert listed(owner, "since=nonsense&page=nonsense&account=²&deleted=²&zone=../../etc/passwd") == [
        video.pk,
        other.pk,
    ]
    assert "Nothing found" in owner.get("/recordings/?q=%00nowhere").content.decode()


def test_days_are_those_of_the_visitors_time_zone() -> None:
    search = Search.read(QueryDict("since=2026-09-20&until=2026-09-21&zone=America/New_York"))
    assert search.begins_at == dt.datetime(2026, 9, 20, 4, tzinfo=dt.UTC)
    assert search.ends_at == dt.datetime(2026, 9, 22, 4, tzinfo=dt.UTC)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar_are_no_days(day: str) -> None:
    search = Search.read(QueryDict(f"since={day}&until={day}"))
    assert search.begins_at is None
    assert search.ends_at is None


def test_many_videos_are_on_several_pages(account: Account, owner: Client) -> None:
    recording = recorded(account)
    videos = [video_of(recording, Status.WAITING, part=part).pk for part in range(1, 31)]
    first, second = listed(owner, "q=abc"), listed(owner, "q=abc&page=2")
    assert first + second == videos
    content = owner.get("/recordings/?q=abc&deleted=1").content.decode()
    assert 'href="?q=abc&amp;page=2"' in content


def test_parts_of_a_meeting_lead_to_each_other_for_people_of_the_account_alone(account: Account, owner: Client) -> None:
    account.recording_visibility = Visibility.PUBLIC
    account.save()
    first, second = (
        video_of(recorded(account, name, hours=hours), Status.READY) for name, hours in (("a", 2), ("b", 1))
    )
    Recording.objects.filter(pk=second.recording_id).update(continues=first.recording.started_at)
    for page, other in ((first, second), (second, first)):
        leads = f'href="/videos/{other.pk}/"'
        assert leads in owner.get(f"/videos/{page.pk}/").content.decode()
        assert leads not in Client().get(f"/videos/{page.pk}/").content.decode()
    listing = owner.get("/recordings/").content.decode()
    assert (listing.count("The part before"), listing.count("The part after")) == (1, 1)


def test_names_of_people_and_rooms_are_no_markup(account: Account, owner: Client) -> None:
    evil = '<img src=x onerror=alert(1)>"'
    video = video_of(recorded(account, room_id=evil), Status.READY, people=(evil,))
    for address in ("/recordings/", f"/videos/{video.pk}/", f"/videos/{video.pk}/embed"):
        assert "<img src=x" not in owner.get(address).content.decode()
    assert "<img" not in owner.post(f"/recordings/{video.pk}/share").json()["embed"]


def test_a_page_is_kept_by_no_cache(video: Video, owner: Client) -> None:
    for path in ("/recordings/", f"/videos/{video.pk}/", f"/videos/{video.pk}/embed", f"/videos/{video.pk}/state"):
        assert owner.get(path).headers["Cache-Control"] == "no-store"


@pytest.fixture
def bucket(settings: LazySettings) -> str:
    """Videos would be in a bucket; nothing is asked of it."""
    settings.STORAGES = settings.STORAGES | {
        "recordings": {
            "BACKEND": "recording.storage.s3.BucketStorage",
            "OPTIONS": {
                "bucket_name": "videos",
                "endpoint_url": "https://s3.shop.example:9000",
                "access_key": "key",
                "secret_key": "secret",
                "region_name": "eu-central-1",
                "addressing_style": "path",
            },
        }
    }
    return "https://s3.shop.example:9000"


def test_a_buckets_host_is_where_media_may_come_from(video: Video, owner: Client, bucket: str) -> None:
    Video.objects.filter(pk=video.pk).update(status=Status.WAITING)
    for path in ("/recordings/", f"/videos/{video.pk}/", f"/videos/{video.pk}/embed"):
        policy = owner.get(path).headers["Content-Security-Policy"]
        assert f"media-src 'self' blob: {bucket};" in policy
        assert f"connect-src 'self' {bucket};" in policy
