"""Pictures of the main screens into `screenshots/`, for people to look at: `make screenshots`.

The client's own screens come from `static/dev/`, where a fake meeting fills them; the pages around it, those of
recordings and the admin from a server with a meeting of four and a few recordings.
"""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Final

from playwright.sync_api import sync_playwright

from tests.e2e.administrator import administrator
from tests.e2e.crowd import running_crowd
from tests.e2e.library import COMPOSING, EXAMPLES, STANDUP, Library, composed
from tests.e2e.participant import CHROMIUM, CHROMIUM_ARGUMENTS
from tests.e2e.server import PROJECT, running_server
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, StorageState

FOLDER: Final = PROJECT / "screenshots"
SIZES: Final = {"desktop": (1280, 800), "phone": (360, 740)}
THEMES: Final = ("light", "dark")
SETTLE_MS: Final = 900
SCREENS: Final = {
    "welcome": "phase=welcome",
    "welcome-denied": "phase=welcome&error=denied",
    "alone": "phase=joined",
    "tiles-02": "phase=joined&others=1",
    "tiles-05": "phase=joined&others=4&states",
    "tiles-12": "phase=joined&others=11&states",
    "tiles-30": "phase=joined&others=29",
    "tiles-30-minimized": "phase=joined&others=29&minimize",
    "share": "phase=joined&others=5&screens=1",
    "pinned": "phase=joined&others=5&pinned=peer-2",
    "video": "phase=joined&others=3&video=https%3A%2F%2Fplayer.invalid%2Fembed",
    "chat": "phase=joined&others=4&chat=12&panel=chat",
    "moderator": "phase=joined&others=6&states&moderator&waiting=3&kicked=2&locked&forbidden=screen&panel=moderator",
    "moderator-quiet": "phase=joined&others=3&moderator&hand&panel=moderator",
    "recorded": "phase=joined&others=4&moderator&recorded&panel=moderator",
    "asked": "phase=joined&others=4&asked=mic",
    "forbidden": "phase=joined&others=4&forbidden=mic,camera,screen",
    "people-moderator": "phase=joined&others=6&states&moderator&waiting=2&panel=people",
    "webinar-viewer": "phase=joined&webinar&viewer&others=3&viewers=128",
    "webinar-moderator": "phase=joined&webinar&moderator&others=3&viewers=12&viewerHands=2&panel=people",
    "own-screen": "phase=joined&others=3&ownScreen",
    "booth": "phase=joined&interpreter=de&languages=de:2,en,fr&others=4&speaker=peer-1",
    "booth-relay": "phase=joined&interpreter=de&languages=de:2,en,fr&others=4&screens=1&listening=en&micOff",
    "booth-offer": "phase=joined&interpreter=de&languages=de:2,en&others=4&micOff&handover=interpreter-de-0%3E",
    "booth-handover": "phase=joined&interpreter=de&languages=de:2,en&others=4&handover=me%3Einterpreter-de-1:7",
    "booth-problem": "phase=joined&problem=feature&others=3",
    "waiting": "phase=waiting",
    "reconnecting": "phase=reconnecting&others=2",
    "left": "phase=left",
    "closed": "phase=closed&code=peerReplaced",
    "kicked": "phase=closed&code=kicked",
    "meeting-ended": "phase=closed&code=meetingEnded",
    "room-locked": "phase=closed&code=roomLocked&contact=help%40example.org",
    "welcome-brand": "phase=welcome&brand=Acme+University",
}
PAGES: Final = {"start": "/", "new": "/new", "playground": "/playground", "error": "/call/?roomId=%21"}
# Of somebody who has logged in.
OWN_PAGES: Final = {
    "recordings": "/recordings/",
    "recordings-nothing-found": "/recordings/?q=nowhere",
    "player": f"/videos/{STANDUP}/",
    "player-being-made": f"/videos/{COMPOSING}/",
    "player-embedded": f"/videos/{STANDUP}/embed",
    "admin-overview": "/admin/",
    "admin-live-rooms": "/admin/rooms/liveroom/",
    "admin-live-room": "/admin/rooms/liveroom/1/planning/",
    "admin-accounts": "/admin/accounts/account/1/change/",
    "admin-videos": "/admin/recording/video/",
    "admin-sessions": "/admin/stats/session/",
    "admin-webhooks": "/admin/webhooks/endpoint/",
    "admin-audit": "/admin/accounts/auditevent/",
    "admin-incidents": "/admin/accounts/incident/",
    "admin-password": "/admin/password_change/",
    "api": "/api/",
}
LANGUAGES: Final = ("fr", "de", "lb", "ru")


@contextlib.contextmanager
def gallery() -> Iterator[str]:
    """The address of the client's screens, served by Vite as long as the context lasts."""
    port = free_port()
    command = ["node_modules/.bin/vite", "--config", "static/dev/vite.config.ts", "--port", str(port), "--strictPort"]
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(command, cwd=PROJECT, stdout=log, stderr=subprocess.STDOUT)
    url = f"http://localhost:{port}/static/dev/index.html"
    try:
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
                break
            assert server.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.2)
        yield url
    finally:
        server.terminate()
        server.wait(10)


def take(
    browser: Browser,
    addresses: dict[str, str],
    sizes: dict[str, tuple[int, int]],
    storage: StorageState | None = None,
) -> None:
    """One picture of each address for each size and theme, with the cookies of `storage`."""
    for size_name, (width, height) in sizes.items():
        for theme in THEMES:
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if theme == "dark" else "light",
                permissions=["camera", "microphone"],
                storage_state=storage,
            )
            page = context.new_page()
            for name, url in addresses.items():
                page.goto(url, wait_until="domcontentloaded")
                page.wait_for_timeout(SETTLE_MS)
                page.screenshot(path=FOLDER / f"{name}.{size_name}.{theme}.png")
            context.close()


def in_languages(url: str, paths: dict[str, str]) -> dict[str, str]:
    """The addresses of pages in all languages but English."""
    return {f"{name}.{one}": f"{url}{path}?lang={one}" for name, path in paths.items() for one in LANGUAGES}


def main() -> None:
    """Take them all."""
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        with gallery() as url:
            take(browser, {name: f"{url}?{query}" for name, query in SCREENS.items()}, SIZES)
            spoken = {
                f"{name}.{language}": f"{url}?{SCREENS[name]}&lang={language}"
                for language in LANGUAGES
                for name in ("welcome", "people-moderator", "moderator", "webinar-viewer")
            }
            take(browser, spoken, SIZES)
        with tempfile.TemporaryDirectory() as folder, running_server(Path(folder)) as server:
            take(browser, {name: server.url + path for name, path in PAGES.items()}, SIZES)
            take(browser, in_languages(server.url, {"start": "/", "new": "/new", "nothing-here": "/nowhere"}), SIZES)
            (work := Path(folder) / "library").mkdir()
            library = Library(server, composed(work / "composed"), work)
            library.add(*EXAMPLES)
            owner = administrator(browser, server).context
            with running_crowd(server.url, "planning", 4):
                own_pages = {name: server.url + path for name, path in OWN_PAGES.items()}
                take(browser, own_pages, SIZES, owner.storage_state())
                take(browser, in_languages(server.url, {"recordings": "/recordings/"}), SIZES, owner.storage_state())
        browser.close()
    print(f"{len(list(FOLDER.glob('*.png')))} pictures are in {FOLDER.name}/.")  # noqa: T201 - a command's answer


if __name__ == "__main__":
    main()
