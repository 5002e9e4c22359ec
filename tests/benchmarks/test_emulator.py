"""The emulator's process with real sockets. Nothing here is late on purpose: a busy machine may deliver later."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from benchmarks.emulator import LOOPBACK, Emulator, Server, Setup
from benchmarks.link import Channel, Direction, Link

if TYPE_CHECKING:
    from collections.abc import Iterator

DATAGRAMS = 200
# Sent at once: more, large ones, would not find place in a socket's buffer while a busy machine lets its reader wait.
BURST = 40


class Echo:
    """Sends all datagrams and all streams back, and remembers where datagrams came from."""

    def __init__(self) -> None:
        self.datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.datagrams.bind((LOOPBACK, 0))
        self.streams = socket.create_server((LOOPBACK, 0))
        self.sources: list[int] = []
        for work in (self._echo_datagrams, self._echo_streams):
            threading.Thread(target=work, daemon=True).start()

    @property
    def server(self) -> Server:
        return Server(self.datagrams.getsockname()[1], self.streams.getsockname()[1])

    def _echo_datagrams(self) -> None:
        while True:
            try:
                data, source = self.datagrams.recvfrom(2048)
                self.datagrams.sendto(data, source)
            except OSError:
                return
            self.sources.append(source[1])

    def _echo_streams(self) -> None:
        while True:
            try:
                stream, _ = self.streams.accept()
            except OSError:
                return
            with stream:
                while data := stream.recv(65536):
                    stream.sendall(data)

    def close(self) -> None:
        self.datagrams.close()
        self.streams.close()


@pytest.fixture
def echo() -> Iterator[Echo]:
    made = Echo()
    yield made
    made.close()


def client(timeout_s: float = 20) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((LOOPBACK, 0))
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    made.settimeout(timeout_s)
    return made


def behind(echo: Echo, link: Link) -> Emulator:
    return Emulator(echo.server, Setup({"link": link}, {"ada": "link"}))


def test_each_datagram_passes_both_ways_or_is_lost_as_the_model_says(echo: Echo) -> None:
    link = Link(up=Direction(loss=0.1), down=Direction(loss=0.1))
    model = Channel(link.up, seed=1)
    passes = [number for number in range(DATAGRAMS) if model.send(number, 2) is not None]
    back = Channel(link.down, seed=2)
    expected = [number for number in passes if back.send(number, 2) is not None]
    with behind(echo, link) as emulator, client() as ada:
        for number in range(DATAGRAMS):
            ada.sendto(number.to_bytes(2, "big"), (LOOPBACK, emulator.ports["ada"].media))
        assert [int.from_bytes(ada.recv(10), "big") for _ in expected] == expected
        up, down = emulator.logs()["link"]
        while down.total("packets") < len(passes):  # the last ones may be lost: nothing comes of them
            up, down = emulator.logs()["link"]
    assert (up.total("packets"), down.total("packets")) == (DATAGRAMS, len(passes))


def test_nothing_is_early(echo: Echo) -> None:
    with (
        behind(echo, Link(up=Direction(delay_s=0.05), down=Direction(delay_s=0.03))) as emulator,
        client() as ada,
    ):
        began = time.monotonic()
        ada.sendto(b"x", (LOOPBACK, emulator.ports["ada"].media))
        ada.recv(10)
        assert time.monotonic() - began >= 0.08


def test_a_flood_leaves_at_the_bottlenecks_rate(echo: Echo) -> None:
    down = Direction(rate_bps=((0, 2_000_000),), queue_s=0.2)
    with behind(echo, Link(down=down)) as emulator, client(0.2) as ada:
        began = time.monotonic()
        for sent in range(1, DATAGRAMS + 1):
            ada.sendto(bytes(972), (LOOPBACK, emulator.ports["ada"].media))
            while sent % BURST == 0 and len(echo.sources) < sent:
                time.sleep(0.001)
        arrived = dropped = 0
        while arrived + dropped < DATAGRAMS:
            with contextlib.suppress(TimeoutError):
                while ada.recv(2048):
                    arrived += 1
            _, log = emulator.logs()["link"]
            dropped = log.total("dropped")
        passed_s = time.monotonic() - began
    assert arrived + dropped == DATAGRAMS
    assert 2_000_000 * 0.2 / 8000 <= arrived <= 2_000_000 * (0.2 + passed_s) / 8000
    assert dropped > 0


def test_a_move_changes_the_address_that_the_server_sees(echo: Echo) -> None:
    with behind(echo, Link(moves=(0.0,))) as emulator, client(0.2) as ada:

        def send() -> None:
            """What is on its way back when the address changes is lost: it is sent again."""
            came = b""
            while not came:
                ada.sendto(b"x", (LOOPBACK, emulator.ports["ada"].media))
                with contextlib.suppress(TimeoutError):
                    came = ada.recv(10)

        for _ in range(2):
            send()
        before = set(echo.sources)
        emulator.start()
        while echo.sources[-1] in before:
            send()
    assert len(before) == 1


def test_a_stream_passes_whole_over_a_link_that_loses(echo: Echo) -> None:
    text = bytes(range(256)) * 200
    with behind(echo, Link(up=Direction(loss=0.2), down=Direction(loss=0.2))) as emulator:
        emulator.start()
        with socket.create_connection((LOOPBACK, emulator.ports["ada"].signalling), timeout=20) as ada:
            ada.sendall(text)
            ada.shutdown(socket.SHUT_WR)
            come = b""
            while data := ada.recv(65536):
                come += data
    assert come == text
