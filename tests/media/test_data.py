"""Data channels over real SCTP, and what a hostile peer may try on them."""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING, Any

import pytest

from media.errors import InvalidParameters, InvalidState, NotFound, ParseError
from media.net.sctp import (
    MAX_BUFFERED_CHUNKS,
    MAX_CHUNKS,
    MAX_FRAGMENTS,
    MAX_MISORDERED,
    MAX_STREAMS,
    SctpAssociation,
    check_packet,
)
from media.ortc.parameters import SctpStreamParameters
from tests.media.clients import Call, settle, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.media.clients import Peer

STRING = 51
BINARY = 53


@pytest.fixture
async def one_call() -> AsyncIterator[Call]:
    """A call with data channels."""
    made = Call(data_channels=True)
    await made.start()
    yield made
    await made.close()


class DataPeer:
    """A peer's end of the data channels."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.messages: list[tuple[int, int, bytes]] = []
        self.association = SctpAssociation(peer.dtls, 262_144, self)
        self.association.begin()

    def on_message(self, stream_id: int, protocol_id: int, data: bytes) -> None:
        self.messages.append((stream_id, protocol_id, data))

    def on_overrun(self) -> None:
        """The server sends more than a client bears, which no test does."""

    def send(self, stream_id: int, data: bytes, protocol_id: int = STRING) -> None:
        self.association.send_message(SctpStreamParameters(stream_id), protocol_id, data)


def association_of(peer: Peer) -> SctpAssociation | None:
    """The server's end."""
    channels = peer.transport._data
    assert channels is not None
    return channels._association


async def two(call: Call) -> tuple[Any, Any, DataPeer, DataPeer]:
    sender, receiver = await call.join(), await call.join()
    producer = sender.transport.produce_data(SctpStreamParameters(3), "chat", "json")
    consumer = receiver.transport.consume_data(producer.id)
    there, here = DataPeer(sender), DataPeer(receiver)
    await until(lambda: there.association.state == here.association.state == "connected")
    await until(lambda: association_of(receiver).state == "connected")  # type: ignore[union-attr]
    return producer, consumer, there, here


async def test_messages_arrive_complete_and_in_order(one_call: Call) -> None:
    producer, consumer, there, here = await two(one_call)
    sent = [bytes([number % 256]) * (number * 37 % 3000 + 1) for number in range(200)]
    for number, message in enumerate(sent):
        there.send(3, message, STRING if number % 2 else BINARY)
        if number % 20 == 0:
            await asyncio.sleep(0.01)
    await until(lambda: len(here.messages) == 200)
    stream_id = consumer.sctp_stream_parameters.stream_id
    assert [message for _, _, message in here.messages] == sent
    assert {stream for stream, _, _ in here.messages} == {stream_id}
    assert [protocol for _, protocol, _ in here.messages] == [BINARY, STRING] * 100
    assert (consumer.label, consumer.protocol, consumer.data_producer_id) == ("chat", "json", producer.id)


async def test_large_messages_and_losses(one_call: Call) -> None:
    _, _, there, here = await two(one_call)
    count = 0

    def every_tenth(data: bytes) -> bool:
        nonlocal count
        count += 20 <= data[0] < 64
        return 20 <= data[0] < 64 and count % 10 == 0

    there.peer.lose_outgoing = every_tenth
    message = bytes(range(256)) * 400
    there.send(3, message)
    await until(lambda: here.messages, 60)
    assert here.messages[0][2] == message


async def test_messages_on_streams_that_nobody_announced_are_dropped(one_call: Call) -> None:
    producer, _, there, here = await two(one_call)
    there.send(4, b"lost")
    there.send(3, b"found")
    await until(lambda: here.messages)
    assert [message for _, _, message in here.messages] == [b"found"]
    producer.close()
    there.send(3, b"too late")
    await settle(0.05)
    assert len(here.messages) == 1


async def test_closing_cascades_and_numbers_are_not_used_again_at_once(one_call: Call) -> None:
    producer, consumer, there, here = await two(one_call)
    first = consumer.sctp_stream_parameters.stream_id
    again = here.peer.transport.consume_data(producer.id)
    consumer.close()
    third = here.peer.transport.consume_data(producer.id)
    assert [c.sctp_stream_parameters.stream_id for c in (again, third)] == [first + 1, first + 2]
    producer.close()
    assert again.closed
    assert third.closed
    there.peer.transport.close()
    assert one_call.router._data_producers == {}


async def test_wrong_streams_are_refused(one_call: Call) -> None:
    transport = (await one_call.join()).transport
    transport.produce_data(SctpStreamParameters(3))
    for stream_id in (None, -1, MAX_STREAMS, 3):
        with pytest.raises(InvalidParameters):
            transport.produce_data(SctpStreamParameters(stream_id))


async def test_nobodys_data_producer_can_not_be_consumed(one_call: Call) -> None:
    with pytest.raises(NotFound):
        (await one_call.join()).transport.consume_data("nobody")


async def test_without_data_channels_there_is_no_association(one_call: Call) -> None:
    peer = await one_call.join()
    assert association_of(peer) is None
    peer.transport.produce_data(SctpStreamParameters(1))
    assert association_of(peer) is not None


async def test_an_association_that_was_given_up_is_opened_anew(one_call: Call) -> None:
    peer = await one_call.join()
    peer.transport.produce_data(SctpStreamParameters(1))
    first = association_of(peer)
    assert first is not None
    first._set_state(first.State.CLOSED)  # as after eight unanswered tries
    peer.transport.produce_data(SctpStreamParameters(2))
    assert association_of(peer) is not first
    there = DataPeer(peer)
    await until(lambda: there.association.state == "connected")


# --- a hostile peer ---


def packet(*chunks: bytes) -> bytes:
    return bytes(12) + b"".join(chunks)


def chunk(kind: int, body: bytes) -> bytes:
    return struct.pack("!BBH", kind, 0, len(body) + 4) + body + bytes(-len(body) % 4)


def sack(acknowledged: int, *gaps: tuple[int, int], announced: int | None = None) -> bytes:
    count = len(gaps) if announced is None else announced
    return chunk(
        3, struct.pack("!LLHH", acknowledged, 0, count, 0) + b"".join(struct.pack("!HH", *gap) for gap in gaps)
    )


@pytest.mark.parametrize("next_tsn", [1000, 3])
def test_honest_packets_pass(next_tsn: int) -> None:
    acknowledged = (next_tsn - 11) & 0xFFFFFFFF
    check_packet(packet(sack(acknowledged, (2, 3), (5, 10))), next_tsn)
    check_packet(
        packet(chunk(1, bytes(16) + struct.pack("!HH", 0xC000, 4) + struct.pack("!HHB", 0x8008, 5, 130))), next_tsn
    )
    check_packet(packet(chunk(0, bytes(12) + b"hello"), chunk(4, struct.pack("!HHL", 1, 8, 5))), next_tsn)
    check_packet(b"", next_tsn)


HOSTILE = {
    "a parameter of length 0 in INIT": packet(chunk(1, bytes(16) + struct.pack("!HH", 7, 0) + bytes(8))),
    "a parameter of length 0 in HEARTBEAT": packet(chunk(4, bytes(8))),
    "a parameter of length 3 in RE-CONFIG": packet(chunk(130, struct.pack("!HH", 13, 3) + bytes(8))),
    "a parameter of length 0 in ABORT": packet(chunk(6, bytes(4))),
    "a chunk of length 0": packet(struct.pack("!BBH", 0, 0, 0)),
    "a chunk beyond the end": packet(struct.pack("!BBH", 0, 0, 100)),
    "gaps that were never sent": packet(sack(1000 - 11, (1, 0xFFFF))),
    "gaps backwards": packet(sack(1000 - 11, (5, 2))),
    "the same gap twice": packet(sack(1000 - 11, (2, 3), (2, 3))),
    "gap 0": packet(sack(1000 - 11, (0, 3))),
    "gaps that are not there": packet(sack(1000 - 11, announced=500)),
    "a SACK of 4 bytes": packet(chunk(3, bytes(4))),
    "more chunks than a datagram of messages": packet(chunk(0, bytes(12)) * (MAX_CHUNKS + 1)),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_packets_that_would_keep_the_loop_busy_are_refused(data: bytes) -> None:
    with pytest.raises(ParseError):
        check_packet(data, 1000)


class Wire:
    """Sends hand-made chunks on a peer's association."""

    def __init__(self, peer: DataPeer) -> None:
        self.association = peer.association
        self.tag = self.association._remote_verification_tag
        self.tsn = self.association._local_tsn

    async def send(self, body: bytes, *, tag: int | None = None) -> None:
        from google_crc32c import value as crc32c  # noqa: PLC0415 - aiortc's own

        head = struct.pack("!HHL", 5000, 5000, self.tag if tag is None else tag)
        checksum = struct.pack("<L", crc32c(head + bytes(4) + body))
        await self.association.transport._send_data(head + checksum + body)

    def data(self, tsn: int, payload: bytes, *, stream: int = 3, flags: int = 3) -> bytes:
        head = struct.pack("!BBHLHHL", 0, flags, 16 + len(payload), tsn & 0xFFFFFFFF, stream, 0, STRING)
        return head + payload + bytes(-len(payload) % 4)


async def test_hostile_packets_on_a_real_association_are_dropped_and_messages_still_flow(one_call: Call) -> None:
    _, _, there, here = await two(one_call)
    wire = Wire(there)
    for data in HOSTILE.values():
        await wire.send(data[12:])
        await wire.send(data[12:], tag=0)
    for kind in range(256):
        await wire.send(chunk(kind, b"\xff" * 3) if kind not in {6, 7, 14} else b"")
    there.send(3, b"still here")
    await until(lambda: here.messages)
    assert there.peer.transport.connected


async def test_chunks_ahead_of_a_hole_are_bounded(one_call: Call) -> None:
    _, _, there, _ = await two(one_call)
    wire = Wire(there)
    for number in range(2 * MAX_MISORDERED):
        await wire.send(wire.data(wire.tsn + 5 + number, b"x", flags=0))
        if number % 50 == 0:
            await asyncio.sleep(0.005)
    server = association_of(there.peer)
    assert server is not None
    await until(lambda: len(server._sack_misordered) >= MAX_MISORDERED)
    await settle(0.1)
    assert len(server._sack_misordered) == MAX_MISORDERED


async def test_a_message_without_end_ends_the_association_only(one_call: Call) -> None:
    _, _, there, _ = await two(one_call)
    wire = Wire(there)
    server = association_of(there.peer)
    assert server is not None
    for number in range(MAX_FRAGMENTS + 50):
        await wire.send(wire.data(wire.tsn + number, b"x", flags=2 if number == 0 else 0))
        if number % 50 == 0:
            await asyncio.sleep(0.005)
    await until(lambda: server.state == "closed")
    assert there.peer.transport.connected


async def test_unknown_streams_take_no_memory(one_call: Call) -> None:
    _, _, there, _ = await two(one_call)
    wire = Wire(there)
    server = association_of(there.peer)
    assert server is not None
    for number in range(100):
        await wire.send(wire.data(wire.tsn + number, b"x", stream=MAX_STREAMS + number))
    await settle(0.05)
    assert len(server._inbound_streams) <= 1


# --- limits ---


async def test_without_the_setting_data_channels_are_refused() -> None:
    call = Call()
    await call.start()
    peer = await call.join()
    assert peer.transport.options.sctp_parameters is None
    with pytest.raises(InvalidState, match="turned off"):
        peer.transport.produce_data(SctpStreamParameters(3))
    with pytest.raises(InvalidState, match="turned off"):
        peer.transport.consume_data("any")
    DataPeer(peer)  # asks for an association all the same
    await settle(0.05)
    assert peer.transport.connected
    await call.close()


async def test_who_sends_too_many_messages_loses_the_data_channels_and_nothing_else(one_call: Call) -> None:
    producer, consumer, there, here = await two(one_call)
    for number in range(900):
        there.send(3, b"small")
        if number % 10 == 9:
            await asyncio.sleep(0.002)
    await until(lambda: producer.closed)
    assert consumer.closed
    assert len(here.messages) <= 2 * 4 * 50 + 50
    assert there.association.state == "closed"
    with pytest.raises(InvalidState, match="beyond their limits"):
        there.peer.transport.produce_data(SctpStreamParameters(4))
    assert there.peer.transport.connected
    # Whoever got them loses nothing.
    again = here.peer.transport.produce_data(SctpStreamParameters(5))
    assert not again.closed


async def test_who_sends_too_many_bytes_loses_the_data_channels() -> None:
    call = Call(data_channels=True, data_bps=80_000)
    await call.start()
    producer, _, there, here = await two(call)
    for _ in range(12):
        there.send(3, bytes(100_000))
        await asyncio.sleep(0.01)
    await until(lambda: producer.closed)
    assert sum(len(message) for _, _, message in here.messages) <= 2 * 2 * 262_144 + 100_000
    await call.close()


@pytest.mark.parametrize("kind", ["heartbeats", "messages on streams that nobody announced", "the same chunk again"])
async def test_chunks_of_any_kind_are_bounded(one_call: Call, kind: str) -> None:
    _, _, there, _ = await two(one_call)
    wire = Wire(there)
    server = association_of(there.peer)
    assert server is not None
    for number in range(200):
        data = {
            "heartbeats": chunk(4, struct.pack("!HHL", 1, 8, 5)) * 50,
            "messages on streams that nobody announced": wire.data(wire.tsn + number, b"x", stream=900),
            "the same chunk again": wire.data(wire.tsn, b"x") * 50,
        }[kind]
        await wire.send(data)
        if number % 10 == 9:
            await asyncio.sleep(0.002)
        if kind.startswith("messages"):
            for more in range(4):
                await wire.send(wire.data(wire.tsn + 200 + 4 * number + more, b"x", stream=900))
    await until(lambda: server.state == "closed")
    assert there.peer.transport.connected


async def test_what_a_receiver_leaves_unread_is_bounded_by_number(one_call: Call) -> None:
    _, consumer, _, here = await two(one_call)
    server = association_of(here.peer)
    assert server is not None
    here.peer.lose_outgoing = lambda data: 20 <= data[0] < 64  # it acknowledges nothing
    most = 0
    for _ in range(2 * MAX_BUFFERED_CHUNKS):
        consumer.send(STRING, b"x")
        await asyncio.sleep(0)
        most = max(most, len(server._outbound_queue) + len(server._sent_queue))
        assert server._outbound_queue.octets == sum(len(c.user_data) for c in server._outbound_queue)
    assert most <= MAX_BUFFERED_CHUNKS
    assert consumer.closed
    assert server.state == "closed"
    assert here.peer.transport.connected


async def test_messages_that_may_be_lost_are_when_the_receiver_is_far_behind(one_call: Call) -> None:
    sender, receiver = await one_call.join(), await one_call.join()
    producer = sender.transport.produce_data(SctpStreamParameters(3, ordered=False, max_retransmits=0))
    consumer = receiver.transport.consume_data(producer.id)
    here = DataPeer(receiver)
    server = association_of(receiver)
    assert server is not None
    await until(lambda: server.state == here.association.state == "connected")
    receiver.lose_outgoing = lambda data: 20 <= data[0] < 64
    for _ in range(2 * MAX_BUFFERED_CHUNKS):
        consumer.send(STRING, b"x")
        await asyncio.sleep(0)
    assert not consumer.closed
    assert len(server._outbound_queue) + len(server._sent_queue) <= MAX_BUFFERED_CHUNKS
