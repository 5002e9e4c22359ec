"""Accounts with everything they can own, and the people who come to look: members, strangers and the operator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from meet.accounts.models import (
    Account,
    ApiToken,
    AuditEvent,
    Domain,
    Incident,
    Membership,
    Passkey,
    RecoveryCode,
    Retention,
    Role,
    SecondFactor,
    SigningKey,
    TokenUse,
)
from recording.models import PersonFile, Recording, Video, VideoLink, VideoPerson
from rooms.models import Memory, Node, Placement
from rooms.webhooks.models import Attempt, Delivery, Endpoint
from stats.models import DailyUsage, Sample, Session
from tests.password import PASSWORD

if TYPE_CHECKING:
    from django.db.models import Model

NOW: Final = datetime(2030, 6, 21, 10, tzinfo=UTC)


@dataclass(frozen=True)
class Household:
    """An account, and one object of each kind that it owns. `secret` is in the name of each of them."""

    account: Account
    secret: str
    objects: list[Model]


def household(secret: str) -> Household:
    """Make one; `secret` is a word of letters."""
    account = Account.objects.create(
        name=f"{secret} name",
        access_url=f"https://{secret}.example/check",
        access_header=f"Basic {secret}",
        contact=f"{secret}@example.org",
        brand_name=f"{secret} brand",
    )
    account.logo.save("logo.png", picture(), save=True)
    node, _ = Node.objects.get_or_create(
        name="serv0", defaults={"port": 8001, "started_at": NOW, "heartbeat_at": timezone.now()}
    )
    person = User.objects.create_user(f"{secret}person", f"{secret}@example.org", PASSWORD, is_staff=True)
    of_account = {"account": account}
    careful = User.objects.create_user(f"{secret}careful", "", PASSWORD, is_staff=True)
    factor = SecondFactor.objects.create(
        user=careful, handle=f"{secret}handle", active=True, secret=secret, offered=secret
    )
    endpoint = Endpoint.objects.create(**of_account, url=f"https://{secret}.example/events", header=f"Basic {secret}")
    delivery = Delivery.objects.create(
        endpoint=endpoint, room_id=f"{secret}room", kind="joinPeer", body=f'"{secret}"', happened_at=NOW, due_at=NOW
    )
    recording = Recording.objects.create(**of_account, room_id=f"{secret}room", folder=secret, started_at=NOW)
    video = Video.objects.create(
        **of_account,
        recording=recording,
        room_id=f"{secret}room",
        name=f"Recording {secret}room",
        part=1,
        from_s=0,
        to_s=60,
        created_at=NOW,
        due_at=NOW,
    )
    person_in_video = VideoPerson.objects.create(video=video, position=0, peer_id="ada", display_name=f"{secret} ada")
    return Household(
        account,
        secret,
        [
            account,
            person,
            Membership.objects.create(**of_account, user=person, role=Role.OWNER),
            factor,
            Passkey.objects.create(factor=factor, name=secret, host="x", credential_id=secret, created_at=NOW),
            RecoveryCode.objects.create(factor=factor, hash=f"{secret}hash"),
            Domain.objects.create(**of_account, host=f"{secret}.example"),
            SigningKey.objects.create(**of_account, kid=f"{secret}kid", algorithm="HS256", key=secret * 8),
            ApiToken.objects.create(**of_account, name=f"{secret} token", hash="0" * 64),
            TokenUse.objects.create(**of_account, hash=f"{secret}hash", first_used_at=NOW),
            Incident.objects.create(**of_account, kind="test", message=f"{secret} fell", first_at=NOW, last_at=NOW),
            AuditEvent.objects.create(
                **of_account,
                at=NOW,
                action="changed",
                actor=f"{secret}person",
                what=f"{secret} key",
            ),
            Placement.objects.create(**of_account, room_id=f"{secret}room", node=node, claimed_at=NOW, used_at=NOW),
            Memory.objects.create(**of_account, room_id=f"{secret}room", content=secret, alive_at=NOW),
            Session.objects.create(
                **of_account, room_id=f"{secret}room", peer_id=f"{secret}peer", joined_at=NOW, marked_at=NOW
            ),
            Sample.objects.create(
                **of_account, room_id=f"{secret}room", peer_id=f"{secret}peer", direction="up", at=NOW, seconds=30
            ),
            Retention.objects.create(account=account, statistics_days=300),
            DailyUsage.objects.create(
                **of_account,
                day=NOW.date(),
                seconds=60,
                peak=1,
                rooms=1,
                sessions=1,
                lost=0,
                failed_events=0,
                going_since=NOW,
            ),
            recording,
            video,
            person_in_video,
            PersonFile.objects.create(person=person_in_video, asked_at=NOW, due_at=NOW, problem=secret),
            VideoLink.objects.create(video=video, note=secret, made_by=secret, made_at=NOW),
            endpoint,
            delivery,
            Attempt.objects.create(delivery=delivery, at=NOW, duration_ms=1, answer=secret),
        ],
    )


def picture(colour: str = "teal") -> ContentFile[bytes]:
    """A small PNG."""
    file: ContentFile[bytes] = ContentFile(b"", "logo.png")
    Image.new("RGB", (8, 8), colour).save(file, "PNG")
    file.seek(0)
    return file


def member(account: Account, role: Role, name: str = "") -> Client:
    """A browser in which somebody with this role has logged in."""
    user = User.objects.create_user(name or f"{account.pk}{role}", "", PASSWORD, is_staff=True)
    Membership.objects.create(account=account, user=user, role=role)
    return browser(user)


def operator() -> Client:
    """A browser in which the operator has logged in."""
    return browser(User.objects.create_superuser("operator", "", PASSWORD))


def browser(user: User) -> Client:
    """A browser in which somebody has logged in."""
    client = Client()
    client.force_login(user)
    return client
