"""A participant of another make (pymediasoup on aiortc) and a browser see and hear each other."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.e2e.server import PROJECT, Server

if TYPE_CHECKING:
    from tests.e2e.conftest import MakeParticipant


def decoded_by(process: subprocess.Popen[str], video: int, audio: int, timeout_s: float = 30) -> None:
    """Read its lines until it has decoded so much."""
    assert process.stdout is not None
    deadline = time.monotonic() + timeout_s
    line = ""
    while time.monotonic() < deadline:
        line = process.stdout.readline()
        assert line, "The other client ended."
        counts = json.loads(line)
        if counts["video"] >= video and counts["audio"] >= audio:
            return
    raise AssertionError(line)


def test_pymediasoup_joins_as_a_participant(participant: MakeParticipant, room: str, server: Server) -> None:
    ada = participant("Ada")
    ada.join(room)
    command = [sys.executable, "-m", "tests.e2e.other_client", server.url, room, "Pia"]
    other = subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        expect(ada.tile("peer-Pia")).to_contain_text("Pia", timeout=20_000)
        ada.sees("peer-Pia")
        ada.hears(1)
        decoded_by(other, video=10, audio=50)
    finally:
        assert other.stdin is not None
        other.stdin.close()
        try:
            other.wait(10)
        except subprocess.TimeoutExpired:
            other.kill()
            other.wait()
    expect(ada.tile("peer-Pia")).to_have_count(0, timeout=10_000)
