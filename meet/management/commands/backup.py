"""`manage.py backup FILE`: everything in one archive, while everything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from meet.backup.backing_up import BackupError, back_up
from meet.backup.rows import UnknownMigrationsError
from meet.management.telling import Progress

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    help = "Save the database and the data folder's files in one archive. Nothing has to be stopped for it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="Where to write it, a file that isn't there yet; - for standard output.")
        parser.add_argument(
            "--without-recordings", action="store_true", help="Leave out what nodes captured, and videos."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        progress = Progress(self.stderr)
        try:
            made = back_up(options["file"], timezone.now(), progress.tell, recordings=not options["without_recordings"])
        except BackupError as error:
            raise CommandError(str(error)) from error
        except UnknownMigrationsError as error:
            message = f"The database is of a newer version, which had {error}. Make the backup with that version."
            raise CommandError(message) from error
        except BrokenPipeError as error:
            raise CommandError("Whoever was to take the archive has gone: there is no backup.") from error
        except (OSError, DatabaseError) as error:
            raise CommandError(f"There is no backup: {str(error).strip()}.") from error
        self.stderr.write(f"Saved {made.rows} rows and {made.files} files ({made.size // 1_000_000} MB).")
        if settings.CONFIG.s3_bucket:
            self.stderr.write(f"Videos are in the bucket {settings.CONFIG.s3_bucket} and not in it: save that, too.")
        if made.unreadable:
            self.stderr.write(f"{made.unreadable} secrets can't be read with MEET_SECRET_KEY: they are lost already.")
        where = "MEET_SECRET_KEY" if settings.CONFIG.secret_key else f"the file {settings.DATA_DIR / 'secret_key'}"
        self.stderr.write(
            f"The secret key is NOT in it. Keep {where} in another place: without it the keys, headers and secrets of "
            "all accounts in this backup are lost."
        )
