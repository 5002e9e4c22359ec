"""How much time media has of a loop that has more to do than there is time for. Time is a number."""

from __future__ import annotations

import pytest

from media.net.backlog import LONGEST_S, SHARE, WAKE_UP_S, Backlog


def played(others_s: float, media_s: float, seconds: float = 60.0) -> float:
    """The share that media has got which wants so much of each second, while others take so long in each turn."""
    backlog, now, wanted, got = Backlog(), 0.0, 0.0, 0.0
    while now < seconds:
        began = now
        wanted = media_s * now - got
        takes = min(wanted, backlog.ends(began) - began)
        now += takes
        got += takes
        backlog.woke_up(began, now, took_all=takes == wanted)
        now += others_s
    return got / now


@pytest.mark.parametrize("others_s", [0.001, 0.005, 0.01, 0.02, 0.03])
def test_others_have_a_quarter_of_a_loop_that_can_not_do_everything(others_s: float) -> None:
    least = SHARE / (1 + SHARE)
    assert played(others_s, 2.0) >= least - 0.01
    assert played(others_s, 2.0) == pytest.approx(max(least, WAKE_UP_S / (WAKE_UP_S + others_s)), abs=0.01)


@pytest.mark.parametrize("others_s", [0.001, 0.005, 0.02])
def test_media_that_fits_has_what_it_wants(others_s: float) -> None:
    assert played(others_s, 0.5) == pytest.approx(0.5, abs=0.01)


def test_nobody_waits_longer_than_that_for_media() -> None:
    backlog = Backlog()
    assert backlog.ends(5.0) == pytest.approx(5.0 + WAKE_UP_S)
    backlog.woke_up(5.0, 5.01, took_all=False)
    assert backlog.ends(5.02) == pytest.approx(5.02 + SHARE * 0.01)
    assert backlog.ends(7.0) == pytest.approx(7.0 + LONGEST_S)
    assert backlog.behind_s(7.0) == pytest.approx(2.0)
    backlog.woke_up(7.0, 7.1, took_all=True)
    assert backlog.ends(9.0) == pytest.approx(9.0 + WAKE_UP_S)
    assert backlog.behind_s(9.0) == 0.0
