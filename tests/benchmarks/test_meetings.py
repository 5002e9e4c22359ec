"""The benchmark of meetings in which everybody sends: it counts what it says."""

from __future__ import annotations

from benchmarks.meetings import PATIENCE_S, Meeting


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
