"""Records frames into a folder until it is killed; prints how many are on the disk, once."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tests.recording.captures import Scene, info, peer, snapshot

FRAMES = 50


def main() -> None:
    scene = Scene(Path(sys.argv[1]))
    capture, camera = scene.capture(), scene.send()
    capture.attach(scene.router, snapshot(peer("ada", info(camera, "camera"))))
    for number in range(1, FRAMES + 1):
        camera.frame(number, key=number == 1)
    scene.pass_time(0.4, capture)
    while scene.disk.backlog_bytes:
        time.sleep(0.01)
    camera.frame(FRAMES + 1)
    print(FRAMES, flush=True)  # noqa: T201
    time.sleep(60)


if __name__ == "__main__":
    main()
