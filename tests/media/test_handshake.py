"""The course of a DTLS handshake: when it begins, what is counted, whether the peer stayed where it began."""

from __future__ import annotations

from typing import Any, cast

import pytest

from media.counts import Counts
from media.net.close_notify import SUITES, GoodByes, Secrets
from media.net.dtls import at_once, generate_certificate, local_parameters
from media.net.handshake import QUIET_S, Handshake

HERE, ELSEWHERE = "here", "elsewhere"


class Path:
    """One that the test selects."""

    def __init__(self) -> None:
        self.selected: str | None = None
        self.sent: list[bytes] = []

    def send_datagram(self, data: bytes) -> None:
        self.sent.append(data)


class Listener:
    def __init__(self) -> None:
        self.heard: list[str] = []

    def on_dtls_connected(self) -> None:
        self.heard.append("connected")

    def on_dtls_closed(self, *, failed: bool) -> None:
        self.heard.append("failed" if failed else "closed")


class One:
    """A handshake, and what is around it."""

    def __init__(self, *, data: bool = False) -> None:
        certificate = generate_certificate()
        self.now = 5.0
        self.path, self.listener, self.counts = Path(), Listener(), Counts()
        self.handshake = Handshake(
            certificate, self.path, self.listener, lambda: self.now, self.counts, at_once, data=data
        )
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


class Association:
    """A DTLS association that writes down when nothing but its good-byes is to be kept."""

    sessions = ("receiving", "sending")

    def __init__(self) -> None:
        self.condensed = 0
        self.closed = 0

    def condense(self) -> GoodByes | None:
        self.condensed += 1
        return GoodByes(SUITES["ECDHE-ECDSA-AES128-GCM-SHA256"], Secrets(b"-", b"-", b"-"), "server", b"good-bye")

    def receive(self, data: bytes) -> None: ...

    def close(self) -> None:
        self.closed += 1


def shaken(one: One) -> Association:
    """The handshake is done; what the association would do instead of the real one."""
    association = Association()
    one.handshake._association = cast("Any", association)
    one.select(HERE)
    one.handshake.receive(b"\x16")
    one.handshake.on_dtls_connected()
    return association


async def test_the_association_is_kept_until_the_peer_is_heard_or_silent_for_long() -> None:
    for heard, passed, condensed in [(False, QUIET_S, 0), (True, 0.0, 1), (False, QUIET_S + 1, 1)]:
        one = One()
        association = shaken(one)
        one.handshake.settle(one.now + passed, heard=heard)
        one.handshake.settle(one.now + passed, heard=heard)
        assert association.condensed == condensed
        assert one.handshake.sessions == cast("Any", association.sessions)


async def test_before_the_handshake_is_done_and_where_data_may_come_the_association_is_kept() -> None:
    one = One()
    one.handshake.settle(1000.0, heard=True)
    assert one.handshake.dtls
    one = One(data=True)
    association = shaken(one)
    one.handshake.settle(1000.0, heard=True)
    assert association.condensed == 0


async def test_our_good_bye_is_sent_once_and_not_to_who_has_left() -> None:
    for left, sent in [(False, [b"good-bye"]), (True, [])]:
        one = One()
        association = shaken(one)
        one.handshake.settle(one.now, heard=True)
        with pytest.raises(RuntimeError, match="good-byes"):
            _ = one.handshake.dtls
        one.handshake._good_byes = Told(left)  # type: ignore[assignment]
        one.handshake.receive(b"\x15")
        assert one.listener.heard == ["connected", *["closed"] * left]
        one.handshake.close()
        one.handshake.close()
        assert one.path.sent == sent
        assert association.closed == 0


class Told:
    """Good-byes, of which the peer's has come or not."""

    ours = b"good-bye"

    def __init__(self, left: bool) -> None:
        self.left = left

    def come(self, _datagram: bytes) -> bool:
        return self.left
