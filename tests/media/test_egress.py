"""The batched send path gives the same bytes as the plain one, and never sends what it could not protect."""

from __future__ import annotations

import ctypes
import errno
import os
import random
import socket
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from pylibsrtp import Policy, Session

from media.rtp.packet import HEADER, Packet
from media.rtp.rtp import build_extensions
from media.send import batch_egress as egress_module
from media.send.batch_egress import ROWS, SINGLES, VECTOR_THRESHOLD, BatchEgress
from media.send.destination import Destination
from media.send.egress import Egress, Members
from media.send.plain_egress import DatagramEgress
from media.send.rewriter import PacketRewriter
from media.send.send_history import SendHistory
from media.send.singles import Singles
from media.send.slots import MOST_SEGMENTED, segments_of
from media.send.transport_wide import RING, WIRE_OVERHEAD, TransportWideTable

if TYPE_CHECKING:
    from collections.abc import Iterator
RECEIVERS = VECTOR_THRESHOLD + 4
FEW = VECTOR_THRESHOLD - 4
PROFILES = [
    pytest.param(Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 44, id="AEAD_AES_256_GCM"),
    pytest.param(Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 28, id="AEAD_AES_128_GCM"),
    pytest.param(Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 30, id="AES128_CM_SHA1_80"),
]


class Network:
    """Real UDP sockets on loopback: one that sends, one for each receiver."""

    def __init__(self, receivers: int) -> None:
        self.sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sender.bind(("127.0.0.1", 0))
        self.receivers = []
        for _ in range(receivers):
            receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            receiver.bind(("127.0.0.1", 0))
            receiver.setblocking(False)
            self.receivers.append(receiver)

    def drain(self) -> list[list[bytes]]:
        """What each receiver got since the last call."""
        result = []
        for receiver in self.receivers:
            got = []
            while True:
                try:
                    got.append(receiver.recv(2048))
                except BlockingIOError:
                    break
            result.append(got)
        return result

    def close(self) -> None:
        for sock in [self.sender, *self.receivers]:
            sock.close()


@pytest.fixture
def network() -> Iterator[Network]:
    made = Network(RECEIVERS)
    yield made
    made.close()


def numbers() -> TransportWideTable:
    return TransportWideTable(time.monotonic, 5)


def outbound(profile: int, key: bytes) -> Session:
    policy = Policy(key=key, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile)
    policy.allow_repeat_tx = True
    return Session(policy)


def forwards_to(network: Network, egress: Egress, keys: list[bytes], profile: int) -> list[PacketRewriter]:
    made = []
    for number, (receiver, key) in enumerate(zip(network.receivers[: len(keys)], keys, strict=True)):
        destination = Destination()
        destination.set_address(receiver.getsockname(), egress)
        destination.set_session(outbound(profile, key))
        forward = PacketRewriter(destination, 0xABCD0000 + number)
        forward.sequence_offset = 65530 + number
        forward.timestamp_offset = 0xFFFFFF00 + number
        forward.rewrites_picture_id = True
        forward.picture_id_offset = 32700 + number
        forward.tl0_picture_index_offset = 250 + number
        made.append(forward)
    return made


def video_packet(number: int, *, wide: bool) -> Packet:
    payload_descriptor = bytes([0x90, 0xC0, 0x80 | 0x12, 0x34, 7] if wide else [0x90, 0xC0, 0x12, 7])
    data = bytearray(HEADER.pack(0x80, 96, number & 0xFFFF, number * 3000, 0)) + payload_descriptor + os.urandom(900)
    packet = Packet(data, number, number * 3000, HEADER.size)
    packet.picture_id_at = HEADER.size + 2
    packet.picture_id_wide = wide
    packet.picture_id = 0x1234 if wide else 0x12
    packet.tl0_picture_index_at = HEADER.size + (4 if wide else 3)
    packet.tl0_picture_index = 7
    return packet


def numbered_packet(number: int, *, two_byte: bool) -> Packet:
    items = [(4, bytes(3)), (5, bytes(2)), *([(7, bytes(20))] if two_byte else [])]
    block = bytearray(build_extensions(items))
    head = 2 if two_byte else 1
    at = 4 + head + 3
    block[at : at + head] = bytes(head)
    data = bytearray(HEADER.pack(0x90, 96, number & 0xFFFF, number * 3000, 0)) + block + os.urandom(500)
    packet = Packet(data, number, number * 3000, HEADER.size + len(block))
    packet.number_at = HEADER.size + at + head
    return packet


@pytest.mark.parametrize("receivers", [VECTOR_THRESHOLD - 1, RECEIVERS])
def test_both_paths_number_alike_whom_they_number(network: Network, receivers: int) -> None:
    profile, key_size = Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 44
    keys = [os.urandom(key_size) for _ in network.receivers]
    packets = [numbered_packet(number, two_byte=number % 3 == 0) for number in range(65534, 65542)]
    sent, tables = [], []
    for kind in (DatagramEgress, BatchEgress):
        table = numbers()
        tables.append(table)
        egress = kind(network.sender, table)
        forwards = forwards_to(network, egress, keys, profile)[:receivers]
        for index, forward in enumerate(forwards[1:]):  # the first has no row of its own
            history = SendHistory(table)
            history.set_numbered(numbered=index % 4 > 0, attentive=index % 2 > 0)
            forward.destination.slot = history.slot
            table.next[history.slot] = 65_530 + index
        members = Members(forwards)
        for packet in packets:
            table.tick(0.0)
            egress.fan_out(packet, members)
            egress.put_bytes(packet.data, forwards[-1].destination, packet.number_at)
            egress.flush()
        sent.append(network.drain())
    assert sent[0] == sent[1]
    assert (tables[0].next == tables[1].next).all()
    for table in tables:
        last = int(table.next[2]) - 1
        assert table.sent_us[2 * RING + last % RING] > 0
        assert table.sizes[2 * RING + last % RING] == len(packets[-1].data) + WIRE_OVERHEAD


@pytest.mark.parametrize(("profile", "key_size"), PROFILES)
@pytest.mark.parametrize("receivers", [1, VECTOR_THRESHOLD - 1, VECTOR_THRESHOLD, RECEIVERS])
@pytest.mark.parametrize("wide", [True, False])
def test_batched_and_plain_paths_send_the_same_bytes(
    network: Network, profile: int, key_size: int, receivers: int, wide: bool
) -> None:
    keys = [os.urandom(key_size) for _ in network.receivers]
    packets = [video_packet(number, wide=wide) for number in range(65534, 65542)]
    sent = []
    for egress in (DatagramEgress(network.sender, numbers()), BatchEgress(network.sender, numbers())):
        members = Members(forwards_to(network, egress, keys, profile)[:receivers])
        for packet in packets:
            egress.fan_out(packet, members)
        egress.flush()
        sent.append(network.drain())
        assert egress.sent == receivers * len(packets)
    assert sent[0] == sent[1]
    assert [len(got) for got in sent[0]] == [len(packets)] * receivers + [0] * (RECEIVERS - receivers)


def test_each_receiver_gets_its_own_numbers(network: Network) -> None:
    key = os.urandom(44)
    profile = Policy.SRTP_PROFILE_AEAD_AES_256_GCM
    egress = BatchEgress(network.sender, numbers())
    members = Members(forwards_to(network, egress, [key] * RECEIVERS, profile))
    packet = video_packet(10, wide=True)
    egress.fan_out(packet, members)
    egress.flush()
    for number, got in enumerate(network.drain()):
        inbound = Session(Policy(key=key, ssrc_type=Policy.SSRC_ANY_INBOUND, srtp_profile=profile))
        plain = inbound.unprotect(got[0])
        _, payload_type, sequence_number, timestamp, ssrc = HEADER.unpack_from(plain)
        assert payload_type == 96
        assert sequence_number == (10 + 65530 + number) % 65536
        assert timestamp == (30000 + 0xFFFFFF00 + number) % 2**32
        assert ssrc == 0xABCD0000 + number
        assert int.from_bytes(plain[14:16], "big") == 0x8000 | (0x1234 + 32700 + number) % 0x8000
        assert plain[16] == (7 + 250 + number) % 256
        assert plain[17:] == packet.data[17:]


def test_more_packets_than_rows_all_leave(network: Network) -> None:
    egress = BatchEgress(network.sender, numbers())
    keys = [os.urandom(44)] * RECEIVERS
    forward = forwards_to(network, egress, keys, Policy.SRTP_PROFILE_AEAD_AES_256_GCM)[0]
    for number in range(SINGLES + 5):
        egress.put(video_packet(number, wide=True), forward)
    egress.flush()
    assert egress.sent + egress.dropped == SINGLES + 5
    assert egress.dropped == 0


@pytest.mark.parametrize("count", [RECEIVERS, FEW])
def test_a_packet_that_cannot_be_protected_is_not_sent(network: Network, count: int) -> None:
    egress = BatchEgress(network.sender, numbers())
    profile = Policy.SRTP_PROFILE_AEAD_AES_256_GCM
    forwards = forwards_to(network, egress, [os.urandom(44)] * count, profile)
    # A session for receiving only has no key for this stream and refuses to protect.
    refusing = Policy(key=os.urandom(44), ssrc_type=Policy.SSRC_SPECIFIC, ssrc_value=1, srtp_profile=profile)
    forwards[3].destination.set_session(Session(refusing))
    egress.fan_out(video_packet(1, wide=True), Members(forwards))
    egress.flush()
    received = network.drain()
    assert received[3] == []
    assert [len(got) for number, got in enumerate(received) if number != 3] == [1] * (count - 1) + [0] * (
        RECEIVERS - count
    )
    assert (egress.sent, egress.dropped) == (count - 1, 1)


def test_a_packet_that_could_not_be_written_leaves_nothing_to_send(network: Network) -> None:
    """What stands in its row has been protected: once more, and it would be plain text again."""
    egress = BatchEgress(network.sender, numbers())
    (forward,) = forwards_to(network, egress, [os.urandom(44)], Policy.SRTP_PROFILE_AEAD_AES_256_GCM)
    egress.put(video_packet(1, wide=True), forward)
    egress.flush()
    assert len(network.drain()[0]) == 1
    failing: Any = SimpleNamespace(destination=forward.destination, write=lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        egress.put(video_packet(2, wide=True), failing)
    egress.flush()
    assert network.drain()[0] == []
    assert egress.sent == 1


def test_what_was_protected_is_not_protected_again_after_an_unforeseen_error(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    egress = BatchEgress(network.sender, numbers())
    (forward,) = forwards_to(network, egress, [os.urandom(44)], Policy.SRTP_PROFILE_AEAD_AES_256_GCM)
    with monkeypatch.context() as patched:
        patched.setattr(Singles, "_arrange", lambda *_, **__: 1 / 0)
        egress.put(video_packet(1, wide=True), forward)
        with pytest.raises(ZeroDivisionError):
            egress.flush()
    egress.flush()
    assert network.drain()[0] == []
    egress.put(video_packet(2, wide=True), forward)
    egress.flush()
    assert len(network.drain()[0]) == 1


def test_packets_without_a_number_leave_no_time_with_others(network: Network) -> None:
    table = numbers()
    egress = DatagramEgress(network.sender, table)
    (forward,) = forwards_to(network, egress, [os.urandom(44)], Policy.SRTP_PROFILE_AEAD_AES_256_GCM)
    forward.destination.slot = table.open()
    egress.put(numbered_packet(1, two_byte=False), forward)
    assert len(network.drain()[0]) == 1
    assert not table.sent_us.any()


def test_a_bad_address_loses_only_its_own_packet(network: Network) -> None:
    egress = BatchEgress(network.sender, numbers())
    forwards = forwards_to(network, egress, [os.urandom(44)] * RECEIVERS, Policy.SRTP_PROFILE_AEAD_AES_256_GCM)
    forwards[5].destination.socket_address.set(("127.0.0.1", 0))
    egress.fan_out(video_packet(1, wide=True), Members(forwards))
    egress.flush()
    assert [len(got) for got in network.drain()] == [1] * 5 + [0] + [1] * (RECEIVERS - 6)
    assert (egress.sent, egress.dropped) == (RECEIVERS - 1, 1)


def sized(number: int, size: int) -> Packet:
    packet = video_packet(number, wide=True)
    del packet.data[size:]
    return packet


@pytest.mark.parametrize(
    "sizes",
    [[900] * 4, [900, 900, 500], [900, 500, 900, 900], [500, 900], [900] * 40, [100, 100]],
    ids=lambda sizes: f"{len(sizes)} of {sizes[:4]}",
)
@pytest.mark.parametrize("mixed_profiles", [False, True])
def test_bursts_leave_as_the_same_datagrams_as_single_packets(
    network: Network, sizes: list[int], mixed_profiles: bool
) -> None:
    gcm, cm = Policy.SRTP_PROFILE_AEAD_AES_256_GCM, Policy.SRTP_PROFILE_AES128_CM_SHA1_80
    key = os.urandom(44)
    sent = []
    for egress in (DatagramEgress(network.sender, numbers()), BatchEgress(network.sender, numbers())):
        forwards = forwards_to(network, egress, [key] * RECEIVERS, gcm)
        if mixed_profiles:
            forwards[7].destination.set_session(outbound(cm, key[:30]))
        members, others = Members(forwards), Members(forwards[:-3])
        chance = random.Random(1)  # noqa: S311 - the same packets in each run
        for number, size in enumerate(sizes):
            packet = sized(number, size)
            packet.data[40:] = chance.randbytes(size - 40)
            egress.fan_out(packet, members)
        egress.flush()  # as whoever arranges consumers anew
        egress.fan_out(sized(100, 60), others)
        egress.flush()
        egress.put(sized(101, 60), forwards[2])
        egress.flush()
        egress.fan_out(sized(102, 60), others)
        egress.flush()
        sent.append([[datagram[:40] for datagram in got] for got in network.drain()])
        lengths = [len(sizes) + 2] * (RECEIVERS - 3) + [len(sizes)] * 3
        lengths[2] += 1
        assert [len(got) for got in sent[-1]] == lengths
        assert (egress.sent, egress.dropped) == (sum(lengths), 0)
    assert [[datagram[:12] for datagram in got] for got in sent[0]] == [
        [datagram[:12] for datagram in got] for got in sent[1]
    ]


@pytest.mark.parametrize("count", [RECEIVERS, FEW])
def test_a_bad_address_in_a_burst_loses_only_its_own_packets(network: Network, count: int) -> None:
    egress = BatchEgress(network.sender, numbers())
    forwards = forwards_to(network, egress, [os.urandom(44)] * count, Policy.SRTP_PROFILE_AEAD_AES_256_GCM)
    forwards[5].destination.socket_address.set(("127.0.0.1", 0))
    members = Members(forwards)
    for number in range(3):
        egress.fan_out(video_packet(number, wide=True), members)
    egress.flush()
    assert [len(got) for got in network.drain()] == [3] * 5 + [0] + [3] * (count - 6) + [0] * (RECEIVERS - count)
    assert (egress.sent, egress.dropped) == (3 * (count - 1), 3)
    assert egress.segments


@pytest.mark.parametrize("count", [RECEIVERS, FEW])
def test_where_the_network_cannot_segment_packets_leave_one_by_one(
    network: Network, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, count: int
) -> None:
    egress = BatchEgress(network.sender, numbers())
    real = egress_module.sendmmsg
    refused = []

    def without_offload(descriptor: int, messages: int, asked: int) -> int:
        controls = ctypes.c_uint64.from_address(messages + 40).value  # of `struct msghdr`: `msg_controllen`
        if controls:
            refused.append(asked)
            return -errno.EIO
        return real(descriptor, messages, asked)

    monkeypatch.setattr(egress_module, "sendmmsg", without_offload)
    members = Members(forwards_to(network, egress, [os.urandom(44)] * count, Policy.SRTP_PROFILE_AEAD_AES_256_GCM))
    for _ in range(2):
        for number in range(3):
            egress.fan_out(video_packet(number, wide=True), members)
        egress.flush()
    assert [len(got) for got in network.drain()] == [6] * count + [0] * (RECEIVERS - count)
    assert egress.sent == 6 * count
    assert refused == list(range(count, 0, -1))
    assert "packet by packet" in caplog.text


@pytest.mark.parametrize(
    ("lengths", "segments"),
    [
        ([900], [(0, 1)]),
        ([900] * 4, [(0, 4)]),
        ([900, 900, 500], [(0, 3)]),
        ([900, 500, 500, 900], [(0, 2), (2, 3), (3, 4)]),
        ([500, 900, 900], [(0, 1), (1, 3)]),
        ([900, 901], [(0, 1), (1, 2)]),
        ([900] * 20, [(0, 16), (16, 20)]),
        ([MOST_SEGMENTED + 1] * 3, [(0, 1), (1, 2), (2, 3)]),
        ([MOST_SEGMENTED] * 3, [(0, 3)]),
    ],
)
def test_which_packets_leave_as_one_message(lengths: list[int], segments: list[tuple[int, int]]) -> None:
    assert segments_of(lengths) == segments


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many messages each system call is asked for."""
    calls: list[int] = []
    real = egress_module.sendmmsg

    def sendmmsg(descriptor: int, messages: int, count: int) -> int:
        calls.append(count)
        return real(descriptor, messages, count)

    monkeypatch.setattr(egress_module, "sendmmsg", sendmmsg)
    return calls


def unprotected(datagrams: list[bytes], key: bytes, profile: int = Policy.SRTP_PROFILE_AEAD_AES_256_GCM) -> list[bytes]:
    policy = Policy(key=key, ssrc_type=Policy.SSRC_ANY_INBOUND, srtp_profile=profile)
    policy.window_size = 1024
    inbound = Session(policy)
    return [inbound.unprotect(datagram) for datagram in datagrams]


def test_one_receivers_narrow_way_does_not_end_segmentation_for_the_others(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    egress = BatchEgress(network.sender, numbers())
    real = egress_module.sendmmsg
    profile = Policy.SRTP_PROFILE_AEAD_AES_256_GCM
    members = Members(forwards_to(network, egress, [os.urandom(44)] * RECEIVERS, profile))

    def narrow(descriptor: int, messages: int, count: int) -> int:
        # The last one's way takes no segments (of `struct msghdr`: `msg_controllen`).
        if count == 1 and ctypes.c_uint64.from_address(messages + 40).value:
            return -errno.EMSGSIZE
        return real(descriptor, messages, max(1, count - 1))

    monkeypatch.setattr(egress_module, "sendmmsg", narrow)
    for _ in range(2):
        for number in range(3):
            egress.fan_out(video_packet(number, wide=True), members)
        egress.flush()
    assert [len(got) for got in network.drain()] == [6] * RECEIVERS
    assert egress.segments


def test_two_streams_whose_packets_come_in_turn_leave_as_one_message_each(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = counted(monkeypatch)
    key = os.urandom(44)
    egress = BatchEgress(network.sender, numbers())
    one = forwards_to(network, egress, [key] * RECEIVERS, Policy.SRTP_PROFILE_AEAD_AES_256_GCM)
    other = [PacketRewriter(forward.destination, forward.ssrc + 0x1000) for forward in reversed(one)]
    groups = [Members(one), Members(other)]
    for number in range(4):
        for members in groups:
            egress.fan_out(video_packet(number, wide=True), members)
        egress.put_bytes(bytes(HEADER.pack(0x80, 96, number, 0, 7)) + b"single", one[number].destination)
    egress.flush()
    assert sorted(calls) == [4, RECEIVERS, RECEIVERS]
    for got in network.drain():
        plain = unprotected(got, key)
        for ssrc in {HEADER.unpack_from(packet)[4] for packet in plain} - {7}:
            sequence = [HEADER.unpack_from(packet)[2] for packet in plain if HEADER.unpack_from(packet)[4] == ssrc]
            assert len(sequence) == 4
            assert [(number - sequence[0]) & 0xFFFF for number in sequence] == [0, 1, 2, 3]


def test_what_comes_at_once_for_a_few_leaves_as_one_message_for_each(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = counted(monkeypatch)
    key = os.urandom(44)
    egress = BatchEgress(network.sender, numbers())
    one = forwards_to(network, egress, [key] * FEW, Policy.SRTP_PROFILE_AEAD_AES_256_GCM)
    other = [PacketRewriter(forward.destination, forward.ssrc + 0x1000) for forward in one]
    groups = [Members(one), Members(other)]
    packets = [sized(number, 900) for number in range(3)]
    small, later = sized(3, 100), sized(4, 900)
    for packet in packets:
        for members in groups:
            egress.fan_out(packet, members)
    egress.put(small, one[2])
    egress.flush()
    egress.fan_out(later, groups[0])
    egress.flush()
    # The small one ends the message of six others, and nobody else's waits for it.
    assert calls == [FEW, FEW]
    for index, got in enumerate(network.drain()[:FEW]):
        sent = [packet for packet in packets for _ in groups] + [small] * (index == 2) + [later]
        assert [packet[17:] for packet in unprotected(got, key)] == [packet.data[17:] for packet in sent]
    assert egress.sent == 7 * FEW + 1


def test_receivers_of_two_profiles_get_bursts_together(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = counted(monkeypatch)
    key = os.urandom(44)
    egress = BatchEgress(network.sender, numbers())
    forwards = forwards_to(network, egress, [key] * RECEIVERS, Policy.SRTP_PROFILE_AEAD_AES_256_GCM)
    for forward in forwards[3:5]:
        forward.destination.set_session(outbound(Policy.SRTP_PROFILE_AES128_CM_SHA1_80, key[:30]))
    members = Members(forwards)
    packets = [sized(number, 900) for number in range(3)] + [sized(3, 700)]
    for packet in packets:
        egress.fan_out(packet, members)
    egress.flush()
    assert calls == [RECEIVERS]
    for index, got in enumerate(network.drain()):
        other = index in {3, 4}
        plain = unprotected(
            got,
            key[:30] if other else key,
            Policy.SRTP_PROFILE_AES128_CM_SHA1_80 if other else Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
        )
        assert [packet[17:] for packet in plain] == [packet.data[17:] for packet in packets]


def test_more_receivers_than_rows_all_get_all_in_order(network: Network) -> None:
    """The sockets are few here, the consumers many: each transport with many streams."""
    key = os.urandom(44)
    batched, plain = BatchEgress(network.sender, numbers()), DatagramEgress(network.sender, numbers())
    packets = [sized(number, 200) for number in range(5)]
    sent = []
    for egress in (plain, batched):
        forwards = forwards_to(network, egress, [key] * RECEIVERS, Policy.SRTP_PROFILE_AEAD_AES_256_GCM)
        many = [
            PacketRewriter(forward.destination, ssrc << 8 | index)
            for ssrc in range(1, 1 + ROWS // 5 // RECEIVERS * 3)
            for index, forward in enumerate(forwards)
        ]
        assert len(many) * len(packets) > 2 * ROWS
        members = Members(many)
        for packet in packets:
            egress.fan_out(packet, members)
        egress.flush()
        assert (egress.sent, egress.dropped) == (len(many) * len(packets), 0)
        sent.append(
            [sorted(unprotected(got, key), key=lambda packet: HEADER.unpack_from(packet)[4]) for got in network.drain()]
        )
    assert sent[0] == sent[1]


def test_whom_a_full_buffer_had_no_place_for_are_the_first_the_next_time(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, places = egress_module.sendmmsg, 0

    def full(descriptor: int, messages: int, count: int) -> int:
        nonlocal places
        sent = real(descriptor, messages, min(count, places)) if places else -errno.EAGAIN
        places -= max(0, sent)
        return sent

    monkeypatch.setattr(egress_module, "sendmmsg", full)
    egress = BatchEgress(network.sender, numbers())
    key, profile = os.urandom(44), Policy.SRTP_PROFILE_AEAD_AES_256_GCM
    members = Members(forwards_to(network, egress, [key] * RECEIVERS, profile))
    got: list[list[bytes]] = [[] for _ in range(RECEIVERS)]
    for number in range(RECEIVERS):
        places = RECEIVERS - 3
        egress.fan_out(video_packet(number, wide=True), members)
        egress.flush()
        for all_of_it, some in zip(got, network.drain(), strict=True):
            all_of_it.extend(some)
    assert [len(packets) for packets in got] == [RECEIVERS - 3] * RECEIVERS
    for number, packets in enumerate(got):
        headers = [HEADER.unpack_from(packet) for packet in unprotected(packets, key)]
        assert {header[4] for header in headers} == {0xABCD0000 + number}
        assert [(header[2] - 65530 - number) & 0xFFFF for header in headers] == [
            (header[3] - 0xFFFFFF00 - number) % 2**32 // 3000 for header in headers
        ]
