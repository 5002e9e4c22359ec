"""The pages of the examples for web views on phones: an app talks with a room through them, both ways.

Chromium loads each app's own page as the app does, under the address of the room's server, with a stand-in for what
the app would put there (`addJavascriptInterface`, `WKScriptMessageHandler`). The apps themselves are not run.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from meet.config import PROJECT
from tests.e2e.embedding import Host, embedding_site
from tests.e2e.participant import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Frame

    from tests.e2e.conftest import MakeParticipant
    from tests.e2e.server import Server

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("small_cameras")]
EXAMPLES = PROJECT / "examples"
PAGES = {
    "android": EXAMPLES / "android-webview" / "app" / "src" / "main" / "assets" / "meeting.html",
    "ios": EXAMPLES / "ios-webview" / "App" / "meeting.html",
}
EMBEDDING = EXAMPLES / "ios-webview" / "web" / "embed.html"
# Every frame has it, as in both web views; the app's side is Python.
STAND_INS = {
    "android": "window.meetApp = { post: (secret, text) => toApp({ secret, text }) };",
    "ios": "window.webkit = { messageHandlers: { meetApp: { postMessage: (text) => toApp({ text }) } } };",
}
SECRET = "3a0b5c2e"


class App(Host):
    """An app with its page in a web view of its platform."""

    def __init__(self, browser: Browser, url: str, platform: str, name: str) -> None:
        super().__init__(browser, url, url, name)
        self.told: list[dict[str, Any]] = []
        self.context.expose_binding("toApp", self._take)
        self.context.add_init_script(STAND_INS[platform])
        self.page.route(
            f"{url}/", lambda route: route.fulfill(body=PAGES[platform].read_text(), content_type="text/html")
        )
        self._secret = (SECRET,) if platform == "android" else ()
        self._last_id = 0

    @property
    def frame(self) -> Frame:
        """The room's page, which is of one origin with the page around it."""
        return wait_for(lambda: next((one for one in self.page.frames if one.parent_frame is not None), None))  # type: ignore[no-any-return]

    def enter(self, room: str, url: str | None = None) -> None:
        """What the app does when its page has loaded."""
        link = (
            f"{url or self.url}/call/?{urlencode({'roomId': room, 'peerId': self.peer_id, 'displayName': self.name})}"
        )
        self.page.goto(f"{self.url}/")
        self.page.evaluate(f"Meeting.open({', '.join(map(json.dumps, (link, *self._secret)))})")

    def ask(self, name: str, data: Any = None) -> Any:
        """A method of the bridge; its result, or the code of its error."""
        self._last_id += 1
        self.page.evaluate(f"void Meeting.call({self._last_id}, {json.dumps(name)}, {json.dumps(data)})")
        number = self._last_id
        answer = self._wait(lambda one: one["type"] == "result" and one["id"] == number)
        return answer["error"]["code"] if "error" in answer else answer["result"]

    def hears_of(self, event: str, **data: Any) -> dict[str, Any]:
        found = self._wait(
            lambda one: one["type"] == "event" and one["name"] == event and data.items() <= (one["data"] or {}).items()
        )
        return dict(found["data"] or {})

    def fails(self) -> str:
        return str(self._wait(lambda one: one["type"] == "failed")["message"])

    def _wait(self, wanted: Any) -> dict[str, Any]:
        def found() -> dict[str, Any] | None:
            self.page.wait_for_timeout(20)  # lets what the page says come in
            return next((one for one in self.told if wanted(one)), None)

        return dict(wait_for(found))

    def _take(self, source: dict[str, Any], message: dict[str, str]) -> None:
        frame: Frame = source["frame"]
        # What each app looks at: iOS at the frame, Android at the secret.
        assert frame.parent_frame is None
        assert (message["secret"],) == self._secret if self._secret else "secret" not in message
        self.told.append(json.loads(message["text"]))


@pytest.fixture(params=PAGES)
def app(request: pytest.FixtureRequest, browser: Browser, server: Server) -> Iterator[App]:
    made = App(browser, server.url, request.param, "App")
    yield made
    made.close()
    assert not [
        message for message in made.messages if message.startswith("error: ") and "load resource" not in message
    ]


def test_an_app_joins_and_calls_and_hears(app: App, participant: MakeParticipant, room: str) -> None:
    other = participant("Ada")
    other.join(room)
    app.enter(room)
    app.hears_of("readyToJoin")
    joined = app.ask("join", {"constraints": {"video": True, "audio": True}})
    assert joined == {"peerId": "peer-App", "displayName": "App", "waiting": False}
    app.hears_of("join", peerId="peer-App")
    app.hears_of("switchOnCamera", peerId="peer-App")
    other.sees(app)
    app.sees_in_room(other)

    assert app.ask("isMicroEnabled") is True
    app.ask("disableMic")
    app.hears_of("switchOffMic", peerId="peer-App")
    assert app.ask("isMicroEnabled") is False
    assert app.ask("setControlsVisible", False) is True
    assert app.ask("disableAllMics") == "notModerator"
    assert app.ask("fly") == "unknownMethod"
    other.page.close()
    app.hears_of("peerClosed", displayName="Ada")


def test_an_app_hears_that_there_is_no_server(app: App, room: str) -> None:
    app.page.route("**/meetBridgeApi.js", lambda route: route.abort())
    app.enter(room)
    assert app.fails() == "The server can't be reached."
    assert app.ask("join") == "notConnected"


def test_both_apps_have_the_same_page() -> None:
    assert PAGES["android"].read_text(encoding="utf-8") == PAGES["ios"].read_text(encoding="utf-8")


def test_the_page_for_safaris_view_shows_rooms_of_its_server_only(browser: Browser, server: Server, room: str) -> None:
    page = EMBEDDING.read_text(encoding="utf-8").replace("https://YOUR-HOST", server.url)
    # Of a real server: Chromium lets no page whose address it doesn't know show one of this machine.
    with embedding_site(server.url, page) as site, browser.new_context() as context:
        tab = context.new_page()
        tab.goto(f"{site}/meeting.html?roomId={room}&displayName=Ada")
        tab.frame_locator("iframe").get_by_test_id("join").wait_for()
        tab.goto(f"{site}/meeting.html?@elsewhere.example/")
        assert tab.locator("iframe").get_attribute("src") == f"{server.url}/call/?@elsewhere.example/"
