"""Logs as JSON lines: whose they are, and never a secret."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import fields

import pytest

from meet.config import Config
from meet.log_context import MAX_REQUEST_ID, About, about, current, request_id, start, tell
from meet.run.logs import BoundedFormatter, JsonFormatter
from meet.run.secrets_in_logs import HIDDEN, Redaction
from rooms.nodes.tickets import sign
from rooms.state.ticket import Ticket

SECRETS = {
    "secret_key": "k9" * 25,
    "database_url": "postgresql://meet:pa%20ss-W0rd@db.example/meet",
    "redis_url": "redis://:r3dis-pass@redis.example:6379/0",
    "email_url": "smtp://post:m4il-pass@mail.example:587",
    "otlp_headers": "authorization=Bearer 0tlp-header-value",
    "sentry_dsn": "https://0123456789abcdef@sentry.example/1",
    "jwt_key": "a shared key of an account",
    "s3_secret_key": "s3/secret+key/of+forty+characters+or+so",
}


def record(message: str, *args: object, exc_info: BaseException | None = None) -> logging.LogRecord:
    info = (type(exc_info), exc_info, exc_info.__traceback__) if exc_info else None
    return logging.LogRecord("meet.tests", logging.WARNING, __file__, 1, message, args, info)


def test_a_line_is_an_object_with_time_level_logger_and_what_it_is_about() -> None:
    formatter = JsonFormatter(role="node")
    with about(About("request-1", "7", "demo", "ada")):
        line = json.loads(formatter.format(record("Hello %s", "wor\nld")))
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "warning",
        "logger": "meet.tests",
        "message": "Hello wor\\nld",
        "role": "node",
        "request": "request-1",
        "account": "7",
        "room": "demo",
        "peer": "ada",
    }


def test_what_is_not_known_is_left_out_and_an_exception_is_one_field() -> None:
    try:
        int("password=hunter22")
    except ValueError as error:
        with about(About()):
            text = JsonFormatter().format(record("It failed", exc_info=error))
    assert "\n" not in text
    line = json.loads(text)
    assert "room" not in line
    assert "ValueError: invalid" in line["exception"]
    assert "hunter22" not in text


async def test_ids_follow_tasks_and_stay_apart() -> None:
    async def work(name: str) -> str:
        start(About(request=name))
        tell(room=f"room of {name}")
        await asyncio.sleep(0)
        return current().room

    before = current()
    assert [*await asyncio.gather(work("a"), work("b"))] == ["room of a", "room of b"]
    assert current() == before


@pytest.mark.parametrize("text", ["", None, "a b", "ä", "a\n", "-a", "x" * (MAX_REQUEST_ID + 1), '"}', "%0a"])
def test_a_name_of_a_request_that_may_be_none_is_made_anew(text: str | None) -> None:
    made = request_id(text)
    assert made != text
    assert request_id(made) == made


def test_every_secret_setting_is_hidden_wherever_it_stands() -> None:
    names = {setting.name for setting in fields(Config) if not setting.repr}
    values = {name: SECRETS.get(name, f"a secret for {name}") for name in names}
    config = Config(**values)  # type: ignore[arg-type]  # all of them are texts
    redact = Redaction(config.secrets)
    for name, value in values.items():
        hidden = redact(f"It is {value}, and in an error: '{value}'.")
        secret = value.split("://")[-1].split("@")[0].split(":")[-1] if "://" in value else value
        assert secret not in hidden, name
        assert HIDDEN in hidden, name


def test_each_of_several_old_keys_is_hidden() -> None:
    redact = Redaction(["first-old-key, second-old-key"])
    assert redact("it is second-old-key or first-old-key") == f"it is {HIDDEN} or {HIDDEN}"


JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"GET /call/?room=demo&token={JWT}&lang=en", JWT),
        (f"Authorization: Bearer {JWT}", JWT),
        ("Authorization: APIKey abc$0123456789", "abc$0123456789"),
        ("{'Authorization': 'Basic dXNlcjpwYXNzd29yZA=='}", "dXNlcjpwYXNzd29yZA"),
        ('{"password": "hunter22"}', "hunter22"),
        ("password='hunter22'", "hunter22"),
        ("User(username='ada', password=\"hun ter22\")", "hun ter22"),
        ("new_password2=hunter22&x=1", "hunter22"),
        ("postgresql://meet:hunter22@db/meet", "hunter22"),
        ("could not connect to redis://:hunter22@10.0.0.3:6379/0", "hunter22"),
        ("https://s3.example/v.mp4?X-Amz-Credential=AKIA0123/x&X-Amz-Signature=deadbeef0123", "deadbeef0123"),
        ("https://meet.example/videos/1?signature=deadbeef0123&expires=1", "deadbeef0123"),
        (
            '{"urls": "turn:t.example", "username": "1700000000:a", "credential": "aGVsbG8gd29ybGQhIQ=="}',
            "aGVsbG8gd29y",
        ),
        ("Cookie: sessionid=abcdef0123456789; csrftoken=xyz", "abcdef0123456789"),
        ("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----", "MIIEvQIBADANBg"),
        ("api_key: 0123456789abcdef", "0123456789abcdef"),
        ("webhook secret=whsec_0123456789", "whsec_0123456789"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, secret: str) -> None:
    assert secret not in Redaction()(text)
    assert secret not in BoundedFormatter("%(message)s").format(record(text.replace("%", "%%")))


def test_a_ticket_is_hidden_wherever_it_stands() -> None:
    ticket = sign(Ticket(1, "demo", "serv0", "ada", "Ada", name_fixed=False))
    assert ticket not in Redaction()(f"A frame: {ticket!r} of somebody")
    assert ticket.rpartition(":")[2] not in Redaction()(f"A frame: {ticket!r} of somebody")


def test_what_is_no_secret_stays() -> None:
    text = "Room demo: 3 people, https://meet.example/call/?room=demo, 10.0.0.1:8002, 2026-11-29T12:00:00 (E028)"
    assert Redaction()(text) == text


def test_a_secret_at_the_place_where_a_line_is_cut_is_hidden() -> None:
    redact = Redaction(["S3CRET" * 6])
    formatter = BoundedFormatter("%(message)s", redact=redact)
    for before in range(700, 800):
        assert "S3CRET" not in formatter.format(record("x" * before + "S3CRET" * 6 + "y" * 3000))


@pytest.mark.parametrize(
    "text",
    ["-", "a-", "-eyJ", "-eyJa.", "token-", "sig", 'pwd="', "a://", "Bearer ", "-----BEGIN PRIVATE KEY-----", "a:"],
)
def test_a_long_text_of_strangers_is_looked_at_once(text: str) -> None:
    """Where each place were the beginning of a search to the end, this would go on for hours."""
    Redaction()(text * (400_000 // len(text)))


@pytest.mark.parametrize(
    "text", ["x-sig=abcdef12", "a-jwt: abcdef12", "for-eyJhbGciOi.abcdef12.c2ln", "csrf-token-sig=abcdef12"]
)
def test_a_secret_behind_hyphens_is_hidden(text: str) -> None:
    assert "abcdef12" not in Redaction()(text)
