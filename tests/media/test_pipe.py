"""A room on two routers: what goes through the pipe between them, and what comes back. Real UDP on loopback."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections import Counter
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from media.errors import AddressInUse, InvalidParameters, InvalidState, NotFound
from media.net.backlog import WAKE_UP_S
from media.net.srtp import unprotect
from media.ortc.header_extensions import HOP_BY_HOP
from media.ortc.negotiation import is_rtx
from media.pipe.addresses import check_private
from media.pipe.egress import KEPT
from media.pipe.parameters import PipeParameters, generate_srtp_parameters, srtp_session
from media.receive.demand import RELEASE_S
from media.rtp.rtcp import Pli, build_nack, build_pli
from tests.media.clients import Call, Camera, Peer, audio_parameters, in_place, settle, until, video_parameters
from tests.media.packets import build_rtp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from media.consumer import Consumer
    from media.ortc.parameters import RtpParameters
    from media.pipe.consumer import PipeConsumer
    from media.producer import Producer

LOOPBACK = "127.0.0.1"
# Octets of the VP8 descriptor that the cameras send.
DESCRIPTOR = 6
# Where strangers are, or everybody, or what is no address.
PUBLIC = ["0.0.0.0", "::", "8.8.8.8", "172.32.0.1", "203.0.113.7", "224.0.0.1", "2001:db8::1", "fe80::1%eth0", "x", ""]  # noqa: S104


class Piped:
    """Two SFUs as of two nodes, with a pipe between a router of each. What one end hears reaches the other at once."""

    def __init__(self) -> None:
        self.home, self.away = Call(), Call()
        self.closed: list[str] = []
        self.wanted: list[tuple[int, list[int]]] = []

    async def start(self) -> None:
        await self.home.start()
        await self.away.start()
        self.near = self.home.router.create_pipe_transport(self, LOOPBACK)
        self.far = self.away.router.create_pipe_transport(self, LOOPBACK)
        self.near.connect(self.far.parameters)
        self.far.connect(self.near.parameters)

    async def close(self) -> None:
        await self.home.close()
        await self.away.close()

    def carry(self, producer: Producer) -> Producer:
        """The same track at the other end."""
        consumer = self.near.consume(producer.id, self)
        told = msgspec.json.decode(msgspec.json.encode(consumer.rtp_parameters), type=type(consumer.rtp_parameters))
        return self.far.produce(consumer.producer_id, consumer.kind, told, paused=producer.paused)

    def consumer_of(self, producer: Producer) -> PipeConsumer:
        return next(one for one in self.near.consumers.values() if one.producer_id == producer.id)

    async def a_second(self) -> None:
        """What is done once a second is done at both ends, twice."""
        for _ in range(2):
            for call in (self.home, self.away):
                now = call.clock()
                for pipe in (self.near, self.far):
                    pipe.report(now)
                for peer in call.peers:
                    peer.transport.report(now)
            await asyncio.sleep(0.02)

    # --- what the listeners of both ends hear ---

    def on_pipe_layers_wanted(self, producer: Producer, count: int, max_bitrates_bps: Sequence[int]) -> None:
        self.wanted.append((count, list(max_bitrates_bps)))
        self.consumer_of(producer).set_layers(count, max_bitrates_bps)

    def on_pipe_consumer_paused(self, consumer: PipeConsumer, *, paused: bool) -> None:
        producer = self.far.producers[consumer.producer_id]
        if paused:
            producer.pause()
        else:
            producer.resume()

    def on_pipe_consumer_closed(self, consumer: PipeConsumer) -> None:
        self.closed.append(consumer.producer_id)
        if consumer.producer_id in self.far.producers:
            self.far.producers[consumer.producer_id].close()


@pytest.fixture
async def piped() -> AsyncIterator[Piped]:
    made = Piped()
    await made.start()
    yield made
    await made.close()


async def camera_and_viewers(piped: Piped, viewers: int = 1) -> tuple[Camera, Producer, list[tuple[Peer, Consumer]]]:
    """Somebody sends video to the home, and others receive it from the other node."""
    sender = await piped.home.join()
    producer = sender.produce("video", video_parameters())
    there = piped.carry(producer)
    camera = Camera(sender, 0x2000)
    receivers = []
    for _ in range(viewers):
        viewer = await piped.away.join()
        receivers.append((viewer, viewer.consume(there, piped.away.capabilities)[0]))
    camera.send(key=True)
    await until(lambda: all(viewer.of(consumer.ssrc) for viewer, consumer in receivers))
    return camera, producer, receivers


async def until_sent(condition: Callable[[], object], send: Callable[[], object]) -> None:
    """Send again and again until what has to come has come."""
    await until(lambda: condition() or (send(), False)[1])


def bodies(viewer: Peer, consumer: Consumer) -> list[bytes]:
    return [packet.payload for packet in viewer.of(consumer.ssrc)]


class TestMedia:
    async def test_receivers_at_the_other_end_get_the_same_bytes_in_order(self, piped: Piped) -> None:
        camera, _, [(viewer, consumer)] = await camera_and_viewers(piped)
        for number in range(60):
            camera.send(temporal_layer=number % 3)
        await until(lambda: len(bodies(viewer, consumer)) == 61)
        assert bodies(viewer, consumer) == list(camera.payloads.values())
        numbers = [packet.sequence_number for packet in viewer.of(consumer.ssrc)]
        assert numbers == list(range(numbers[0], numbers[0] + 61))

    async def test_each_stream_crosses_once_however_many_receive_it(self, piped: Piped) -> None:
        camera, _, receivers = await camera_and_viewers(piped, viewers=4)
        for _ in range(20):
            camera.send()
        await until(lambda: all(len(bodies(*one)) == 21 for one in receivers))
        assert piped.near.sent == (21, 0)
        assert piped.far.received_packets == 21

    async def test_sound_crosses_too(self, piped: Piped) -> None:
        sender, viewer = await piped.home.join(), await piped.away.join()
        there = piped.carry(sender.produce("audio", audio_parameters()))
        consumer, _ = viewer.consume(there, piped.away.capabilities)
        for number in range(10):
            sender.send_rtp(bytes(build_rtp(109, number + 5, 960 * number, 0x1000, bytes([number]) * 20)))
        await until(lambda: len(bodies(viewer, consumer)) == 10)
        assert bodies(viewer, consumer) == [bytes([number]) * 20 for number in range(10)]

    async def test_a_track_has_one_id_and_no_rtx_in_the_pipe(self, piped: Piped) -> None:
        sender = await piped.home.join()
        producer = sender.produce("video", video_parameters(transport_cc=True))
        there = piped.carry(producer)
        assert there.id == producer.id
        parameters = piped.consumer_of(producer).rtp_parameters
        assert not any(is_rtx(codec) for codec in parameters.codecs)
        assert {one.type for codec in parameters.codecs for one in codec.rtcp_feedback} == {"nack", "ccm"}
        assert not HOP_BY_HOP & {extension.uri for extension in parameters.header_extensions}
        assert all(encoding.rtx is None for encoding in parameters.encodings)
        assert there.consumable.rtcp.cname == producer.consumable.rtcp.cname  # played in sync there, too

    async def test_the_senders_clock_crosses(self, piped: Piped) -> None:
        camera, producer, [(viewer, consumer)] = await camera_and_viewers(piped)
        ntp = 0x1234_5678 << 32
        camera.peer.report(0x2000, ntp, camera.timestamp)
        await until(lambda: producer.streams[0].clock)
        there = piped.far.producers[producer.id].streams[0]
        await piped.a_second()
        await until(lambda: there.clock)
        assert there.clock is not None
        assert there.clock.ntp_seconds(camera.timestamp) == pytest.approx(0x1234_5678, abs=0.05)
        # What the far end reports about it tells the near end the round trip.
        await piped.a_second()
        layer = piped.consumer_of(producer).layers[0]
        await until(lambda: layer.reports.rtt_s is not None)
        del viewer, consumer

    async def test_a_track_taken_out_and_put_in_again_has_other_ssrcs(self, piped: Piped) -> None:
        sender = await piped.home.join()
        producer = sender.produce("video", video_parameters())
        first = piped.near.consume(producer.id, piped)
        first.close()
        second = piped.near.consume(producer.id, piped)
        assert first.rtp_parameters.encodings[0].ssrc != second.rtp_parameters.encodings[0].ssrc


class TestRepair:
    async def test_what_the_pipe_loses_is_asked_for_and_sent_again_as_it_was(
        self, piped: Piped, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        camera, _, [(viewer, consumer)] = await camera_and_viewers(piped)
        wire: list[bytes] = []
        put = piped.near._egress._put_on_wire

        def lossy(data: bytes) -> bool:
            wire.append(data)
            return True if len(wire) in {3, 4, 9} else put(data)

        monkeypatch.setattr(piped.near._egress, "_put_on_wire", lossy)
        for _ in range(20):
            camera.send()
            await asyncio.sleep(0.002)
        await until(lambda: len(bodies(viewer, consumer)) == 21)
        assert sorted(bodies(viewer, consumer)) == sorted(camera.payloads.values())
        assert piped.near.sent[1] >= 3
        # One nonce, one text: what has the same number is the same to the last bit.
        by_number: dict[bytes, set[bytes]] = {}
        for data in wire:
            by_number.setdefault(data[2:4] + data[8:12], set()).add(data)
        assert {len(texts) for texts in by_number.values()} == {1}
        assert len(wire) > len(by_number)

    async def test_what_the_home_got_late_goes_on_late(self, piped: Piped) -> None:
        camera, _, [(viewer, consumer)] = await camera_and_viewers(piped)
        lost: list[bytes] = []
        camera.peer.lose_outgoing = lambda data: bool(not lost and not lost.append(data))  # type: ignore[func-returns-value]
        camera.send()
        for _ in range(5):
            camera.send()
        await until(lambda: len(bodies(viewer, consumer)) == 6)
        camera.peer.lose_outgoing = lambda _: False
        camera.peer.send(lost[0])
        await until(lambda: len(bodies(viewer, consumer)) == 7)
        assert set(bodies(viewer, consumer)) == set(camera.payloads.values())

    async def test_a_receiver_there_gets_its_own_losses_from_its_own_node(self, piped: Piped) -> None:
        camera, _, [(viewer, consumer)] = await camera_and_viewers(piped)
        lost: list[bytes] = []
        viewer.lose_incoming = lambda data: not lost.append(data)  # type: ignore[func-returns-value]
        camera.send()
        await until(lambda: any(data[8:12] == consumer.ssrc.to_bytes(4, "big") for data in lost))
        viewer.lose_incoming = lambda _: False
        camera.send()
        await until(lambda: len(bodies(viewer, consumer)) == 2)
        missing = (viewer.of(consumer.ssrc)[-1].sequence_number - 1) & 0xFFFF
        viewer.send_rtcp(build_nack(1, consumer.ssrc, [missing]))
        await until(lambda: viewer.of(consumer.stream.rtx_ssrc))
        assert piped.near.sent[1] == 0

    async def test_only_the_last_packets_of_each_stream_are_kept(self, piped: Piped) -> None:
        camera, producer, _ = await camera_and_viewers(piped)
        for number in range(KEPT + 10):
            camera.send()
            if number % 64 == 0:
                await asyncio.sleep(0.01)
        await until(lambda: piped.near.sent[0] == KEPT + 11)
        [layer] = piped.consumer_of(producer).layers
        newest = layer._map.newest
        assert newest is not None
        kept = [(newest[0] - back) & 0xFFFF for back in range(KEPT)]
        assert piped.near.resend(layer.ssrc, kept) == KEPT
        assert piped.near.resend(layer.ssrc, [(newest[0] - KEPT) & 0xFFFF]) == 0
        assert piped.near.resend(0x7777, kept) == 0

    async def test_a_request_for_a_keyframe_reaches_the_sender(self, piped: Piped) -> None:
        camera, _, [(viewer, consumer)] = await camera_and_viewers(piped)
        piped.home.clock.ahead_s += 5
        piped.away.clock.ahead_s += 5
        before = len(camera.peer.feedback(Pli))
        viewer.send_rtcp(build_pli(1, consumer.ssrc))
        await until(lambda: len(camera.peer.feedback(Pli)) > before)
        assert camera.peer.feedback(Pli)[-1].media_ssrc == 0x2000


class Simulcast:
    """A sender of three layers, and who receives them at the other end."""

    def __init__(self, piped: Piped, sender: Peer, producer: Producer) -> None:
        self.piped, self.sender, self.producer = piped, sender, producer
        # As a browser that names its streams by SSRC.
        self.cameras = [Camera(sender, 0x3000 + layer, first=100) for layer in range(3)]

    def keyframes(self) -> None:
        """One of each layer."""
        self.send(key=True)

    def send(self, *, key: bool = False, layers: Sequence[int] = (0, 1, 2)) -> None:
        for layer in layers:
            self.cameras[layer].send(key=key)

    @property
    def flowing(self) -> list[int]:
        """Which layers go into the pipe."""
        layers = self.piped.consumer_of(self.producer).layers
        return [index for index, layer in enumerate(layers) if layer.flows]


def simulcast_parameters() -> RtpParameters:
    parameters = video_parameters(rids=("q", "h", "f"))
    for layer, encoding in enumerate(parameters.encodings):
        encoding.rid, encoding.ssrc = None, 0x3000 + layer
    return parameters


async def simulcast(piped: Piped) -> Simulcast:
    sender = await piped.home.join()
    producer = sender.produce("video", simulcast_parameters())
    there = piped.carry(producer)
    assert there.type == "simulcast"
    assert len(there.streams) == 3
    return Simulcast(piped, sender, producer)


class Asked:
    """A producer that keeps which layers it is asked for, and with how many bits/s."""

    def __init__(self, producer: Producer) -> None:
        self.layers: list[tuple[int, int | None]] = []
        self._producer = producer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._producer, name)

    def use_layer(
        self, follower: Any, layer: int, bitrate_bps: int | None, now: float, *, has_less: bool = False
    ) -> None:
        self.layers.append((layer, bitrate_bps))
        self._producer.use_layer(follower, layer, bitrate_bps, now, has_less=has_less)


class TestLayers:
    async def test_all_sizes_cross_and_each_receiver_there_has_its_own(self, piped: Piped) -> None:
        made = await simulcast(piped)
        there = piped.far.producers[made.producer.id]
        viewers = [await piped.away.join() for _ in range(2)]
        small, large = (viewer.consume(there, piped.away.capabilities)[0] for viewer in viewers)
        small.set_preferred_layers(msgspec.structs.replace(small.preferred, spatial_layer=0))
        made.send(key=True)
        await until_sent(lambda: made.flowing == [0, 1, 2], made.keyframes)
        made.send(key=True)
        await until(lambda: small.current_layers and large.current_layers)
        for _ in range(3):
            made.send(key=True)
            await asyncio.sleep(0.02)
        assert small.current_layers is not None
        assert small.current_layers.spatial_layer == 0
        await until(lambda: large.current_layers is not None and large.current_layers.spatial_layer == 2)
        made.send()
        # But for the picture ids, which are one line over all sizes.
        newest = [list(camera.payloads.values())[-1][DESCRIPTOR:] for camera in made.cameras]
        await until(lambda: bodies(viewers[1], large)[-1][DESCRIPTOR:] == newest[2])
        await until(lambda: bodies(viewers[0], small)[-1][DESCRIPTOR:] == newest[0])

    async def test_sizes_that_nobody_there_wants_stay_here_and_come_back_with_a_wish(self, piped: Piped) -> None:
        made = await simulcast(piped)
        there = piped.far.producers[made.producer.id]
        viewer = await piped.away.join()
        consumer, _ = viewer.consume(there, piped.away.capabilities)
        made.send(key=True)
        await until_sent(lambda: made.flowing == [0, 1, 2], made.keyframes)
        consumer.set_preferred_layers(msgspec.structs.replace(consumer.preferred, spatial_layer=0))
        await until_sent(lambda: consumer.current_layers and consumer.current_layers.spatial_layer == 0, made.keyframes)
        while made.flowing != [0]:
            piped.away.clock.ahead_s += RELEASE_S + 1
            made.keyframes()
            await piped.a_second()
        assert piped.wanted[-1][0] == 1
        # Nobody at home wants them either: the sender stops sending them.
        while made.sender.listener.wanted[-1:] != [1]:
            piped.home.clock.ahead_s += RELEASE_S + 1
            made.send(layers=[0])
            await piped.a_second()
        consumer.set_preferred_layers(msgspec.structs.replace(consumer.preferred, spatial_layer=2))
        await until(lambda: piped.wanted[-1][0] == 3)
        assert made.sender.listener.wanted[-1] == 3
        made.send(key=True)
        await until_sent(lambda: made.flowing == [0, 1, 2], made.keyframes)

    async def test_caps_reach_the_sender_of_a_layer(self, piped: Piped) -> None:
        made = await simulcast(piped)
        consumer = piped.consumer_of(made.producer)
        asked: Any = Asked(made.producer)
        for layer in consumer.layers:
            layer._producer = asked
        consumer.set_layers(2, [0, 300_000])
        assert asked.layers == [(0, None), (1, 300_000)]

    async def test_where_nobody_is_nothing_crosses_until_somebody_comes(self, piped: Piped) -> None:
        camera, producer, [(viewer, consumer)] = await camera_and_viewers(piped)
        consumer.close()
        piped.away.clock.ahead_s += RELEASE_S + 1
        await piped.a_second()
        await until(lambda: piped.wanted and piped.wanted[-1][0] == 0)
        sent = piped.near.sent[0]
        for _ in range(5):
            camera.send()
        # A hundred thousand packets later: numbers in the pipe go on where they were.
        for _ in range(4):
            camera.number += 25_000
            camera.send()
        await until(lambda: producer.streams[0].reception.highest % 65536 == (camera.number - 1) % 65536)
        assert piped.near.sent[0] == sent
        again, _ = viewer.consume(piped.far.producers[producer.id], piped.away.capabilities)
        await until(lambda: piped.wanted[-1][0] == 1)
        camera.send(key=True)
        await until(lambda: bodies(viewer, again))
        camera.send()
        await until(lambda: len(bodies(viewer, again)) >= 2)
        assert bodies(viewer, again)[-1] == list(camera.payloads.values())[-1]


class TestLife:
    async def test_pausing_and_going_on_reach_the_other_end(self, piped: Piped) -> None:
        camera, producer, [(viewer, consumer)] = await camera_and_viewers(piped)
        producer.pause()
        there = piped.far.producers[producer.id]
        assert there.paused
        sent = piped.near.sent[0]
        camera.send()
        await until(lambda: producer.streams[0].reception.packets == 2)
        assert piped.near.sent[0] == sent
        producer.resume()
        assert not piped.far.producers[producer.id].paused
        camera.send(key=True)
        await until_sent(lambda: len(bodies(viewer, consumer)) >= 2, lambda: camera.send(key=True))

    async def test_a_track_that_ends_ends_there_too(self, piped: Piped) -> None:
        camera, producer, _ = await camera_and_viewers(piped)
        viewer = piped.away.peers[0]
        _, listener = viewer.consume(piped.far.producers[producer.id], piped.away.capabilities)
        producer.close()
        assert piped.closed == [producer.id]
        assert not piped.far.producers
        assert not piped.near.consumers
        assert listener.closed
        camera.send()
        await asyncio.sleep(0.02)

    async def test_a_pipe_that_closes_takes_along_what_came_by_it(self, piped: Piped) -> None:
        camera, producer, [(_, consumer)] = await camera_and_viewers(piped)
        piped.far.close()
        piped.far.close()
        assert consumer.closed
        with pytest.raises(NotFound):
            piped.away.router.producer(producer.id)
        camera.send()  # into nothing
        await asyncio.sleep(0.05)
        assert not producer.closed
        with pytest.raises(InvalidState):
            piped.far.produce("x", "video", video_parameters())
        with pytest.raises(InvalidState):
            piped.far.connect(piped.near.parameters)
        piped.near.close()
        assert not producer.closed
        assert not producer._followers

    async def test_a_router_takes_its_pipes_along(self, piped: Piped) -> None:
        piped.away.router.close()
        assert piped.far.closed
        with pytest.raises(InvalidState):
            piped.away.router.create_pipe_transport(piped, LOOPBACK)

    async def test_a_track_goes_into_a_pipe_once(self, piped: Piped) -> None:
        sender = await piped.home.join()
        producer = sender.produce("audio", audio_parameters())
        piped.carry(producer)
        with pytest.raises(InvalidState):
            piped.near.consume(producer.id, piped)
        with pytest.raises(InvalidState):
            piped.far.produce(producer.id, "audio", piped.consumer_of(producer).rtp_parameters)
        with pytest.raises(NotFound):
            piped.near.consume("nobody", piped)

    async def test_a_pipe_begins_when_it_is_connected_whatever_came_first(self) -> None:
        made = Piped()
        await made.home.start()
        await made.away.start()
        made.near = made.home.router.create_pipe_transport(made, LOOPBACK)
        made.far = made.away.router.create_pipe_transport(made, LOOPBACK)
        sender, viewer = await made.home.join(), await made.away.join()
        there = made.carry(sender.produce("video", video_parameters()))
        consumer, _ = viewer.consume(there, made.away.capabilities)
        camera = Camera(sender, 0x2000)
        camera.send(key=True)
        made.near.connect(made.far.parameters)
        made.far.connect(made.near.parameters)
        await until_sent(lambda: bodies(viewer, consumer), lambda: camera.send(key=True))
        await made.close()


class TestTrust:
    @pytest.mark.parametrize(
        "ip", ["127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.0.9", "100.64.0.1", "::1", "fd00::1"]
    )
    def test_pipes_are_in_private_networks(self, ip: str) -> None:
        assert check_private(ip) == ip

    async def test_and_nowhere_else(self, piped: Piped) -> None:
        pipe = piped.home.router.create_pipe_transport(piped, LOOPBACK)
        for ip in PUBLIC:
            with pytest.raises(InvalidParameters, match="private network"):
                piped.home.router.create_pipe_transport(piped, ip)
            with pytest.raises(InvalidParameters, match="private network"):
                pipe.connect(PipeParameters(ip, 9, generate_srtp_parameters()))
        assert not pipe.connected

    async def test_an_address_that_is_not_ours_is_said(self, piped: Piped) -> None:
        with pytest.raises(AddressInUse):
            piped.home.router.create_pipe_transport(piped, "10.255.254.253")

    @pytest.mark.parametrize("key", ["", "AAAA", "not base64!", base64.b64encode(bytes(45)).decode()])
    def test_keys_have_their_length(self, key: str) -> None:
        with pytest.raises(InvalidParameters):
            srtp_session(msgspec.structs.replace(generate_srtp_parameters(), key_base64=key), inbound=True)

    def test_each_pipe_has_keys_of_its_own_which_no_log_shows(self) -> None:
        first, second = generate_srtp_parameters(), generate_srtp_parameters()
        assert first.key_base64 != second.key_base64
        assert first.key_base64 not in repr(PipeParameters(LOOPBACK, 9, first))

    async def test_what_crosses_is_encrypted(self, piped: Piped, monkeypatch: pytest.MonkeyPatch) -> None:
        camera, _, _ = await camera_and_viewers(piped)
        wire: list[bytes] = []
        monkeypatch.setattr(piped.near._egress, "_put_on_wire", wire.append)
        payload = camera.send()
        await until(lambda: wire)
        assert payload[10:] not in wire[0]
        plain = in_place(unprotect, srtp_session(piped.near.parameters.srtp_parameters, inbound=True), wire[0])
        assert plain is not None
        assert plain.endswith(payload)

    async def test_others_have_their_turn_between_packets_that_take_long(
        self, piped: Piped, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As those do that hundreds receive here."""
        await settle()  # what both ends have greeted each other with
        taken, flushed, now = list[float](), list[int](), 0.0

        def take(_memory: object, _length: int, at: float) -> None:
            nonlocal now
            taken.append(at)
            now += 0.4 * WAKE_UP_S

        departures = SimpleNamespace(flush=lambda: flushed.append(len(taken)))
        behind: list[float] = []
        goes_on: list[Callable[[], None]] = []
        with monkeypatch.context() as patched:
            patched.setattr(piped.far, "_receiver", SimpleNamespace(receive=take))
            loop = SimpleNamespace(call_soon=goes_on.append)
            patched.setattr(piped.far, "_host", SimpleNamespace(clock=lambda: now, departures=departures, loop=loop))
            for _ in range(5):
                piped.near._socket.send(b"\x80" + bytes(20))
            goes_on.append(piped.far._readable)
            while goes_on:
                goes_on.pop()()
                behind.append(piped.far.backlog.behind_s(now))
        assert flushed == [3, 5]
        assert behind == [pytest.approx(1.2 * WAKE_UP_S), 0.0]

    async def test_who_has_no_key_is_not_heard(self, piped: Piped) -> None:
        camera, _, [(viewer, consumer)] = await camera_and_viewers(piped)
        [encoding] = piped.far.producers[next(iter(piped.far.producers))].rtp_parameters.encodings
        forged = bytes(build_rtp(96, 5, 9, encoding.ssrc or 0, bytes(60)))
        before = Counter(bodies(viewer, consumer))
        # From elsewhere: the kernel drops it. From the other end's address: it is not authentic.
        with socket.socket(type=socket.SOCK_DGRAM) as stranger:
            stranger.sendto(forged, (LOOPBACK, piped.far.parameters.port))
        for data in (forged, b"", b"\x80", bytes(3), b"\x80\xc8" + bytes(30), bytes(1500)):
            piped.near._socket.send(data)
        camera.send()
        await until(lambda: len(bodies(viewer, consumer)) == 2)
        assert Counter(bodies(viewer, consumer)) - before == Counter([list(camera.payloads.values())[-1]])
        assert piped.far.received_packets == 2
