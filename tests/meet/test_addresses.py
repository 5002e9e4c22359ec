"""Addresses of this machine, and the certificate for them."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import stat
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509

from meet.config import Config, ConfigError
from meet.run import addresses as network
from meet.run import self_signed as certificate_module
from meet.run.addresses import MAX_ADDRESSES, check_port_free, media_addresses
from meet.run.announcing import Announcing
from meet.run.self_signed import ensure_certificate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


V4, V6 = "192.0.2.5", "2001:db8::5"
LOOP = ("127.0.0.1", "127.0.0.1")


def addresses(
    monkeypatch: pytest.MonkeyPatch,
    config: Config,
    *,
    primary: Sequence[str] = (),
    interfaces: Sequence[str] = (),
    names: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> tuple[tuple[str, str], ...]:
    """On a machine whose packets to the outside leave from `primary`, and where the name service knows `names`."""

    def primary_address(family: socket.AddressFamily = socket.AF_INET) -> str | None:
        return next((text for text in primary if (":" in text) is (family == socket.AF_INET6)), None)

    def resolve(name: str, *_: object, **__: object) -> list[Any]:
        if name not in names:
            raise socket.gaierror(-2, "Name or service not known")
        return [(None, None, None, "", (address, 0)) for address in names[name]]

    monkeypatch.setattr(network, "primary_address", primary_address)
    monkeypatch.setattr(network, "interface_addresses", lambda: list(interfaces))
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return media_addresses(config)


PRODUCTION = Config(env="production")


class TestMediaAddresses:
    @pytest.mark.parametrize(
        ("primary", "config", "expected"),
        [
            ([V4], Config(), (LOOP, (V4, V4))),
            ([], Config(), (LOOP,)),
            (["127.0.0.1"], Config(), (LOOP,)),
            ([V4, V6], Config(), (LOOP, (V4, V4), (V6, V6))),
            ([V6], PRODUCTION, ((V6, V6),)),
            ([V4], PRODUCTION, ((V4, V4),)),
            ([V4], Config(media_ip="192.0.2.9"), (("192.0.2.9", "192.0.2.9"),)),
            (
                [V4],
                Config(media_ip=" 192.0.2.9, 2001:DB8:0::9,192.0.2.9"),
                (("192.0.2.9", "192.0.2.9"), ("2001:db8::9", "2001:db8::9")),
            ),
        ],
    )
    def test_each_is_bound_and_announced(
        self,
        monkeypatch: pytest.MonkeyPatch,
        primary: list[str],
        config: Config,
        expected: tuple[tuple[str, str], ...],
    ) -> None:
        assert addresses(monkeypatch, config, primary=primary) == expected

    def test_without_a_way_to_the_outside_the_addresses_of_all_interfaces_count(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        many = [f"10.0.0.{number}" for number in range(20)]
        assert addresses(monkeypatch, PRODUCTION, interfaces=[V4, V6]) == ((V4, V4), (V6, V6))
        assert len(addresses(monkeypatch, PRODUCTION, interfaces=many)) == MAX_ADDRESSES
        assert addresses(monkeypatch, PRODUCTION, primary=[V4], interfaces=[V6]) == ((V4, V4),)

    @pytest.mark.parametrize(
        ("bound", "public", "expected"),
        [
            ([V4], "203.0.113.7", [(V4, "203.0.113.7")]),
            ([V4, V6], "203.0.113.7", [(V4, "203.0.113.7"), (V6, V6)]),
            ([V4, V6], "2001:db8::7, 203.0.113.7", [(V4, "203.0.113.7"), (V6, "2001:db8::7")]),
            # In order; what is left is announced as it is.
            (["10.0.0.5", "10.0.0.6"], "203.0.113.7", [("10.0.0.5", "203.0.113.7"), ("10.0.0.6", "10.0.0.6")]),
            (
                ["10.0.0.5", "10.0.0.6"],
                "203.0.113.7,203.0.113.8",
                [("10.0.0.5", "203.0.113.7"), ("10.0.0.6", "203.0.113.8")],
            ),
            # One that is bound stands for itself: people in the same network get there without the NAT.
            (["10.0.0.5"], "203.0.113.7,10.0.0.5", [("10.0.0.5", "203.0.113.7"), ("10.0.0.5", "10.0.0.5")]),
            (["10.0.0.5"], "203.0.113.7,203.0.113.8", [("10.0.0.5", "203.0.113.7"), ("10.0.0.5", "203.0.113.8")]),
            (
                ["10.0.0.5", "10.0.0.6"],
                "203.0.113.7/10.0.0.6",
                [("10.0.0.5", "10.0.0.5"), ("10.0.0.6", "203.0.113.7")],
            ),
            # A name has addresses of both families; those that nothing is bound for are left out.
            ([V4], "meet.example", [(V4, "203.0.113.7")]),
            ([V4, V6], "meet.example", [(V4, "203.0.113.7"), (V6, "2001:db8::7")]),
            ([V6], "meet.example/2001:db8::5", [(V6, "2001:db8::7")]),
            (["127.0.0.1"], "203.0.113.7", [("127.0.0.1", "203.0.113.7")]),
        ],
    )
    def test_what_is_public_is_announced_instead(
        self, monkeypatch: pytest.MonkeyPatch, bound: list[str], public: str, expected: list[tuple[str, str]]
    ) -> None:
        names = {"meet.example": ["203.0.113.7", "2001:db8::7", "fe80::1%eth0", "203.0.113.7"]}
        config = Config(media_ip=",".join(bound), public_ip=public)
        assert list(addresses(monkeypatch, config, names=names)) == expected

    def test_loopback_is_never_announced_as_something_else_where_there_is_more(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found = addresses(monkeypatch, Config(public_ip="203.0.113.7"), primary=[V4])
        assert found == (LOOP, (V4, "203.0.113.7"))

    @pytest.mark.parametrize(
        ("config", "words"),
        [
            (Config(media_ip="eth0"), "MEET_MEDIA_IP .*'eth0'"),
            (Config(media_ip="0.0.0.0"), "MEET_MEDIA_IP must have single addresses"),  # noqa: S104
            (Config(media_ip="192.0.2.5,::"), "MEET_MEDIA_IP must have single addresses"),
            (Config(media_ip="fe80::1"), "MEET_MEDIA_IP .*link-local"),
            (Config(media_ip=",".join(f"10.0.0.{n}" for n in range(9))), "MEET_MEDIA_IP may have 8"),
            (Config(media_ip=V4, public_ip="meet.example"), "MEET_PUBLIC_IP .*'meet.example'.*can be resolved"),
            (Config(media_ip=V4, public_ip="a..b"), "MEET_PUBLIC_IP .*'a..b'"),
            (Config(media_ip=V4, public_ip="lo.example"), "MEET_PUBLIC_IP .*127.0.0.1: no other machine"),
            (Config(media_ip=V4, public_ip="2001:db8::7"), "MEET_PUBLIC_IP .*has no address of its family"),
            (Config(media_ip=V4, public_ip="203.0.113.7/10.0.0.9"), "does not listen on 10.0.0.9"),
            (Config(media_ip=V4, public_ip=f"2001:db8::7/{V4}"), "no address of the same family"),
            (Config(media_ip=V4, public_ip="203.0.113.7/eth0"), "MEET_PUBLIC_IP .*'eth0'"),
            (PRODUCTION, "MEET_MEDIA_IP"),
        ],
    )
    def test_what_cannot_work_is_said_in_one_line(
        self, monkeypatch: pytest.MonkeyPatch, config: Config, words: str
    ) -> None:
        with pytest.raises(ConfigError, match=words) as caught:
            addresses(monkeypatch, config, names={"lo.example": ["127.0.0.1"]})
        assert "\n" not in str(caught.value)

    def test_what_the_machine_says_of_itself_is_usable(self) -> None:
        for address in network.interface_addresses():
            assert not ipaddress.ip_address(address).is_link_local
            assert not ipaddress.ip_address(address).is_loopback
        for family in (socket.AF_INET, socket.AF_INET6):
            primary = network.primary_address(family)
            assert primary is None or primary in network.interface_addresses()


class TestAnnouncing:
    async def test_a_name_that_means_something_else_is_announced_anew(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        config = Config(media_ip=V4, public_ip="meet.example")
        names = {"meet.example": ["203.0.113.7"]}
        heard: list[Sequence[str]] = []
        announcing = Announcing(config, addresses(monkeypatch, config, names=names), heard.append)
        await announcing.look()
        assert heard == []
        names["meet.example"] = ["203.0.113.8"]
        await announcing.look()
        assert heard == [["203.0.113.8"]]
        del names["meet.example"]
        await announcing.look()
        assert heard == [["203.0.113.8"]]
        assert "same addresses as before" in caplog.text

    @pytest.mark.parametrize(("public", "looks"), [("203.0.113.7", False), ("", False), ("meet.example", True)])
    async def test_only_names_are_looked_at_again(self, public: str, looks: bool) -> None:
        announcing = Announcing(Config(media_ip=V4, public_ip=public), (), lambda _: None)
        announcing.start()
        assert (announcing._task is not None) is looks
        await announcing.close()
        await announcing.close()


@pytest.mark.parametrize(("kind", "name"), [(socket.SOCK_STREAM, "tcp"), (socket.SOCK_DGRAM, "udp")])
def test_a_port_that_is_taken_is_said_with_the_option_that_changes_it(kind: socket.SocketKind, name: str) -> None:
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind is socket.SOCK_STREAM:
            taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"Port {port}/{name} is in use\. .*--port"):
            check_port_free(kind, "127.0.0.1", port, "--port")
    check_port_free(kind, "127.0.0.1", port, "--port")


class TestCertificate:
    def test_it_fits_the_addresses_and_only_its_owner_can_read_it(self, tmp_path: Path) -> None:
        path = ensure_certificate(tmp_path, ["192.0.2.5"])
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        names = x509.load_pem_x509_certificate(path.read_bytes()).extensions
        alternatives = names.get_extension_for_class(x509.SubjectAlternativeName).value
        found = [str(ip) for ip in alternatives.get_values_for_type(x509.IPAddress)]
        assert {"127.0.0.1", "192.0.2.5"} <= set(found)
        assert "localhost" in alternatives.get_values_for_type(x509.DNSName)
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(path)

    def test_it_is_kept_while_it_fits_and_made_anew_when_it_does_not(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = ensure_certificate(tmp_path, ["192.0.2.5"]).read_bytes()
        assert ensure_certificate(tmp_path, ["192.0.2.5"]).read_bytes() == first
        second = ensure_certificate(tmp_path, ["192.0.2.6"]).read_bytes()
        assert second != first
        monkeypatch.setattr(certificate_module, "RENEW_BEFORE", certificate_module.LIFETIME + dt.timedelta(days=1))
        assert ensure_certificate(tmp_path, ["192.0.2.6"]).read_bytes() != second

    def test_a_broken_file_is_replaced(self, tmp_path: Path) -> None:
        (tmp_path / "self-signed.pem").write_bytes(b"nonsense")
        assert b"BEGIN CERTIFICATE" in ensure_certificate(tmp_path, []).read_bytes()
