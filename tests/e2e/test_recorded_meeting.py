"""A meeting of a minute, with all that happens in one, and 2 % of its packets lost: its video shows and sounds it.

Everybody's camera and microphone tell the sender's time, so that pictures and sound can be compared to a millisecond.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest
from playwright.sync_api import expect

from benchmarks.emulator import Emulator, Setup
from benchmarks.emulator import Server as Ports
from benchmarks.link import Direction, Link
from recording.composition.draw.layout import HEIGHT, WIDTH, Rect, arrange, inside
from recording.composition.draw.look import TILE
from tests.e2e.clock import CAMERA, PERIOD_S, SCREEN, Clock, beeps, loudness, time_shown
from tests.e2e.participant import wait_for
from tests.e2e.recordings import finished_video, moderate
from tests.e2e.server import KEY, running_server
from tests.recording.videos import alike, colour_at, lumas, pictures_at, sound_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from tests.e2e.conftest import MakeParticipant
    from tests.e2e.participant import Participant
    from tests.e2e.recordings import Video
    from tests.e2e.server import Server

CLOCKS: Final = {
    "Mona": Clock(colour=(40, 90, 160), screen=(110, 20, 110), pitch=1000, hum=300),
    "Ada": Clock(colour=(160, 60, 40), screen=(0, 0, 0), pitch=1300, hum=400),
    "Ben": Clock(colour=(20, 120, 60), screen=(0, 0, 0), pitch=1700, hum=500),
    "Eve": Clock(colour=(120, 110, 20), screen=(0, 0, 0), pitch=2100, hum=600),
}
LOSS: Final = 0.02
# What is on its way when somebody has seen something may come into the video a little later.
SETTLED_S: Final = 1.0
# What comes next may be on the picture that is nearest to now.
EDGE_S: Final = 0.1
STRETCH_MS: Final = 4500
# What nobody notices, sound being early or late (EBU R 37). One beep is measured to some 15 ms, as browsers tell how
# their sound's clock goes every five seconds, by a packet that may have waited; all of somebody's are not so wrong.
EARLIEST_S: Final = 0.04
LATEST_S: Final = 0.06
IN_STEP_S: Final = 0.03
LONGEST_GAP_S: Final = 0.06
STOOD_STILL_S: Final = 0.05
# Keeps the page's connections where the test can cut them.
SOCKETS: Final = """
(() => {
  const Original = window.WebSocket;
  window.__sockets = [];
  window.WebSocket = class extends Original {
    constructor(...parameters) { super(...parameters); window.__sockets.push(this); }
  };
})();
"""
NACKS: Final = """
async () => {
  let count = 0;
  for (const connection of window.__connections) {
    (await connection.getStats()).forEach((entry) => {
      if (entry.type === 'outbound-rtp') count += entry.nackCount ?? 0;
    });
  }
  return count;
}
"""


@dataclass(frozen=True)
class Stretch:
    """Some seconds in which nothing changed; names are in the order of tiles, times in s of the recording."""

    what: str
    from_s: float
    to_s: float
    people: tuple[str, ...]
    unseen: str
    unheard: str
    shared: bool

    def pictures(self) -> dict[str, Rect]:
        """Where each camera's whole picture is, which its tile may cut off."""
        places = arrange(len(self.people), staged=self.shared).places
        found = zip(self.people, places, strict=True)
        return {name: inside(place, *CAMERA, cover=True) for name, place in found if name != self.unseen}

    def place(self, name: str) -> Rect:
        return arrange(len(self.people), staged=self.shared).places[self.people.index(name)]

    def stage(self) -> Rect:
        stage = arrange(len(self.people), staged=True).stage
        assert stage is not None
        return inside(stage, *SCREEN, cover=False)


@dataclass
class Meeting:
    """What was when, in Unix time, as the moderator's page showed it."""

    witness: Participant
    stretches: list[Stretch] = field(default_factory=list)

    def goes_on(self, what: str, *people: str, unseen: str = "", unheard: str = "", shared: bool = False) -> None:
        """Nothing happens for a while."""
        began_s = time.time()
        self.witness.page.wait_for_timeout(STRETCH_MS)
        ends_s = time.time() - EDGE_S
        self.stretches.append(Stretch(what, began_s + SETTLED_S, ends_s, people, unseen, unheard, shared))


@dataclass(frozen=True)
class Finished:
    video: Video
    stretches: list[Stretch]
    stopped_at_s: float
    nacks: int
    # Datagrams that did not arrive, and all.
    lost: int
    sent: int

    @property
    def path(self) -> Path:
        return self.video.folder / "video.mp4"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("meeting"), jwt_key=KEY) as running:
        yield running


@pytest.fixture
def finished(participant: MakeParticipant, room: str, server: Server) -> Iterator[Finished]:
    link = Link(up=Direction(loss=LOSS), down=Direction(loss=LOSS))
    with Emulator(Ports(server.media_port), Setup({"link": link}, dict.fromkeys(CLOCKS, "link"))) as emulator:

        def person(name: str) -> Participant:
            made = participant(name, (800, 500))
            made.context.add_init_script(CLOCKS[name].script)
            made.context.add_init_script(SOCKETS)
            emulator.lead(made.context, name)
            return made

        mona, ada, ben, eve = map(person, CLOCKS)
        meeting = Meeting(mona)
        moderate(mona, room)
        ada.join(room)
        mona.sees(ada)
        mona.button("start-recording").click()
        for one in (mona, ada):
            expect(one.button("recording")).to_be_visible()
        meeting.goes_on("two", "Mona", "Ada")

        ben.join(room)
        expect(ben.button("recording")).to_be_visible()
        mona.sees(ben)
        meeting.goes_on("three", "Mona", "Ada", "Ben")

        ada.button("toggle-mic").click()
        expect(mona.tile(ada)).to_have_attribute("data-muted", "true")
        meeting.goes_on("muted", "Mona", "Ada", "Ben", unheard="Ada")
        ada.button("toggle-mic").click()
        expect(mona.tile(ada)).not_to_have_attribute("data-muted", "true")

        ben.button("toggle-camera").click()
        wait_for(lambda: mona.frames(ben) == -1)
        meeting.goes_on("camera off", "Mona", "Ada", "Ben", unseen="Ben")
        ben.button("toggle-camera").click()
        mona.sees(ben)

        mona.button("toggle-share").click()
        ada.sees(mona, "screen")
        meeting.goes_on("shared", "Mona", "Ada", "Ben", shared=True)
        mona.button("toggle-share").click()
        expect(ada.tile(mona, "screen")).to_have_count(0)
        meeting.goes_on("no longer shared", "Mona", "Ada", "Ben")

        ada.context.set_offline(True)
        ada.page.evaluate("() => window.__sockets.forEach((socket) => socket.close())")
        expect(mona.tile(ada)).to_have_count(0)
        meeting.goes_on("gone", "Mona", "Ben")
        ada.context.set_offline(False)
        mona.sees(ada, timeout_s=40)
        meeting.goes_on("back", "Mona", "Ben", "Ada")

        eve.join(room)
        expect(eve.button("recording")).to_be_visible()
        mona.sees(eve)
        meeting.goes_on("four", "Mona", "Ben", "Ada", "Eve")

        nacks = sum(int(one.page.evaluate(NACKS)) for one in (mona, ada, ben, eve))
        ben.button("leave").click()
        expect(mona.tile(ben)).to_have_count(0)
        meeting.goes_on("left", "Mona", "Ada", "Eve")
        mona.button("stop-recording").click()
        stopped_at_s = time.time()
        for one in (mona, ada, eve):
            expect(one.button("recording")).to_have_count(0)
            one.button("leave").click()
        for one in (mona, ada, ben, eve):
            one.page.close()  # leaves the machine to the composer
        ada.messages.clear()  # of requests while it was offline
        video = finished_video(server, room, timeout_s=400)
        began_s = video.started_at_s
        stretches = [replace(one, from_s=one.from_s - began_s, to_s=one.to_s - began_s) for one in meeting.stretches]
        logs = emulator.logs()["link"]
        lost, sent = (sum(log.total(what) for log in logs) for what in ("lost", "packets"))
        yield Finished(video, stretches, stopped_at_s, nacks, lost, sent)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_video_shows_and_sounds_what_was(finished: Finished) -> None:
    video = finished.video
    assert 0.01 < finished.lost / finished.sent < 0.03
    assert finished.nacks > 0
    assert video.duration_s == pytest.approx(finished.stopped_at_s - video.started_at_s, abs=1.0)
    assert (video.folder / "hls" / "master.m3u8").exists()
    check_colours(finished.stretches, finished.path)
    seen = clocks(finished.stretches, finished.path)
    check_clocks(seen)
    samples, begins_s = sound_of(finished.path)
    assert begins_s == 0
    for name, clock in CLOCKS.items():
        check_sound(name, clock, finished.stretches, samples)
        check_in_step(name, beeps(samples, clock.pitch), seen)


def check_colours(stretches: Sequence[Stretch], path: Path) -> None:
    """The right tile at each place, or an avatar, and what is shared on the stage."""
    moments = [(one, time_s) for one in stretches for time_s in np.arange(one.from_s, one.to_s, 0.5).tolist()]
    pictures = pictures_at(path, *(time_s for _, time_s in moments))
    for (stretch, time_s), picture in zip(moments, pictures, strict=True):
        where = f"{stretch.what} at {time_s:.2f} s"
        for name, place in stretch.pictures().items():
            colour = colour_at(picture, place, 0.5, 0.75)
            assert shows(colour, CLOCKS[name].colour), f"{where}: {name} is {colour}"
        if stretch.unseen:
            colour = colour_at(picture, stretch.place(stretch.unseen))
            assert alike(colour, TILE), f"{where}: {stretch.unseen}'s avatar is on {colour}"
        if stretch.shared:
            colour = colour_at(picture, stretch.stage(), 0.5, 0.75)
            assert shows(colour, CLOCKS["Mona"].screen), f"{where}: shared is {colour}"


def shows(colour: Sequence[int], clock: Sequence[int]) -> bool:
    """Whether it is a clock's colour, as a browser's encoder leaves it, or its flash."""
    return alike(colour, clock, 32) or min(colour) > 200


Seen = dict[tuple[str, str], list[tuple[float, float]]]


def clocks(stretches: Sequence[Stretch], path: Path) -> Seen:
    """For each stretch and person: when a new picture came, and the time that it told."""
    found: Seen = {(stretch.what, name): [] for stretch in stretches for name in stretch.pictures()}
    told: dict[tuple[str, str], float] = {}
    for time_s, luma in lumas(path):
        assert luma.shape == (HEIGHT, WIDTH)
        for stretch in stretches:
            if not stretch.from_s <= time_s <= stretch.to_s:
                continue
            for name, place in stretch.pictures().items():
                key = (stretch.what, name)
                shown = time_shown(luma, place)
                if shown is not None and shown != told.get(key):
                    told[key] = shown
                    found[key].append((time_s, shown))
    return found


def check_clocks(seen: Seen) -> None:
    """Everybody's pictures tell the time without a jump. They do jump where a browser had no time for its sound."""
    for name in CLOCKS:
        known = [pictures for (_, other), pictures in seen.items() if other == name]
        assert all(len(pictures) > 10 for pictures in known), f"The machine is too busy for {name}'s pictures"
        offsets = [float(np.median([time_s - shown for time_s, shown in pictures])) for pictures in known]
        slipped_s = max(offsets) - min(offsets)
        assert slipped_s < STOOD_STILL_S, f"The machine is too busy: {name}'s sound stood still for {slipped_s:.3f} s"


def check_sound(name: str, clock: Clock, stretches: Sequence[Stretch], samples: NDArray[np.float32]) -> None:
    """Everybody's hum is there without a gap, and is not when they have muted themselves or aren't there."""
    hum = loudness(samples, clock.hum)  # a value a millisecond
    for stretch in stretches:
        levels = hum[round(stretch.from_s * 1000) : round(stretch.to_s * 1000)]
        where = f"{name} in {stretch.what!r}"
        if name in stretch.people and name != stretch.unheard:
            gap_s = longest(levels < 0.002) / 1000
            assert gap_s <= LONGEST_GAP_S, f"{where}: {gap_s} s of silence"
        else:
            assert np.median(levels) < 0.001, f"{where}: should not be heard"


def longest(values: NDArray[np.bool_]) -> int:
    """The length of the longest run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], values.astype(np.int8), [0]))))
    return int(max(edges[1::2] - edges[::2], default=0))


def check_in_step(name: str, heard: Sequence[float], seen: Seen) -> None:
    """Each beep comes with its flash: when the picture would have told that it is time."""
    compared: list[float] = []
    for (what, other), pictures in seen.items():
        if other != name:
            continue
        for beep_s in heard:
            near = [time_s - shown for time_s, shown in pictures if abs(time_s - beep_s) < 0.5]
            if len(near) < 3:
                continue
            told = beep_s - float(np.median(near))
            late_s = told - round(told / PERIOD_S) * PERIOD_S
            compared.append(late_s)
            where = f"{name} in {what!r} at {beep_s:.3f} s"
            assert -EARLIEST_S <= late_s <= LATEST_S, f"{where}: sound is {late_s:.3f} s late"
    assert len(compared) >= len([1 for _, other in seen if other == name]), f"{name} beeped {len(compared)} times"
    middle_s = float(np.median(compared))
    assert abs(middle_s) <= IN_STEP_S, f"{name}'s sound is {middle_s:.3f} s late"
