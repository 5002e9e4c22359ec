"""The benchmark of meetings: it counts what it says, whoever sends, and of mediasoup as well."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.forwarding import SfuProcess
from benchmarks.meetings import MEDIASOUP, PATIENCE_S, Meeting

if TYPE_CHECKING:
    from benchmarks.feedback import FeedbackKind


async def test_everybody_gets_what_all_others_send() -> None:
    meeting = Meeting("interpreted")
    try:
        await meeting.open(3)
        await meeting.play(0.3, measured=False, patience_s=PATIENCE_S)
        await meeting.play(0.3, measured=True, patience_s=PATIENCE_S)
    finally:
        await meeting.close()
    row = meeting.row()
    assert row["people"] == 3
    assert meeting.expected > 0
    assert sum(person.packets for person in meeting.people) == meeting.expected
    ((received, forwarded),) = meeting.rates
    assert forwarded == 2 * received


async def test_one_sends_and_the_others_watch() -> None:
    meeting = Meeting("interpreted")
    try:
        await meeting.open(4, senders=1)
        await meeting.play(0.3, measured=False, patience_s=PATIENCE_S)
        await meeting.play(0.3, measured=True, patience_s=PATIENCE_S)
    finally:
        await meeting.close()
    assert meeting.row()["senders"] == 1
    assert [person.packets for person in meeting.people] == [0, *[meeting.expected // 3] * 3]


async def test_who_reports_is_told_numbers() -> None:
    meeting = Meeting("interpreted", feedback="transport-cc")
    try:
        await meeting.open(3)
        await meeting.play(0.5, measured=True, patience_s=PATIENCE_S)
    finally:
        await meeting.close()
    for person in meeting.people:
        assert person.feedback is not None
        assert person.feedback.numbered > 0
        assert person.feedback.sent > 0


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
async def test_a_folder_without_mediasoup_is_told_of(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    process = await SfuProcess.start_mediasoup(tmp_path)
    with pytest.raises(RuntimeError, match="ended before it answered 'capabilities'"):
        await process.ask("capabilities")
    await process.stop()
    assert f"mediasoup can't be loaded from {tmp_path}" in capfd.readouterr().err


@pytest.mark.skipif(
    "MEDIASOUP" not in os.environ, reason="MEDIASOUP does not name a folder with node_modules/mediasoup"
)
@pytest.mark.parametrize("feedback", ["none", "transport-cc"])
async def test_mediasoup_forwards_the_same(feedback: FeedbackKind) -> None:
    meeting = Meeting(MEDIASOUP, feedback=feedback, folder=Path(os.environ["MEDIASOUP"]))
    try:
        await meeting.open(3)
        await meeting.play(0.5, measured=False, patience_s=PATIENCE_S)
        await meeting.play(0.5, measured=True, patience_s=PATIENCE_S)
    finally:
        await meeting.close()
    assert sum(person.packets for person in meeting.people) == meeting.expected
    assert all(cost > 0 for cost in meeting.costs)
    for person in meeting.people:
        assert (person.feedback is not None and person.feedback.numbered > 0) == (feedback == "transport-cc")
