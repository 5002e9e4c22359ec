"""A room listens to its microphones and tells who dominates."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from rooms.runtime.speakers import Speakers
from tests.media.audio.sounds import frames
from tests.rooms.fakes import settle
from tests.rooms.guests import MIC, OPUS, Guest, guests, open_node

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from media.audio.microphone import Microphone
    from rooms.runtime.node import Node

SHARED: dict[str, Any] = {
    "kind": "audio",
    "source": "screenAudio",
    "rtpParameters": {**OPUS, "mid": "5", "encodings": [{"ssrc": 5555}]},
}


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with open_node() as made:
        yield made


def microphone_of(guest: Guest, producer_id: str) -> Microphone | None:
    member = guest.room.member(guest.peer_id)
    assert member is not None
    return member.send_transport.producers[producer_id].streams[0].microphone


async def produce(guest: Guest, what: dict[str, Any]) -> str:
    return str((await guest.ask("produce", **what))["data"]["producerId"])


async def test_a_microphone_is_listened_to_as_long_as_it_is_on(node: Node) -> None:
    (ada,) = await guests(node, "ada")
    mic, shared = await produce(ada, MIC), await produce(ada, SHARED)
    microphone = microphone_of(ada, mic)
    assert microphone is not None
    assert microphone_of(ada, shared) is None
    on = [microphone.on]
    for method in ("pauseProducer", "resumeProducer"):
        await ada.ask(method, producerId=mic)
        on.append(microphone.on)
    assert on == [True, False, True]


async def test_everybody_hears_who_dominates_and_a_latecomer_finds_it(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = await guests(node, "ada", "bob")
    microphone = microphone_of(ada, await produce(ada, MIC))
    assert microphone is not None
    now = ada.room.media.speakers._clock()
    monkeypatch.setattr(ada.room.media.speakers, "_clock", lambda: now + 0.1)
    for time in frames(now - 1.0, now + 0.1):
        microphone.hears(30, time)
    ada.room.media.speakers._look()
    await settle()
    assert ada.event("dominantSpeakerChanged") == bob.event("dominantSpeakerChanged") == {"peerId": "ada"}
    late = Guest(node, "cyd")
    assert (await late.join())["data"]["room"]["dominantSpeaker"] == "ada"
    await ada.ask("leave")
    assert bob.event("dominantSpeakerChanged") == {"peerId": None}


async def test_with_more_than_the_setting_says_gates_are_there(node: Node) -> None:
    people = await guests(node, *(f"p{number}" for number in range(6)))
    microphones = [microphone_of(person, await produce(person, MIC)) for person in people]
    people[1].room.media.speakers._look()
    assert all(microphone is not None and microphone.gate is not None for microphone in microphones)
    await people[0].ask("leave")
    people[1].room.media.speakers._look()
    assert all(microphone is not None and microphone.gate is None for microphone in microphones)


async def test_nothing_is_looked_for_without_microphones() -> None:
    speakers = Speakers(5, lambda _: None, asyncio.get_running_loop())
    speakers.turn("unknown", on=True)
    speakers.remove("unknown")
    speakers.forget("nobody")
    speakers.close()
    speakers.close()
