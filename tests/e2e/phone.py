"""A phone in Chromium: the user agents of web views, touch, and what browsers of phones have and have not.

Scripts stand in for what Chromium has not: a camera that looks away, a system that takes devices away. The tracks are
real ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tests.e2e.participant import Participant

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ANDROID_WEB_VIEW: Final = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/UD1A.231105.004; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Version/4.0 Chrome/140.0.0.0 Mobile Safari/537.36"
)
IPHONE_WEB_VIEW: Final = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
)
IPHONE_SAFARI: Final = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
PORTRAIT: Final = (390, 844)
LANDSCAPE: Final = (844, 390)

# No screen can be shared. There are two cameras, of which one gives pictures at a time; `__asked` has what was asked
# for, `__tracks` what was given.
DEVICES: Final = """
(() => {
  delete MediaDevices.prototype.getDisplayMedia;
  const devices = navigator.mediaDevices;
  const list = devices.enumerateDevices.bind(devices);
  const give = devices.getUserMedia.bind(devices);
  const FACING = { front: 'user', back: 'environment' };
  window.__asked = [];
  window.__tracks = [];
  window.__busy = false;
  devices.enumerateDevices = async () => [
    ...(await list()).filter(({ kind }) => kind !== 'videoinput'),
    ...Object.keys(FACING).map((id) => ({ deviceId: id, kind: 'videoinput', label: `${id} camera`, groupId: '' })),
  ];
  devices.getUserMedia = async (wanted) => {
    const inUse = window.__tracks.some(({ kind, readyState }) => kind === 'video' && readyState === 'live');
    if (window.__busy || (wanted.video && inUse)) throw new DOMException('In use.', 'NotReadableError');
    if (!wanted.video) {
      window.__asked.push('microphone');
      const stream = await give(wanted);
      window.__tracks.push(...stream.getTracks());
      return stream;
    }
    const { deviceId, facingMode, ...wishes } = Object(wanted.video);
    const id = Object.keys(FACING).find((one) => FACING[one] === facingMode?.exact) ?? deviceId?.exact ?? 'front';
    window.__asked.push(id);
    const stream = await give({ video: { ...wishes, width: { ideal: 320 }, height: { ideal: 240 } } });
    const [track] = stream.getVideoTracks();
    const settings = track.getSettings.bind(track);
    track.getSettings = () => ({ ...settings(), deviceId: id, facingMode: FACING[id] });
    window.__tracks.push(track);
    return stream;
  };
})();
"""
# Another app is in front, or this one again.
SHOW: Final = """
(shown) => {
  Object.defineProperty(document, 'hidden', { value: !shown, configurable: true });
  Object.defineProperty(document, 'visibilityState', { value: shown ? 'visible' : 'hidden', configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}
"""
# A phone call takes the devices: the tracks give nothing, or end, and nobody gets others.
TAKE: Final = """
(how) => {
  window.__busy = true;
  for (const track of window.__tracks.filter(({ readyState }) => readyState === 'live')) {
    track.stop();
    if (how === 'mute') Object.defineProperty(track, 'muted', { value: true });
    track.dispatchEvent(new Event(how));
  }
}
"""
GIVE_BACK: Final = "() => { window.__busy = false; }"
# Each lock that keeps the screen on.
LOCKS: Final = """
(() => {
  window.__locks = [];
  const request = navigator.wakeLock.request.bind(navigator.wakeLock);
  navigator.wakeLock.request = async (type) => {
    const lock = await request(type);
    window.__locks.push(lock);
    return lock;
  };
})();
"""
# iOS lays its keyboard over the page: only the visual viewport gets smaller.
KEYBOARD: Final = """
(() => {
  const real = window.visualViewport;
  let covered = 0;
  const visual = new EventTarget();
  Object.defineProperties(visual, {
    height: { get: () => real.height - covered },
    width: { get: () => real.width },
    offsetTop: { get: () => 0 },
    scale: { get: () => 1 },
  });
  Object.defineProperty(window, 'visualViewport', { value: visual });
  window.__cover = (height) => {
    covered = height;
    visual.dispatchEvent(new Event('resize'));
  };
})();
"""


@dataclass(frozen=True)
class Insets:
    """What notch, corners and bars take of the screen, in CSS pixels."""

    top: int = 0
    right: int = 0
    bottom: int = 0
    left: int = 0


class Phone(Participant):
    """A person with a phone in their hand."""

    def __init__(
        self,
        browser: Browser,
        url: str,
        name: str,
        user_agent: str = ANDROID_WEB_VIEW,
        size: tuple[int, int] = PORTRAIT,
        **emulated: Any,
    ) -> None:
        super().__init__(
            browser,
            url,
            name,
            size,
            scripts=(DEVICES, LOCKS, KEYBOARD),
            user_agent=user_agent,
            has_touch=True,
            is_mobile=True,
            device_scale_factor=2,
            **emulated,
        )
        self.context.grant_permissions(["camera", "microphone", "screen-wake-lock"])

    def show(self, shown: bool) -> None:
        """Bring the page to the front, or another app."""
        self.page.evaluate(SHOW, shown)

    def lose_devices(self, how: str) -> None:
        """A phone call comes: tracks `mute` or are `ended`."""
        self.page.evaluate(TAKE, how)

    def get_devices_back(self) -> None:
        self.page.evaluate(GIVE_BACK)

    def asked_for(self) -> list[str]:
        """The devices that the page has asked for: `microphone`, `front`, `back`."""
        asked: list[str] = self.page.evaluate("() => window.__asked")
        return asked

    def keyboard(self, height: int) -> None:
        """Lay a keyboard of this height over the page, as iOS does; 0 takes it away."""
        self.page.evaluate("(height) => window.__cover(height)", height)

    def inset(self, insets: Insets) -> None:
        """Give the screen a notch."""
        session = self.context.new_cdp_session(self.page)
        session.send("Emulation.setSafeAreaInsetsOverride", {"insets": vars(insets)})
