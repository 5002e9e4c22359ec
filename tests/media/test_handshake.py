"""The course of a DTLS handshake: when it begins, what is counted, whether the peer stayed where it began."""

from __future__ import annotations

import pytest

from media.counts import Counts
from media.net.dtls import generate_certificate, local_parameters
from media.net.handshake import Handshake

HERE, ELSEWHERE = "here", "elsewhere"


class Path:
    """One that the test selects."""

    def __init__(self) -> None:
        self.selected: str | None = None

    def send_datagram(self, data: bytes) -> None:
        """To nobody."""


class Listener:
    def __init__(self) -> None:
        self.heard: list[str] = []

    def on_dtls_connected(self) -> None:
        self.heard.append("connected")

    def on_dtls_closed(self, *, failed: bool) -> None:
        self.heard.append("failed" if failed else "closed")


class One:
    """A handshake, and what is around it."""

    def __init__(self) -> None:
        certificate = generate_certificate()
        self.now = 5.0
        self.path, self.listener, self.counts = Path(), Listener(), Counts()
        self.handshake = Handshake(certificate, self.path, self.listener, lambda: self.now, self.counts, data=False)
        self.remote = local_parameters(certificate)

    @property
    def begun(self) -> int:
        return self.counts.handshakes_begun

    @property
    def stayed(self) -> bool:
        return self.handshake.stayed

    def select(self, path: str) -> None:
        self.path.selected = path
        self.handshake.path_changed()


@pytest.mark.parametrize("parameters_first", [True, False])
async def test_it_begins_once_both_the_parameters_and_a_path_are_there(parameters_first: bool) -> None:
    one = One()
    if parameters_first:
        one.handshake.connect(one.remote)
    else:
        one.select(HERE)
    assert one.begun == 0
    if parameters_first:
        one.select(HERE)
    else:
        one.handshake.connect(one.remote)
    assert one.begun == 1
    one.select(ELSEWHERE)
    assert one.begun == 1
    one.handshake.close()


async def test_who_stays_is_where_it_shook_hands() -> None:
    one = One()
    one.select(HERE)
    stayed = [one.stayed]  # nothing came from there yet
    one.handshake.receive(b"\x16")
    stayed.append(one.stayed)
    one.handshake.on_dtls_connected()
    one.select(ELSEWHERE)
    stayed.append(one.stayed)
    assert stayed == [False, True, False]
    one.handshake.close()


async def test_who_moves_before_it_is_done_did_not_stay_even_after_coming_back() -> None:
    one = One()
    one.select(HERE)
    one.handshake.receive(b"\x16")
    one.select(ELSEWHERE)
    one.select(HERE)
    assert not one.stayed
    one.handshake.close()


async def test_how_it_ends_is_counted_and_told() -> None:
    one = One()
    one.handshake.connect(one.remote)
    one.select(HERE)
    one.now += 0.2
    one.handshake.on_dtls_connected()
    one.handshake.on_dtls_closed(failed=True)  # of an association that was there: no handshake failed
    assert one.counts.handshake_s == pytest.approx(0.2)
    assert one.counts.handshakes_failed == 0
    other = One()
    other.handshake.on_dtls_closed(failed=True)
    assert other.counts.handshakes_failed == 1
    assert (one.listener.heard, other.listener.heard) == (["connected", "failed"], ["failed"])
    one.handshake.close()
    other.handshake.close()
