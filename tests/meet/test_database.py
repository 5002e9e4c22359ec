"""Which database a URL means."""

from __future__ import annotations

from pathlib import Path

import pytest

from meet.conf.database import database_settings
from meet.config import ConfigError


def test_without_a_url_it_is_sqlite_in_the_data_folder() -> None:
    settings = database_settings("", Path("/data"))
    assert settings["ENGINE"] == "django.db.backends.sqlite3"
    assert settings["NAME"] == Path("/data/meet.sqlite3")


def test_a_url_is_taken_apart_and_its_escapes_undone() -> None:
    settings = database_settings("postgresql://us%40er:p%2Fw%3Aord@db.example:5433/me%20et?sslmode=require", Path())
    assert settings["ENGINE"] == "django.db.backends.postgresql"
    assert (settings["USER"], settings["PASSWORD"]) == ("us@er", "p/w:ord")
    assert (settings["HOST"], settings["PORT"], settings["NAME"]) == ("db.example", "5433", "me et")
    assert settings["OPTIONS"] == {"sslmode": "require"}


@pytest.mark.parametrize("url", ["postgres://db.example/meet", "postgresql:///meet"])
def test_host_port_and_user_may_be_left_to_the_environment(url: str) -> None:
    assert database_settings(url, Path())["PORT"] == ""


@pytest.mark.parametrize(
    "url",
    [
        "mysql://h/d",
        "postgresql://h",
        "postgresql://h/",
        "h/d",
        "postgresql://h:port/d",
        "postgresql://[/d",
        "sqlite:///x",
    ],
)
def test_a_url_of_another_kind_is_said_in_one_line_without_its_password(url: str) -> None:
    with pytest.raises(ConfigError, match="MEET_DATABASE_URL must look like") as caught:
        database_settings(url, Path())
    assert "\n" not in str(caught.value)
    assert url not in str(caught.value)
