"""A moderator without a login finds the recordings of the room that their link lets them record, and no others."""

from __future__ import annotations

import jwt
import pytest
from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.test import Client
from django.utils import timezone

from meet.accounts.hosts import default_account
from meet.accounts.models import Account, Role, SigningKey, Visibility
from recording.models import Status
from recording.pages.of_room import LIFE_S, SALT, recordings_address
from tests.meet.conftest import client_build as client_build  # noqa: PLC0414 - a fixture
from tests.meet.conftest import live_node as live_node  # noqa: PLC0414 - a fixture
from tests.meet.personas import member
from tests.meet.test_views import boot
from tests.recording.library import recorded, video_of

pytestmark = [pytest.mark.usefixtures("client_build"), pytest.mark.django_db]
NOBODY = AnonymousUser()
SECRET = "a long secret of theirs " * 2


@pytest.fixture
def account(db: None) -> Account:  # noqa: ARG001 - its tables
    return default_account()


def test_it_lists_this_rooms_videos_of_this_account_with_links_that_open(account: Account) -> None:
    ours = video_of(recorded(account, "one"), Status.READY)
    video_of(recorded(account, "two", room_id="serv0other"), Status.READY)
    video_of(recorded(Account.objects.create(name="others"), "three"), Status.READY)
    address = recordings_address(NOBODY, account, "serv0abc", records=True)
    page = Client().get(address)
    assert page.status_code == 200
    text = page.content.decode()
    assert text.count('data-testid="recording"') == 1
    watch = text.partition(f'href="/videos/{ours.pk}/')[2].partition('"')[0]
    assert Client().get(f"/videos/{ours.pk}/{watch}").status_code == 200
    for act in ("delete", "share", "download"):
        assert f"/recordings/{ours.pk}/{act}" not in text


def test_only_who_may_see_something_gets_an_address(account: Account) -> None:
    assert recordings_address(NOBODY, account, "serv0abc", records=False) == ""
    person = member(account, Role.VIEWER)
    user = person.get("/recordings/").wsgi_request.user
    assert recordings_address(user, account, "serv0abc", records=False) == "/recordings/"
    address = recordings_address(NOBODY, account, "serv0abc", records=True)
    account.recording_visibility = Visibility.MEMBERS
    account.save()
    assert recordings_address(NOBODY, account, "serv0abc", records=True) == ""
    assert Client().get(address).status_code == 404


def test_a_forged_or_old_address_leads_nowhere(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    forged = signing.dumps([account.pk, "serv0abc"], salt="another")
    assert Client().get(f"/recordings/room/{forged}/").status_code == 404
    token = signing.dumps([account.pk, "serv0abc"], salt=SALT)
    assert Client().get(f"/recordings/room/{token}/").status_code == 200
    later = timezone.now().timestamp() + LIFE_S + 1
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    assert Client().get(f"/recordings/room/{token}/").status_code == 404


@pytest.mark.usefixtures("live_node")
def test_the_rooms_page_knows_it_for_moderators_who_may_record_only(client: Client, account: Account) -> None:
    SigningKey.objects.create(account=account, kid="key", algorithm="HS256", key=SECRET)

    def told(**claims: object) -> dict[str, object]:
        token = jwt.encode({"roomId": "room", **claims}, SECRET, "HS256", headers={"kid": "key"})
        return boot(client.get("/call/", {"roomId": "room", "token": token}))

    assert "recordingsUrl" not in told(role="participant", canRecord=True)
    assert "recordingsUrl" not in told(role="moderator")
    assert str(told(role="moderator", canRecord=True)["recordingsUrl"]).startswith("/recordings/room/")
