"""Settings: a wrong one is said in one line before anything starts."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from typing import TYPE_CHECKING

import pytest

from meet.conf.rules import check
from meet.config import PROJECT, VIDEO_CODECS, Config, ConfigError
from rooms.runtime.node import VIDEO_CODECS as NODE_CODECS

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "s" * 50


def read(**environment: str) -> Config:
    config = Config.from_environment({f"MEET_{name.upper()}": value for name, value in environment.items()})
    check(config)
    return config


def test_without_any_setting_everything_has_a_default_that_works() -> None:
    config = read()
    assert (config.env, config.port, config.node_port, config.media_port) == ("development", 8000, 8001, 40000)
    assert config.hosts == ["*"]
    assert config.origins == ()
    assert config.codecs == VIDEO_CODECS == tuple(NODE_CODECS)
    assert config.data_path == PROJECT / "var"


def test_every_setting_can_be_set_and_empty_means_the_default() -> None:
    names = [field.name for field in fields(Config)]
    assert Config.from_environment({f"MEET_{name.upper()}": " " for name in names}) == Config()
    config = read(
        port="80", tls="yes", behind_proxy="TRUE", video_codecs="vp9, vp8", allowed_origins="HTTPS://A.example/"
    )
    assert (config.port, config.tls, config.behind_proxy) == (80, True, True)
    assert config.codecs == ("VP9", "VP8")
    assert config.origins == ("https://a.example",)


def test_web_reaches_the_control_api_where_it_listens_or_where_the_operator_says() -> None:
    assert read().control_address == "http://127.0.0.1:8002"
    assert read(control_host="::1", control_port="9002").control_address == "http://[::1]:9002"
    assert read(control_host="::", control_url="http://10.0.0.5:1").control_address == "http://10.0.0.5:1"


@pytest.mark.parametrize(
    ("environment", "part"),
    [
        ({"env": "staging"}, "MEET_ENV"),
        ({"env": "production"}, "MEET_SECRET_KEY"),
        ({"email_url": "mail.example", "email_from": "a@b.example"}, "MEET_EMAIL_URL"),
        ({"email_url": "smtp://mail.example"}, "MEET_EMAIL_FROM"),
        ({"session_idle_hours": "0"}, "MEET_SESSION_IDLE_HOURS"),
        ({"session_idle_hours": "9", "session_hours": "8"}, "MEET_SESSION_HOURS"),
        ({"env": "production", "allowed_hosts": "a.example"}, "MEET_SECRET_KEY"),
        ({"env": "production", "allowed_hosts": "a.example", "secret_key": "short"}, "MEET_SECRET_KEY is too short"),
        ({"env": "production", "secret_key": SECRET}, "MEET_ALLOWED_HOSTS"),
        ({"port": "eighty"}, "MEET_PORT"),
        ({"port": "-1"}, "MEET_PORT"),
        ({"all_microphones_up_to": "-1"}, "MEET_ALL_MICROPHONES_UP_TO must be a number from 0 to 65535"),
        ({"all_microphones_up_to": "100000"}, "MEET_ALL_MICROPHONES_UP_TO must be a number from 0 to 65535"),
        ({"node_port": "65536"}, "MEET_NODE_PORT"),
        ({"media_port": "8000.5"}, "MEET_MEDIA_PORT"),
        ({"tls": "maybe"}, "MEET_TLS"),
        ({"node_name": "node1"}, "MEET_NODE_NAME"),
        ({"node_name": "serv"}, "MEET_NODE_NAME"),
        ({"default_node": "least loaded"}, "MEET_DEFAULT_NODE"),
        ({"node_name": "serv1/"}, "MEET_NODE_NAME"),
        ({"node_url": "https://a.example/"}, "MEET_NODE_URL"),
        ({"node_url": "wss://"}, "MEET_NODE_URL"),
        ({"node_url": "wss://a.example:port/"}, "MEET_NODE_URL"),
        ({"control_url": "ws://10.0.0.5:8002"}, "MEET_CONTROL_URL"),
        ({"control_host": "::"}, "MEET_CONTROL_URL"),
        ({"allowed_origins": "a.example"}, "MEET_ALLOWED_ORIGINS"),
        ({"allowed_origins": "https://a.example/page"}, "MEET_ALLOWED_ORIGINS"),
        ({"allowed_origins": "https://["}, "MEET_ALLOWED_ORIGINS"),
        ({"outgoing_networks": "10.0.0.0/8, intranet"}, "MEET_OUTGOING_NETWORKS"),
        ({"outgoing_networks": "10.1.0.0/8"}, "MEET_OUTGOING_NETWORKS"),
        ({"behind_proxy": "true", "host": "0.0.0.0"}, "MEET_TRUSTED_PROXIES"),  # noqa: S104
        ({"behind_proxy": "true", "host": "meet.example"}, "MEET_TRUSTED_PROXIES"),
        ({"behind_proxy": "true", "trusted_proxies": "nginx"}, "MEET_TRUSTED_PROXIES"),
        ({"trusted_proxies": "10.0.0.2"}, "MEET_TRUSTED_PROXIES"),
        ({"video_codecs": "VP8,H265"}, "MEET_VIDEO_CODECS"),
        ({"video_codecs": ","}, "MEET_VIDEO_CODECS"),
        ({"video_codecs": "VP8,VP8"}, "MEET_VIDEO_CODECS"),
    ],
)
def test_a_wrong_setting_is_said_in_one_line_that_names_it(environment: dict[str, str], part: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(**environment)
    message = str(caught.value)
    assert part in message
    assert "\n" not in message
    assert SECRET not in message


def test_behind_a_proxy_on_this_machine_nobody_else_reaches_the_ports() -> None:
    config = read(behind_proxy="true")
    assert config.host == "127.0.0.1"
    assert [str(network) for network in config.proxies] == ["127.0.0.0/8", "::1/128"]
    assert read(behind_proxy="true", host="::1").host == "::1"
    assert read().proxies == ()


def test_a_proxy_on_another_machine_is_named() -> None:
    config = read(behind_proxy="true", trusted_proxies="10.0.0.2, 10.1.0.0/16")
    assert config.host == "0.0.0.0"  # noqa: S104 - compared only
    assert [str(network) for network in config.proxies] == ["10.0.0.2/32", "10.1.0.0/16"]


def test_a_production_that_has_what_it_needs_starts() -> None:
    config = read(env="production", secret_key=SECRET, allowed_hosts="a.example, b.example")
    assert config.hosts == ["a.example", "b.example"]
    assert config.effective_secret_key() == SECRET


def test_secrets_are_not_shown_where_settings_are() -> None:
    config = read(secret_key=SECRET, database_url="postgresql://u:hunter2@h/d", redis_url="redis://:hunter2@h")
    config = replace(config, jwt_key="hunter2" * 6)
    assert SECRET not in repr(config)
    assert "hunter2" not in repr(config)


class TestDataFolder:
    def test_it_is_made(self, tmp_path: Path) -> None:
        folder = tmp_path / "deep" / "er"
        assert read(data_dir=str(folder)).ensure_data_path() == folder
        assert list(folder.iterdir()) == []

    @pytest.mark.parametrize("folder", ["/proc/meet", "/dev/null/meet"])
    def test_one_that_cannot_be_made_is_said_in_one_line(self, folder: str) -> None:
        with pytest.raises(ConfigError, match=r"MEET_DATA_DIR") as caught:
            read(data_dir=folder).ensure_data_path()
        assert "\n" not in str(caught.value)

    def test_a_file_in_its_place_is_said_in_one_line(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(ConfigError, match=r"MEET_DATA_DIR"):
            read(data_dir=str(tmp_path / "file")).ensure_data_path()

    def test_a_process_with_a_wrong_setting_ends_with_that_line_and_no_traceback(self) -> None:
        environment = {**os.environ, "MEET_DATA_DIR": "/proc/meet"}
        ended = subprocess.run(
            [sys.executable, "manage.py", "check"],
            env=environment,
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert ended.returncode == 1
        assert ended.stderr.startswith("meet: The data folder /proc/meet cannot be written to")
        assert ended.stderr.count("\n") == 1


class TestSecretKey:
    def test_it_is_made_once_and_only_its_owner_can_read_it(self, tmp_path: Path) -> None:
        config = read(data_dir=str(tmp_path))
        key = config.effective_secret_key()
        assert len(key) == 64
        assert config.effective_secret_key() == key
        assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
        assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]

    def test_many_who_make_it_at_once_get_the_same_one(self, tmp_path: Path) -> None:
        config = read(data_dir=str(tmp_path))
        together = threading.Barrier(8)

        def make(_number: int) -> str:
            together.wait()
            return config.effective_secret_key()

        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(make, range(8)))) == 1

    @pytest.mark.parametrize("content", [b"", b"short", b"\xff\xfe"])
    def test_a_broken_one_is_said_in_one_line(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "secret_key").write_bytes(content)
        with pytest.raises(ConfigError, match="secret key"):
            read(data_dir=str(tmp_path)).effective_secret_key()


def test_the_operators_table_of_settings_is_up_to_date() -> None:
    rows = []
    for field in fields(Config):
        default = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
        shown = f"`{default}`" if default else ""
        rows.append(f"| `MEET_{field.name.upper()}` | {shown} | {field.metadata['help']} |")
    page = (PROJECT / "docs" / "operator.md").read_text(encoding="utf-8")
    table = page.partition("<!-- settings:")[2].partition("<!-- end of settings -->")[0]
    assert table.strip().splitlines()[3:] == rows
