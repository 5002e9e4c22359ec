"""Where the peer is: what its sockets are told, and what its transport hears."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pylibsrtp import Policy, Session

from media.net.endpoints import Address, Endpoint, Endpoints, Way
from media.net.stun import BindingRequest
from media.send.destination import Destination
from media.send.peer_path import PeerPath, SentTrack

if TYPE_CHECKING:
    from media.ortc.parameters import MediaKind
    from media.send.egress import Egress

HERE: Address = ("192.0.2.1", 1000)
ELSEWHERE: Address = ("192.0.2.2", 2000)


class Socket:
    """A way that notes who has which address."""

    protocol = "udp"
    egress = None

    def __init__(self) -> None:
        self.holders: dict[Address, Endpoint] = {}
        self.sent: list[tuple[bytes, Address]] = []

    def send(self, data: bytes, address: Address) -> None:
        self.sent.append((data, address))

    def add_address(self, address: Address, endpoint: Endpoint) -> None:
        self.holders[address] = endpoint

    def remove_address(self, address: Address, endpoint: Endpoint) -> None:
        if self.holders.get(address) is endpoint:
            del self.holders[address]


class Stream:
    """Nothing was sent of it."""

    sent = (0, 0)
    resent = resent_octets = 0

    def socket_changed(self) -> None:
        """Nothing is kept of the socket."""


class Track:
    """One that counts how often it begins again with a keyframe, and asks for one."""

    def __init__(self, kind: MediaKind) -> None:
        self.kind = kind
        self.skipped = 0
        self.asked = 0
        self.stream = Stream()

    def path_changed(self) -> None:
        self.asked += 1

    def sender_report(self, _now: float, _set_back_s: float = 0.0, *, by_arrival: bool = False) -> None:
        """Nothing was sent."""

    def skip_to_key_frame(self) -> None:
        self.skipped += 1


class One:
    """A peer's path, and what is around it."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.audio, self.video = Track("audio"), Track("video")
        self.endpoints, self.socket = Endpoints(), Socket()
        self.way = cast("Way[Egress]", self.socket)
        tracks = {"audio": cast("SentTrack", self.audio), "video": cast("SentTrack", self.video)}
        self.destination = Destination()
        self.path = PeerPath(self.destination, tracks, self, self.endpoints, lambda: 0.0, lambda: None, 15.0)
        self.fragment = self.path.begin(lambda _data: None, lambda *_: None).username_fragment
        self._checks = 0

    def on_path_changed(self, _now: float) -> None:
        self.heard.append("changed")

    def on_path_alive(self, _now: float) -> None:
        self.heard.append("alive")

    def on_path_lost(self) -> None:
        self.heard.append("lost")

    def check_from(self, address: Address, *, nominates: bool = True) -> None:
        self._checks += 1
        request = BindingRequest(
            self._checks.to_bytes(12, "big"), f"{self.fragment}:theirs", self.fragment, "theirs", 1, nominates, 1
        )
        self.path.receive_check(request, self.way, address, 0.0)


def test_its_transport_hears_of_a_new_path_and_of_each_check_on_the_selected_one() -> None:
    one = One()
    one.check_from(HERE)
    one.check_from(HERE)
    one.check_from(ELSEWHERE, nominates=False)
    assert one.heard == ["changed", "alive", "alive"]
    assert one.socket.holders == {HERE: one.path}


def test_who_moves_leaves_the_address_before() -> None:
    one = One()
    one.check_from(HERE)
    one.check_from(ELSEWHERE)
    assert one.socket.holders == {ELSEWHERE: one.path}
    one.path.send_datagram(b"x")
    assert one.socket.sent == [(b"x", ELSEWHERE)]


def test_who_moves_is_sent_a_keyframe_for_what_went_to_where_they_were() -> None:
    one = One()
    one.check_from(HERE)
    session = Session(Policy(key=bytes(30), ssrc_type=Policy.SSRC_ANY_OUTBOUND))
    one.path.secure(session, proven=True)
    one.check_from(HERE)
    assert one.video.asked == 0
    for times, address in enumerate((ELSEWHERE, HERE), 1):  # unproven and proven
        one.check_from(address)
        assert one.video.asked == times


def test_only_the_selected_connection_can_be_lost_or_relieved() -> None:
    one = One()
    one.check_from(HERE)
    one.path.way_lost(one.way, ELSEWHERE)
    one.path.way_relieved(cast("Way[Egress]", Socket()))
    assert (one.heard[2:], one.video.skipped) == ([], 0)
    one.path.way_relieved(one.way)
    one.path.way_lost(one.way, HERE)
    assert (one.heard[2:], one.video.skipped, one.audio.skipped) == (["lost"], 1, 0)


def test_after_its_end_it_keeps_nobody_from_the_address_and_closed_it_has_none() -> None:
    one = One()
    one.check_from(HERE)
    consents = [one.path.consents(0.0), one.path.consents(16.0)]
    one.path.end()
    assert [*consents, one.path.consents(0.0)] == [True, False, False]
    one.path.close()
    assert (one.socket.holders, one.endpoints.by_fragment) == ({}, {})
