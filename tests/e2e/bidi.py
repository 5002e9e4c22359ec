"""Firefox by WebDriver BiDi (W3C), which a stock Firefox speaks: Playwright drives browsers that it built itself."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any, Final

from websockets.sync.client import ClientConnection, connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FIREFOX: Final = "/usr/bin/firefox-esr"
START_S: Final = 60.0
ANSWER_S: Final = 60.0
LISTENING: Final = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
# Fake devices without questions; sound without a click. What Firefox would ask of its makers' servers ends at a port
# where nobody listens. (It has no paths by loopback: media goes by the machine's own address.)
PREFERENCES: Final[dict[str, bool | int | str]] = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "media.gmp-manager.updateEnabled": False,
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.ipc.processCount": 2,
    "intl.accept_languages": "en-US",
}


class BiDiError(Exception):
    """The browser refused a command."""


class Session:
    """One connection to a browser. Commands are answered in order; events are heard while one is waited for."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._last = 0
        self._listeners: dict[str, list[Callable[[dict[str, Any]], None]]] = {}

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Carry out a command. Raises `BiDiError` where the browser refuses, `TimeoutError` where it is silent."""
        self._last += 1
        self._connection.send(json.dumps({"id": self._last, "method": method, "params": parameters}))
        deadline = time.monotonic() + ANSWER_S
        while True:
            message = json.loads(self._connection.recv(max(0.0, deadline - time.monotonic())))
            if message.get("type") == "event":
                for listener in self._listeners.get(message["method"], []):
                    listener(message["params"])
            elif message.get("id") == self._last:
                if message["type"] == "error":
                    raise BiDiError(f"{method}: {message['error']}: {message['message']}")
                result: dict[str, Any] = message["result"]
                return result

    def on(self, event: str, listener: Callable[[dict[str, Any]], None]) -> None:
        """Call `listener` with each of these events."""
        self.send("session.subscribe", events=[event])
        self._listeners.setdefault(event, []).append(listener)


class Tab:
    """A tab with cookies and storage of its own."""

    def __init__(self, session: Session, size: tuple[int, int]) -> None:
        self._session = session
        self.user: str = session.send("browser.createUserContext")["userContext"]
        self.id: str = session.send("browsingContext.create", type="tab", userContext=self.user)["context"]
        self.resize(*size)

    def resize(self, width: int, height: int) -> None:
        """Give its page this size, in CSS pixels."""
        viewport = {"width": width, "height": height}
        self._session.send("browsingContext.setViewport", context=self.id, viewport=viewport)

    def add_init_script(self, script: str) -> None:
        """Run a script in each page before its own."""
        self._session.send("script.addPreloadScript", functionDeclaration=f"() => {{ {script} }}", contexts=[self.id])

    def goto(self, url: str) -> None:
        self._session.send("browsingContext.navigate", context=self.id, url=url, wait="complete")

    def evaluate(self, function: str, argument: Any = None) -> Any:
        """What a function, which may be async, returns for `argument`; both go by JSON."""
        result = self._session.send(
            "script.callFunction",
            functionDeclaration=f"async (given) => JSON.stringify(await ({function})(JSON.parse(given)) ?? null)",
            arguments=[{"type": "string", "value": json.dumps(argument)}],
            awaitPromise=True,
            target={"context": self.id},
        )
        if result["type"] == "exception":
            raise BiDiError(result["exceptionDetails"]["text"])
        return json.loads(result["result"]["value"])

    def click(self, x: float, y: float) -> None:
        """Click as a person does: pages take it for consent."""
        place = {"x": round(x), "y": round(y)}
        actions = [
            {"type": "pointerMove", **place},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions}
        self._session.send("input.performActions", context=self.id, actions=[mouse])

    def type(self, text: str) -> None:
        """Press the keys of a text; "\\ue007" is Enter (WebDriver's table of keys)."""
        actions = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        keyboard = {"type": "key", "id": "keyboard", "actions": actions}
        self._session.send("input.performActions", context=self.id, actions=[keyboard])

    def close(self) -> None:
        self._session.send("browser.removeUserContext", userContext=self.user)


@contextlib.contextmanager
def running_firefox(folder: Path, **preferences: bool | int | str) -> Iterator[Session]:
    """Firefox without a window and with a new profile in `folder`; ended with all of its processes."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        f"user_pref({json.dumps(key)}, {json.dumps(value)});" for key, value in (PREFERENCES | preferences).items()
    ]
    (folder / "user.js").write_text("\n".join(lines))
    log = folder / "firefox.log"
    command = [FIREFOX, "--headless", "--no-remote", "--profile", str(folder), "--remote-debugging-port", "0"]
    environment = os.environ | {"HOME": str(folder), "MOZ_CRASHREPORTER_DISABLE": "1"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        with connect(f"{_address(process, log)}/session", max_size=None, proxy=None) as connection:
            session = Session(connection)
            session.send("session.new", capabilities={})
            yield session
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + START_S
    while True:
        found = LISTENING.search(log.read_text(errors="replace"))
        if found:
            return found[1]
        assert process.poll() is None, f"Firefox ended:\n{log.read_text(errors='replace')}"
        assert time.monotonic() < deadline, f"Firefox did not come up:\n{log.read_text(errors='replace')}"
        time.sleep(0.1)
