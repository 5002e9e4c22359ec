"""The whole product as those see it who watch it: four ports, four roles, one format of logs."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.e2e.server import running_server
from tests.meet.test_commands import manage
from tests.meet.test_metrics import KNOWN
from tests.ports import free_media_port

if TYPE_CHECKING:
    from pathlib import Path


def get(url: str, timeout_s: float = 60) -> tuple[int, bytes]:
    """An answer, as soon as anybody gives one."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as told:  # noqa: S310 - our own
                return told.status, told.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            assert time.monotonic() < deadline, url
            time.sleep(0.2)


@pytest.mark.long
def test_each_process_is_watched_at_a_port_of_its_own(tmp_path: Path) -> None:
    port = free_media_port(4)  # one for each process
    with running_server(tmp_path, metrics_port=str(port), log_format="json") as server:
        for offset, role in enumerate(("web", "node", "worker", "composer")):
            status, text = get(f"http://127.0.0.1:{port + offset}/metrics")
            assert status == 200, role
            names = {line.split("{")[0].split(" ")[0] for line in text.decode().splitlines() if line[:1] != "#"}
            assert {name for name in names if not name.endswith("_created")} <= KNOWN, role
            assert f'meet_info{{role="{role}"'.encode() in text
            status, body = get(f"http://127.0.0.1:{port + offset}/readyz")
            assert (status, json.loads(body)["status"]) == (200, "ready"), body
            asked = manage(tmp_path / "data", "ready", role, port=str(server.port), node_port=str(server.node_port))
            assert (asked.returncode, json.loads(asked.stdout)["status"]) == (0, "ready"), (role, asked)
        status, body = get(f"http://127.0.0.1:{server.node_port}/readyz")
        assert json.loads(body)["checks"].keys() >= {"database", "migrations", "media", "lease", "draining"}
        doctor = manage(tmp_path / "data", "doctor", "--json", port=str(server.port), node_port=str(server.node_port))
        found = {one["about"]: one for one in json.loads(doctor.stdout)}
        assert found["Nodes"]["level"] == "ok"
        assert found["Pages"]["text"].endswith("answers: ok.")
        for line in server.log.read_text().splitlines():
            if not line.startswith(("Open http", "First administrator", "Delete it", "For cameras", "In the local")):
                assert json.loads(line).keys() >= {"time", "level", "logger", "message"}, line
