"""Participants of the Python SDK among themselves, in a room of a live server."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from meet_participant import (
    Chat,
    Disconnected,
    Ended,
    HandChanged,
    MeetingOver,
    NewPeer,
    PeerClosed,
    Reconnected,
    RequestRefused,
    SwitchOff,
    SwitchOn,
    TicketRefused,
    TrackStopped,
    join,
)

from meet.config import PROJECT
from tests.sdk.hearing import hear_tone, singing, tone, until

if TYPE_CHECKING:
    from collections.abc import Callable

    from meet_participant.session import Session

pytestmark = [pytest.mark.long, pytest.mark.timeout(45)]


async def test_two_see_hear_and_read_each_other(link: Callable[..., str]) -> None:
    async with join(link("Ada")) as ada, join(link("Ben")) as ben:
        events = ada.events()
        assert (await until(events, NewPeer)).peer.display_name == "Ben"
        assert ben.peers["peer-Ada"].display_name == "Ada"

        sounds = ben.audio()
        async with singing(await ada.enable_mic(), 440):
            first = await anext(sounds)
            assert (first.peer_id, first.source, first.samples.shape) == ("peer-Ada", "mic", (960, 2))
            await hear_tone(sounds, 440)
        await ada.disable_mic()
        ben_events = ben.events()
        assert (await until(ben_events, SwitchOn)).source == "mic"
        assert (await until(ben_events, SwitchOff)).source == "mic"

        pictures = ben.video("peer-Ada")
        camera = await ada.enable_webcam()
        camera.show(np.full((120, 160, 3), (200, 30, 30), np.uint8))
        picture = await anext(pictures)
        assert (picture.width, picture.height) == (160, 120)
        assert np.abs(picture.picture.mean(axis=(0, 1)) - (200, 30, 30)).max() < 12

        await ben.send_chat("Good morning")
        assert (await until(events, Chat)).text == "Good morning"
        await ben.raise_hand()
        assert (await until(events, HandChanged)).raised
        assert ada.peers["peer-Ben"].hand_raised
        await ben.leave()
        assert (await until(events, PeerClosed)).reason == "left"
        assert [event async for event in ben_events][-1] == ben.ended
        assert ben.ended is not None
        assert ben.ended.reason == "left"
        with pytest.raises(MeetingOver):
            await ben.send_chat("Anybody?")


async def test_who_loses_the_connection_comes_back_as_the_same_and_is_heard_again(link: Callable[..., str]) -> None:
    async with join(link("Ada")) as ada, join(link("Ben")) as ben:
        events, sounds = ada.events(), ben.audio("peer-Ada")
        microphone = await ada.enable_mic()
        async with singing(microphone, 440):
            await hear_tone(sounds, 440)
        assert ada._session is not None
        ada._session.connection._socket.transport.abort()
        await until(events, Disconnected)
        await until(events, Reconnected)
        assert ada.me.peer_id == "peer-Ada"
        async with singing(microphone, 880):
            await hear_tone(sounds, 880)
        assert list(ben.peers) == ["peer-Ada"]
        await ada.send_chat("Here I am again")
        assert (await until(ben.events(), Chat)).text == "Here I am again"


async def test_a_moderator_mutes_and_removes(link: Callable[..., str]) -> None:
    async with join(link("Mod", role="moderator")) as moderator, join(link("Ben")) as ben:
        events = ben.events()
        assert ben.peers["peer-Mod"].role == "moderator"
        await ben.enable_mic()
        await until(events, SwitchOn)
        assert moderator._session is not None
        request = moderator._session.connection.request
        await request("stopTrack", {"peerId": "peer-Ben", "device": "mic"})
        assert (await until(events, TrackStopped)).device == "mic"
        await ben.enable_mic()
        assert (await until(events, SwitchOn)).source == "mic"
        with pytest.raises(RequestRefused) as refused:
            await ben._here().connection.request("kick", {"peerId": "peer-Mod"})
        assert refused.value.code == "notModerator"
        await request("kick", {"peerId": "peer-Ben"})
        ended = await until(events, Ended)
        assert (ended.reason, ended.can_join_again) == ("removed", False)
        with pytest.raises(RequestRefused) as banned:
            async with join(link("Ben")):
                pass
        assert banned.value.code == "kicked"


async def test_a_link_that_is_refused_says_why(link: Callable[..., str]) -> None:
    with pytest.raises(TicketRefused) as refused:
        async with join(link("Ada", exp=1_600_000_000)):
            pass
    assert refused.value.code == "tokenExpired"
    assert str(refused.value).endswith(".")


async def test_a_closed_door_is_waited_at(link: Callable[..., str]) -> None:
    waiting = asyncio.Event()

    async def come() -> str:
        async with join(link("Ben"), on_waiting=waiting.set) as ben:
            return ben.me.peer_id

    async with join(link("Mod", role="moderator")) as moderator:
        request = moderator._here().connection.request
        await request("setWaitingRoom", {"enabled": True})
        coming = asyncio.create_task(come())
        await waiting.wait()
        await request("admit", {"peerId": "peer-Ben", "admitted": True})
        assert await coming == "peer-Ben"


async def test_the_page_measures_how_loud_everybody_is(
    link: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    page = (PROJECT / "docs" / "sdk.md").read_text(encoding="utf-8")
    (sample,) = re.findall(r"```python\n(import asyncio\n\nimport numpy.*?)```", page, re.DOTALL)
    told: dict[str, Any] = {}
    exec(compile(sample, "sdk.md", "exec"), told)  # noqa: S102 - our own page
    async with join(link("Ada")) as ada:
        measuring = asyncio.create_task(told["main"](link("Ben")))
        microphone = await ada.enable_mic()
        printed = ""
        while not re.search(r"^peer-Ada [5-9]\d{3}$", printed, re.MULTILINE):
            await microphone.write(tone(440, 0.5))
            printed += capsys.readouterr().out
        measuring.cancel()
        await asyncio.wait((measuring,))


class Lossy:
    """A receiving transport that loses a packet of video and the first repairs of it."""

    def __init__(self, session: Session, after: int, repairs: int) -> None:
        (incoming,) = session.incoming.values()
        codecs = incoming.created["rtpParameters"]["codecs"]
        self._vp8, self._rtx = (codec["payloadType"] for codec in codecs)
        transport = session._receive
        self.left, self.repairs, self.passed = after, repairs, 0
        self._handle = transport.dtls._handle_rtp_data
        vars(transport.dtls)["_handle_rtp_data"] = self.handle

    async def handle(self, data: bytes, arrival_time_ms: int) -> None:
        payload_type = data[1] & 0x7F
        self.left -= payload_type == self._vp8
        if (payload_type == self._vp8 and self.left == 0) or (
            self.left < 0 and payload_type == self._rtx and self.repairs > 0
        ):
            self.repairs -= payload_type == self._rtx
            return
        self.passed += self.left < 0
        await self._handle(data, arrival_time_ms=arrival_time_ms)


async def test_pictures_go_on_when_a_packet_and_its_first_repairs_are_lost(link: Callable[..., str]) -> None:
    async with join(link("Ada")) as ada, join(link("Ben")) as ben:
        pictures = ben.video("peer-Ada")
        camera = await ada.enable_webcam()

        async def flicker() -> None:
            brightness = 0
            while True:
                brightness = (brightness + 16) % 256
                camera.show(np.full((120, 160, 3), brightness, np.uint8))
                await asyncio.sleep(0.05)

        flickering = asyncio.create_task(flicker())
        await anext(pictures)
        lossy = Lossy(ben._here(), after=5, repairs=2)
        while lossy.left > 0:
            await anext(pictures)
        for _ in range(8):  # two wait here at most, so these come later
            await anext(pictures)
        assert lossy.repairs == 0
        assert lossy.passed < 60, "aiortc alone waits for 512 packets"
        flickering.cancel()
