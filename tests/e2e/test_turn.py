"""A meeting from networks that let almost nothing through, by coturn with the configuration that operators get."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from playwright.sync_api import expect

from tests.authority import Authority
from tests.deploy.coturn import PROGRAM, SECRET, Coturn, running_coturn
from tests.e2e.far_network import FAR, NEAR, FarNetwork, far_network, possible
from tests.e2e.participant import CHROMIUM, CHROMIUM_ARGUMENTS, Participant, wait_for
from tests.e2e.server import Server, running_server
from tests.e2e.test_check import go_through
from tests.e2e.trusting import trusting_browser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Playwright

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not possible(), reason="Only root can make network namespaces."),
    pytest.mark.skipif(not Path(PROGRAM).exists(), reason="coturn is not installed."),
]

# The ways that media really goes, each as type, and protocol towards the relay.
WAYS: Final = """
async () => {
  const found = [];
  for (const connection of window.__connections) {
    if (connection.connectionState !== 'connected') continue;
    const report = await connection.getStats();
    report.forEach((entry) => {
      if (entry.type !== 'transport') return;
      const local = report.get(report.get(entry.selectedCandidatePairId)?.localCandidateId);
      found.push([local?.candidateType, local?.relayProtocol ?? local?.protocol]);
    });
  }
  return found;
}
"""
# Over there nothing passes but what `allowed` says; what comes in must belong to it.
FIREWALL: Final = """
table inet strict {{
  chain outwards {{ type filter hook output priority 0; policy drop; oif lo accept; {allowed} }}
  chain inwards {{
    type filter hook input priority 0; policy drop; iif lo accept; ct state established,related accept;
  }}
}}
"""
# Each new destination sees another port of another address: endpoint-dependent mapping (RFC 4787 section 4.1).
SYMMETRIC_NAT: Final = """
table ip symmetric {{
  chain outwards {{
    type nat hook postrouting priority 100; oif eth0 ip protocol udp snat to {address}:20000-60000 fully-random;
  }}
}}
"""


@dataclass(frozen=True)
class Places:
    """The product and coturn here, a browser here, and one in the far network."""

    server: Server
    coturn: Coturn
    url: str
    near: Browser
    far: Browser
    network: FarNetwork

    def close_all_but(self, allowed: str) -> None:
        self.network.run("nft", FIREWALL.format(allowed=allowed))


@pytest.fixture(scope="module")
def places(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    folder = tmp_path_factory.mktemp("turn")
    authority = Authority(folder)
    certificate = authority.issue(folder / "turn.pem", NEAR)
    with (
        far_network() as network,
        running_coturn(
            folder, address=NEAR, peers=[NEAR], relays=[NEAR], certificate=certificate, tls_port=443
        ) as coturn,
        running_server(
            folder / "server",
            host="0.0.0.0",  # noqa: S104
            media_ip=NEAR,
            turn_urls=f"turn:{NEAR}:{coturn.port}?transport=udp,turns:{NEAR}:443?transport=tcp",
            turn_secret=SECRET,
        ) as server,
    ):
        url = f"http://{NEAR}:{server.port}"
        arguments = [*CHROMIUM_ARGUMENTS, f"--unsafely-treat-insecure-origin-as-secure={url}"]
        program = trusting_browser(folder, network.browser(folder), authority.root)
        near = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        far = playwright.chromium.launch(executable_path=program, args=arguments)
        yield Places(server, coturn, url, near, far, network)
        near.close()
        far.close()


@pytest.fixture(params=["tls", "udp"])
def way(request: pytest.FixtureRequest, places: Places) -> Iterator[str]:
    """How the far network reaches the relay, and nothing else but pages and signalling."""
    pages = f"ip daddr {NEAR} tcp dport {{ {places.server.port}, {places.server.node_port} }} accept;"
    if request.param == "tls":
        places.close_all_but(f"{pages} ip daddr {NEAR} tcp dport 443 accept;")
    else:
        places.network.run("ip", "addr", "replace", f"{FAR[1]}/24", "dev", "eth0")
        places.network.run("nft", SYMMETRIC_NAT.format(address=FAR[1]))
        places.close_all_but(f"{pages} ip daddr {NEAR} udp dport {places.coturn.port} accept;")
    yield request.param
    places.network.run("nft", "flush ruleset")


def test_people_see_and_hear_each_other_through_the_relay(places: Places, way: str, room: str) -> None:
    ada = Participant(places.near, places.url, "Ada", (800, 600))
    ben = Participant(places.far, places.url, "Ben", (800, 600))
    for person in (ada, ben):
        person.join(room)
    ada.sees(ben, timeout_s=60)
    ben.sees(ada, timeout_s=60)
    ada.hears(1, timeout_s=60)
    ben.hears(1, timeout_s=60)
    ways: list[Any] = wait_for(lambda: ben.page.evaluate(WAYS))
    assert ways == [["relay", way]] * 2
    assert ["relay", way] not in ada.page.evaluate(WAYS)
    for person in (ada, ben):
        person.close()


def test_the_check_says_that_it_goes_through_a_relay(places: Places, way: str) -> None:
    ben = Participant(places.far, places.url, "Ben", (800, 600))
    ben.page.goto(f"{places.url}/check")
    go_through(ben.page)
    connection = ben.page.get_by_test_id("check-connection")
    assert connection.get_attribute("data-state") == "ok"
    expect(connection).to_contain_text("relay")
    expect(connection).to_contain_text({"tls": "TCP", "udp": "UDP"}[way])
    ben.close()
