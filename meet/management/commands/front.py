"""`manage.py front`: Caddy, with the file that `serve --domain` has made."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from meet.config import ConfigError
from meet.run.front import FILE, folder_of, program

if TYPE_CHECKING:
    from meet.config import Config


class Command(BaseCommand):
    help = "Serve https with a certificate and pass it on to web and node: a part of `serve --domain`."

    def handle(self, *args: Any, **options: Any) -> None:
        config: Config = settings.CONFIG
        folder = folder_of(config)
        file = folder / FILE
        if not file.is_file():
            message = "There is nothing to do for front by itself: run `manage.py serve --domain meet.example.org`."
            raise CommandError(message)
        try:
            caddy = program()
        except ConfigError as error:
            raise CommandError(str(error)) from error
        home = {name: str(folder) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
        # Caddy needs none of our settings, among them secrets.
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MEET_", "DJANGO_"))}
        os.execve(caddy, [caddy, "run", "--config", str(file)], {**kept, **home})  # noqa: S606 - no shell
