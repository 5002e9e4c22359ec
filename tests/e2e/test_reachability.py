"""Calls in networks that are hard for media: both people are in one, and hear and see each other by the server."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

import pytest
from playwright.sync_api import expect

from tests.e2e.networks import Place, cable, places, possible
from tests.e2e.participant import CHROMIUM_ARGUMENTS, Participant, wait_for
from tests.e2e.server import running_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Playwright

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(240),
    pytest.mark.skipif(not possible(), reason="Only root can make network namespaces."),
]

PATIENCE_S: Final = 60.0
UDP_BLOCKED: Final = """
table inet office {
    chain out { type filter hook output priority 0; meta l4proto udp drop; }
}
"""
# The ways of a page's connections: how, from where, to where.
PATHS: Final = """
async () => {
  const found = [];
  for (const connection of window.__connections) {
    if (connection.connectionState !== 'connected') continue;
    const report = await connection.getStats();
    report.forEach((entry) => {
      const pair = entry.type === 'transport' && report.get(entry.selectedCandidatePairId);
      if (!pair) return;
      const [local, remote] = [report.get(pair.localCandidateId), report.get(pair.remoteCandidateId)];
      found.push({ protocol: local.protocol, remote: remote.address, port: remote.port });
    });
  }
  return found;
}
"""


class Meeting:
    """Ada and Ben, in tabs of one browser at `client`, at the server's `url`."""

    def __init__(self, playwright: Playwright, folder: Path, client: Place, url: str) -> None:
        arguments = [*CHROMIUM_ARGUMENTS, f"--unsafely-treat-insecure-origin-as-secure={url}"]
        self.browser: Browser = playwright.chromium.launch(executable_path=client.browser(folder), args=arguments)
        self.people = [Participant(self.browser, url, name, (800, 600)) for name in ("Ada", "Ben")]

    def goes_well(self, room: str) -> list[dict[str, Any]]:
        """Both join, and see and hear each other; the ways of all four connections."""
        ada, ben = self.people
        for person in self.people:
            person.join(room)
        for one, other in ((ada, ben), (ben, ada)):
            one.sees(other, timeout_s=PATIENCE_S)
            one.hears(1, timeout_s=PATIENCE_S)
        found: list[dict[str, Any]] = []
        for person in self.people:
            paths = wait_for(lambda tab=person: len(tab.page.evaluate(PATHS)) == 2 and tab.page.evaluate(PATHS))  # type: ignore[misc]
            found += paths
        return found


@contextlib.contextmanager
def meeting(
    playwright: Playwright, folder: Path, at: tuple[Place, Place], addresses: tuple[str, str], **settings: str
) -> Iterator[Meeting]:
    """The server runs at the first place with the first address; people are at the second, and know the second."""
    (home, client), (inside, outside) = at, addresses
    host = "::" if ":" in inside else "0.0.0.0"  # noqa: S104 - in a network of its own
    with running_server(folder / "server", host=host, place=home.command, address=inside, **settings) as server:
        people = Meeting(playwright, folder, client, f"http://{outside}:{server.port}")
        try:
            yield people
        finally:
            people.browser.close()


def ways(paths: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(path["protocol"], path["remote"]) for path in paths}


def test_where_no_udp_gets_through_media_goes_by_tcp(playwright: Playwright, tmp_path: Path, room: str) -> None:
    with places("s", "c") as (home, client):
        cable(home, "lan", client, "lan")
        home.address("lan", "10.77.0.1/24")
        client.address("lan", "10.77.0.2/24")
        client.rules(UDP_BLOCKED)
        with meeting(playwright, tmp_path, (home, client), ("10.77.0.1", "10.77.0.1")) as people:
            assert ways(people.goes_well(room)) == {("tcp", "10.77.0.1")}
            page = people.people[0].page
            page.goto(f"{people.people[0].url}/check")
            page.get_by_test_id("check-start").click()
            page.get_by_test_id("check-yes").click(timeout=60_000)
            page.get_by_test_id("check-skip-bandwidth").click(timeout=60_000)
            expect(page.get_by_test_id("check-connection")).to_contain_text("TCP")


def test_ipv6_alone_is_enough(playwright: Playwright, tmp_path: Path, room: str) -> None:
    with places("s", "r", "c") as (home, router, client):
        cable(home, "wan", router, "home")
        cable(client, "lan", router, "lan")
        for place, interface, address in (
            (home, "wan", "fd77:1::1/64"),
            (router, "home", "fd77:1::2/64"),
            (router, "lan", "fd77:2::1/64"),
            (client, "lan", "fd77:2::2/64"),
        ):
            place.address(interface, address)
        router.routes()
        home.ip("route", "add", "default", "via", "fd77:1::2")
        client.ip("route", "add", "default", "via", "fd77:2::1")
        with meeting(playwright, tmp_path, (home, client), ("[fd77:1::1]", "[fd77:1::1]")) as people:
            assert ways(people.goes_well(room)) == {("udp", "fd77:1::1")}


def behind_router(home: Place, router: Place, client: Place) -> None:
    """A server at 10.77.1.5 and people at 10.77.2.2, who are strangers to each other."""
    cable(home, "wan", router, "home")
    cable(client, "lan", router, "lan")
    home.address("wan", "10.77.1.5/24")
    router.address("home", "10.77.1.1/24")
    router.address("lan", "10.77.2.1/24")
    client.address("lan", "10.77.2.2/24")
    router.routes()
    home.ip("route", "add", "default", "via", "10.77.1.1")
    client.ip("route", "add", "default", "via", "10.77.2.1")


def test_people_behind_a_symmetric_nat(playwright: Playwright, tmp_path: Path, room: str) -> None:
    with places("s", "r", "c") as (home, router, client):
        behind_router(home, router, client)
        # Another port for each destination, and nothing comes in that was not asked for.
        router.rules("""
            table ip nat {
                chain out { type nat hook postrouting priority 100; oifname "home" masquerade fully-random; }
            }
            table ip filter {
                chain forward {
                    type filter hook forward priority 0; policy drop;
                    ct state established,related accept
                    iifname "lan" accept
                }
            }
        """)
        with meeting(playwright, tmp_path, (home, client), ("10.77.1.5", "10.77.1.5")) as people:
            assert ways(people.goes_well(room)) == {("udp", "10.77.1.5")}


@pytest.mark.parametrize("rules", ["", UDP_BLOCKED], ids=["udp", "tcp"])
def test_a_server_behind_a_one_to_one_nat(playwright: Playwright, tmp_path: Path, room: str, rules: str) -> None:
    with places("s", "r", "c") as (home, router, client):
        behind_router(home, router, client)
        router.rules("""
            table ip nat {
                chain in { type nat hook prerouting priority -100; ip daddr 203.0.113.7 dnat to 10.77.1.5; }
                chain out { type nat hook postrouting priority 100; ip saddr 10.77.1.5 snat to 203.0.113.7; }
            }
            table ip filter {
                chain forward {
                    type filter hook forward priority 0; policy drop;
                    ct state established,related accept
                    ct status dnat accept
                }
            }
        """)
        if rules:
            client.rules(rules)
        addresses = ("10.77.1.5", "203.0.113.7")
        with meeting(playwright, tmp_path, (home, client), addresses, public_ip="203.0.113.7") as people:
            assert ways(people.goes_well(room)) == {("tcp" if rules else "udp", "203.0.113.7")}


def test_a_server_without_a_default_route(playwright: Playwright, tmp_path: Path, room: str) -> None:
    with places("s", "c") as (home, client):
        cable(home, "lan", client, "lan")
        home.address("lan", "10.77.0.1/24")
        client.address("lan", "10.77.0.2/24")
        with meeting(playwright, tmp_path, (home, client), ("10.77.0.1", "10.77.0.1")) as people:
            assert ways(people.goes_well(room)) == {("udp", "10.77.0.1")}


def test_a_server_with_two_addresses_answers_from_the_one_that_was_asked(
    playwright: Playwright, tmp_path: Path, room: str
) -> None:
    with places("s", "r", "c") as (home, router, client):
        behind_router(home, router, client)
        cable(home, "second", router, "second")
        home.address("second", "10.77.3.5/24")
        router.address("second", "10.77.3.1/24")
        # By the first address, which is that of the way back, nothing but the page can be had.
        client.rules("""
            table inet office {
                chain out { type filter hook output priority 0; ip daddr 10.77.1.5 meta l4proto udp drop; }
            }
        """)
        addresses = ("10.77.1.5", "10.77.1.5")
        with meeting(playwright, tmp_path, (home, client), addresses, media_ip="10.77.1.5,10.77.3.5") as people:
            assert ways(people.goes_well(room)) == {("udp", "10.77.3.5")}
