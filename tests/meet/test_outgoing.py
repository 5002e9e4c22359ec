"""Requests to addresses that others chose reach nothing that only we can reach, and end in time."""

from __future__ import annotations

import ipaddress
import json
import socket
import ssl
import threading
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meet.config import Config
from meet.outgoing import (
    AddressRefusedError,
    Answer,
    BrokenAnswerError,
    ConnectionFailedError,
    OutgoingError,
    Policy,
    Sender,
    TimedOutError,
    network,
    sender,
)
from meet.outgoing.policy import MAX_URL_LENGTH, OTHER_PORTS
from meet.outgoing.sending import MAX_ANSWER
from tests.meet.answering import Asked, Write, answer, answering, trusting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.conf import LazySettings

    from meet.outgoing.network import Resolve

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
PUBLIC = Policy(https_only=False)
AT_HOME = Policy(https_only=False, networks=(LOOPBACK, ipaddress.ip_network("::1/128")))


def to(*addresses: str) -> Resolve:
    """A resolver that knows every name."""

    def look_up(_host: str, _port: int, _timeout_s: float) -> Sequence[str]:
        return addresses

    return look_up


def post(
    url: str,
    policy: Policy = AT_HOME,
    *,
    look_up: Resolve | None = None,
    trusts: Sequence[str] = (),
    timeout_s: float = 30,
    headers: dict[str, str] | None = None,
) -> Answer:
    return Sender(policy, trusting(*trusts), look_up or network.SystemResolver()).post(
        url, b'{"a":1}', headers or {}, timeout_s
    )


class TestAnswers:
    def test_a_request_and_its_answer(self) -> None:
        with answering(answer(423, b"full", Server="x")) as server:
            assert post(f"{server.url}?a=b", headers={"Authorization": "Basic eA=="}) == Answer(423, b"full")
        (asked,) = server.asked
        assert (asked.path, json.loads(asked.body)) == ("/check?a=b", {"a": 1})
        assert asked.headers["Host"] == f"127.0.0.1:{server.port}"
        assert asked.headers["Authorization"] == "Basic eA=="
        assert asked.headers["Content-Length"] == "7"

    def test_an_ipv6_address_in_brackets(self) -> None:
        with answering(answer(200), address="::1") as server:
            assert post(server.url).status == 200
        assert server.asked[0].headers["Host"] == f"[::1]:{server.port}"

    def test_the_next_address_is_tried_where_one_does_not_answer(self) -> None:
        with answering(answer(200), address="127.0.0.2") as server:
            url = f"http://checker.example:{server.port}/"
            assert post(url, look_up=to("127.0.0.3", "127.0.0.2")).status == 200
        assert server.asked[0].headers["Host"] == f"checker.example:{server.port}"

    def test_a_redirect_is_an_answer_like_any_other(self) -> None:
        with answering(answer(200)) as inside, answering(answer(307, Location=inside.url)) as server:
            assert post(server.url).status == 307
        assert inside.asked == []

    def test_proxies_of_the_environment_are_not_used(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with answering(answer(502)) as proxy, answering(answer(200)) as server:
            for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
                monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
            assert post(server.url).status == 200
        assert proxy.asked == []

    def test_of_a_giant_answer_only_the_beginning_is_read(self) -> None:
        written = []

        def endless(_asked: Asked, write: Write) -> None:
            write(b"HTTP/1.1 200 OK\r\n\r\n")
            while write(b"x" * 65536):
                written.append(65536)

        with answering(endless) as server:
            assert post(server.url) == Answer(200, b"x" * MAX_ANSWER)
        assert sum(written) < 100 * 1024 * 1024

    @pytest.mark.parametrize("headers", [{"Authorization": "a\r\nHost: b"}, {"Authorization": "ü"}, {"a b": "c"}])
    def test_headers_that_are_none_are_not_sent(self, headers: dict[str, str]) -> None:
        with answering(answer(200)) as server, pytest.raises(AddressRefusedError, match="headers"):
            post(server.url, headers=headers)
        assert server.asked == []


class TestFailures:
    def test_nobody_answers(self) -> None:
        with answering(answer(200)) as server:
            pass
        with pytest.raises(ConnectionFailedError, match=r"Nobody answers at 127\.0\.0\.1"):
            post(server.url)

    def test_a_name_that_does_not_exist(self) -> None:
        def unknown(_host: str, _port: int, _timeout_s: float) -> Sequence[str]:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")

        with pytest.raises(ConnectionFailedError, match=r"The name checker\.example is not known"):
            post("http://checker.example/", look_up=unknown)
        with pytest.raises(ConnectionFailedError, match="is not known"):
            post(f"http://{'a' * 64}.example/")

    def test_a_connection_that_ends_without_an_answer(self) -> None:
        with (
            answering(lambda _asked, _write: None) as server,
            pytest.raises(ConnectionFailedError, match="without an answer"),
        ):
            post(server.url)

    @pytest.mark.parametrize(
        "sent",
        [
            b"nonsense\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
            b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 100_000,
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        ],
    )
    def test_what_is_no_http(self, sent: bytes) -> None:
        def script(_asked: Asked, write: Write) -> None:
            write(sent)

        with answering(script) as server, pytest.raises(BrokenAnswerError):
            post(server.url)


class TestDeadline:
    @pytest.mark.parametrize(
        ("start", "piece"),
        [
            (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x"),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
            (b"HTTP/1.1 200 OK\r\n", b"a: b\r\n"),
            (b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
        ],
    )
    def test_an_answer_that_drips_ends_when_the_time_is_over(self, start: bytes, piece: bytes) -> None:
        def drip(_asked: Asked, write: Write) -> None:
            write(start)
            while write(piece):
                time.sleep(0.02)

        with answering(drip) as server, pytest.raises(TimedOutError, match=r"within 0\.3 seconds"):
            post(server.url, timeout_s=0.3)

    def test_a_server_that_says_nothing_at_all(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            with pytest.raises(TimedOutError):
                post(f"http://127.0.0.1:{port}/", timeout_s=0.2)
            with pytest.raises(TimedOutError):
                post(f"https://127.0.0.1:{port}/", timeout_s=0.2)

    def test_a_server_that_takes_nothing(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
            with pytest.raises(TimedOutError):
                Sender(AT_HOME, trusting(), to("127.0.0.1")).post(url, b"x" * 50_000_000, {}, 0.2)

    def test_looking_the_name_up_counts_and_name_servers_that_hang_do_not_take_all_threads(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        over = threading.Event()

        def hang(*_args: object, **_kwargs: object) -> list[object]:
            over.wait(60)
            return []

        monkeypatch.setattr(socket, "getaddrinfo", hang)
        resolver = network.SystemResolver(max_lookups=2)
        try:
            for _ in range(2):
                with pytest.raises(TimedOutError):
                    post("http://checker.example/", look_up=resolver, timeout_s=0.05)
            with pytest.raises(TimedOutError):
                post("http://checker.example/", look_up=resolver, timeout_s=60)
        finally:
            over.set()


class TestTls:
    def test_the_certificate_of_the_name_counts_wherever_it_leads(self) -> None:
        with answering(answer(200), certified="checker.example") as server:
            url = f"https://checker.example:{server.port}/"
            assert post(url, look_up=to("127.0.0.1"), trusts=["checker.example"]).status == 200

    @pytest.mark.parametrize("trusts", [["other.example"], []])
    def test_a_certificate_of_another_name_or_of_nobody_we_trust(self, trusts: list[str]) -> None:
        with answering(answer(200), certified="other.example") as server:
            url = f"https://checker.example:{server.port}/"
            with pytest.raises(ConnectionFailedError, match=r"certificate of checker\.example can't be trusted"):
                post(url, look_up=to("127.0.0.1"), trusts=trusts)
        assert server.asked == []

    def test_a_server_without_tls(self) -> None:
        with answering(answer(200)) as server, pytest.raises(ConnectionFailedError, match="no encrypted connection"):
            post(server.url.replace("http:", "https:"))


class TestRefusedAddresses:
    @pytest.mark.parametrize(
        "address",
        [
            "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1",  # noqa: S104 - no server
            "127.255.255.255",
            "169.254.169.254", "168.63.129.16", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1",
            "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250",
            "240.0.0.1", "255.255.255.255",
            "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:93.184.216.34", "::ffff:0:127.0.0.1",
            "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::",
            "2002:a00:1::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1",
            "ff02::1", "ff0e::1", "", "localhost", "1.2.3", "1.2.3.4.5",
        ],
    )  # fmt: skip
    def test_what_is_not_public(self, address: str) -> None:
        assert not PUBLIC.allows(address)
        url = "http://checker.example:8000/"
        with pytest.raises(AddressRefusedError, match=r"checker\.example leads to an address that is not public"):
            post(url, PUBLIC, look_up=to(address))
        with pytest.raises(AddressRefusedError):
            post(url, PUBLIC, look_up=to("93.184.216.34", address))

    @pytest.mark.parametrize(
        "address", ["1.1.1.1", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450:4001::"]
    )
    def test_what_is_public(self, address: str) -> None:
        assert PUBLIC.allows(address)

    @given(st.ip_addresses())
    def test_public_is_never_more_than_python_says(
        self, address: ipaddress.IPv4Address | ipaddress.IPv6Address
    ) -> None:
        if PUBLIC.allows(str(address)):
            assert address.is_global
            assert not address.is_multicast

    @pytest.mark.parametrize(
        "host",
        [
            "127.0.0.1", "localhost", "localhost.", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "0x0",
            "017700000001", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "[::]",
            "\uff11\uff12\uff17.0.0.1", "\u2460\u2461\u2466.0.0.1", "%31%32%37.0.0.1",
        ],
    )  # fmt: skip
    def test_loopback_however_it_is_spelt(self, host: str) -> None:
        with ExitStack() as stack:
            server = stack.enter_context(answering(answer(200)))
            stack.enter_context(answering(answer(200), address="::1", port=server.port))
            with pytest.raises((AddressRefusedError, ConnectionFailedError)) as caught:
                post(f"http://{host}:{server.port}/", PUBLIC)
        assert isinstance(caught.value, AddressRefusedError) or "is not known" in caught.value.message
        assert server.asked == []

    def test_a_name_is_looked_up_once_and_what_was_checked_is_connected_to(self) -> None:
        """DNS rebinding: the second answer would lead to another address."""
        answers = ["127.0.0.5", "127.0.0.1"]

        def rebinding(_host: str, _port: int, _timeout_s: float) -> Sequence[str]:
            return [answers.pop(0)]

        outside = Policy(https_only=False, networks=(ipaddress.ip_network("127.0.0.5/32"),))
        with (
            answering(answer(200), address="127.0.0.5") as allowed,
            answering(answer(200), address="127.0.0.1", port=allowed.port) as inside,
        ):
            url = f"http://rebinding.example:{allowed.port}/"
            assert post(url, outside, look_up=rebinding).status == 200
            assert answers == ["127.0.0.1"]
            with pytest.raises(AddressRefusedError):
                post(url, outside, look_up=rebinding)
        assert (len(allowed.asked), len(inside.asked)) == (1, 0)


class TestRefusedUrls:
    @pytest.mark.parametrize(
        "url",
        [
            "", "nonsense", "/check", "//checker.example/", "ftp://checker.example/", "file:/etc/passwd",
            "gopher://checker.example/", "https://", "https:///path", "https://user@checker.example/",
            "https://user:secret@checker.example/", "https://:secret@checker.example/", "https://checker.example:22/",
            "https://checker.example:0/", "https://checker.example:65536/", "https://checker.example:x/",
            "https://checker.example:25/", "https://[::1/", "https://a b/", "https://\x00/", "https://xn--/",
            f"https://checker.example/{'x' * MAX_URL_LENGTH}", "unix:///run/x.sock", "https+unix://x/",
            *(f"https://checker.example:{port}/" for port in sorted(OTHER_PORTS)),
        ],
    )  # fmt: skip
    def test_what_is_no_web_address(self, url: str) -> None:
        with pytest.raises(OutgoingError):
            post(url, look_up=to())
        with pytest.raises(AddressRefusedError):
            post(url, look_up=to())

    def test_the_message_has_no_password(self) -> None:
        with pytest.raises(AddressRefusedError) as caught:
            post("https://user:secret@checker.example/")
        assert "secret" not in str(caught.value)

    def test_in_production_only_https(self) -> None:
        strict = Policy(https_only=True, networks=(LOOPBACK,))
        with answering(answer(200)) as server, pytest.raises(AddressRefusedError, match="https"):
            post(server.url, strict)
        with answering(answer(200), certified="127.0.0.1") as secured:
            assert post(secured.url, strict, trusts=["127.0.0.1"]).status == 200

    @given(st.text())
    def test_any_text_is_a_url_or_refused(self, text: str) -> None:
        for url in (text, f"https://{text}", f"https://checker.example/{text}"):
            try:
                assert PUBLIC.check_url(url).scheme in {"http", "https"}
            except AddressRefusedError:
                continue


class TestOperator:
    def test_without_networks_of_his_own_only_public_addresses(self, settings: LazySettings) -> None:
        settings.CONFIG = Config()
        with answering(answer(200)) as server:
            with pytest.raises(AddressRefusedError):
                sender().post(server.url, b"", {})
            settings.CONFIG = Config(outgoing_networks="10.0.0.0/8, 127.0.0.0/8")
            assert sender().post(server.url, b"", {}).status == 200

    def test_certificates_are_checked(self, settings: LazySettings) -> None:
        settings.CONFIG = Config(outgoing_networks="127.0.0.0/8")
        with (
            answering(answer(200), certified="127.0.0.1") as server,
            pytest.raises(ConnectionFailedError, match="certificate"),
        ):
            sender().post(server.url, b"", {})
        assert sender()._context.verify_mode is ssl.CERT_REQUIRED

    def test_production_is_strict(self, settings: LazySettings) -> None:
        settings.CONFIG = Config(env="production", outgoing_networks="127.0.0.0/8")
        with answering(answer(200)) as server, pytest.raises(AddressRefusedError, match="https"):
            sender().post(server.url, b"", {})
