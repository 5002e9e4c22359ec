"""Packets' places in time: clocks that drift, reports that are missing, networks that are crowded, two hours long."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import pairwise

import pytest

from recording.composition.read.clocks import MAX_DRIFT, Observations, TrackClock, sender_clocks

NTP = 4_000_000_000.0
DELAY_S = 0.03


@dataclass
class Device:
    """A device whose clock runs `ppm` faster than the server's; its sender's NTP clock `sender_ppm` faster.

    `reports` are seconds between reports, 0 for none. `jumps_s` is what its timestamps leave out at `jumps_at_s`.
    """

    ppm: float = 0.0
    sender_ppm: float = 0.0
    reports: float = 1.0
    begins_s: float = 0.0
    ends_s: float = 60.0
    every_s: float = 0.1
    first_media_s: float = 1000.0
    jumps_at_s: float = 1e9
    jumps_s: float = 0.0
    report_noise_s: float = 0.0

    def media_s(self, time_s: float) -> float:
        """What its RTP timestamps show at a time of the server."""
        left_out = self.jumps_s if time_s >= self.jumps_at_s else 0.0
        return self.first_media_s + (time_s - self.begins_s) * (1 + self.ppm / 1e6) - left_out

    def ntp_s(self, time_s: float) -> float:
        """What the sender's NTP clock shows."""
        return NTP + time_s * (1 + self.sender_ppm / 1e6)

    def observe(self, chance: random.Random, *, crowded: tuple[float, float, float] = (0, 0, 0)) -> Observations:
        """What arrives, each packet after `DELAY_S` or more: after `crowded[2]` more between its first two times."""
        seen = Observations()
        time_s = self.begins_s
        report_s = self.begins_s + min(0.7, self.reports)
        while time_s < self.ends_s:
            waits_s = crowded[2] if crowded[0] <= time_s < crowded[1] else 0.0
            seen.packet(self.media_s(time_s), time_s + DELAY_S + waits_s + chance.expovariate(100))
            if self.reports and report_s <= time_s:
                noise_s = chance.uniform(-1, 1) * self.report_noise_s
                seen.report(self.ntp_s(report_s), self.media_s(report_s) + noise_s, report_s)
                report_s += self.reports
            time_s += self.every_s
        return seen

    def errors(self, clock: TrackClock, step_s: float = 1.0) -> dict[float, float]:
        """By how much a clock is wrong, at each time."""
        times = [self.begins_s + step_s * place for place in range(int((self.ends_s - self.begins_s) / step_s))]
        return {
            time_s: clock.time_s(self.media_s(time_s), time_s + DELAY_S + 0.005) - time_s - DELAY_S for time_s in times
        }


@pytest.fixture
def chance() -> random.Random:
    return random.Random(7)  # noqa: S311 - the same in each run


@pytest.mark.parametrize("sender_ppm", [-200, 0, 200])
@pytest.mark.parametrize("audio_ppm", [-200, 0, 200])
def test_two_hours_of_drift(chance: random.Random, sender_ppm: float, audio_ppm: float) -> None:
    lasts_s = 7200.0
    video = Device(sender_ppm, sender_ppm, ends_s=lasts_s, every_s=0.4)
    audio = Device(
        sender_ppm + audio_ppm,
        sender_ppm,
        reports=5.0,
        ends_s=lasts_s,
        every_s=0.4,
        first_media_s=9.0,
        report_noise_s=0.005,
    )
    clocks = sender_clocks([video.observe(chance), audio.observe(chance)])
    of_video, of_audio = (device.errors(clock) for device, clock in zip((video, audio), clocks, strict=True))
    assert max(abs(of_audio[time_s] - of_video[time_s]) for time_s in of_video) < 0.010
    assert max(map(abs, of_video.values())) < 0.020


def test_tracks_that_come_and_go_share_the_sender_s_clock(chance: random.Random) -> None:
    mic = Device(120, 80, ends_s=600, reports=5)
    # Few packets: its own would say too little of what the network takes.
    screen = Device(80, 80, begins_s=200, ends_s=203, every_s=0.5)
    clocks = sender_clocks([mic.observe(chance), screen.observe(chance)])
    of_mic, of_screen = (device.errors(clock, 0.5) for device, clock in zip((mic, screen), clocks, strict=True))
    assert max(abs(of_screen[time_s] - of_mic[time_s]) for time_s in of_screen) < 0.005


def test_a_crowded_network_is_no_drift(chance: random.Random) -> None:
    video = Device(50, 50, ends_s=300)
    (clock,) = sender_clocks([video.observe(chance, crowded=(100, 130, 0.4))])
    assert max(map(abs, video.errors(clock).values())) < 0.5 * 30 * MAX_DRIFT + 0.006


def test_before_the_first_report_counts_what_it_tells(chance: random.Random) -> None:
    video = Device(ends_s=60, reports=20)
    (clock,) = sender_clocks([video.observe(chance)])
    assert max(map(abs, video.errors(clock).values())) < 0.006


def test_without_reports_arrival_counts(chance: random.Random) -> None:
    video = Device(150, ends_s=1200, reports=0)
    audio = Device(-150, ends_s=1200, reports=0)
    clocks = sender_clocks([video.observe(chance), audio.observe(chance)])
    for device, clock in zip((video, audio), clocks, strict=True):
        assert max(map(abs, device.errors(clock).values())) < 0.012


def test_timestamps_that_stood_still_while_nothing_was_sent(chance: random.Random) -> None:
    audio = Device(ends_s=120, jumps_at_s=60.0, jumps_s=30.0)
    video = Device(ends_s=120)
    clocks = sender_clocks([audio.observe(chance), video.observe(chance)])
    errors = audio.errors(clocks[0])
    # Until a report comes, the time of arrival counts.
    assert max(abs(error) for time_s, error in errors.items() if not 59.5 < time_s < 62) < 0.008
    assert max(abs(error) for time_s, error in errors.items()) < 0.1
    assert max(map(abs, video.errors(clocks[1]).values())) < 0.006


def test_a_layer_switch_that_shifts_timestamps_is_put_right_by_the_reports(chance: random.Random) -> None:
    video = Device(ends_s=120, jumps_at_s=60.0, jumps_s=0.08)
    (clock,) = sender_clocks([video.observe(chance)])
    errors = video.errors(clock)
    assert max(abs(error) for time_s, error in errors.items() if not 59 <= time_s <= 62) < 0.008


@pytest.mark.parametrize("stood_still_s", [0.05, 0.4])
@pytest.mark.parametrize("at_s", [60.1, 61.8, 63.3, 64.9])
def test_a_microphone_that_stood_still_is_put_right_where_it_did(
    chance: random.Random, at_s: float, stood_still_s: float
) -> None:
    audio = Device(ends_s=120, reports=5.0, every_s=0.02, jumps_at_s=at_s, jumps_s=stood_still_s, report_noise_s=0.005)
    video = Device(ends_s=120)
    clocks = sender_clocks([audio.observe(chance), video.observe(chance)])
    errors = audio.errors(clocks[0], 0.02)
    assert max(abs(error) for time_s, error in errors.items() if abs(time_s - at_s) > 0.35) < 0.015


def test_reports_that_a_capture_repeats_count_once(chance: random.Random) -> None:
    seen = Observations()
    device = Device(ends_s=300)
    noise_s = 0.0
    for tenth in range(3000):
        time_s = tenth / 10
        seen.packet(device.media_s(time_s), time_s + DELAY_S + chance.expovariate(100))
        if tenth % 50 == 7:
            noise_s = 0.3 if tenth == 1507 else chance.uniform(-0.006, 0.006)
        if tenth % 10 == 9:
            seen.report(device.ntp_s(time_s), device.media_s(time_s) + noise_s, time_s)
    (clock,) = sender_clocks([seen])
    assert max(map(abs, device.errors(clock).values())) < 0.008


def test_a_report_that_is_nonsense_changes_nothing(chance: random.Random) -> None:
    seen = Observations()
    device = Device(ends_s=120)
    for tenth in range(1200):
        time_s = tenth / 10
        seen.packet(device.media_s(time_s), time_s + DELAY_S + chance.expovariate(100))
        if tenth % 10 == 7:
            seen.report(device.ntp_s(time_s), 5.0 if tenth == 507 else device.media_s(time_s), time_s)
    (clock,) = sender_clocks([seen])
    assert max(map(abs, device.errors(clock).values())) < 0.008


def test_a_sender_s_clock_that_is_set_anew_moves_only_what_comes_later(chance: random.Random) -> None:
    seen = Observations()
    device = Device(ends_s=240)
    for tenth in range(2400):
        time_s = tenth / 10
        seen.packet(device.media_s(time_s), time_s + DELAY_S + chance.expovariate(100))
        if tenth % 10 == 7:
            step_s = 3.0 if time_s > 120 else 0.0
            seen.report(device.ntp_s(time_s) + step_s, device.media_s(time_s), time_s)
    (clock,) = sender_clocks([seen])
    errors = device.errors(clock)
    assert max(abs(error) for time_s, error in errors.items() if not 119 < time_s < 122) < 0.008


def test_time_goes_on_evenly(chance: random.Random) -> None:
    video = Device(100, 100, ends_s=600)
    (clock,) = sender_clocks([video.observe(chance, crowded=(100, 130, 0.4))])
    times = [clock.time_s(video.media_s(frame / 30), frame / 30 + DELAY_S) for frame in range(30 * 600)]
    assert max(abs(after - before - 1 / 30) for before, after in pairwise(times)) < 0.001


def test_nothing_observed_and_one_packet() -> None:
    one = Observations()
    one.packet(7.0, 100.5)
    empty, single = sender_clocks([Observations(), one])
    assert empty.time_s(3.0, 2.0) == 2.0
    assert single.time_s(7.0, 100.5) == pytest.approx(100.5)
