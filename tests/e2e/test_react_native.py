"""The SDK for React Native: its platform in a call with another WebRTC, its types, and bundles of its example."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.participant import wait_for
from tests.e2e.server import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.conftest import MakeParticipant
    from tests.e2e.server import Server

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]
LOCK = json.loads((PROJECT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
TSC = PROJECT / "node_modules" / ".bin" / "tsc"
# What the app does, on Node.js: @roamhq/wrtc is libwebrtc too, and what it lacks of React Native's is added.
PROGRAM = """
import wrtc from "@roamhq/wrtc";
import { join } from "meet-client";
import { reactNativePlatform } from "./platform.js";

wrtc.MediaStream.prototype.release = () => {};
Object.assign(globalThis, wrtc);
const { RTCAudioSink, RTCVideoSink, RTCAudioSource, RTCVideoSource } = wrtc.nonstandard;
const [sound, picture] = [new RTCAudioSource(), new RTCVideoSource()];
const mediaDevices = {
  getUserMedia: async ({ audio }) => new MediaStream([(audio ? sound : picture).createTrack()]),
  enumerateDevices: async () => [{ deviceId: "1", kind: "videoinput", label: "Camera 1, Facing front" }],
  addEventListener() {},
};
let stateChanged;
const app = {
  currentState: "active",
  addEventListener(_type, listener) {
    stateChanged = listener;
    return { remove() {} };
  },
};

const room = await join(process.argv[2], reactNativePlatform({ mediaDevices, MediaStream }, app));
room.on("track", ({ displayName, source, track }) => {
  const sink = track.kind === "audio" ? new RTCAudioSink(track) : new RTCVideoSink(track);
  sink.ondata = sink.onframe = () => console.log("Something comes of", displayName, source);
});
room.on("chat", ({ displayName, text }) => console.log(`${displayName}: ${text}`));
await room.enableMic();
await room.enableWebcam();
await room.sendChat("Hello");
let time = 0;
setInterval(() => {
  const samples = Int16Array.from({ length: 480 }, () => 8000 * Math.sin((2 * Math.PI * 440 * time++) / 48000));
  sound.onData({ samples, sampleRate: 48000, bitsPerSample: 16, channelCount: 1, numberOfFrames: 480 });
}, 10);
setInterval(() => {
  picture.onFrame({ width: 320, height: 240, data: new Uint8ClampedArray(115200).fill((time / 480) % 256) });
}, 66);
process.stdin.on("data", (text) => {
  app.currentState = `${text}`.trim();
  stateChanged();
  console.log("The app is", app.currentState);
});
"""


def run(*command: str | Path, cwd: Path) -> str:
    """A program's output; fails where the program does."""
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout.strip()


@pytest.fixture(scope="module")
def node_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the client, libwebrtc, and the platform of the SDK."""
    folder = tmp_path_factory.mktemp("node")
    (folder / "package.json").write_text('{ "type": "module" }', encoding="utf-8")
    packed = run("npm", "pack", "--silent", "--pack-destination", folder, "./sdk/js", cwd=PROJECT).splitlines()[-1]
    locked = [f"{name}@{LOCK[f'node_modules/{name}']['version']}" for name in ("@roamhq/wrtc", "mediasoup-client")]
    run("npm", "install", "--silent", "--prefer-offline", f"./{packed}", *locked, cwd=folder)
    shutil.copy(PROJECT / "sdk" / "react-native" / "src" / "platform.ts", folder)
    options = ("--module", "nodenext", "--target", "es2022", "--strict", "--skipLibCheck", "--types", "")
    run(TSC, *options, "platform.ts", cwd=folder)
    (folder / "app.mjs").write_text(PROGRAM, encoding="utf-8")
    return folder


@contextmanager
def running_app(project: Path, link: str) -> Iterator[tuple[Counter[str], subprocess.Popen[str]]]:
    """The program while it runs: how often it has said what."""
    command = ["node", "--no-warnings", "--experimental-websocket", "app.mjs", link]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, cwd=project, text=True, **pipes) as process:  # type: ignore[call-overload]
        said: Counter[str] = Counter()
        reader = threading.Thread(target=lambda: said.update(line.strip() for line in process.stdout))
        reader.start()
        try:
            yield said, process
            assert process.poll() is None, said
        finally:
            process.kill()
            reader.join()


def test_its_platform_sends_and_receives(
    node_project: Path, participant: MakeParticipant, room: str, server: Server
) -> None:
    ada = participant("Ada")
    ada.join(room)
    link = f"{server.url}/call/?roomId={room}&peerId=peer-App&displayName=App"
    with running_app(node_project, link) as (said, app):
        ada.sees("peer-App")
        ada.hears(1)
        wait_for(lambda: said["App: Hello"] == 1, message=str(said))
        wait_for(lambda: said["Something comes of Ada camera"] > 20, message=str(said))
        wait_for(lambda: said["Something comes of Ada mic"] > 100, message=str(said))
        assert app.stdin is not None
        app.stdin.write("background\n")
        app.stdin.flush()
        wait_for(lambda: said["The app is background"] == 1, message=str(said))
        expect(ada.tile("peer-App")).to_have_attribute("data-absent", "true", timeout=30_000)


@pytest.mark.timeout(1200)
def test_the_example_has_its_types_and_is_bundled_for_both_platforms(tmp_path: Path) -> None:
    """In a copy: what it installs (600 MB) stays out of the product's own tree."""
    kept = shutil.ignore_patterns("node_modules", "dist", "build")
    for name in ("sdk/js", "sdk/react-native", "examples/react-native"):
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=kept)
    (tmp_path / "node_modules").symlink_to(PROJECT / "node_modules")
    run(TSC, "-p", tmp_path / "sdk" / "js", cwd=tmp_path)
    (tmp_path / "node_modules").unlink()
    example = tmp_path / "examples" / "react-native"
    run("npm", "ci", "--silent", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", cwd=example)
    run("npm", "run", "--silent", "check", cwd=example)
    for platform, own in (("android", "requestMultiple([CAMERA"), ("ios", "camera: true")):
        run("npm", "run", "--silent", f"bundle:{platform}", cwd=example)
        bundle = (example / "build" / f"{platform}.js").read_text(encoding="utf-8")
        assert "meet.v1" in bundle
        assert "ReactNative106" in bundle
        assert own in bundle
