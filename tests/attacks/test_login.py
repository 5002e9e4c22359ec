"""Somebody tries passwords at a running product: how many are looked at, what they cost, and who else suffers."""

from __future__ import annotations

import http.cookiejar
import json
import os
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from meet.api.throttling import LOGINS
from meet.management.commands.setup import ADMINISTRATOR_FILE
from tests.attacks.bystanders import bystanders
from tests.e2e.administrator import MAKE, run_in
from tests.e2e.server import running_server
from tests.password import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.server import Server

pytestmark = pytest.mark.long

TRIES: Final = 60
REFUSED: Final = 200
# A look at a password takes about half a second of a processor, an answer without one a few milliseconds.
CPU_OF_A_REFUSAL_S: Final = 0.1
TICKS_A_SECOND: Final = os.sysconf("SC_CLK_TCK")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("login")) as running:
        for name in ("ada", "bo"):
            run_in(running, MAKE, name, "owner", PASSWORD)
        yield running


class Stranger:
    """A browser without a person: links, forms and cookies."""

    def __init__(self, server: Server) -> None:
        self.address = f"{server.url}/admin/login/"
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(cookies)
        self.token = self._token(self._opener.open(self.address, timeout=20).read().decode())

    def log_in(self, name: str, password: str) -> tuple[int, str]:
        """The status of the answer, and the address that it came from."""
        form = {"username": name, "password": password, "csrfmiddlewaretoken": self.token, "next": "/admin/"}
        body = urllib.parse.urlencode(form).encode()
        request = urllib.request.Request(self.address, body)  # noqa: S310 - our own server
        try:
            with self._opener.open(request, timeout=60) as answer:
                return answer.status, answer.url
        except urllib.error.HTTPError as error:
            return error.code, self.address

    @staticmethod
    def _token(page: str) -> str:
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert found is not None
        return found[1]


def cpu_s(pid: int) -> float:
    """What a process has used of processors, in s."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND


def test_passwords_can_not_be_guessed_at_the_admin(server: Server) -> None:
    """Of 60 tries in a row those that the limit allows are looked at, and the right one comes too late."""
    began = time.monotonic()
    stranger = Stranger(server)
    with bystanders(server.url) as others:
        statuses = [stranger.log_in("ada", f"guess {number}")[0] for number in range(TRIES)]
    others.check()
    # Each interval that passes meanwhile allows one more.
    allowed = LOGINS.requests + (time.monotonic() - began) * LOGINS.requests / LOGINS.period_s + 1
    assert set(statuses) == {200, 429}
    assert LOGINS.requests <= statuses.count(200) <= allowed

    refused = 0
    web, before = server.child("web"), 0.0
    before = cpu_s(web)
    while refused < REFUSED:
        refused += stranger.log_in("ada", "one more")[0] == 429
    looked_at = 1 + (time.monotonic() - began) * LOGINS.requests / LOGINS.period_s
    assert cpu_s(web) - before < REFUSED * CPU_OF_A_REFUSAL_S + looked_at

    # The Server API counts the same names and addresses.
    body = json.dumps({"username": "ada", "password": PASSWORD}).encode()
    address, headers = f"{server.url}/auth/jwt/login", {"Content-Type": "application/json"}
    request = urllib.request.Request(address, body, headers)  # noqa: S310 - our own server
    codes = []
    for _ in range(5):
        try:
            codes.append(urllib.request.urlopen(request, timeout=20).status)  # noqa: S310 - our own server
        except urllib.error.HTTPError as error:
            codes.append(error.code)
    assert 429 in codes
    log = server.log.read_text()
    assert "loginFailed by 'ada' from 127.0.0.1" in log
    assert "Too many logins for 'ada', or from 127.0.0.1." in log


def test_the_first_administrators_name_is_not_known(server: Server) -> None:
    written = (server.data / ADMINISTRATOR_FILE).read_text()
    assert re.match(r"name admin-[0-9a-f]{6}\n", written)
    assert written.split()[3] not in server.log.read_text()
