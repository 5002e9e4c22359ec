"""A page on another origin than the room's that embeds it, as an integrator would write it."""

from __future__ import annotations

import contextlib
import http.server
import json
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tests.e2e.participant import FRAMES, Participant, more_than, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Frame, Locator

ALLOW = "camera; microphone; fullscreen; display-capture; autoplay; screen-wake-lock"
PAGE = """<!DOCTYPE html>
<meta charset="utf-8">
<title>Shop</title>
<style>html, body { height: 100%; margin: 0 } iframe { width: 100%; height: 90%; border: 0 }</style>
<button id="click">Click</button>
<script src="LIBRARY"></script>
<script>
  window.heard = [];
  window.EVENTS = ["ready", "readyToJoin", "waiting", "join", "ended", "switchOnCamera", "switchOffCamera",
    "nerrorGetCamera", "errorGetCamera", "switchOnMic", "switchOffMic", "errorGetMic", "switchOnShare",
    "switchOffShare",
    "errorGetShare", "newPeer", "peerClosed", "viewersChanged", "connectionFailed", "disconnected", "connectionClosed",
    "connectionError", "playingAudioPrevent", "switchOnPin", "switchOffPin", "errorGetPin",
    "interpretationLanguages", "interpretationLanguage", "checkResult"];
  window.embed = (src, allow, roomId) => {
    document.querySelector("iframe")?.remove();
    const frame = document.createElement("iframe");
    frame.allow = allow;
    frame.src = src;
    document.body.append(frame);
    return frame;
  };
  window.attach = (frame, roomId) => {
    const bridge = new MeetIframeBridge.default({ element: frame, roomId });
    for (const name of EVENTS) bridge.on(name, (data) => heard.push({ name, data }));
    return bridge;
  };
  window.call = (name, data) => new Promise((resolve) => {
    let told;
    const promise = bridge.method({ name, data, callback: (result) => { told = result; } });
    promise.then((result) => resolve({ result, told }),
      ({ code, message }) => resolve({ error: { code, message }, told }));
  });
</script>
"""


@contextlib.contextmanager
def embedding_site(room_server: str, page: str = PAGE) -> Iterator[str]:
    """Serve a page on a free port, whatever the path; its origin, which is 127.0.0.1 where the room's is localhost."""
    body = page.replace("LIBRARY", f"{room_server}/meetBridgeApi.js").encode()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(b"" if self.path == "/favicon.ico" else body)

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as site:
        thread = threading.Thread(target=site.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{site.server_address[1]}"
        site.shutdown()
        thread.join()


class Host(Participant):
    """A participant whose room is inside of another site's page, which calls it through the bridge."""

    def __init__(self, browser: Browser, url: str, site: str, name: str) -> None:
        super().__init__(browser, url, name)
        self.site = site

    def embed(
        self, room: str, interface: str = "call", allow: str = ALLOW, attach: str = "early", **attributes: str
    ) -> None:
        """Frame the room. The bridge is made `early` (before it loads), `loaded` (when it has), or `never`."""
        query = urlencode({"roomId": room, "peerId": self.peer_id, **attributes})
        self.page.goto(self.site)
        source = f"{self.url}/{interface}/?{query}"
        early = "window.bridge = attach(frame, room);"
        late = "frame.addEventListener('load', () => { window.bridge = attach(frame, room); });"
        script = {"early": early, "loaded": late, "never": ""}[attach]
        self.page.evaluate(
            f"([src, allow, room]) => {{ const frame = embed(src, allow); {script} }}", [source, allow, room]
        )

    @property
    def frame(self) -> Frame:
        """The room's own page."""
        return wait_for(lambda: next((f for f in self.page.frames if f.url.startswith(self.url)), None))  # type: ignore[no-any-return]

    def in_room(self, name: str) -> Locator:
        """A part of the room's page by its test id."""
        return self.page.frame_locator("iframe").get_by_test_id(name)

    def tile_in_room(self, peer: Participant, source: str = "camera") -> Locator:
        return self.page.frame_locator("iframe").locator(
            f'[data-testid=tile][data-peer-id="{peer.peer_id}"][data-source="{source}"]'
        )

    def sees_in_room(self, peer: Participant, timeout_s: float = 40) -> None:
        """Wait until several new frames of somebody have been shown in the iframe."""

        def frames() -> int:
            return int(self.frame.evaluate(FRAMES, [peer.peer_id, "camera"]))

        wait_for(more_than(3, frames), timeout_s, f"{self.name} should see {peer}.")

    def call(self, name: str, data: Any = None) -> Any:
        """A method's result; the callback must have been told the same as the promise. Fails on an error."""
        answer = self._call(name, data)
        assert "error" not in answer, f"{name}: {answer}"
        assert answer.get("told") == answer.get("result")
        return answer.get("result")

    def refused(self, name: str, data: Any = None) -> str:
        """The code of a method's error; fails if it works."""
        answer = self._call(name, data)
        assert "error" in answer, f"{name} should fail: {answer}"
        assert answer["told"] == {"error": answer["error"]}
        assert answer["error"]["message"]
        return str(answer["error"]["code"])

    def heard(self, name: str) -> list[dict[str, Any]]:
        """The data of all events of this name so far."""
        return [entry["data"] for entry in self.page.evaluate("heard") if entry["name"] == name]

    def hears_event(self, name: str, timeout_s: float = 40, **data: Any) -> dict[str, Any]:
        """Wait for an event with at least this data."""

        def found() -> dict[str, Any] | None:
            return next((one for one in self.heard(name) if data.items() <= one.items()), None)

        return dict(wait_for(lambda: (one := found()) is not None and {"": one}, timeout_s, f"{name} {data}")[""])

    def forget(self) -> None:
        """Forget the events so far."""
        self.page.evaluate("heard.length = 0")

    def _call(self, name: str, data: Any) -> dict[str, Any]:
        argument = "undefined" if data is None else json.dumps(data)
        return dict(self.page.evaluate(f"() => call({json.dumps(name)}, {argument})"))
