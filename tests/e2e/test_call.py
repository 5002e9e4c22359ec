"""People meet: they see and hear each other, come late, leave, crash, share their screens."""

from __future__ import annotations

import contextlib
import os
import signal
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Error, expect

from tests.e2e.participant import wait_for
from tests.e2e.server import Server, running_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import MakeParticipant

# libwebrtc asks for a keyframe by itself when it had no picture for so long, whatever the reason.
ASKS_AFTER_MS = 3000
# The longest time from now on between two pictures of somebody.
WATCH_PAUSES = """
(peer) => {
  window.__longestPause = 0;
  let last = -1;
  let since = performance.now();
  setInterval(() => {
    const video = document.querySelector(`[data-testid=tile][data-peer-id="${peer}"][data-source=camera] video`);
    const count = video?.getVideoPlaybackQuality().totalVideoFrames ?? -1;
    const now = performance.now();
    window.__longestPause = Math.max(window.__longestPause, now - since);
    if (count !== last) since = now;
    last = count;
  }, 50);
}
"""


def test_two_people_see_and_hear_each_other(participant: MakeParticipant, room: str) -> None:
    ada, ben = participant("Ada"), participant("Ben")
    ada.join(room)
    ben.join(room)
    for person, other in ((ada, ben), (ben, ada)):
        person.sees(other)
        person.hears(1)
        expect(person.tile(other)).to_contain_text(other.name)
        expect(person.tile(person)).to_have_count(1)
    assert {entry["codec"] for entry in ada.inbound("video")} == {"video/VP8"}


@pytest.mark.long
def test_four_people_and_one_leaves(participant: MakeParticipant, room: str) -> None:
    people = [participant(name) for name in ("Ada", "Ben", "Cleo", "Dan")]
    for person in people:
        person.join(room)
    for person in people:
        for other in people:
            if other is not person:
                person.sees(other, timeout_s=30)
        person.hears(3)
    *staying, leaving = people
    leaving.button("leave").click()
    leaving.page.get_by_test_id("left").wait_for()
    for person in staying:
        expect(person.tile(leaving)).to_have_count(0)
        expect(person.page.get_by_test_id("tile")).to_have_count(3)
        person.sees(staying[(staying.index(person) + 1) % 3])


@pytest.mark.usefixtures("small_cameras")
def test_a_late_joiner_sees_everybody(participant: MakeParticipant, room: str) -> None:
    ada, ben, late = participant("Ada"), participant("Ben"), participant("Late")
    ada.join(room)
    ben.join(room)
    ada.sees(ben)
    late.open(room)
    late.page.get_by_test_id("name-input").fill("Late")
    late.page.get_by_test_id("join").click()
    wait_for(lambda: late.frames(ada) > 0 and late.frames(ben) > 0)


@pytest.mark.usefixtures("small_cameras")
def test_microphone_and_camera_off_and_on_again(participant: MakeParticipant, room: str) -> None:
    ada, ben = participant("Ada"), participant("Ben")
    ada.join(room)
    ben.join(room)
    ben.sees(ada)
    ben.hears(1)
    ada.button("toggle-camera").click()
    wait_for(lambda: ben.frames(ada) == -1, message="Ada's picture should give way to her avatar.")
    ada.button("toggle-mic").click()
    ben.hears_nothing()
    ada.button("toggle-camera").click()
    ada.button("toggle-mic").click()
    ben.sees(ada)
    ben.hears(1)


@pytest.mark.usefixtures("small_cameras")
def test_screen_share_appears_and_goes(participant: MakeParticipant, room: str) -> None:
    ada, ben = participant("Ada"), participant("Ben")
    ada.join(room)
    ben.join(room)
    ada.button("toggle-share").click()
    ben.tile(ada, "screen").wait_for()
    ben.sees(ada, "screen")
    ada.button("toggle-share").click()
    expect(ben.tile(ada, "screen")).to_have_count(0)


@pytest.mark.usefixtures("small_cameras")
def test_a_crashed_tab_disappears_for_the_others(participant: MakeParticipant, room: str) -> None:
    ada, ben = participant("Ada"), participant("Ben")
    ada.join(room)
    ben.join(room)
    ada.sees(ben)
    # The renderer dies without any farewell; the navigation itself fails or never ends.
    with contextlib.suppress(Error):
        ben.page.goto("chrome://crash", timeout=3000)
    ben.messages.clear()
    expect(ada.tile(ben)).to_have_count(0)


def test_a_smaller_tile_gets_a_smaller_layer_and_misses_nothing(participant: MakeParticipant, room: str) -> None:
    ada, ben = participant("Ada"), participant("Ben", (1600, 900))
    ada.join(room)
    ben.join(room)
    ben.sees(ada)
    # On a busy machine Chromium makes the full layer itself smaller: all that counts is that it is the full one.
    wait_for(lambda: ben.inbound("video")[0]["width"] > 640, 30, "The full layer comes.")
    asked = ben.inbound("video")[0]["asked"]
    ben.page.evaluate(WATCH_PAUSES, ada.peer_id)
    ben.page.set_viewport_size({"width": 360, "height": 480})
    wait_for(lambda: 0 < ben.inbound("video")[0]["width"] <= 640, 30, "A smaller layer was asked for.")
    ben.page.set_viewport_size({"width": 1600, "height": 900})
    wait_for(lambda: ben.inbound("video")[0]["width"] > 640, 30, "The full layer was asked for again.")
    ben.sees(ada)
    # No keyframe was asked for, as nothing was missing; unless the machine stood still for longer than Chromium waits.
    longest_ms = ben.page.evaluate("window.__longestPause")
    assert ben.inbound("video")[0]["asked"] == asked or longest_ms >= ASKS_AFTER_MS


@pytest.mark.usefixtures("small_cameras")
def test_the_name_in_the_link_is_fixed_and_the_welcome_screen_can_be_skipped(
    participant: MakeParticipant, room: str
) -> None:
    ada, ben = participant("Ada"), participant("Ben")
    ada.open(room, displayName="Ada Lovelace")
    expect(ada.page.get_by_test_id("name-input")).to_have_value("Ada Lovelace")
    expect(ada.page.get_by_test_id("name-input")).not_to_be_editable()
    ada.page.get_by_test_id("join").click()
    ben.open(room, displayName="Ben Bitdiddle", nameScreenDisabled="true")
    ben.button("leave").wait_for()
    expect(ada.tile(ben)).to_contain_text("Ben Bitdiddle")
    ben.sees(ada)


@pytest.mark.usefixtures("small_cameras")
def test_a_second_tab_with_the_same_id_takes_over(participant: MakeParticipant, room: str) -> None:
    ada, again = participant("Ada"), participant("Again")
    again.peer_id = ada.peer_id
    ada.join(room)
    again.join(room)
    expect(ada.page.get_by_test_id("closed")).to_contain_text("Someone joined into the room with your ID")
    again.page.wait_for_timeout(1000)
    expect(again.button("leave")).to_be_visible()


@pytest.mark.usefixtures("small_cameras")
def test_a_restarted_node_is_found_again(participant: MakeParticipant, room: str, server: Server) -> None:
    ada, ben = participant("Ada"), participant("Ben")
    ada.join(room)
    ben.join(room)
    ada.sees(ben)
    os.kill(server.child("node"), signal.SIGKILL)
    ada.page.get_by_test_id("reconnecting").wait_for()
    ada.page.get_by_test_id("reconnecting").wait_for(state="detached", timeout=30_000)
    ada.sees(ben, timeout_s=30)
    ben.sees(ada, timeout_s=30)
    ada.messages.clear()
    ben.messages.clear()


@pytest.fixture(scope="module")
def h264_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("h264"), video_codecs="H264,VP8") as running:
        yield running


@pytest.mark.long
def test_h264(participant: MakeParticipant, room: str, h264_server: Server) -> None:
    ada, ben = participant("Ada", server=h264_server), participant("Ben", server=h264_server)
    ada.join(room)
    ben.join(room)
    ada.sees(ben)
    ben.sees(ada)
    assert {entry["codec"] for entry in ada.inbound("video")} == {"video/H264"}
