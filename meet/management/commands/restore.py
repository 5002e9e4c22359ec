"""`manage.py restore FILE`: what an archive holds, in the place of what is here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from meet.backup.archive import ArchiveError
from meet.backup.databases import InUseError
from meet.backup.restoring import RestoreError, restore
from meet.management.telling import Progress

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    help = "Restore an archive that `manage.py backup` made, of SQLite or PostgreSQL, into this installation."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="The archive.")
        parser.add_argument("--replace", action="store_true", help="Even if there is something here: it will be gone.")
        parser.add_argument(
            "--lose-secrets",
            action="store_true",
            help="Do without secrets whose MEET_SECRET_KEY is lost: signing keys go, webhooks' secrets are made anew.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        progress = Progress(self.stderr)
        try:
            done = restore(
                options["file"],
                timezone.now(),
                progress.tell,
                replace=options["replace"],
                lose_secrets=options["lose_secrets"],
            )
        except (RestoreError, ArchiveError, InUseError) as error:
            raise CommandError(f"{error} Nothing was changed.") from error
        except (OSError, DatabaseError) as error:
            raise CommandError(f"Nothing was restored: {str(error).strip()}.") from error
        manifest = done.manifest
        self.stdout.write(
            f"Restored {done.rows} rows and {done.files} files of {manifest.made_at} (version {manifest.version})."
        )
        if done.lost:
            self.stdout.write(f"{done.lost} secrets could not be read and are gone: look at signing keys and webhooks.")
        if manifest.recordings == "leftOut":
            self.stdout.write("Videos are not in this archive: those that were here are as they were.")
        if manifest.recordings == "inBucket":
            self.stdout.write("Videos are in the bucket that MEET_S3_BUCKET named; they are not in this archive.")
        self.stdout.write("Everybody logs in again.")
