"""`manage.py web`: pages, admin and REST API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from meet.conf.database import bound_statements
from meet.config import ConfigError
from meet.metrics.roles import watched_web
from meet.run.daphne_server import Listen, run
from meet.run.self_signed import certificate_for
from meet.views.health import web_readiness

if TYPE_CHECKING:
    from meet.config import Config


# For requests that have come when it is to stop. A supervisor waits for ten seconds.
FINISH_S: Final = 6.0


class Command(BaseCommand):
    help = "Serve pages, admin and REST API (settings: MEET_HOST, MEET_PORT, MEET_TLS)."

    def handle(self, *args: Any, **options: Any) -> None:
        from meet.asgi import application  # noqa: PLC0415 - it insists on good settings: after the system checks

        config: Config = settings.CONFIG
        bound_statements(config.database_statement_s)
        try:
            with watched_web(config, web_readiness()):
                run(
                    application,
                    Listen(config.host, config.port, certificate_for(config)),
                    max_body=config.max_body_mb * 1_000_000,
                    max_connections=config.max_connections,
                    finish_s=FINISH_S,
                )
        except (ConfigError, OSError) as error:
            raise CommandError(str(error)) from error
