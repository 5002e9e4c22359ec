"""VP9 and AV1 send all sizes in one stream: what the node leaves of it is decodable, and comes back whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.e2e.participant import wait_for
from tests.e2e.server import running_server

if TYPE_CHECKING:
    from tests.e2e.conftest import MakeParticipant
    from tests.e2e.participant import Participant

pytestmark = pytest.mark.long

STAGE: Final = (1600, 900)
THUMBNAIL: Final = (240, 300)
# Gives all of the page's wishes a temporal layer, which no page asks for by itself, and repeats the last one with it.
WISHES: Final = """
(() => {
  const send = WebSocket.prototype.send;
  let socket, wish, temporalLayer = null;
  const limited = () =>
    JSON.stringify({ ...wish, data: { ...wish.data, layers: { ...wish.data.layers, temporalLayer } } });
  WebSocket.prototype.send = function (text) {
    const message = JSON.parse(text);
    if (message.method !== 'setPreferredLayers') return send.call(this, text);
    [socket, wish] = [this, message];
    return send.call(this, limited());
  };
  window.__limitFrames = (layer) => {
    temporalLayer = layer;
    wish = { ...wish, id: wish.id + 1e6 };
    send.call(socket, limited());
  };
})();
"""
# Of the first video that is sent, or received: keyframes that the receiver asked for, width and frames. A sender's
# frames are its camera's: an encoder counts each size of a frame for itself.
VIDEO: Final = """
async (type) => {
  for (const connection of window.__connections) {
    if (connection.connectionState === 'closed') continue;
    const report = await connection.getStats();
    for (const entry of report.values()) {
      if (entry.type === type && entry.kind === 'video') {
        return {
          asked: entry.pliCount ?? 0, width: entry.frameWidth ?? 0,
          frames: entry.framesDecoded ?? report.get(entry.mediaSourceId)?.frames ?? 0,
        };
      }
    }
  }
  return { asked: 0, width: 0, frames: 0 };
}
"""
SECONDS: Final = 3


def sent(person: Participant) -> dict[str, int]:
    found: dict[str, int] = person.page.evaluate(VIDEO, "outbound-rtp")
    return found


def received(person: Participant) -> dict[str, int]:
    found: dict[str, int] = person.page.evaluate(VIDEO, "inbound-rtp")
    return found


def share(sender: Participant, receiver: Participant) -> float:
    """Which share of the sender's frames is decoded at the moment."""
    before = sent(sender)["frames"], received(receiver)["frames"]
    receiver.page.wait_for_timeout(SECONDS * 1000)
    return (received(receiver)["frames"] - before[1]) / max(1, sent(sender)["frames"] - before[0])


def show(person: Participant, size: tuple[int, int]) -> None:
    """Make their window so large."""
    person.page.set_viewport_size({"width": size[0], "height": size[1]})


def wide(person: Participant, least: int, most: int) -> None:
    message = f"The picture should be {least} to {most} wide."
    wait_for(lambda: least <= received(person)["width"] <= most, 20, message)


@pytest.mark.timeout(150)
@pytest.mark.parametrize("codec", ["VP9", "AV1"])
def test_sizes_and_frames_that_are_left_out_are_not_missed(
    participant: MakeParticipant, room: str, tmp_path_factory: pytest.TempPathFactory, codec: str
) -> None:
    with running_server(tmp_path_factory.mktemp(codec), video_codecs=f"{codec},VP8") as server:
        ada, ben = participant("Ada", THUMBNAIL, server=server), participant("Ben", STAGE, server=server)
        ben.context.add_init_script(WISHES)
        ada.join(room)
        ben.join(room)
        ben.sees(ada, timeout_s=40)
        assert ben.inbound("video")[0]["codec"] == f"video/{codec}"
        wide(ben, 640, 1280)
        full = received(ben)["width"]

        # A smaller size goes on from where it is.
        show(ben, THUMBNAIL)
        wide(ben, 1, full // 2)
        wait_for(lambda: share(ada, ben) > 0.7, 20, "All frames of the smaller size are decoded.")

        # So do fewer frames, and more again.
        ben.page.evaluate("window.__limitFrames(0)")
        wait_for(lambda: 0 < share(ada, ben) < 0.4, 20, "One frame in four is left.")
        ben.page.evaluate("window.__limitFrames(1)")
        wait_for(lambda: 0.35 < share(ada, ben) < 0.65, 20, "Every other frame is left.")
        ben.page.evaluate("window.__limitFrames(null)")
        wait_for(lambda: share(ada, ben) > 0.7, 20, "All frames are back.")
        assert received(ben)["asked"] == 0, "All that came could be decoded."

        # Larger again, by a keyframe that the node asks for.
        show(ben, STAGE)
        wide(ben, full, 1280)
        wait_for(lambda: share(ada, ben) > 0.7, 20, "All frames of the larger size are decoded.")
        for size in (THUMBNAIL, STAGE, THUMBNAIL, STAGE):
            show(ben, size)
            ben.page.wait_for_timeout(700)
        wide(ben, full, 1280)
        wait_for(lambda: share(ada, ben) > 0.7, 20, "Quick changes leave nothing behind.")
