"""`kill -9` for each part of an installation in turn, during a call that is recorded and whose events are told.

Who is on a killed node is back within 10 seconds, all others notice nothing; no event and no session is lost, the
recording becomes a video, and whoever asks the Server API gets the right answer or is told that there is none.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Self

import jwt
import pytest
from playwright.async_api import async_playwright

from tests.cluster.installation import JWT_KEY, Installation, possible
from tests.cluster.signalling import Wanderer, wandering
from tests.cluster.whole import check_events, until
from tests.e2e.participant import CHROMIUM, CHROMIUM_ARGUMENTS

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

    from tests.meet.answering import Answering

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not possible(), reason="PostgreSQL, Redis, nginx and coturn are needed."),
]

# The product's promise for those on a killed node.
BACK_WITHIN_S: Final = 10.0
POLL_S: Final = 0.25
# Of a recording without any track.
NOTHING_SENT: Final = "Nobody sent sound or pictures at that time."
CALL, OTHERS = "serv0call", "serv1others"
# The call is on serv0 until that is killed, and then beside the others on serv1.
ORDER: Final = ("worker1", "composer-serv0", "coturn", "redis", "web1", "web2", "postgresql", "nginx", "serv0", "serv1")
AWAY: Final = {CALL: {"serv0", "serv1", "nginx"}, OTHERS: {"serv1", "nginx"}}
# Notes when a picture of somebody else is shown, and when the page was let in, and lost that connection.
WATCH: Final = """
(() => {
  window.__loaded = Math.random(); window.__shown = []; window.__entered = []; window.__ended = [];
  const Original = window.WebSocket;
  window.WebSocket = class extends Original {
    constructor(...parameters) {
      super(...parameters);
      let inside = false;
      this.addEventListener('message', ({ data }) => {
        if (!inside && String(data).includes('"sendTransport"')) {
          inside = true;
          window.__entered.push(Date.now() / 1000);
        }
      });
      this.addEventListener('close', () => inside && window.__ended.push(Date.now() / 1000));
    }
  };
  let stream = null, count = 0;
  setInterval(() => {
    for (const video of document.querySelectorAll('[data-testid=tile] video')) {
      if (!video.srcObject || video.closest(`[data-peer-id="${window.__me}"]`)) continue;
      const frames = video.getVideoPlaybackQuality().totalVideoFrames;
      if (video.srcObject !== stream) { stream = video.srcObject; count = 0; }
      if (frames > count) { count = frames; window.__shown.push(Date.now() / 1000); }
    }
  }, 50);
})();
"""


@dataclass(frozen=True)
class Poll:
    """One answer of the Server API: when it was asked for and when it came, as Unix times."""

    asked_at: float
    at: float
    room: str
    status: int
    body: Any


@dataclass
class Poller:
    """Asks all the time how many are in the rooms."""

    url: str
    token: str
    answers: list[Poll] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Until it is over."""
        while not self.over.wait(POLL_S):
            for room in (CALL, OTHERS):
                self.answers.append(self._ask(room))

    def _ask(self, room: str) -> Poll:
        request = urllib.request.Request(  # noqa: S310 - our own server
            f"{self.url}/rooms/{room}/numberPeers", headers={"Authorization": f"APIKey {self.token}"}
        )
        asked_at = time.time()
        status, body = 0, b""
        try:
            with urllib.request.urlopen(request, timeout=15) as answered:  # noqa: S310
                status, body = answered.status, answered.read()
        except urllib.error.HTTPError as error:
            status, body = error.code, error.read()
        except OSError:
            pass  # the proxy is away: no answer at all
        try:
            told: Any = json.loads(body)
        except ValueError:
            told = body[:200]
        return Poll(asked_at, time.time(), room, status, told)


class Person:
    """Somebody in a browser, whose page tells what it saw and when."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        self.name = name
        self.joins = 0

    @classmethod
    async def join(cls, browser: Browser, url: str, name: str, **claims: Any) -> Person:
        context = await browser.new_context(
            viewport={"width": 1000, "height": 700}, permissions=["camera", "microphone"], locale="en-US"
        )
        await context.add_init_script(f"window.__me = {json.dumps(name)};{WATCH}")
        page = await context.new_page()
        token = jwt.encode({"roomId": CALL, "peerId": name, **claims}, JWT_KEY, "HS256")
        await page.goto(f"{url}/call/?roomId={CALL}&token={token}")
        await page.get_by_test_id("name-input").fill(name)
        await page.get_by_test_id("join").click()
        await page.get_by_test_id("leave").wait_for()
        return cls(page, name)

    async def times(self, what: str) -> list[float]:
        """When something happened, as Unix times."""
        return list(await self.page.evaluate(f"window.{what}"))

    async def back_after_s(self, since: float) -> float:
        """How long after a time somebody else was seen to move, and the line that there is then was open."""
        shown = [at for at in await self.times("__shown") if at >= since]
        ended = [at for at in await self.times("__ended") if at >= since - 1]
        if ended:  # what is shown of the time before doesn't count
            entered = [at for at in await self.times("__entered") if at >= ended[-1]]
            shown = [at for at in shown if entered and at >= entered[-1]]
        return shown[0] - since if shown else float("inf")


class Pages:
    """The call as it is: two people in browsers, who see each other."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._ended = contextlib.AsyncExitStack()
        self._people: list[Person] = []
        self._loaded: list[float] = []

    async def __aenter__(self) -> Self:
        playwright = await self._ended.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        self._ended.push_async_callback(browser.close)
        ada = await Person.join(browser, self._url, "ada", role="moderator", canRecord=True)
        self._people = [ada, await Person.join(browser, self._url, "ben")]
        await ada.page.get_by_test_id("toggle-moderator").click()
        await ada.page.get_by_test_id("start-recording").click()
        await ada.page.get_by_test_id("toggle-moderator").click()  # the panel may stand before the pictures
        await self.back(time.time())
        self._loaded = [await person.page.evaluate("window.__loaded") for person in self._people]
        return self

    async def __aexit__(self, *_problem: object) -> None:
        await self._ended.aclose()

    async def back(self, since: float) -> dict[str, float]:
        """How long after a time each saw the other move; waits are generous, as what pages have measured counts."""

        async def do() -> bool:
            return all([await person.back_after_s(since) < float("inf") for person in self._people])

        try:
            await until(do, message="They should see each other")
        except AssertionError:
            await self._print_times(since)
            raise
        loaded = [await person.page.evaluate("window.__loaded") for person in self._people]
        assert not self._loaded or loaded == self._loaded, "nobody loads the page anew"
        after_s = {person.name: round(await person.back_after_s(since), 2) for person in self._people}
        if max(after_s.values()) > BACK_WITHIN_S:
            await self._print_times(since)
        return after_s

    async def _print_times(self, since: float) -> None:
        """What each page noted since then, in seconds: pictures by when there were none before for a while."""
        for person in self._people:
            told: dict[str, list[float]] = {}
            for what in ("__entered", "__ended", "__shown"):
                after = [round(at - since, 2) for at in await person.times(what) if at >= since - 4]
                begins = [at for before, at in zip([-9.0, *after], after, strict=False) if at - before > 1]
                told[what] = begins if what == "__shown" else after
            print(json.dumps({"name": person.name, **told}))  # noqa: T201

    async def lost(self, since: float) -> list[float]:
        """When connections ended."""
        return [at for person in self._people for at in await person.times("__ended") if at > since]

    async def leave(self) -> None:
        """All go."""
        for person in self._people:
            await person.page.get_by_test_id("leave").click()


class Lines:
    """The call without pictures: two connections of the signalling."""

    def __init__(self, url: str, room: str = CALL, names: tuple[str, str] = ("ada", "ben"), token: str = "") -> None:
        self._url, self._room, self._token = url, room, token
        self._people = [Wanderer(url, room, name) for name in names]
        self._in = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._in.enter_async_context(wandering(*self._people))
        if self._token:
            asked = urllib.request.Request(  # noqa: S310 - our own server
                f"{self._url}/rooms/{self._room}/recording/start",
                method="POST",
                headers={"Authorization": f"APIKey {self._token}"},
            )
            await asyncio.to_thread(urllib.request.urlopen, asked, timeout=10)
        return self

    async def __aexit__(self, *_problem: object) -> None:
        await self.leave()

    async def back(self, since: float) -> dict[str, float]:
        """How long after a time each had an answer again."""

        async def do() -> bool:
            return all(one.back_after_s(since) < float("inf") for one in self._people)

        await until(do, message="They should be back")
        return {one.peer_id: round(one.back_after_s(since), 2) for one in self._people}

    async def lost(self, since: float) -> list[float]:
        """When connections ended."""
        return [at for one in self._people for at, _ in one.lost if at > since]

    async def leave(self) -> None:
        """All go."""
        await self._in.aclose()


@pytest.mark.parametrize("pictures", [True, False], ids=["browsers", "signalling"])
async def test_each_part_in_turn(whole_installation: Installation, receiver: Answering, pictures: bool) -> None:
    installation = whole_installation
    token = installation.manage("create_api_token", "default", secrets.token_hex(4)).splitlines()[0]
    poller = Poller(installation.url, token)
    polling = threading.Thread(target=poller.run)
    others = Lines(installation.url, OTHERS, ("cat", "dan"))
    call: Pages | Lines = Pages(installation.url) if pictures else Lines(installation.url, token=token)
    async with others, call:
        polling.start()
        try:
            story = await kill_all(installation, call, others)
            await call.leave()
            await asyncio.sleep(1)
        finally:
            poller.over.set()
            await asyncio.to_thread(polling.join)
    check_answers(poller.answers, story)
    await check_events(installation, receiver)
    await until(partial(recorded, installation, pictures=pictures), 240, "each recording should be a video")


async def kill_all(installation: Installation, call: Pages | Lines, others: Lines) -> list[tuple[str, float, float]]:
    """Each part's name, when it was killed, and until when people may be missing."""
    story: list[tuple[str, float, float]] = []
    for name in ORDER:
        part = installation.parts[name]
        began = killed_at = await asyncio.to_thread(part.kill)
        await asyncio.sleep(3)  # for as long there is nobody
        if name == "nginx":  # the only one: nobody can be back before it is
            began = time.time()
            await asyncio.to_thread(part.start)
        back, others_back = await call.back(began + 0.3), await others.back(began + 0.3)
        lost, others_lost = await call.lost(killed_at), await others.lost(killed_at)
        told = {"killed": name, "back_s": back, "lost": len(lost), "others_s": others_back, "others": len(others_lost)}
        print(json.dumps(told))  # noqa: T201
        if lost:
            assert name in AWAY[CALL], f"{name} is no business of the call"
            assert max(back.values()) < BACK_WITHIN_S, name
        if others_lost:
            assert name in AWAY[OTHERS], f"{name} is no business of the others"
            assert max(others_back.values()) < BACK_WITHIN_S, name
        story.append((name, killed_at, time.time()))
        if name != "nginx":
            await asyncio.to_thread(part.start)
        await asyncio.sleep(2)
    return story


def check_answers(answers: list[Poll], story: list[tuple[str, float, float]]) -> None:
    """Two are in each room, but for a while after its node was killed; who can't know says so."""
    ended = max(over for _, _, over in story)
    wrong = []
    for poll in answers:
        if poll.at > ended:
            continue
        moving = any(poll.at >= at and poll.asked_at <= over for name, at, over in story if name in AWAY[poll.room])
        right = {(200, 2)} | ({(200, 1), (400, None)} if moving else set())
        said = (poll.status, poll.body.get("numberPeers") if isinstance(poll.body, dict) else None)
        if said not in right and poll.status < 500 and poll.status:
            wrong.append(poll)
    print(json.dumps({"answers": Counter(str(poll.status) for poll in answers)}))  # noqa: T201
    assert not wrong, wrong[:5]
    for name, at, over in story:  # one web process of two is enough
        if name in {"worker1", "composer-serv0", "coturn", "redis"}:
            assert all(poll.status == 200 for poll in answers if at <= poll.asked_at <= over), name


async def recorded(installation: Installation, *, pictures: bool) -> bool:
    """Whether all recordings have ended and become videos; where nobody sent anything, each says so instead."""
    query = "SELECT ended_at IS NULL, reason FROM recording_recording"
    recordings = await asyncio.to_thread(installation.rows, query)
    videos = await asyncio.to_thread(installation.rows, "SELECT status, problem, duration_s FROM recording_video")
    print(json.dumps({"recordings": recordings, "videos": videos}))  # noqa: T201
    assert recordings
    problems = {problem for _, problem, _ in videos if problem}
    assert problems <= (set() if pictures else {NOTHING_SENT})
    if any(open_ for open_, _ in recordings) or len(videos) < len(recordings):
        return False
    return {status for status, _, _ in videos} == ({"ready"} if pictures else {"failed"})
