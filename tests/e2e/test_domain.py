"""`serve --domain`: a meeting at a name with a certificate of a real ACME server, all of it on one port."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING, Final

import pytest

from meet.run.front import PROGRAM
from tests.deploy.pebble import installed, running_pebble
from tests.e2e.participant import CHROMIUM, CHROMIUM_ARGUMENTS, Participant, wait_for
from tests.e2e.server import PROJECT, running_server
from tests.e2e.trusting import trusting_browser
from tests.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Playwright

NAME: Final = "meet.example.org"
# An account's, which the operator hasn't listed.
CUSTOMER: Final = "video.customer.example"

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(240),
    pytest.mark.skipif(not installed() or shutil.which(PROGRAM) is None, reason="Caddy or pebble is not installed."),
]


def headers_of_start(port: int, roots: Path, name: str = NAME) -> dict[str, str]:
    """Of the start page, from who trusts the authority; nothing as long as there is no certificate."""
    context = ssl.create_default_context(cafile=roots)
    try:
        plain = socket.create_connection(("127.0.0.1", port), 20)
        with context.wrap_socket(plain, server_hostname=name) as stream:
            stream.sendall(f"GET / HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
            answer = http.client.HTTPResponse(stream)
            answer.begin()
            return {name.lower(): value for name, value in answer.getheaders()}
    except OSError:
        return {}


def test_people_meet_at_a_name_with_a_certificate(playwright: Playwright, tmp_path: Path, room: str) -> None:
    http_port, https_port = free_port(), free_port()
    with (
        running_pebble(tmp_path / "pebble", http_port=http_port, https_port=https_port) as pebble,
        running_server(
            tmp_path / "server",
            domain=NAME,
            http_port=str(http_port),
            https_port=str(https_port),
            acme_url=pebble.url,
            acme_roots=str(pebble.roots),
            media_ip="127.0.0.1",
        ) as server,
    ):
        told = wait_for(lambda: headers_of_start(https_port, pebble.issued), 60)
        assert told["strict-transport-security"] == "max-age=31536000"
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/healthz", timeout=5) as health:
            assert json.loads(health.read())["status"] == "ok"

        assert headers_of_start(https_port, pebble.issued, CUSTOMER) == {}
        subprocess.run(
            [sys.executable, "manage.py", "create_account", "customer", "--domain", CUSTOMER],
            cwd=PROJECT,
            env=os.environ | server.stores,
            check=True,
        )
        told = wait_for(lambda: headers_of_start(https_port, pebble.issued, CUSTOMER), 60)
        assert told["strict-transport-security"] == "max-age=31536000"
        assert headers_of_start(https_port, pebble.issued, f"a.{CUSTOMER}") == {}

        program = trusting_browser(tmp_path, CHROMIUM, pebble.issued)
        rules = ",".join(
            f"MAP {name}:443 127.0.0.1:{https_port},MAP {name}:80 127.0.0.1:{http_port}" for name in (NAME, CUSTOMER)
        )
        arguments = [*CHROMIUM_ARGUMENTS, f"--host-resolver-rules={rules}"]
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        ada = Participant(browser, f"http://{NAME}", "Ada", (800, 600))
        ben = Participant(browser, f"https://{NAME}", "Ben", (800, 600))
        for person in (ada, ben):
            person.join(room)
        ada.sees(ben, timeout_s=40)
        ben.sees(ada, timeout_s=40)
        assert ada.page.url.startswith(f"https://{NAME}/call/")
        page = browser.new_page()
        page.goto(f"https://{CUSTOMER}/call/?roomId={room}")
        page.get_by_test_id("join").wait_for()
        assert page.url.startswith(f"https://{CUSTOMER}/call/")
        browser.close()
