"""Reports of errors to Sentry, where its extra is installed and `MEET_SENTRY_DSN` says where they go.

A report says what has gone wrong where, and which account, room and request it was. It has no bodies,
headers, cookies, addresses, users, values of variables nor earlier lines of the log, and no secrets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from meet.log_context import current
from meet.run.secrets_in_logs import Redaction

if TYPE_CHECKING:
    from meet.config import Config

# Deeper than any report is; what is below is left out.
MAX_DEPTH: Final = 12
_LEFT_OUT: Final = ("request", "user", "breadcrumbs", "modules", "server_name", "extra")


def begin(config: Config, role: str) -> None:
    """Report from now on, if the settings say so. Raises `ImportError` where the extra is missing."""
    if not config.sentry_dsn:
        return
    import sentry_sdk  # noqa: PLC0415 - an extra
    from sentry_sdk.integrations.logging import LoggingIntegration  # noqa: PLC0415

    redact = Redaction((*config.secrets, config.effective_secret_key()))
    sentry_sdk.init(
        dsn=config.sentry_dsn,
        environment=config.env,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        traces_sample_rate=None,
        auto_session_tracking=False,
        default_integrations=False,
        integrations=[LoggingIntegration(level=None)],  # what is logged as an error is one
        before_send=lambda event, _hint: scrubbed(event, redact, role),
        # It reports nothing of itself, and its own address is in no setting of the environment.
        send_client_reports=False,
        spotlight=False,
    )


def scrubbed(event: Any, redact: Redaction, role: str) -> Any:
    """A report as it may leave."""
    kept = {name: value for name, value in event.items() if name not in _LEFT_OUT}
    ids = {"role": role, **current()._asdict()}
    kept["tags"] = {**(kept.get("tags") or {}), **{name: value for name, value in ids.items() if value}}
    return _clean(kept, redact, 0)


def _clean(value: Any, redact: Redaction, depth: int) -> Any:
    if isinstance(value, str):
        return redact(value)
    if depth > MAX_DEPTH:
        return None
    if isinstance(value, dict):
        return {name: _clean(inner, redact, depth + 1) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(inner, redact, depth + 1) for inner in value]
    return value
