"""Pictures for many leave whole: at their end, within a bound, in order, and with the stamps of when they left."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
from typing import TYPE_CHECKING

import pytest
from pylibsrtp import Policy, Session

from media.net.endpoints import Departures
from media.rtp.packet import HEADER, Packet
from media.rtp.rtp import build_extensions
from media.send.batch_egress import MOST_WAITING as MOST_WAITING_FOR_A_FLUSH
from media.send.batch_egress import BatchEgress
from media.send.destination import Destination
from media.send.fanout import Forwards
from media.send.gathering import GATHERED_FROM, HOLD_S, MOST_WAITING, Gathering
from media.send.plain_egress import DatagramEgress
from media.send.rewriter import PacketRewriter
from media.send.send_history import SendHistory
from media.send.transport_wide import RING, TransportWideTable

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY_SIZE = 44
START = 500.0
RECEIVERS = GATHERED_FROM


def packet(number: int, *, last: bool = False, size: int = 300) -> Packet:
    """One with room for a send time and a transport-wide number."""
    block = bytearray(build_extensions([(4, bytes(3)), (5, bytes(2))]))
    block[8:9] = bytes(1)  # without a number there is no element, but padding
    head = bytearray(HEADER.pack(0x90, 96 | (0x80 if last else 0), number & 0xFFFF, number // 4 * 3000, 0)) + block
    made = Packet(head + random.Random(number).randbytes(size), number, number // 4 * 3000, len(head))  # noqa: S311
    made.abs_send_time_at = HEADER.size + 5
    made.number_at = HEADER.size + 9
    return made


def taken(due: list[tuple[str, list[Packet]]]) -> dict[str, list[int]]:
    return {group: [one.extended for one in packets] for group, packets in due}


def test_a_picture_is_due_with_its_last_packet() -> None:
    gathering: Gathering[str] = Gathering()
    for number in range(3):
        gathering.put(packet(number), "one")
        assert gathering.take_due(START) == []
    gathering.put(packet(3, last=True), "one")
    assert taken(gathering.take_due(START)) == {"one": [0, 1, 2, 3]}
    assert len(gathering) == 0
    assert gathering.wait_s(START) == 0


def test_what_begins_behind_a_whole_picture_waits_for_its_own_end() -> None:
    gathering: Gathering[str] = Gathering()
    for number in range(6):
        gathering.put(packet(number, last=number == 3), "one")
    assert taken(gathering.take_due(START)) == {"one": [0, 1, 2, 3]}
    assert gathering.take_due(START) == []
    gathering.put(packet(6, last=True), "one")
    assert taken(gathering.take_due(START)) == {"one": [4, 5, 6]}


def test_two_pictures_that_came_at_once_leave_at_once() -> None:
    gathering: Gathering[str] = Gathering()
    for number in range(8):
        gathering.put(packet(number, last=number % 4 == 3), "one")
    assert taken(gathering.take_due(START)) == {"one": list(range(8))}


def test_nothing_waits_longer_than_the_bound() -> None:
    gathering: Gathering[str] = Gathering()
    gathering.put(packet(0), "one")
    assert gathering.take_due(START) == []
    assert gathering.wait_s(START) == pytest.approx(HOLD_S)
    gathering.put(packet(1), "one")
    gathering.put(packet(1), "other")
    assert gathering.take_due(START + 0.001) == []
    assert gathering.wait_s(START + 0.001) == pytest.approx(HOLD_S - 0.001)
    assert taken(gathering.take_due(START + HOLD_S + 1e-6)) == {"one": [0, 1]}
    assert gathering.wait_s(START + HOLD_S) == pytest.approx(0.001)
    assert taken(gathering.take_due(START + 1)) == {"other": [1]}


def test_a_stream_that_never_ends_a_picture_goes_on_by_the_bound() -> None:
    gathering: Gathering[str] = Gathering()
    now, left = START, []
    for number in range(200):
        gathering.put(packet(number), "one")
        now += 0.001
        left += [(one, now) for _, packets in gathering.take_due(now) for one in packets]
    assert [one.extended for one, _ in left] == list(range(len(left)))
    # One step more: a clock that is asked in steps is late by one of them.
    assert all(at - (START + 0.001 * (one.extended + 1)) < HOLD_S + 0.0011 for one, at in left)
    assert len(left) > 190


def test_as_many_packets_as_fit_into_a_message_do_not_wait() -> None:
    gathering: Gathering[str] = Gathering()
    for number in range(MOST_WAITING + 2):
        gathering.put(packet(number), "one")
    assert taken(gathering.take_due(START)) == {"one": list(range(MOST_WAITING))}
    assert taken(gathering.take_all()) == {"one": [MOST_WAITING, MOST_WAITING + 1]}
    assert len(gathering) == 0


# --- with a real socket ---


class Room:
    """A stream to many receivers, each with a real socket, by a way out; time is what the test says."""

    def __init__(self, receivers: int = RECEIVERS, kind: type[BatchEgress | DatagramEgress] = BatchEgress) -> None:
        self.now = START
        self.table = TransportWideTable(lambda: self.now, 5)
        self.sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sender.bind(("127.0.0.1", 0))
        self.egress = kind(self.sender, self.table)
        self.sockets: list[socket.socket] = []
        self.keys = [bytes([index]) * KEY_SIZE for index in range(receivers)]
        self.forwards = Forwards(may_wait=True)
        self.members = [self.join(index, key) for index, key in enumerate(self.keys)]

    def join(self, index: int, key: bytes) -> PacketRewriter:
        destination = Destination()
        made_socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made_socket.bind(("127.0.0.1", 0))
        made_socket.setblocking(False)
        self.sockets.append(made_socket)
        destination.set_address(made_socket.getsockname(), self.egress)
        policy = Policy(key=key, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_256_GCM)
        destination.set_session(Session(policy))
        history = SendHistory(self.table)
        history.set_numbered(numbered=True, attentive=True)
        destination.slot = history.slot
        made = PacketRewriter(destination, 1000 + index)
        made.sequence_offset = 100 * index
        self.forwards.add(made)
        return made

    def arrived(self) -> dict[int, list[bytes]]:
        """What each receiver got since the last call, decrypted."""
        got: dict[int, list[bytes]] = {}
        for index, (receiver, key) in enumerate(zip(self.sockets, self.keys, strict=True)):
            policy = Policy(
                key=key, ssrc_type=Policy.SSRC_ANY_INBOUND, srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_256_GCM
            )
            inbound = Session(policy)
            with contextlib.suppress(BlockingIOError):
                while True:
                    got.setdefault(index, []).append(inbound.unprotect(receiver.recv(2048)))
        return {index: packets for index, packets in got.items() if packets}

    def sequence(self) -> dict[int, list[int]]:
        """The numbers in which the stream counts that arrived since the last call, by receiver."""
        return {
            index: [(HEADER.unpack_from(data)[2] - 100 * index) & 0xFFFF for data in got]
            for index, got in self.arrived().items()
        }

    def close(self) -> None:
        for one in (self.sender, *self.sockets):
            one.close()


@pytest.fixture
def room() -> Iterator[Room]:
    made = Room()
    yield made
    made.close()


def everybody(numbers: list[int], count: int = RECEIVERS) -> dict[int, list[int]]:
    return dict.fromkeys(range(count), numbers)


def test_a_picture_leaves_at_its_end_and_nothing_of_it_before(room: Room) -> None:
    for number in range(3):
        room.forwards.send(packet(number))
        assert room.egress.release() > 0
    assert room.arrived() == {}
    room.forwards.send(packet(3, last=True))
    assert room.egress.release() == 0
    assert room.sequence() == everybody([0, 1, 2, 3])


def test_what_waited_is_stamped_when_it_leaves(room: Room) -> None:
    room.forwards.send(packet(0))
    room.egress.release()
    room.now = START + 0.002
    room.forwards.send(packet(1, last=True))
    assert room.egress.release() == 0
    for index, got in room.arrived().items():
        slot = room.members[index].destination.slot
        for number, data in enumerate(got):
            assert int.from_bytes(data[17:20], "big") == int(room.now * 262144) & 0xFFFFFF
            assert data[20:23] == bytes([5 << 4 | 1, 0, number])
            assert room.table.sent_us[slot * RING + number] == int(room.now * 1e6)
    assert room.table.next[slot] == 2


def test_single_packets_and_pictures_are_numbered_in_the_order_in_which_they_leave(room: Room) -> None:
    destination = room.members[0].destination
    room.forwards.send(packet(0))
    room.egress.release()
    other = packet(0)
    other.data[8:12] = (1000).to_bytes(4, "big")
    other.data[2:4] = (9).to_bytes(2, "big")
    room.egress.put_bytes(other.data, destination, other.number_at)
    room.forwards.send(packet(1, last=True))
    room.egress.release()
    assert [int.from_bytes(data[21:23], "big") for data in room.arrived()[0]] == [0, 1, 2]


def test_a_stream_that_stops_in_a_picture_leaves_by_the_bound(room: Room) -> None:
    room.forwards.send(packet(0))
    wait_s = room.egress.release()
    assert 0 < wait_s <= HOLD_S
    room.now += HOLD_S / 2
    assert 0 < room.egress.release() < wait_s
    assert room.arrived() == {}
    room.now += HOLD_S
    assert room.egress.release() == 0
    assert room.sequence() == everybody([0])


@pytest.mark.parametrize("receivers", [1, 7, 8, GATHERED_FROM - 1])
def test_few_receivers_wait_for_nothing(receivers: int) -> None:
    room = Room(receivers)
    for number in range(3):
        room.forwards.send(packet(number))
        assert room.egress.release() == 0
        assert room.sequence() == everybody([number], receivers)
    room.close()


def test_sound_waits_for_nothing(room: Room) -> None:
    sound = Forwards()
    for member in room.members:
        sound.add(member)
    sound.send(packet(0))
    assert room.egress.release() == 0
    assert room.sequence() == everybody([0])


def test_who_goes_another_way_in_the_middle_of_a_picture_gets_it_in_order(room: Room) -> None:
    room.forwards.send(packet(0))
    room.egress.release()
    room.members[3].thin(0, [], [])  # from now on it is asked for each packet
    room.forwards.changed(room.members[3])
    room.forwards.send(packet(1))
    room.egress.release()
    room.forwards.send(packet(2, last=True))
    room.egress.release()
    assert room.sequence() == everybody([0, 1, 2])


def test_who_goes_in_the_middle_of_a_picture_ends_the_wait_before_the_keys_go(room: Room) -> None:
    room.forwards.send(packet(0))
    room.egress.release()
    room.members[5].destination.close()
    assert room.sequence() == everybody([0])
    room.forwards.remove(room.members[5])
    room.forwards.send(packet(1, last=True))
    room.egress.release()
    assert room.sequence() == {index: [1] for index in range(RECEIVERS) if index != 5}


def test_who_moves_to_another_stream_has_got_all_of_the_first_before(room: Room) -> None:
    other = Forwards(may_wait=True)
    room.forwards.send(packet(0))
    room.egress.release()
    room.forwards.remove(room.members[0])
    following = PacketRewriter(room.members[0].destination, room.members[0].ssrc)
    other.add(following)
    other.send(packet(1))
    room.egress.release()
    assert room.sequence()[0] == [0, 1]


def test_who_moves_elsewhere_has_got_what_waited_where_they_were(room: Room) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere:
        elsewhere.bind(("127.0.0.1", 0))
        elsewhere.setblocking(False)
        room.forwards.send(packet(0))
        room.egress.release()
        room.members[2].destination.set_address(elsewhere.getsockname(), room.egress)
        room.forwards.send(packet(1, last=True))
        room.egress.release()
        assert room.sequence()[2] == [0]
        assert HEADER.unpack_from(elsewhere.recv(2048))[2] == 201


def test_a_way_out_that_is_flushed_holds_nothing(room: Room) -> None:
    room.forwards.send(packet(0))
    room.egress.release()
    room.egress.flush()
    assert room.sequence() == everybody([0])
    assert room.egress.release() == 0


def test_gathered_pictures_are_the_same_packets_as_those_of_the_plain_way() -> None:
    sent = []
    for kind in (DatagramEgress, BatchEgress):
        room = Room(kind=kind)
        sizes = random.Random(3)  # noqa: S311 - the same packets in each run
        got: dict[int, list[bytes]] = {index: [] for index in range(RECEIVERS)}
        for number in range(60):
            room.forwards.send(packet(number, last=sizes.random() < 0.3, size=sizes.choice([300, 300, 301, 900])))
            if sizes.random() < 0.7:
                room.egress.release()
            for index, more in room.arrived().items():
                got[index] += more
        room.egress.flush()
        for index, more in room.arrived().items():
            got[index] += more
        sent.append(got)
        assert (room.egress.sent, room.egress.dropped) == (60 * RECEIVERS, 0)
        room.close()

    def without_send_time(data: bytes) -> bytes:
        return data[:17] + data[20:]

    for plain, gathered in zip(sent[0].values(), sent[1].values(), strict=True):
        assert [without_send_time(data) for data in plain] == [without_send_time(data) for data in gathered]


# --- the timer ---


class Holding:
    """A way out that holds something until it is asked so many times."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.asked = 0

    def flush(self) -> None: ...

    def release(self) -> float:
        self.asked += 1
        return 0.001 if self.asked < self.times else 0.0


async def test_what_is_held_leaves_by_one_timer_though_nothing_comes() -> None:
    departures = Departures()
    loop = asyncio.get_running_loop()
    departures.start(loop)
    ways = [Holding(3), Holding(5)]
    for way in ways:
        departures.add(way)
    departures.flush()
    async with asyncio.timeout(10):
        while ways[1].asked < 5:  # noqa: ASYNC110 - a timer asks
            await asyncio.sleep(0.001)
    await asyncio.sleep(0.01)
    assert [way.asked for way in ways] == [5, 5]  # and no more when nothing is held


async def test_a_timer_that_runs_is_not_set_again_and_ends_with_the_node() -> None:
    departures = Departures()
    departures.start(asyncio.get_running_loop())
    way = Holding(100)
    departures.add(way)
    for _ in range(10):
        departures.flush()
    assert way.asked == 10
    timer = departures._timer
    assert timer is not None
    departures.close()
    departures.close()
    assert timer.cancelled()
    departures.flush()
    await asyncio.sleep(0.01)
    assert way.asked == 11


def test_no_more_work_waits_than_a_few_milliseconds_of_it(room: Room) -> None:
    """Whoever takes packets from a socket sees how long they take, and lets others have their turn."""
    count = MOST_WAITING_FOR_A_FLUSH // RECEIVERS + 1
    for number in range(count):
        room.forwards.send(packet(number, last=number % 4 == 3, size=20))
    assert room.egress.sent >= MOST_WAITING_FOR_A_FLUSH - MOST_WAITING * RECEIVERS
    room.egress.flush()
    assert room.sequence() == everybody(list(range(count)))
