"""What the load tells a sender: the transport-wide number is found wherever a server has put it."""

from __future__ import annotations

import pytest

from benchmarks.feedback import Feedback, number_at
from media.rtp.packet import HEADER
from media.rtp.rtcp import ReceiverReport, parse_compound

NUMBER = b"\x51\x12\x34"
ABS_SEND_TIME = b"\x42\x00\x00\x51"
MID = b"\x13Q\x51QQ"


def packet(extensions: bytes, *, csrcs: int = 0, form: int = 0xBEDE) -> memoryview:
    padded = extensions + bytes(-len(extensions) % 4)
    block = form.to_bytes(2) + (len(padded) // 4).to_bytes(2) + padded
    return memoryview(HEADER.pack(0x90 | csrcs, 96, 1, 2, 3) + bytes(4 * csrcs) + block + b"payload")


@pytest.mark.parametrize(
    "before", [b"", ABS_SEND_TIME, MID + ABS_SEND_TIME, b"\x00\x00" + MID], ids=["first", "ours", "mid", "padded"]
)
@pytest.mark.parametrize("csrcs", [0, 2])
def test_the_number_is_found_behind_other_elements(before: bytes, csrcs: int) -> None:
    made = packet(before + NUMBER, csrcs=csrcs)
    at = number_at(made, len(made))
    assert at is not None
    assert bytes(made[at : at + 2]) == b"\x12\x34"


@pytest.mark.parametrize(
    "made",
    [
        packet(MID + ABS_SEND_TIME),
        packet(NUMBER, form=0x1000),
        packet(b""),
        packet(ABS_SEND_TIME + NUMBER)[: HEADER.size + 4 + 5],
        packet(NUMBER)[: HEADER.size + 2],
        memoryview(HEADER.pack(0x80, 96, 1, 2, 3) + NUMBER),
    ],
    ids=["other elements", "another form", "no elements", "cut in the number", "cut in the block", "no block"],
)
def test_there_may_be_none(made: memoryview) -> None:
    assert number_at(made, len(made)) is None


def test_reports_are_about_the_video_whatever_else_comes() -> None:
    sent: list[bytes] = []
    feedback = Feedback("none", sent.append, ssrc=9)
    for number, ssrc in ((500, 9), (501, 9), (40_000, 8)):
        data = HEADER.pack(0x80, 96, number, 0, ssrc) + bytes(100)
        feedback.received(memoryview(data), len(data), 0.0)
    feedback.tick()
    (report,) = (packet for data in sent for packet in parse_compound(data))
    assert isinstance(report, ReceiverReport)
    assert [(block.ssrc, block.highest_sequence) for block in report.reports] == [(9, 501)]
