"""A connection that does not carry a video: the tile says so, sound goes on, and the picture comes back by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from playwright.sync_api import expect

from benchmarks.emulator import Emulator, Setup
from benchmarks.emulator import Server as Ports
from benchmarks.link import Direction, Link

if TYPE_CHECKING:
    from tests.e2e.conftest import MakeParticipant
    from tests.e2e.server import Server

pytestmark = [pytest.mark.long, pytest.mark.timeout(150)]

# Sound, with each frame twice (RED), takes it all.
NARROW_BPS: Final = 50_000
WIDE_BPS: Final = 3_000_000
NARROW_FROM_S: Final = 10.0
NARROW_UNTIL_S: Final = 40.0


def test_a_video_that_the_link_does_not_carry_gives_way_and_comes_back(
    participant: MakeParticipant, room: str, server: Server
) -> None:
    steps = ((0.0, WIDE_BPS), (NARROW_FROM_S, NARROW_BPS), (NARROW_UNTIL_S, WIDE_BPS))
    link = Link(down=Direction(rate_bps=steps, queue_s=0.3))
    with Emulator(Ports(server.media_port), Setup({"link": link}, {"Ben": "link"})) as emulator:
        ada, ben = participant("Ada"), participant("Ben")
        emulator.lead(ben.context, "Ben")
        ada.join(room)
        ben.join(room)
        emulator.start()
        ben.sees(ada)

        notice = ben.tile(ada).get_by_test_id("exceeds-link")
        expect(notice).to_have_text("Video paused: your connection is too slow", timeout=NARROW_UNTIL_S * 1000)
        assert ben.frames(ada) == -1, "The avatar is shown in its place."
        ben.hears(1)

        expect(notice).to_have_count(0, timeout=60_000)
        ben.sees(ada)
