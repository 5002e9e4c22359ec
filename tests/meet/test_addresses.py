"""Addresses of this machine, and the certificate for them."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import stat
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from meet.config import Config, ConfigError
from meet.run import addresses as network
from meet.run import self_signed as certificate_module
from meet.run.addresses import check_port_free, media_addresses
from meet.run.self_signed import ensure_certificate

if TYPE_CHECKING:
    from pathlib import Path


def addresses(monkeypatch: pytest.MonkeyPatch, primary: str | None, config: Config) -> tuple[tuple[str, str], ...]:
    monkeypatch.setattr(network, "primary_address", lambda: primary)
    return media_addresses(config)


class TestMediaAddresses:
    @pytest.mark.parametrize(
        ("primary", "config", "expected"),
        [
            ("192.0.2.5", Config(), (("127.0.0.1", "127.0.0.1"), ("192.0.2.5", "192.0.2.5"))),
            (None, Config(), (("127.0.0.1", "127.0.0.1"),)),
            ("127.0.0.1", Config(), (("127.0.0.1", "127.0.0.1"),)),
            (
                "192.0.2.5",
                Config(public_ip="203.0.113.7"),
                (("127.0.0.1", "127.0.0.1"), ("192.0.2.5", "203.0.113.7")),
            ),
            ("192.0.2.5", Config(media_ip="192.0.2.9"), (("192.0.2.9", "192.0.2.9"),)),
            ("192.0.2.5", Config(env="production"), (("192.0.2.5", "192.0.2.5"),)),
        ],
    )
    def test_each_is_bound_and_announced(
        self,
        monkeypatch: pytest.MonkeyPatch,
        primary: str | None,
        config: Config,
        expected: tuple[tuple[str, str], ...],
    ) -> None:
        assert addresses(monkeypatch, primary, config) == expected

    @pytest.mark.parametrize(
        ("config", "name"),
        [
            (Config(media_ip="eth0"), "MEET_MEDIA_IP"),
            (Config(public_ip="meet.example"), "MEET_PUBLIC_IP"),
            (Config(env="production"), "MEET_MEDIA_IP"),
        ],
    )
    def test_what_cannot_work_is_said_in_one_line(
        self, monkeypatch: pytest.MonkeyPatch, config: Config, name: str
    ) -> None:
        with pytest.raises(ConfigError, match=name) as caught:
            addresses(monkeypatch, None, config)
        assert "\n" not in str(caught.value)


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
