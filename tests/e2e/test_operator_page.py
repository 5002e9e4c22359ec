"""docs/operator.md, done step by step on a clean machine: a meeting at a name with a certificate.

The blocks of the page run there as they stand, in one shell of root. What is not as in the page: commands that need the
internet have stand-ins (`tests.deploy.machine`), the name stands in `/etc/hosts`, and the certificate's authority is a
local one, because certbot's settings and the machine's list of roots say so.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

import pytest

from tests.deploy import machine, pebble
from tests.deploy.machine import Machine, clean_machine
from tests.deploy.pebble import running_pebble
from tests.deploy.steps import blocks
from tests.e2e.networks import cable, places
from tests.e2e.networks import possible as networks_possible
from tests.e2e.participant import CHROMIUM_ARGUMENTS, Participant
from tests.e2e.trusting import trusting_browser

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Playwright

PAGE: Final = "operator.md"
PATH: Final = "## From a rented machine to a service in fifteen minutes"
NAME: Final = "meet.example.org"
SERVER, PEOPLE = "203.0.113.7", "203.0.113.20"
ROOTS: Final = "/etc/ssl/certs/ca-certificates.crt"
# Both have been started once more, and do their work.
AGAIN: Final = (
    '[ "$(systemctl show --property=NRestarts --value meet-node@0 meet-web | xargs)" = "1 1" ]'
    f" && systemctl -q is-active meet-node@0 && systemctl -q is-active meet-web && curl -sf https://{NAME}/readyz"
)

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(400),
    pytest.mark.skipif(
        not (machine.possible() and pebble.installed() and networks_possible()),
        reason="Needs root, systemd, network namespaces and pebble.",
    ),
]


class Rented:
    """A machine with a name in a network, and people in the same one."""

    def __init__(self, made: Machine, browser: str) -> None:
        self.machine = made
        self._browser = browser

    @contextlib.contextmanager
    def browser(self, playwright: Playwright) -> Iterator[Browser]:
        """Chromium of people, which trusts the authority."""
        rules = f"--host-resolver-rules=MAP {NAME} {SERVER}"
        made = playwright.chromium.launch(executable_path=self._browser, args=[*CHROMIUM_ARGUMENTS, rules])
        try:
            yield made
        finally:
            made.close()


@pytest.fixture
def rented(tmp_path: Path) -> Iterator[Rented]:
    with places("rented", "people") as (server, people):
        cable(server, "eth0", people, "eth0")
        server.address("eth0", f"{SERVER}/24")
        people.address("eth0", f"{PEOPLE}/24")
        server.ip("route", "add", "default", "via", PEOPLE)
        ports = {"http_port": 80, "https_port": 443}
        with (
            running_pebble(tmp_path / "pebble", **ports, place=server.command) as authority,
            clean_machine(server, tmp_path) as made,
        ):
            roots = made.run(f"cat {ROOTS}") + authority.roots.read_text() + authority.issued.read_text()
            made.write(ROOTS, roots)
            made.write("/etc/hosts", f"127.0.0.1 localhost\n{SERVER} {NAME}\n")
            made.write("/etc/letsencrypt/cli.ini", f"server = {authority.url}\n")
            yield Rented(made, trusting_browser(tmp_path, people.browser(tmp_path), authority.issued))


def meet(browser: Browser, room: str) -> None:
    """Two people see each other there."""
    ada, ben = (Participant(browser, f"https://{NAME}", name, (800, 600)) for name in ("Ada", "Ben"))
    for person in (ada, ben):
        person.join(room)
    ada.sees(ben, timeout_s=40)
    ben.sees(ada, timeout_s=40)
    ada.close()
    ben.close()


def test_the_steps_of_the_page_lead_to_a_meeting(rented: Rented, playwright: Playwright, room: str) -> None:
    steps = blocks(PAGE, PATH)
    said = rented.machine.run("\n".join(steps), timeout_s=240)
    assert '"status": "ready"' in said
    assert "password " in said  # of the first administrator
    assert "✗" not in said  # the doctor finds nothing wrong

    units = "meet-web meet-node@0 meet-worker meet-composer@0"
    assert set(rented.machine.run(f"systemctl is-active {units}").split()) == {"active"}
    with rented.browser(playwright) as browser:
        meet(browser, room)

        # What ends or hangs is started again by systemd.
        before = rented.machine.run("systemctl show --property=MainPID --value meet-node@0 meet-web").split()
        rented.machine.run("systemctl kill --signal=SIGKILL meet-node@0; systemctl kill --signal=SIGSTOP meet-web")
        rented.machine.run(f"for i in $(seq 90); do sleep 1; if {AGAIN}; then exit; fi; done; exit 1")
        after = rented.machine.run("systemctl show --property=MainPID --value meet-node@0 meet-web").split()
        assert not set(before) & set(after)
        meet(browser, f"{room}again")
    ended = f'[ "$(systemctl is-active {units} | sort -u)" = inactive ]'
    rented.machine.run(
        f"systemctl stop meet.target; for i in $(seq 60); do if {ended}; then exit; fi; sleep 1; done; exit 1"
    )


def test_the_script_does_the_same_and_can_be_run_again(rented: Rented, playwright: Playwright, room: str) -> None:
    install = f"/opt/meet/deploy/install.sh --domain {NAME} --email ops@example.org"
    rented.machine.run("git clone somewhere /opt/meet")
    planned = rented.machine.run(f"{install} --dry-run")
    assert "+ systemctl enable --now meet.target" in planned
    assert rented.machine.attempt("id meet || ls /etc/meet || systemctl cat meet.target").returncode != 0

    rented.machine.run(install, timeout_s=240)
    settings = rented.machine.run("cat /etc/meet/meet.env")
    again = rented.machine.run(install, timeout_s=240)
    assert '"status": "ready"' in again
    assert "✗" not in again
    assert rented.machine.run("cat /etc/meet/meet.env") == settings
    with rented.browser(playwright) as browser:
        meet(browser, room)
    other = rented.machine.attempt("/opt/meet/deploy/install.sh --domain localhost.localdomain --email ops@example.org")
    assert other.returncode == 1

    rented.machine.run("/opt/meet/deploy/install.sh --uninstall", timeout_s=120)
    assert rented.machine.attempt("systemctl cat meet.target meet-web meet-node@0").returncode != 0
    assert rented.machine.attempt("pgrep -u meet").stdout == ""
    rented.machine.run("test -e /etc/meet/meet.env && test -d /var/lib/meet")
