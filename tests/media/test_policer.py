"""What one transport may send: counted where it is forwarded, not where it is sent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from media.receive.policer import ADAPTING_OCTETS, AUDIO_BPS, PACKETS_PER_S, ROOM_LIMIT_FACTOR, Police
from media.rtp.rtcp import Pli, build_pli
from tests.media.clients import Call, Camera, Peer, audio_parameters, settle, until, video_parameters

if TYPE_CHECKING:
    from media.consumer import Consumer


def passed(police: Police, length: int, packets_per_s: int, seconds: int, *, rtcp: bool = False) -> int:
    """How many bytes of an even flood pass."""
    bucket = police.rtcp if rtcp else police.rtp
    cost = max(length, bucket.least)
    return sum(length for number in range(packets_per_s * seconds) if bucket.spend(cost, number / packets_per_s))


def test_a_flood_passes_at_the_rate_of_the_setting() -> None:
    police = Police(8_000_000, 0)
    assert passed(police, 1200, 5500, 20) <= 22 * 1_000_000  # 52.8 Mbit/s were sent


@pytest.mark.parametrize("setting", [1_000_000, 8_000_000])
def test_small_packets_are_bounded_by_number(setting: int) -> None:
    assert passed(Police(setting, 0), 40, 25_000, 10) <= 40 * PACKETS_PER_S * 12


def test_two_cameras_and_a_microphone_pass_whole() -> None:
    police = Police(8_000_000, 0)
    assert passed(police, 1200, 700, 10) == 7000 * 1200
    assert passed(police, 120, 50, 10) == 500 * 120


@pytest.mark.parametrize(("length", "most"), [(26, 1500), (1800, 80)])
def test_rtcp_is_bounded_by_number_and_size(length: int, most: int) -> None:
    assert passed(Police(8_000_000, 0), length, 3000, 20, rtcp=True) <= 22 * most * length


def test_without_a_setting_nothing_is_dropped() -> None:
    police = Police(0, 0)
    assert passed(police, 1200, 20_000, 3) == 60_000 * 1200
    assert passed(police, 60, 20_000, 3, rtcp=True) == 60_000 * 60


def test_a_rooms_limit_holds_for_video_and_leaves_room_for_sound() -> None:
    police = Police(8_000_000, 0)
    police.limit_video(100_000, 0)
    video = 0
    for number in range(5000 * 60):
        now = number / 5000
        if police.admits_video(1200, now):
            video += 1200
    assert video <= ADAPTING_OCTETS + ROOM_LIMIT_FACTOR * 100_000 / 8 * 61
    police = Police(8_000_000, 0)
    police.limit_video(100_000, 0)
    assert passed(police, 1200, 5000, 60) <= ADAPTING_OCTETS + (ROOM_LIMIT_FACTOR * 100_000 + AUDIO_BPS) / 8 * 61
    police.limit_video(0, 60)
    assert not police.video_limited


async def watched(call: Call) -> tuple[Camera, Peer, Consumer]:
    sender, receiver = await call.join(), await call.join()
    consumer, _ = receiver.consume(sender.produce("video", video_parameters()), call.capabilities)
    camera = Camera(sender, 0x2000, size=1000)
    camera.send(key=True)
    await until(lambda: receiver.of(consumer.ssrc))
    return camera, receiver, consumer


async def flood(camera: Camera, packets: int) -> None:
    receiver = camera.peer.transport._receiver
    before = receiver.packets + receiver.over_limit
    for number in range(packets):
        camera.send()
        if number % 20 == 19:
            await asyncio.sleep(0.001)
    await until(lambda: receiver.packets + receiver.over_limit == before + packets)
    await settle()


async def test_what_is_too_much_is_dropped_before_it_is_forwarded() -> None:
    call = Call(max_send_bps=400_000)
    await call.start()
    began = call.clock()
    camera, receiver, consumer = await watched(call)
    await flood(camera, 600)
    seconds = call.clock() - began
    assert len(receiver.of(consumer.ssrc)) * 1000 <= 2 * 50_000 + 50_000 * seconds
    assert camera.peer.transport._receiver._police.dropped > 0
    call.clock.ahead_s += 10
    got = len(receiver.of(consumer.ssrc))
    camera.send(key=True)
    await until(lambda: len(receiver.of(consumer.ssrc)) > got)
    await call.close()


async def test_a_rooms_limit_drops_video_but_no_sound(one_call: Call) -> None:
    camera, receiver, consumer = await watched(one_call)
    camera.peer.produce("audio", audio_parameters())
    camera.peer.transport.limit_video(16_000)
    await flood(camera, 800)
    assert len(receiver.of(consumer.ssrc)) < 600
    before = camera.peer.transport.received_packets
    sound = Camera(camera.peer, 0x1000, payload_type=109)
    for _ in range(20):
        sound.send(payload=b"sound")
    await until(lambda: camera.peer.transport.received_packets == before + 20)


async def test_what_somebody_forges_is_not_counted(one_call: Call) -> None:
    """Whoever sends from a client's address, but without its keys, takes nothing away from it."""
    camera, receiver, consumer = await watched(one_call)
    for number in range(3000):
        camera.peer.send(bytes([0x80, 120]) + number.to_bytes(2, "big") + bytes(1196))
        if number % 50 == 49:
            await asyncio.sleep(0.001)
    got = len(receiver.of(consumer.ssrc))
    await flood(camera, 20)
    await until(lambda: len(receiver.of(consumer.ssrc)) == got + 20)


async def test_a_flood_of_rtcp_is_not_answered(one_call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    _, receiver, consumer = await watched(one_call)
    handled: list[Pli] = []
    monkeypatch.setattr(consumer, "request_key_frame", lambda: handled.append(Pli(0)))
    for number in range(200):
        receiver.send_rtcp(build_pli(1, consumer.ssrc) * 80)
        if number % 10 == 9:
            await asyncio.sleep(0.001)
    await settle(0.1)
    assert len(handled) <= 32 * 420
