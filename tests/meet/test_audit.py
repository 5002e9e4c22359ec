"""What the audit trail keeps of rooms and of the Server API: who, what, when, from where, with which result."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from meet.accounts import audit
from meet.accounts.audit import Actor, RoomAct, forget_person, note, note_room_acts, prune
from meet.accounts.models import Account, AuditEvent, Role
from meet.database_writer import DatabaseThread
from rooms import protocol
from rooms.protocol import REQUESTS, SERVER_REQUESTS
from rooms.room_key import RoomKey
from rooms.runtime.observer import Visit
from stats.collector import Collector
from stats.moderation import act_of
from tests.api.programs import api_key, program
from tests.meet.personas import Household, household, member
from tests.streamed import body_of

Action = AuditEvent.Action
AT_MS = 1_900_000_000_000


@pytest.fixture
def acme(db: None) -> Household:  # noqa: ARG001 - its tables
    return household("acme")


def told(action: str, account: Account) -> list[tuple[str, str]]:
    events = AuditEvent.objects.filter(action=action, account=account).order_by("pk")
    return [(event.actor, event.what) for event in events]


def visit(account_id: int = 1) -> Visit:
    return Visit(RoomKey(account_id, "team42"), "ada", "Ada", "moderator", viewer=False, joined_at=AT_MS)


@pytest.mark.parametrize(
    ("request_", "what"),
    [
        (protocol.Kick("bo"), "kick: participant bo,"),
        (protocol.StopTrack("bo", "mic"), "stopTrack: participant bo, mic"),
        (protocol.StopAllTracks("camera"), "stopAllTracks: camera"),
        (protocol.SetLocked(locked=True), "setLocked: locked true"),
        (protocol.Admit("bo", admitted=False), "admit: participant bo, admitted false"),
        (protocol.StartRecording(), "startRecording"),
        (protocol.EndMeeting(), "endMeeting"),
        (protocol.SetMaxBitrate(500_000), "setMaxBitrate: bitrate_bps 500000"),
    ],
)
def test_a_moderators_request_is_told_in_words(request_: Any, what: str) -> None:
    assert act_of(visit(), request_, AT_MS) == RoomAct(1, "team42", "ada", what, AT_MS)


def test_each_request_of_moderators_can_be_told() -> None:
    for kind in {*REQUESTS.values(), *SERVER_REQUESTS.values()}:
        if kind.moderator and not kind.__struct_fields__:
            assert act_of(visit(), kind(), AT_MS).what


@pytest.mark.django_db(transaction=True)
def test_a_node_writes_it_into_the_accounts_trail() -> None:
    account = Account.objects.create(name="acme")

    async def moderate() -> None:
        thread = DatabaseThread()
        collector = Collector("serv0", thread)
        await collector.start()
        collector.moderated(visit(account.pk), protocol.Kick("bo"), AT_MS)
        await collector.close()
        thread.close()

    asyncio.run(moderate())
    assert told(Action.ROOM, account) == [("participant ada", "kick: participant bo, in room team42")]


class TestServerApi:
    def test_what_is_to_be_changed_is_kept_with_its_result(self, acme: Household) -> None:
        client = program(api_key(acme.account))
        client.post("/rooms/team42/closePeer", {"peerId": "bo"}, content_type="application/json")
        client.get("/rooms")
        ((actor, what),) = told(Action.API, acme.account)
        assert actor.startswith("API token ")
        assert what.startswith("POST /rooms/team42/closePeer: participant bo, answered ")

    def test_a_question_is_not(self, acme: Household) -> None:
        client = program(api_key(acme.account))
        client.post("/rooms/team42/existingPeer", {"peerId": "bo"}, content_type="application/json")
        assert not told(Action.API, acme.account)

    def test_nothing_that_was_written_or_is_secret_is_in_it(self, acme: Household) -> None:
        body = {"peerId": "bo", "device": "mic", "note": "sesame", "hostname": "sesame"}
        program(api_key(acme.account)).post("/rooms/team42/mute?token=sesame", body, content_type="application/json")
        ((_, what),) = told(Action.API, acme.account)
        assert "sesame" not in what
        assert what.endswith("device mic, answered 400")

    def test_strangers_leave_nothing(self, acme: Household) -> None:
        Client().post("/rooms/team42/closePeer", {"peerId": "bo"}, content_type="application/json")
        assert not AuditEvent.objects.filter(action=Action.API).exists()
        assert not told(Action.API, acme.account)


def test_who_is_erased_is_not_named_any_more(acme: Household) -> None:
    other = Account.objects.create(name="other")
    for account in (acme.account, other):
        note_room_acts([act_of(visit(account.pk), protocol.Kick("bo"), AT_MS)])
        note(
            Action.API,
            Actor("API token x"),
            "POST /rooms/r/mute: participant ada, answered 200",
            timezone.now(),
            [account],
        )
    forget_person(acme.account, "ada")
    forget_person(acme.account, "bo")
    assert told(Action.ROOM, acme.account) == [("participant", "kick: participant, in room team42")]
    assert told(Action.API, acme.account) == [("API token x", "POST /rooms/r/mute: participant, answered 200")]
    assert told(Action.ROOM, other) == [("participant ada", "kick: participant bo, in room team42")]


@pytest.mark.parametrize("action", audit.BOUNDED)
def test_the_newest_of_a_kind_are_kept(acme: Household, monkeypatch: pytest.MonkeyPatch, action: str) -> None:
    monkeypatch.setattr(audit, "MAX_OF_A_KIND", 2)
    for number in range(5):
        note(Action(action), Actor("x"), str(number), timezone.now(), [acme.account])
    note(Action.LOGIN, Actor("x"), "kept", timezone.now(), [acme.account])
    prune(timezone.now())
    assert [what for _, what in told(action, acme.account)] == ["3", "4"]
    assert told(Action.LOGIN, acme.account) == [("x", "kept")]


def test_it_is_searched_and_exported_and_nobody_changes_it(acme: Household) -> None:
    note_room_acts([act_of(visit(acme.account.pk), protocol.Kick("bo"), AT_MS)])
    note(Action.LOGIN, Actor("=cmd()"), "the admin", timezone.now(), [acme.account])
    owner = member(acme.account, Role.OWNER)
    trail = "/admin/accounts/auditevent/"
    for words in ("team42", "participant ada", "bo"):
        page = owner.get(f"{trail}?q={words}&action__exact=room").content.decode()
        assert "kick: participant bo, in room team42" in page, words
    file = body_of(owner.get(f"{trail}export/?q=cmd")).decode()
    assert ",'=cmd()," in file
    event = AuditEvent.objects.filter(action=Action.ROOM).get()
    for page in ("change", "delete"):
        assert owner.post(f"{trail}{event.pk}/{page}/", {"post": "yes", "what": "x"}).status_code == 403
    owner.post(trail, {"action": "delete_selected", "_selected_action": [event.pk], "post": "yes"})
    assert AuditEvent.objects.filter(pk=event.pk, what=event.what).exists()
