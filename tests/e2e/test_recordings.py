"""People find, watch, share and delete recordings in their browser; others watch where the account lets them."""

from __future__ import annotations

import contextlib
import http.server
import threading
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.e2e.administrator import administrator
from tests.e2e.library import (
    BEN_S,
    COMPOSING,
    EXAMPLES,
    FAILED,
    GERMAN_HZ,
    LECTURE,
    ORIGINAL_HZ,
    SECONDS,
    STANDUP,
    Entry,
    Library,
    composed,
)
from tests.e2e.participant import wait_for
from tests.e2e.server import running_server
from tests.e2e.test_accessibility import serious

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Frame, Locator, Page

    from tests.e2e.server import Server

# Making the videos takes a while where much else runs.
# A video is composed first.
pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

SPARE = 15
STATE = """() => {
  const video = document.querySelector("video");
  const { totalVideoFrames, droppedVideoFrames } = video.getVideoPlaybackQuality();
  return { time: video.currentTime, frames: totalVideoFrames - droppedVideoFrames, paused: video.paused,
    muted: video.muted, volume: video.volume, rate: video.playbackRate, width: video.videoWidth };
}"""

# Which of these pitches (Hz) is the loudest within a bit more than the pause between two beeps.
LOUDEST = """async (pitches) => {
  if (!window.analyser) {
    const context = new AudioContext();
    window.analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
    context.createMediaElementSource(document.querySelector("video")).connect(analyser).connect(context.destination);
  }
  const levels = new Float32Array(analyser.frequencyBinCount);
  const loudest = pitches.map(() => -Infinity);
  for (const until = performance.now() + 1300; performance.now() < until; ) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    analyser.getFloatFrequencyData(levels);
    pitches.forEach((pitch, index) => {
      const bin = Math.round((pitch * analyser.fftSize) / analyser.context.sampleRate);
      loudest[index] = Math.max(loudest[index], levels[bin]);
    });
  }
  const most = Math.max(...loudest);
  return most > -60 ? pitches[loudest.indexOf(most)] : 0;
}"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    made = composed(tmp_path_factory.mktemp("composed"))
    with running_server(tmp_path_factory.mktemp("recordings")) as server:
        library = Library(server, made, tmp_path_factory.mktemp("outputs"))
        library.add(*EXAMPLES)
        yield library


@pytest.fixture(scope="module")
def server(library: Library) -> Server:
    return library.server


@pytest.fixture
def owner(browser: Browser, server: Server) -> Iterator[Page]:
    page = administrator(browser, server)
    with clean(page):
        yield page
    page.context.close()


@pytest.fixture
def stranger(browser: Browser) -> Iterator[Page]:
    """A browser in which nobody has logged in."""
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    with clean(page):
        yield page
    context.close()


@contextlib.contextmanager
def clean(page: Page) -> Iterator[None]:
    """Its scripts make no mistakes, and ask for nothing that its policy forbids."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda entry: errors.append(entry.text) if "Content Security Policy" in entry.text else None)
    yield
    assert [error for error in errors if "frame-ancestors" not in error] == []


@contextlib.contextmanager
def other_site(code: str) -> Iterator[str]:
    """A page of somebody else's with this code in it; its address."""
    body = f"<!DOCTYPE html><title>Shop</title><main>{code}</main>".encode()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            """Not a word."""

    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=site.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{site.server_address[1]}/"
    finally:
        site.shutdown()
        thread.join()
        site.server_close()


def card(page: Page, number: int) -> Locator:
    return page.locator(f"#recording-{number}")


def plays(page: Page | Frame, from_s: float = 0.0) -> dict[str, Any]:
    """Wait until the video has gone on for a while, and has shown pictures; how it is then."""
    before = page.evaluate(STATE)["frames"]
    page.wait_for_function(
        "([from, frames]) => { const video = document.querySelector('video'); return !video.paused"
        " && video.currentTime > from + 0.7"
        " && video.getVideoPlaybackQuality().totalVideoFrames > frames + 5; }",
        arg=[from_s, before],
    )
    state: dict[str, Any] = page.evaluate(STATE)
    return state


def test_a_recording_is_found_and_plays_from_any_of_its_chapters(owner: Page, server: Server) -> None:
    owner.goto(f"{server.url}/recordings/")
    card(owner, STANDUP).get_by_role("link", name="standup", exact=True).click()
    owner.get_by_test_id("begin").click()
    state = plays(owner)
    assert state["width"] in {640, 1280}
    assert state["time"] < BEN_S

    owner.get_by_test_id("chapters").get_by_role("button", name="Ben joined").click()
    state = plays(owner, BEN_S)
    assert BEN_S <= state["time"] < SECONDS
    expect(owner.locator("[aria-current=true]")).to_contain_text("Ben joined")

    owner.keyboard.press("k")
    assert owner.evaluate(STATE)["paused"]
    time = owner.evaluate(STATE)["time"]
    owner.keyboard.press("ArrowLeft")
    assert owner.evaluate(STATE)["time"] == pytest.approx(time - 5, abs=0.5)  # what it stands at, a picture or some off
    owner.keyboard.press("m")
    owner.keyboard.press(">")
    state = owner.evaluate(STATE)
    assert (state["muted"], state["rate"]) == (True, 1.25)
    expect(owner.get_by_test_id("speed")).to_have_value("1.25")
    owner.get_by_test_id("speed").select_option("2")
    assert owner.evaluate(STATE)["rate"] == 2
    owner.get_by_test_id("quality").select_option("360")
    owner.get_by_test_id("play").click()
    owner.wait_for_function("() => document.querySelector('video').videoHeight === 360")


def test_a_language_is_heard_instead_of_the_original(owner: Page, server: Server) -> None:
    owner.goto(f"{server.url}/videos/{STANDUP}/")
    owner.get_by_test_id("begin").click()
    plays(owner)
    choice = owner.get_by_test_id("language")
    expect(choice).to_have_value("")
    assert choice.locator("option").all_inner_texts() == ["Original", "Deutsch"]

    def heard() -> int:
        return int(owner.evaluate(LOUDEST, [ORIGINAL_HZ, GERMAN_HZ]))

    assert heard() == ORIGINAL_HZ
    choice.select_option("Deutsch")
    wait_for(lambda: heard() == GERMAN_HZ)
    owner.get_by_test_id("play").focus()
    owner.keyboard.press("a")
    expect(choice).to_have_value("")
    wait_for(lambda: heard() == ORIGINAL_HZ)


def test_the_player_shows_what_is_where_and_knows_where_one_was(owner: Page, server: Server) -> None:
    owner.goto(f"{server.url}/videos/{STANDUP}/")
    seek = owner.get_by_test_id("seek")
    box = seek.bounding_box()
    assert box is not None
    owner.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2, steps=3)
    preview = owner.get_by_test_id("seek-preview")
    expect(preview).to_contain_text("Ben joined")
    expect(preview).to_contain_text("0:18")
    picture = preview.locator(".seek-picture").evaluate(
        "async (element) => { const image = new Image();"
        " image.src = getComputedStyle(element).backgroundImage.slice(5, -2);"
        " await image.decode(); return image.naturalWidth; }"
    )
    assert picture >= 160

    owner.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    owner.get_by_test_id("begin").click()
    assert 12 <= plays(owner, SECONDS / 2)["time"] < 16
    owner.keyboard.press("f")
    owner.wait_for_function("() => document.fullscreenElement !== null")
    owner.keyboard.press("f")
    owner.wait_for_function("() => document.fullscreenElement === null")
    owner.keyboard.press("k")
    expect(owner.get_by_test_id("play")).to_have_attribute("aria-label", "Play")
    place = seek.get_attribute("aria-valuetext")
    assert place is not None
    owner.reload()
    expect(seek).to_have_attribute("aria-valuetext", place)
    owner.get_by_test_id("begin").click()
    assert plays(owner, SECONDS / 2)["time"] < SECONDS


def test_videos_are_found_by_room_person_and_day(owner: Page, server: Server) -> None:
    owner.goto(f"{server.url}/recordings/")
    expect(owner.get_by_test_id("recording")).to_have_count(4)
    for field, text, number in (("q", "lect", LECTURE), ("person", "cleo", LECTURE), ("q", "standup", STANDUP)):
        owner.goto(f"{server.url}/recordings/")
        owner.locator(f"[name={field}]").fill(text)
        owner.get_by_role("button", name="Search").click()
        expect(owner.get_by_test_id("recording")).to_have_count(1)
        expect(card(owner, number)).to_be_visible()
    owner.get_by_role("link", name="Clear").click()
    day = owner.evaluate("new Date(Date.now() - 30 * 86400e3).toISOString().slice(0, 10)")
    owner.locator("[name=until]").fill(day)
    owner.get_by_role("button", name="Search").click()
    expect(owner.get_by_test_id("recording")).to_have_count(1)
    expect(card(owner, LECTURE)).to_be_visible()
    owner.locator("[name=person]").fill("Nobody")
    owner.get_by_role("button", name="Search").click()
    expect(owner.get_by_test_id("empty")).to_contain_text("Nothing found")


def test_a_deleted_video_comes_back_by_undo(owner: Page, stranger: Page, library: Library, server: Server) -> None:
    owner.goto(f"{server.url}/recordings/?q=lecture")
    address = f"{server.url}/videos/{LECTURE}/?token={library.token(LECTURE, 600)}"
    card(owner, LECTURE).get_by_label("More for").click()
    card(owner, LECTURE).get_by_role("button", name="Delete").click()
    expect(card(owner, LECTURE)).to_have_count(0)
    undo = owner.get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    stranger.goto(address)
    expect(stranger.get_by_test_id("message")).to_have_attribute("data-code", "deleted")
    owner.keyboard.press("Enter")
    expect(card(owner, LECTURE).get_by_role("link", name="lecture", exact=True)).to_be_focused()
    expect(owner.get_by_test_id("deleted")).to_have_count(0)
    stranger.reload()
    expect(stranger.get_by_test_id("player")).to_be_visible()


def test_a_shared_code_plays_in_pages_that_may_embed_and_a_link_until_it_expires(
    owner: Page, stranger: Page, library: Library, server: Server
) -> None:
    owner.goto(f"{server.url}/recordings/")
    card(owner, STANDUP).get_by_role("button", name="Share").click()
    owner.get_by_label("The link counts for").select_option("30")
    expect(owner.locator("[data-share-note]")).to_contain_text("Whoever has the link may watch until")
    link, code = owner.locator("#share-link").input_value(), owner.locator("#share-embed").input_value()

    stranger.goto(link)
    stranger.get_by_test_id("begin").click()
    plays(stranger)
    stranger.goto(link.partition("?")[0])
    expect(stranger.get_by_test_id("message")).to_have_attribute("data-code", "notFound")
    expect(stranger.get_by_role("link", name="Log in")).to_be_visible()
    stranger.goto(f"{server.url}/videos/{STANDUP}/?lang=de&token={library.token(STANDUP, -1)}")
    expect(stranger.get_by_test_id("message")).to_contain_text("Dieser Link ist abgelaufen")

    with other_site(code) as site:
        stranger.goto(site)
        frame = stranger.frames[1]
        frame.get_by_test_id("begin").click()
        plays(frame)
        frame.get_by_test_id("list").click()
        frame.get_by_role("button", name="Ben joined").click()
        plays(frame, BEN_S)
        library.change_account(embed_origins="https://intranet.example")
        try:
            stranger.goto(site)
            assert stranger.frames[1].url.startswith("chrome-error:")
            library.change_account(embed_origins=site.rstrip("/"))
            stranger.goto(site)
            expect(stranger.frames[1].get_by_test_id("begin")).to_be_visible()
        finally:
            library.change_account()


def test_a_video_that_is_being_made_shows_itself_when_it_is_ready(
    owner: Page, stranger: Page, library: Library, server: Server
) -> None:
    library.add(Entry(SPARE, "spare", ("Ann",), "composing", 70))
    owner.goto(f"{server.url}/recordings/?q=spare")
    expect(card(owner, SPARE)).to_contain_text("70 %")
    stranger.goto(f"{server.url}/videos/{SPARE}/?token={library.token(SPARE, 600)}")
    expect(stranger.get_by_test_id("message")).to_contain_text("70 % done")
    library.finish(SPARE)
    stranger.get_by_test_id("begin").click()
    plays(stranger)
    expect(card(owner, SPARE)).to_have_attribute("data-status", "ready")
    expect(card(owner, SPARE).get_by_role("button", name="Share")).to_be_visible()


def test_owners_get_what_each_person_sent_and_viewers_only_watch(owner: Page, browser: Browser, server: Server) -> None:
    owner.goto(f"{server.url}/recordings/?q=standup")
    card(owner, STANDUP).get_by_label("More for").click()
    card(owner, STANDUP).get_by_role("button", name="Make the file of Ben").click()
    ready = card(owner, STANDUP).get_by_label("Download Ben's file")
    expect(ready).to_be_visible(timeout=60_000)
    with owner.expect_download() as saved:
        ready.click()
    assert saved.value.suggested_filename.endswith(("Ben.webm", "Ben.mkv"))
    assert saved.value.path().stat().st_size > 1000
    with owner.expect_download() as saved:
        card(owner, STANDUP).get_by_label("Download Recording").click()
    assert saved.value.path().read_bytes()[4:8] == b"ftyp"

    viewer = administrator(browser, server, role="viewer")
    viewer.goto(f"{server.url}/recordings/?q=standup")
    expect(card(viewer, STANDUP)).to_be_visible()
    expect(viewer.get_by_label("More for")).to_have_count(0)
    viewer.goto(f"{server.url}/videos/{STANDUP}/")
    viewer.get_by_test_id("begin").click()
    plays(viewer)
    viewer.context.close()


def test_a_poster_under_the_pointer_shows_the_video(owner: Page, server: Server) -> None:
    owner.goto(f"{server.url}/recordings/?q=standup")
    poster = card(owner, STANDUP).locator(".recording-poster")
    poster.hover(position={"x": 30, "y": 40})
    preview = poster.locator("[data-preview]")
    expect(preview).to_be_visible()
    before = preview.evaluate("(element) => element.style.backgroundPosition")
    poster.hover(position={"x": 240, "y": 40})
    expect(preview).not_to_have_css("background-position", before)
    owner.mouse.move(2, 2)
    expect(preview).to_be_hidden()


def test_nothing_on_the_pages_is_hard_to_use_for_somebody(owner: Page, server: Server) -> None:
    owner.goto(f"{server.url}/recordings/")
    problems = serious(owner)
    card(owner, STANDUP).get_by_label("More for").click()
    problems += serious(owner)
    card(owner, STANDUP).get_by_role("button", name="Share").click()
    problems += serious(owner)
    for path in (f"/videos/{STANDUP}/", f"/videos/{COMPOSING}/", f"/videos/{STANDUP}/embed"):
        owner.goto(server.url + path)
        problems += serious(owner)
    assert problems == []


@pytest.mark.parametrize("width", [1280, 390])
def test_the_pages_fit(browser: Browser, server: Server, width: int) -> None:
    page = administrator(browser, server, (width, 800))
    for path in ("/recordings/", f"/videos/{STANDUP}/", f"/videos/{FAILED}/", f"/videos/{STANDUP}/embed"):
        page.goto(server.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    page.context.close()
