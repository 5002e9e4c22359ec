"""System checks of settings: each has an id, says what is wrong and what to do, and stands in the operator's table."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from django.core.checks import CheckMessage, run_checks

from meet.checks import ADVICE, NO_HTTPS
from meet.conf.rules import FILE_RULES, RULES, broken, check, check_start
from meet.config import PROJECT, Config, ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from django.conf import LazySettings

SECRET = "a-secret-of-more-than-fifty-different-characters-0123456789"
PRODUCTION = Config(env="production", secret_key=SECRET, allowed_hosts="meet.example", behind_proxy=True, host="::1")
WRONG: dict[str, dict[str, Any]] = {
    "meet.E001": {"env": "staging"},
    "meet.E002": {"secret_key": ""},
    "meet.E003": {"secret_key": "short"},
    "meet.E040": {"old_secret_keys": "short"},
    "meet.E004": {"database_url": "mysql://host/name"},
    "meet.E096": {"database_connect_s": 1},
    "meet.E005": {"email_url": "mail.example", "email_from": "a@b.example"},
    "meet.E006": {"allowed_hosts": " , "},
    "meet.E007": {"node_name": "node1"},
    "meet.E008": {"default_node": "least loaded"},
    "meet.E094": {"nodes": 65},
    "meet.E095": {"composer_nodes": "serv0,one"},
    "meet.E098": {"spread_above_load": 0},
    "meet.E097": {"pipe_ip": "203.0.113.7"},
    "meet.E009": {"video_codecs": "VP8,VP8"},
    "meet.E029": {"bandwidth_feedback": "always"},
    "meet.E010": {"recording_max_megapixels": 0},
    "meet.E011": {"composer_max_times": 0},
    "meet.E012": {"composer_memory_mb": 511},
    "meet.E013": {"trusted_proxies": "10.0.0.2, nginx"},
    "meet.E014": {"trusted_proxies": "10.0.0.2", "behind_proxy": False},
    "meet.E015": {"host": "0.0.0.0"},  # noqa: S104
    "meet.E016": {"session_idle_hours": 9, "session_hours": 8},
    "meet.E017": {"email_url": "smtp://mail.example", "email_from": "nobody"},
    "meet.E018": {"node_url": "https://a.example/"},
    "meet.E019": {"control_url": "ws://10.0.0.5:8002"},
    "meet.E101": {"control_certificate": "/etc/meet/control.pem", "control_url": "http://10.0.0.5:8002"},
    "meet.E020": {"control_host": "::"},
    "meet.E021": {"s3_endpoint": "s3.example"},
    "meet.E022": {"s3_access_key": "one"},
    "meet.E023": {"allowed_origins": "https://a.example/page"},
    "meet.E024": {"outgoing_networks": "10.1.0.0/8"},
    "meet.E050": {"turn_urls": "turn.example.org", "turn_secret": "s" * 50},
    "meet.E051": {"turn_urls": "turn:turn.example.org"},
    "meet.E052": {"turn_urls": "turn:turn.example.org", "turn_secret": "short"},
    "meet.E053": {"turn_hours": 0},
    "meet.E054": {"domain": "meet.example.org, 203.0.113.7", "behind_proxy": False},
    "meet.E055": {"domain": "meet.example.org"},
    "meet.E056": {"acme_url": "http://acme.example.org/directory"},
    "meet.E057": {"acme_email": "ops"},
    "meet.E058": {"http_port": 443},
    "meet.E070": {"log_format": "xml"},
    "meet.E071": {"otlp_endpoint": "collector:4318"},
    "meet.E072": {"sentry_dsn": "key"},
    "meet.E073": {"trace_percent": 101},
    "meet.E028": {"vite_port": 5173},
    "meet.E030": {"media_tcp_port": "https"},
    "meet.E031": {"media_tcp_port": "8000"},
}
WRONG_FILES: dict[str, dict[str, Any]] = {
    "meet.E099": {"control_certificate": "/nonexistent/control.pem"},
    "meet.E100": {"control_authority": "/nonexistent/authority.pem"},
    "meet.E025": {"data_dir": "/proc/meet"},
    "meet.E026": {"secret_key": "", "data_dir": "FOLDER", "env": "development", "behind_proxy": False},
    "meet.E059": {"acme_roots": "/nonexistent/roots.pem"},
    "meet.E027": {"jwt_key": "weak"},
}


def found(*, deploy: bool = False) -> list[CheckMessage]:
    messages = run_checks(include_deployment_checks=deploy)
    return [message for message in messages if str(message.id).startswith("meet.E") or message.id == NO_HTTPS.id]


def test_each_rule_has_a_wrong_setting_here() -> None:
    assert [rule.id for rule in RULES] == list(WRONG)
    assert [rule.id for rule in FILE_RULES] == list(WRONG_FILES)
    ids = [item.id for item in (*RULES, *FILE_RULES, *ADVICE)]
    assert len(set(ids)) == len(ids)


def test_sensible_settings_break_no_rule(settings: LazySettings) -> None:
    assert broken(Config()) == broken(PRODUCTION) == []
    settings.CONFIG = PRODUCTION
    assert found(deploy=True) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_wrong_setting_is_an_error_with_an_id_and_a_hint(rule: Any, settings: LazySettings) -> None:
    settings.CONFIG = replace(PRODUCTION, **WRONG[rule.id])
    message = next(message for message in found() if message.id == rule.id)
    assert message.is_serious()
    assert any(f"MEET_{name.upper()}" in message.msg for name in rule.about)
    assert message.hint == rule.hint
    assert message.msg.endswith((".", "…"))
    with pytest.raises(ConfigError) as caught:  # what a process ends with is made of the same
        check(settings.CONFIG)
    assert str(caught.value).startswith(str(found()[0].msg))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("rule", [rule for rule in (*RULES, *FILE_RULES) if rule.fatal], ids=lambda rule: rule.id)
def test_what_makes_starting_impossible_is_said_in_one_line(rule: Any, tmp_path: Path) -> None:
    changes = {**WRONG, **WRONG_FILES}[rule.id]
    if changes.get("data_dir") == "FOLDER":
        changes = {**changes, "data_dir": str(tmp_path)}
        (tmp_path / "secret_key").write_text("short")
    config = replace(PRODUCTION, **{"data_dir": str(tmp_path), **changes})
    with pytest.raises(ConfigError) as caught:
        check_start(config)
    assert str(caught.value).endswith(f"{rule.hint} ({rule.id})")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("setting", ["control_certificate", "control_authority", "acme_roots"])
def test_a_pem_file_in_which_nothing_is_makes_starting_impossible(setting: str, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").touch()
    changes: dict[str, Any] = {setting: str(tmp_path / "empty.pem"), "control_url": "https://10.0.0.5:8002"}
    with pytest.raises(ConfigError, match=f"MEET_{setting.upper()} is '.*empty.pem', which can't be used: "):
        check_start(replace(PRODUCTION, data_dir=str(tmp_path), **changes))


def test_all_that_is_wrong_is_shown_together(settings: LazySettings) -> None:
    settings.CONFIG = replace(PRODUCTION, node_name="one", default_node="two", video_codecs="three")
    assert [message.id for message in found()] == ["meet.E007", "meet.E008", "meet.E009"]


def test_production_that_nobody_encrypts_is_warned_of_where_it_is_deployed(settings: LazySettings) -> None:
    settings.CONFIG = replace(PRODUCTION, behind_proxy=False)
    assert found() == []
    assert [message.id for message in found(deploy=True)] == [NO_HTTPS.id]
    settings.CONFIG = replace(PRODUCTION, behind_proxy=False, tls=True)
    assert found(deploy=True) == []


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        env={**os.environ, **{f"MEET_{name.upper()}": value for name, value in environment.items()}},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_check_before_deployment_is_silent_in_production(tmp_path: Path) -> None:
    ended = run(
        "check",
        "--deploy",
        "--fail-level=WARNING",
        env="production",
        secret_key=SECRET,
        allowed_hosts="meet.example",
        behind_proxy="true",
        data_dir=str(tmp_path / "data"),
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("System check identified no issues")


def test_no_command_starts_with_settings_that_cant_work(tmp_path: Path) -> None:
    ended = run("web", data_dir=str(tmp_path / "data"), node_name="one", trusted_proxies="10.0.0.2")
    assert ended.returncode == 1
    assert "(meet.E007) MEET_NODE_NAME is 'one'." in ended.stderr
    assert "(meet.E014) MEET_TRUSTED_PROXIES counts only with" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_operators_table_of_checks_is_up_to_date() -> None:
    rows = ["| id | about | what to do |", "|---|---|---|"]
    rows += [
        f"| `{rule.id}`{' at once' if rule.fatal else ''} | `{rule.settings}` | {rule.hint} |"
        for rule in (*RULES, *FILE_RULES)
    ]
    rows += [f"| `{advice.id}` | {advice.about} | {advice.hint} |" for advice in ADVICE]
    page = (PROJECT / "docs" / "operator.md").read_text(encoding="utf-8")
    table = page.partition("<!-- checks:")[2].partition("<!-- end of checks -->")[0]
    assert table.strip().splitlines()[1:] == rows
