"""A person in a tab of Firefox: what they do, see and hear, as `Participant` has it for Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from tests.e2e.bidi import Tab
from tests.e2e.participant import INBOUND, SPY, wait_for

if TYPE_CHECKING:
    from tests.e2e.bidi import Session

CENTRE: Final = """
(selector) => {
  const found = [...document.querySelectorAll(selector)].find((one) => one.checkVisibility());
  if (!found || found.disabled) return null;
  found.scrollIntoView({ block: "nearest", inline: "nearest" });
  const { left, top, width, height } = found.getBoundingClientRect();
  return [left + width / 2, top + height / 2];
}
"""
TEXT: Final = "(selector) => document.querySelector(selector)?.textContent ?? null"


class FirefoxPerson:
    """One tab with storage of its own; the devices are Firefox's fakes."""

    def __init__(self, session: Session, url: str, name: str, size: tuple[int, int] = (1280, 800)) -> None:
        self.url = url
        self.name = name
        self.peer_id = f"peer-{name}"
        self.messages: list[str] = []
        self.tab = Tab(session, size)
        self.tab.add_init_script(SPY)
        session.on("log.entryAdded", self._note)

    def _note(self, entry: dict[str, Any]) -> None:
        if entry["level"] == "error" and entry["source"].get("context") == self.tab.id:
            self.messages.append(f"error: {entry['text']}")

    def open(self, room: str, interface: str = "call", **attributes: str) -> None:
        """Open the room's link; the welcome screen follows unless the attributes skip it."""
        self.tab.goto(f"{self.url}/{interface}/?{urlencode({'roomId': room, 'peerId': self.peer_id, **attributes})}")

    def join(self, room: str, interface: str = "call", **attributes: str) -> None:
        """Open the link, wait for one's own picture, type the name, press Join."""
        self.open(room, interface, **attributes)
        preview = '[data-testid="preview"] video'
        wait_for(lambda: self.text(preview) is not None, message=f"{self.name} should see themselves.")
        self.fill("name-input", self.name)
        self.click("join")
        self.wait("leave")

    def click(self, test_id: str) -> None:
        """Click it once it is there and can be clicked."""
        self.click_on(f'[data-testid="{test_id}"]')

    def click_on(self, selector: str) -> None:
        x, y = wait_for(lambda: self.tab.evaluate(CENTRE, selector), message=f"{selector} should be there.")
        self.tab.click(x, y)

    def fill(self, test_id: str, text: str) -> None:
        """Type into an empty field."""
        self.click(test_id)
        self.tab.type(text)

    def wait(self, test_id: str, timeout_s: float = 40) -> None:
        """Wait until it is there."""
        message = f"{self.name} should have {test_id}."
        wait_for(lambda: self.text(f'[data-testid="{test_id}"]') is not None, timeout_s, message)

    def gone(self, test_id: str, timeout_s: float = 40) -> None:
        """Wait until it is not there."""
        message = f"{self.name} should no longer have {test_id}."
        wait_for(lambda: self.text(f'[data-testid="{test_id}"]') is None, timeout_s, message)

    def text(self, selector: str) -> str | None:
        """The text of the first match; None for none."""
        found: str | None = self.tab.evaluate(TEXT, selector)
        return found

    def inbound(self, kind: str) -> list[dict[str, Any]]:
        """What arrives, one entry a track."""
        return [entry for entry in self.tab.evaluate(INBOUND) if entry["kind"] == kind]

    def frames(self) -> int:
        """Pictures decoded so far, of everybody."""
        return sum(int(entry["frames"]) for entry in self.inbound("video"))

    def sees(self, timeout_s: float = 40) -> None:
        """Wait until several new pictures have been decoded."""
        before = self.frames()
        wait_for(lambda: self.frames() > before + 3, timeout_s, f"{self.name} should see somebody.")

    def hears(self, timeout_s: float = 40) -> None:
        """Wait until sound arrives that is no silence."""

        def energy() -> float:
            return sum(float(entry["energy"]) for entry in self.inbound("audio"))

        before = energy()
        wait_for(lambda: energy() > before + 1e-6, timeout_s, f"{self.name} should hear somebody.")

    def close(self) -> None:
        self.tab.close()
