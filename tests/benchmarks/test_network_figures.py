"""A case's figures from samples that pages could have written."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.emulator import Log
from benchmarks.link import SLICE_S, Channel, Direction, Link
from benchmarks.network.cases import CASES, Aim, Case
from benchmarks.network.figures import best_fit_bps, concealed_share, figures, watched

ZERO = 1000.0
LAYERS = (160_000, 500_000, 1_500_000)


def sample(time_s: float, frames: int, *, width: int = 1280, frozen_s: float = 0.0, ssrc: int = 1) -> dict[str, Any]:
    video = {
        "pc": 0,
        "ssrc": ssrc,
        "kind": "video",
        "trackIdentifier": "track",
        "framesDecoded": frames,
        "bytesReceived": frames * 100,
        "totalFreezesDuration": frozen_s,
        "frameWidth": width,
    }
    return {"t": (ZERO + time_s) * 1000, "inbound": [video], "outbound": [], "tiles": [["peer-Sender0", "track"]]}


def steady(seconds: float, stops: tuple[float, float] = (0, 0), width: int = 1280) -> list[dict[str, Any]]:
    """Fifteen pictures a second but between two times."""
    samples, frames = [], 0
    for number in range(1, int(seconds / 0.5) + 1):
        time_s = number * 0.5
        if not stops[0] < time_s <= stops[1]:
            frames += 8
        samples.append(sample(time_s, frames, width=width))
    return samples


def nothing() -> tuple[Log, Log]:
    return Log({}), Log({})


def case(**changes: Any) -> Case:
    values: dict[str, Any] = {"name": "case", "what": "", "link": Link(), "aims": ()}
    return Case(**(values | changes))


def test_pictures_that_come_steadily_are_no_freeze() -> None:
    found = figures(case(), ZERO, {"Receiver0": steady(30)}, {}, nothing(), {})
    assert found["freezes"] == 0
    assert found["frozen_share"] == 0
    assert found["width"] == 1280
    assert found["frames_per_s"] == pytest.approx(16)


def test_a_standstill_is_a_freeze_though_the_browser_has_not_counted_it() -> None:
    found = figures(case(), ZERO, {"Receiver0": steady(30, (10, 13))}, {}, nothing(), {})
    assert found["freezes"] == 1
    assert found["frozen_s"] == pytest.approx(3)


def test_pictures_that_never_come_again_are_frozen_to_the_end() -> None:
    found = figures(case(), ZERO, {"Receiver0": steady(30, (10, 31))}, {}, nothing(), {})
    assert found["frozen_s"] == pytest.approx(19.5)


def test_the_first_seconds_are_not_counted() -> None:
    found = figures(case(), ZERO, {"Receiver0": steady(30, (0, 7))}, {}, nothing(), {})
    assert found["frozen_s"] == pytest.approx(2.5)
    assert found["first_frame_s"] == pytest.approx(7.5)


def test_what_the_browser_counts_is_counted() -> None:
    samples = [*steady(10), sample(10.5, 170, frozen_s=0.4)]
    assert [freeze.seconds for freeze in watched(samples, ZERO, 10.5)["peer-Sender0"].freezes] == [0.4]


def test_a_stream_that_is_made_anew_goes_on() -> None:
    samples = [*steady(10), sample(10.5, 8, ssrc=2), sample(11, 16, ssrc=2)]
    seen = watched(samples, ZERO, 11)["peer-Sender0"]
    assert not seen.freezes
    assert [rate for _, _, rate, _ in seen.curve][-2:] == [16, 16]


def test_sound_that_was_made_up_counts_from_the_start_of_the_case() -> None:
    def heard(time_s: float, concealed: int, silent: int, total: int) -> dict[str, Any]:
        audio = {"pc": 0, "ssrc": 1, "kind": "audio", "concealedSamples": concealed, "silentConcealedSamples": silent}
        return {"t": (ZERO + time_s) * 1000, "inbound": [{**audio, "totalSamplesReceived": total}]}

    samples = [heard(-1, 500, 0, 1000), heard(5, 600, 20, 2000), heard(10, 700, 100, 3000)]
    assert concealed_share(samples, ZERO) == pytest.approx(100 / 2000)


def test_what_whole_layers_can_use_of_a_link() -> None:
    assert best_fit_bps(2_000_000, LAYERS) == 1_500_000
    assert best_fit_bps(500_000, LAYERS) == 500_000
    assert best_fit_bps(499_000, LAYERS) == 160_000, "The medium size would have 7.5 pictures a second."
    assert best_fit_bps(499_000, LAYERS, frames_per_s=30) == 300_000
    assert best_fit_bps(1_000, LAYERS) == 64_000
    assert best_fit_bps(1_100_000, LAYERS, videos=2, other_bps=90_000) == 1_090_000


def test_a_drop_and_a_return_are_measured_at_the_link_and_at_the_page() -> None:
    direction = Direction(rate_bps=((0, 3e6), (15, 5e5), (30, 3e6)), queue_s=0.3)
    channel = Channel(direction)
    for number in range(4500):
        time_s = number / 100
        if not 16.5 <= time_s < 33 or number % 5 == 0:
            channel.send(time_s, 1200)
    samples = steady(45, (15, 16))
    for one in samples:
        if 16.5 <= one["t"] / 1000 - ZERO < 36:
            one["inbound"][0]["frameWidth"] = 640
    found = figures(
        case(link=Link(down=direction), seconds=45.0),
        ZERO,
        {"Receiver0": samples},
        {},
        (Log({}), Log(channel.slices)),
        {"Receiver0": [(20.0, 450_000.0), (21.0, 550_000.0)]},
    )
    assert found["down_s"] == pytest.approx(1.5)
    assert found["full_again_s"] == pytest.approx(6)
    assert found["estimate_of_truth"] == pytest.approx(1.0)
    assert 0 < found["used"] <= 1


def test_coming_back_is_measured_from_the_end_of_the_outage() -> None:
    away = Direction(outages=((12, 22),))
    found = figures(case(link=Link(away, away)), ZERO, {"Receiver0": steady(30, (12, 24))}, {}, nothing(), {})
    assert found["back_s"] == pytest.approx(2.5)
    found = figures(case(link=Link(away, away)), ZERO, {"Receiver0": steady(30, (12, 31))}, {}, nothing(), {})
    assert found["back_s"] is None


def test_what_was_under_way_when_an_address_changed_is_no_coming_back() -> None:
    moves = Link(moves=(12,))
    for stops, back_s in [((12.5, 16), 4.5), ((12.5, 31), None), ((20, 24), 0.5), ((0, 0), 0.5)]:
        found = figures(case(link=moves), ZERO, {"Receiver0": steady(30, stops)}, {}, nothing(), {})
        assert found["back_s"] == back_s, stops


def test_an_aim_is_missed_where_nothing_is_known() -> None:
    assert not Aim("back_s", most=3).met(None)
    assert Aim("back_s", most=3).met(3)
    assert not Aim("used", least=0.85).met(0.84)


def test_cases_have_names_of_their_own_and_figures_that_their_link_gives() -> None:
    assert len({one.name for one in CASES}) == len(CASES)
    for one in CASES:
        names = {aim.figure for aim in one.aims}
        assert ("down_s" in names) == (one.drop_s is not None)
        assert ("back_s" in names) == (one.trouble_ends_s is not None)
        assert one.seconds >= 10 * SLICE_S
