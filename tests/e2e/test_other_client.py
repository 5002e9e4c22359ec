"""Participants of other makes (our Python SDK, pymediasoup) and a browser see and hear each other."""

from __future__ import annotations

import json
import time
from typing import IO, TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.child import running_module
from tests.e2e.server import PROJECT

if TYPE_CHECKING:
    from tests.e2e.conftest import MakeParticipant
    from tests.e2e.server import Server


def wait_until_decoded(printed: IO[str], video: int, audio: int, timeout_s: float = 30) -> None:
    """Read the other client's lines until it has decoded so much."""
    deadline = time.monotonic() + timeout_s
    line = ""
    while time.monotonic() < deadline:
        line = printed.readline()
        assert line, "The other client ended."
        counts = json.loads(line)
        if counts["video"] >= video and counts["audio"] >= audio:
            return
    raise AssertionError(line)


def test_a_python_participant_and_a_browser_see_and_hear_each_other(
    participant: MakeParticipant, room: str, server: Server
) -> None:
    ada = participant("Ada")
    ada.join(room)
    link = f"{server.url}/call/?roomId={room}&peerId=peer-Pia&displayName=Pia"
    with running_module("tests.e2e.sdk_client", link, PYTHONPATH=str(PROJECT / "sdk" / "python")) as printed:
        expect(ada.tile("peer-Pia")).to_contain_text("Pia")
        ada.sees("peer-Pia")
        ada.hears(1)
        wait_until_decoded(printed, video=10, audio=50)
    expect(ada.tile("peer-Pia")).to_have_count(0)


@pytest.mark.long
def test_pymediasoup_joins_as_a_participant(participant: MakeParticipant, room: str, server: Server) -> None:
    ada = participant("Ada")
    ada.join(room)
    with running_module("tests.e2e.other_client", server.url, room, "Pia") as printed:
        expect(ada.tile("peer-Pia")).to_contain_text("Pia")
        ada.sees("peer-Pia")
        ada.hears(1)
        wait_until_decoded(printed, video=10, audio=50)
    expect(ada.tile("peer-Pia")).to_have_count(0)
