"""Each example of a web view is a whole app, with its own copy of the page around the room."""

from __future__ import annotations

from meet.config import PROJECT

EXAMPLES = PROJECT / "examples"


def test_both_apps_load_the_same_page() -> None:
    android = EXAMPLES / "android-webview" / "app" / "src" / "main" / "assets" / "meeting.html"
    assert android.read_bytes() == (EXAMPLES / "ios-webview" / "App" / "meeting.html").read_bytes()
