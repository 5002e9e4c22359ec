"""A page uploads what others receive of it: a thumbnail where it is one, and the full picture within a second."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from media.receive.demand import RELEASE_S
from tests.e2e.participant import wait_for

if TYPE_CHECKING:
    from tests.e2e.conftest import MakeParticipant
    from tests.e2e.participant import Participant

pytestmark = pytest.mark.long

STAGE: Final = (1600, 900)
THUMBNAIL: Final = (300, 400)
# By the name of the encoding (rid) what a page has sent of its video so far.
SENT = """
async () => {
  const found = {};
  for (const connection of window.__connections) {
    if (connection.connectionState === 'closed') continue;
    (await connection.getStats()).forEach((entry) => {
      if (entry.type === 'outbound-rtp' && entry.kind === 'video' && entry.rid) found[entry.rid] = entry.bytesSent;
    });
  }
  return found;
}
"""
# Milliseconds from now until a video is at least that wide.
TIME_TO_WIDTH = """
([peer, width]) => new Promise((resolve) => {
  const start = performance.now();
  const look = () => {
    const video = document.querySelector(`[data-testid=tile][data-peer-id="${peer}"][data-source=camera] video`);
    if (video && video.videoWidth >= width && video.getVideoPlaybackQuality().totalVideoFrames > 0) {
      resolve(performance.now() - start);
    } else if (performance.now() - start > 40000) {
      resolve(Infinity);
    } else {
      setTimeout(look, 10);
    }
  };
  look();
})
"""


def bitrates(person: Participant, seconds: float = 2) -> dict[str, float]:
    """Bits/s of each encoding at the moment."""
    before: dict[str, Any] = person.page.evaluate(SENT)
    person.page.wait_for_timeout(seconds * 1000)
    after = person.page.evaluate(SENT)
    return {rid: 8 * (octets - before.get(rid, 0)) / seconds for rid, octets in after.items()}


def show(person: Participant, size: tuple[int, int]) -> None:
    """Make their window so large."""
    person.page.set_viewport_size({"width": size[0], "height": size[1]})


def sent(person: Participant) -> set[str]:
    """The encodings that are being sent."""
    return {rid for rid, bps in bitrates(person, 1).items() if bps > 0}


def test_a_thumbnail_is_uploaded_as_one_and_the_stage_is_back_within_a_second(
    participant: MakeParticipant, room: str
) -> None:
    ada, ben = participant("Ada", (300, 400)), participant("Ben", (1600, 900))
    ada.join(room)
    ben.join(room)
    ben.sees(ada)
    wait_for(lambda: sent(ada) == {"r0", "r1", "r2"}, 40, "On a large tile all layers are sent.")
    full = sum(bitrates(ada).values())

    show(ben, THUMBNAIL)
    wait_for(lambda: sent(ada) == {"r0"}, RELEASE_S + 40, "Of a thumbnail nothing else is sent.")
    small = sum(bitrates(ada).values())
    assert small < full / 3
    ben.sees(ada)

    for _ in range(3):
        show(ben, STAGE)
        milliseconds = ben.page.evaluate(TIME_TO_WIDTH, [ada.peer_id, 1280])
        assert milliseconds < 40_000
        show(ben, THUMBNAIL)
        wait_for(lambda: sent(ada) == {"r0"}, RELEASE_S + 40)
    ben.sees(ada)


def test_who_is_alone_uploads_no_video_and_is_seen_at_once_by_who_comes(
    participant: MakeParticipant, room: str
) -> None:
    ada, ben = participant("Ada"), participant("Ben", (1600, 900))
    ada.join(room)
    wait_for(lambda: sent(ada) == set(), RELEASE_S + 40, "Nobody is there to see it.")
    ben.join(room)
    milliseconds = ben.page.evaluate(TIME_TO_WIDTH, [ada.peer_id, 1])
    assert milliseconds < 40_000
    ben.sees(ada)
    wait_for(lambda: sent(ada) == {"r0", "r1", "r2"}, 40)
    # After a reconnect everything is as somebody wants it now.
    ada.page.reload()
    ada.page.get_by_test_id("join").click()
    ben.sees(ada, timeout_s=30)
    wait_for(lambda: sent(ada) == {"r0", "r1", "r2"}, 40)
