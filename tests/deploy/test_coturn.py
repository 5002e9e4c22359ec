"""coturn with the configuration that operators get: who may relay, and that nothing but a node can be reached."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from meet.run.addresses import primary_address
from meet.run.self_signed import make_certificate
from rooms.turn import TurnServers
from tests.deploy import coturn as runner
from tests.deploy.coturn import FILE, PROGRAM, SECRET, Coturn, running_coturn
from tests.deploy.turn_client import ANSWERED, IPV4, IPV6, TurnClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rooms.protocol import IceServer

pytestmark = pytest.mark.skipif(not Path(PROGRAM).exists(), reason="coturn is not installed.")

NODE = primary_address() or "127.0.0.1"
FORBIDDEN = 403
UNAUTHORIZED = 401
QUOTA_REACHED = 486
# What is nobody's but a network's own, or could lead there; and with `NODE` as the only peer also what is public.
SPECIAL = [
    *("0.0.0.1", "10.0.0.1", "10.255.255.255", "100.64.0.1", "127.0.0.1", "127.8.8.8", "169.254.1.1"),
    *("169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.77", "192.88.99.1", "192.168.1.1"),
    *("198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
]
SPECIAL_V6 = [
    *("::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a00:1"),
    *("64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:a00:1::1", "3fff::1", "5f00::1", "fc00::1", "fd00::1"),
    *("fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1"),
]
PUBLIC = ["8.8.8.8", "1.1.1.1"]
PUBLIC_V6 = ["2600::1", "2a00:1450::1"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("certificate") / "both.pem"
    file.write_bytes(make_certificate([NODE]))
    return file


@pytest.fixture(scope="module")
def coturn(certificate: Path) -> Iterator[Coturn]:
    with running_coturn(
        certificate.parent, address="127.0.0.1", peers=[NODE], relays=[NODE, "::1"], certificate=certificate
    ) as running:
        yield running


@pytest.fixture(scope="module")
def without_list(tmp_path_factory: pytest.TempPathFactory, certificate: Path) -> Iterator[Coturn]:
    """As for an operator whose nodes' addresses can't be listed."""
    folder = tmp_path_factory.mktemp("without_list")
    strict = ("denied-peer-ip=0.0.0.0-255.255.255.255\n", "denied-peer-ip=::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff\n")
    text = FILE.read_text(encoding="utf-8")
    for line in strict:
        assert text.count(line) == 1
        text = text.replace(line, "")
    loose = folder / "loose.conf"
    loose.write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "FILE", loose)
        with running_coturn(
            folder, address="127.0.0.1", peers=[], relays=[NODE, "::1"], certificate=certificate
        ) as running:
            yield running


@pytest.fixture(scope="module")
def echo() -> Iterator[int]:
    """The port of something that answers as a node would."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as node:
        node.bind((NODE, 0))
        node.settimeout(0.1)
        over = threading.Event()

        def answer() -> None:
            while not over.is_set():
                try:
                    data, sender = node.recvfrom(2048)
                except TimeoutError:
                    continue
                node.sendto(data[::-1], sender)

        thread = threading.Thread(target=answer)
        thread.start()
        yield node.getsockname()[1]
        over.set()
        thread.join()


@pytest.fixture
def client() -> Iterator[Callable[..., TurnClient]]:
    made: list[TurnClient] = []

    def make(*arguments: object, **options: object) -> TurnClient:
        made.append(TurnClient(*arguments, **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.close()


def credentials(now_s: float | None = None, secret: str = SECRET, address: str = "198.51.100.7") -> IceServer:
    servers = TurnServers(("turn:127.0.0.1",), secret, lifetime_s=60)
    (given,) = servers.ice_servers(time.time() if now_s is None else now_s, address)
    return given


@pytest.mark.parametrize("way", ["udp", "tcp", "tls"])
def test_what_is_sent_to_a_node_arrives_and_what_it_answers_comes_back(
    coturn: Coturn, certificate: Path, echo: int, client: Callable[..., TurnClient], way: str
) -> None:
    trusting = ssl.create_default_context(cafile=certificate)
    someone = client(coturn, credentials(), tcp=way == "tcp", tls=trusting if way == "tls" else None)
    assert someone.allocate() == ANSWERED
    assert someone.relayed is not None
    assert someone.relayed[0] == NODE
    assert someone.permit(NODE) == ANSWERED
    assert someone.exchange(NODE, echo, b"to the node!") == b"!edon eht ot"


def test_no_other_peer_can_be_reached(coturn: Coturn, client: Callable[..., TurnClient]) -> None:
    for family, peers in ((IPV4, SPECIAL + PUBLIC), (IPV6, SPECIAL_V6 + PUBLIC_V6)):
        someone = client(coturn, credentials())
        assert someone.allocate(family) == ANSWERED
        answers = {peer: (someone.permit(peer), someone.bind(peer, 3478)) for peer in peers}
        assert answers == dict.fromkeys(peers, (FORBIDDEN, FORBIDDEN))


def test_without_a_list_of_nodes_special_addresses_stay_out_of_reach(
    without_list: Coturn, client: Callable[..., TurnClient]
) -> None:
    for family, special, public in ((IPV4, SPECIAL, PUBLIC), (IPV6, SPECIAL_V6, PUBLIC_V6)):
        someone = client(without_list, credentials())
        assert someone.allocate(family) == ANSWERED
        answers = {peer: (someone.permit(peer), someone.bind(peer, 3478)) for peer in special}
        assert answers == dict.fromkeys(special, (FORBIDDEN, FORBIDDEN))
        assert {peer: someone.permit(peer) for peer in public} == dict.fromkeys(public, ANSWERED)


def test_credentials_that_have_expired_or_are_not_ours_open_nothing(
    coturn: Coturn, client: Callable[..., TurnClient]
) -> None:
    good = credentials()
    later = type(good)(good.urls, f"{int(time.time()) + 9999}:00", good.credential)
    for bad in (credentials(time.time() - 120), credentials(secret="another secret, as long as the first"), later):
        assert client(coturn, bad).allocate() == UNAUTHORIZED
    assert client(coturn, good).allocate() == ANSWERED


def test_one_address_can_not_use_up_everybodys_share_with_fresh_credentials(
    tmp_path: Path, certificate: Path, client: Callable[..., TurnClient]
) -> None:
    with running_coturn(
        tmp_path, address="127.0.0.1", peers=[NODE], relays=[NODE], certificate=certificate, user_quota=3
    ) as small:
        now = time.time()
        answers = [client(small, credentials(now + number)).allocate() for number in range(6)]
        assert answers == [ANSWERED] * 3 + [QUOTA_REACHED] * 3
        assert client(small, credentials(now, address="198.51.100.8")).allocate() == ANSWERED


def test_an_address_has_enough_for_an_office_and_far_from_all() -> None:
    text = FILE.read_text(encoding="utf-8")
    one, everybody, first, last = (
        int(text.partition(f"\n{name}=")[2].split()[0])
        for name in ("user-quota", "total-quota", "min-port", "max-port")
    )
    people, allocations_each = 100, 12
    assert people * allocations_each <= one <= everybody / 10
    assert everybody <= last - first


def test_it_knows_each_setting_and_tells_nobody_the_secret(coturn: Coturn) -> None:
    log = coturn.log.read_text()
    assert SECRET not in log
    assert "unknown" not in log.lower()
    assert "CONFIG ERROR" not in log
