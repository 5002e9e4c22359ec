"""`manage.py rotate_secret_key`: all secrets encrypted with MEET_SECRET_KEY, so that the old key can go."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from meet.accounts.reencryption import encrypt_anew
from meet.api.bearer import LIFETIMES
from meet.management.telling import Progress
from recording.models import VideoLink
from rooms.nodes.tickets import IDENTITY_LIFETIME_S

# What is signed by then has expired, but for what is told.
SIGNED_FOR: Final = max(dt.timedelta(seconds=IDENTITY_LIFETIME_S), *LIFETIMES.values())


class Command(BaseCommand):
    help = (
        "Encrypt all secrets in the database with MEET_SECRET_KEY that were encrypted with one of "
        "MEET_OLD_SECRET_KEYS. Can be done while everything runs, and again after an interruption."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = encrypt_anew(Progress(self.stderr).tell)
        except DatabaseError as error:
            message = f"Not all secrets are encrypted anew: {str(error).strip()}. Do it again, it goes on from there."
            raise CommandError(message) from error
        self.stdout.write(f"{done.changed} of {done.every} secrets were encrypted anew.")
        if done.unreadable:
            raise CommandError(
                f"{done.unreadable} secrets can't be read with any key. If there is another old key, add it to "
                "MEET_OLD_SECRET_KEYS; else enter these signing keys, headers and endpoints again."
            )
        if not settings.SECRET_KEY_FALLBACKS:
            self.stdout.write("All can be read with MEET_SECRET_KEY alone.")
            return
        now = timezone.now()
        until = now + SIGNED_FOR
        self.stdout.write(
            "Nothing that is stored needs MEET_OLD_SECRET_KEYS any more. If the key has leaked, remove it now: people "
            "log in again, and links that were signed with it end. Otherwise remove it on "
            f"{until:%Y-%m-%d}: what was signed with it has expired then."
        )
        lasting = VideoLink.objects.filter(revoked_at=None).exclude(expires_at__lte=until).count()
        if lasting:
            self.stdout.write(
                f"{lasting} links to videos count for longer. Those that were handed out before the key was changed "
                "end with it: hand out new ones."
            )
