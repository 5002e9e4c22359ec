"""`manage.py ready ROLE`: whether a process of this machine can do its work, for probes of containers and units."""

from __future__ import annotations

import ssl
import sys
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any, Final

import msgspec
from django.conf import settings
from django.core.management.base import BaseCommand

from meet.run.heartbeat import newest

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from meet.config import Config

TIMEOUT_S: Final = 5.0


class Command(BaseCommand):
    help = "Say whether web, node, worker or composer is ready here; exit with 1 where it is not."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role", choices=("web", "node", "worker", "composer"))

    def handle(self, *args: Any, **options: Any) -> None:
        config: Config = settings.CONFIG
        role = options["role"]
        if role in {"web", "node"}:
            ready, body = _asked(config, config.port if role == "web" else config.node_port)
        else:
            beat = newest(config.data_path, role, time.time())
            ready, body = (beat.ready, beat.body) if beat else (False, {"status": "notReady", "away": [role]})
        self.stdout.write(msgspec.json.encode(body).decode())
        sys.exit(0 if ready else 1)


def _asked(config: Config, port: int) -> tuple[bool, dict[str, Any]]:
    host = "127.0.0.1" if config.host in {"0.0.0.0", "::", ""} else config.host  # noqa: S104 - compared only
    host = f"[{host}]" if ":" in host else host
    context = ssl.create_default_context()
    context.check_hostname = False  # it is this machine, whatever the certificate calls it
    context.verify_mode = ssl.CERT_NONE
    url = f"http{'s' if config.tls else ''}://{host}:{port}/readyz"
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S, context=context) as answer:  # noqa: S310 - our own
            return True, dict(msgspec.json.decode(answer.read()))
    except urllib.error.HTTPError as error:
        try:
            return False, dict(msgspec.json.decode(error.read()))
        except msgspec.MsgspecError:
            return False, {"status": "notReady", "away": [f"port {port} answers with {error.code}"]}
    except OSError as error:
        return False, {"status": "notReady", "away": [f"nobody answers at port {port}: {error}"]}
