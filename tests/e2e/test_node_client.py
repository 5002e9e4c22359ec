"""The package `meet-client`, packed and installed into an empty project: the page of it in the docs, under Node.js."""

from __future__ import annotations

import json
import re
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

LOCK = json.loads((PROJECT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
LINK = re.compile(r"https://YOUR-HOST/call/\?roomId=team42&displayName=Bot")


def first_call() -> str:
    """The program of the page."""
    page = (PROJECT / "docs" / "sdk.md").read_text(encoding="utf-8")
    return "\n".join(re.findall(r"```js\n// bot/first-call\.mjs.*?\n(.*?)```", page, re.DOTALL))


def npm(*command: str) -> str:
    done = subprocess.run(["npm", *command], cwd=PROJECT, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty project with the packed client, and the versions of all else that are locked here."""
    folder = tmp_path_factory.mktemp("bot")
    packed = npm("pack", "--silent", "--pack-destination", str(folder), "./sdk/js").splitlines()[-1]
    locked = [f"{name}@{LOCK[f'node_modules/{name}']['version']}" for name in ("@roamhq/wrtc", "mediasoup-client")]
    npm("install", "--silent", "--prefer-offline", "--prefix", str(folder), str(folder / packed), *locked)
    return folder


@contextmanager
def running_node(project: Path, program: str) -> Iterator[Counter[str]]:
    """The program while it runs: how often it has said what."""
    (project / "first-call.mjs").write_text(program, encoding="utf-8")
    command = ["node", "--no-warnings", "--experimental-websocket", "first-call.mjs"]
    with subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        said: Counter[str] = Counter()

        def read() -> None:
            assert process.stdout is not None
            said.update(line.strip() for line in process.stdout)

        reader = threading.Thread(target=read)
        reader.start()
        try:
            yield said
            assert process.poll() is None, said
        finally:
            process.kill()
            reader.join()
            print(said)  # noqa: T201 - for who looks why it fails


@pytest.mark.long
@pytest.mark.timeout(240)
def test_the_first_call_of_the_docs_is_heard_and_seen_and_hears_and_sees(
    project: Path, participant: MakeParticipant, room: str, server: Server
) -> None:
    ada = participant("Ada")
    ada.join(room)
    program, replaced = LINK.subn(f"{server.url}/call/?roomId={room}&peerId=peer-Bot&displayName=Bot", first_call())
    assert replaced == 1
    with running_node(project, program) as said:
        expect(ada.tile("peer-Bot")).to_contain_text("Bot", timeout=30_000)
        ada.sees("peer-Bot")
        ada.hears(1)
        wait_for(lambda: said["I am Bot with [ 'Ada' ]"] == 1, message=str(said))
        wait_for(lambda: said["Bot: Hello"] == 1, message=str(said))
        wait_for(lambda: said["Something comes of Ada camera"] > 30, message=str(said))
        wait_for(lambda: said["Something comes of Ada mic"] > 100, message=str(said))
    expect(ada.tile("peer-Bot")).to_have_count(0)
