"""Samples: what browsers claim is brought within bounds, what the node measures counts more, large rooms stay cheap."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from media.stats import ConsumerStats, ProducerStats, StreamStats, TransportStats
from rooms.protocol import DirectionReport, ReportStatistics
from rooms.room_key import RoomKey
from rooms.runtime import sampling as module
from rooms.runtime.figures import Figures, claimed, troubles_of
from rooms.runtime.samples import Gathering, Sample, together
from rooms.runtime.sampling import SAMPLE_S, SLICES, Sampling
from rooms.runtime.traffic import TrafficMeter
from tests.rooms.guests import guests, open_node

ROOM = RoomKey(1, "room")


class TestClaims:
    def test_what_no_browser_measures_is_brought_back_into_bounds(self) -> None:
        report = msgspec.json.decode(
            b'{"loss": 7, "roundTripMs": -3, "bitrateBps": 1e300, "width": 1e9, "frameRate": 1e9, "freezes": 1e12,'
            b' "frozenMs": 1e12, "concealed": -1, "dropped": 2, "availableBps": 1e40, "jitterMs": 1e20}',
            type=DirectionReport,
        )
        assert claimed(report) == Figures(
            round_trip_ms=0.0,
            loss=1.0,
            jitter_ms=60_000.0,
            bitrate_bps=1e9,
            estimate_bps=1e9,
            width=16_384.0,
            frame_rate=240.0,
            freezes=1000.0,
            frozen_ms=60_000.0,
            concealed=0.0,
            dropped=1.0,
            cpu_limited=0.0,
            bandwidth_limited=0.0,
        )

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
    def test_what_is_no_number_is_not_known(self, value: float) -> None:
        assert claimed(DirectionReport(loss=value, bitrate_bps=value)) == claimed(DirectionReport())

    @pytest.mark.parametrize(
        ("figures", "troubles"),
        [
            (Figures(), []),
            (Figures(loss=0.049, round_trip_ms=399, frozen_ms=999, concealed=0.049), []),
            (Figures(loss=0.05, frozen_ms=1000), ["loss", "freezes"]),
            (Figures(round_trip_ms=400, concealed=0.05), ["audio", "delay"]),
            (Figures(cpu_limited=0.5, bandwidth_limited=0.4, reduced=0.5), ["cpu", "reduced"]),
        ],
    )
    def test_what_is_wrong_has_a_name(self, figures: Figures, troubles: list[str]) -> None:
        assert troubles_of(figures) == troubles


class TestGathering:
    def test_what_the_node_measures_counts_more_than_what_a_browser_claims(self) -> None:
        gathering = Gathering(0.0)
        gathering.report(ReportStatistics(up=DirectionReport(loss=0.9, bitrate_bps=1, width=640)), 5.0)
        gathering.measured("up", Figures(loss=0.1, bitrate_bps=100_000))
        gathering.measured("up", Figures(loss=0.3, bitrate_bps=200_000))
        ((direction, figures),) = gathering.finish(30.0)
        assert (direction, figures.loss, figures.bitrate_bps, figures.width) == ("up", 0.2, 150_000, 640)

    def test_freezes_add_up_and_limits_are_shares_of_the_time(self) -> None:
        gathering = Gathering(0.0)
        for at_s, limited in ((5.0, "cpu"), (10.0, "none")):
            up = DirectionReport(bitrate_bps=1000, limited_by=limited)  # type: ignore[arg-type]
            down = DirectionReport(bitrate_bps=1000, freezes=2, frozen_ms=700)
            gathering.report(ReportStatistics(up, down), at_s)
        (_, up_figures), (_, down_figures) = gathering.finish(30.0)
        assert (up_figures.cpu_limited, up_figures.bandwidth_limited) == (0.5, 0.0)
        assert (down_figures.freezes, down_figures.frozen_ms) == (4, 1400)

    def test_more_than_one_report_a_second_is_left_out(self) -> None:
        gathering = Gathering(0.0)
        report = ReportStatistics(down=DirectionReport(bitrate_bps=1, freezes=1))
        assert [gathering.report(report, at_s) for at_s in (1.0, 1.5, 1.9, 2.0)] == [True, False, False, True]
        ((_, figures),) = gathering.finish(30.0)
        assert figures.freezes == 2

    def test_nothing_sent_is_no_sample_and_each_begins_anew(self) -> None:
        gathering = Gathering(0.0)
        gathering.measured("up", Figures(bitrate_bps=0.0))
        gathering.measured("down", Figures(bitrate_bps=5.0))
        assert [direction for direction, _ in gathering.finish(30.0)] == ["down"]
        assert gathering.finish(60.0) == []

    def test_several_participants_together(self) -> None:
        whole = together([Figures(loss=0.1, freezes=1), Figures(loss=0.3, freezes=2, width=640)])
        assert whole == Figures(loss=0.2, freezes=3, width=640)


class TestTraffic:
    def test_figures_are_of_the_time_since_the_last_look(self) -> None:
        meter = TrafficMeter(0.0)
        meter.up(sending(lost=50, received=1000, octets=1_000_000), 10.0)
        figures = meter.up(sending(lost=60, received=1090, octets=1_125_000), 20.0)
        assert figures == Figures(loss=0.1, bitrate_bps=100_000, jitter_ms=20, by_tcp=0.0)

    def test_what_media_goes_by_is_known_from_the_first_check_on(self) -> None:
        for protocol, by_tcp in (("udp", 0.0), ("tcp", 1.0), (None, None)):
            both = [sending(lost=0, received=9, octets=9), receiving((300, 0.2, 0.05, 2))]
            for stats in both:
                stats.protocol = protocol
            assert TrafficMeter(0.0).up(both[0], 10.0).by_tcp == by_tcp
            assert TrafficMeter(0.0).down(both[1], links(), 10.0).by_tcp == by_tcp

    def test_who_sends_and_gets_nothing_is_measured_as_well(self) -> None:
        nothing: Any = SimpleNamespace(producers=[], consumers=[], available_bitrate=None, protocol=None)
        assert TrafficMeter(0.0).up(nothing, 10.0).bitrate_bps == 0
        assert TrafficMeter(0.0).down(nothing, links(), 10.0).bitrate_bps == 0

    def test_of_what_is_sent_the_loss_counts_by_packets(self) -> None:
        meter = TrafficMeter(0.0)
        figures = meter.down(receiving((300, 0.2, 0.05, 2), (100, 0.0, 0.3, 1)), links(), 10.0)
        assert figures.loss == pytest.approx(0.15)
        assert (figures.round_trip_ms, figures.layer, figures.estimate_bps) == (300, 2, 900_000)
        assert figures.bitrate_bps == pytest.approx(8 * 100 * 400 / 10)

    def test_packets_that_were_held_back_and_uncounted_weigh_nothing(self) -> None:
        meter = TrafficMeter(0.0)
        meter.down(receiving((300, 0.0, None, 2), (100, 0.0, None, 1)), links(), 10.0)
        figures = meter.down(receiving((250, 0.2, None, 2), (200, 0.1, None, 1)), links(), 20.0)
        assert figures.loss == pytest.approx(0.1)

    def test_a_layer_below_the_one_that_was_asked_for_is_reduced_if_that_one_is_sent(self) -> None:
        stats = receiving((300, 0.0, None, 0))
        assert TrafficMeter(0.0).down(stats, links(current=0, wanted=2), 10.0).reduced == 1
        assert TrafficMeter(0.0).down(stats, links(current=2, wanted=2), 10.0).reduced == 0
        assert TrafficMeter(0.0).down(stats, links(current=0, wanted=2, sent=1), 10.0).reduced == 0
        assert TrafficMeter(0.0).down(stats, links(wanted=2, exceeds=True), 10.0).reduced == 1

    def test_a_layer_that_the_node_spares_is_not_held_back_by_the_link(self) -> None:
        stats = receiving((300, 0.0, None, 0))
        assert TrafficMeter(0.0).down(stats, links(current=1, wanted=2, best=1), 10.0).reduced == 0
        assert TrafficMeter(0.0).down(stats, links(current=0, wanted=2, best=1), 10.0).reduced == 1


def sending(*, lost: int, received: int, octets: int) -> TransportStats:
    stream = StreamStats(0, 1, received, octets, lost, 0, 0, 0.02, 1)
    return TransportStats(
        "t", "connected", "udp", 0, 0, None, [ProducerStats("p", "video", "simple", False, [stream])], []
    )


def receiving(*consumers: tuple[int, float, float | None, int]) -> TransportStats:
    """Packets, loss, round trip in s, layer."""
    made = [
        ConsumerStats(str(place), "p", "video", False, layer, packets, 100 * packets, 0, lost, rtt)
        for place, (packets, lost, rtt, layer) in enumerate(consumers)
    ]
    return TransportStats("t", "connected", "udp", 0, 0, 900_000, [], made)


def links(current: int = 0, wanted: int = 0, sent: int = 3, best: int = 2, *, exceeds: bool = False) -> Any:
    """A transport with one consumer of a camera with three layers, of which so many are sent, up to `best` to all."""
    streams = [SimpleNamespace(layer=layer, active=lambda _, layer=layer: layer < sent) for layer in range(3)]
    producer = SimpleNamespace(streams=streams, best_layer=best)
    preferred = SimpleNamespace(spatial_layer=wanted)
    made = SimpleNamespace(
        current=None if exceeds else streams[current], producer=producer, preferred=preferred, exceeds_link=exceeds
    )
    return SimpleNamespace(consumers={"c": made})


class Kept:
    """A sink that keeps samples."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []

    def sampled(self, sample: Sample) -> None:
        self.samples.append(sample)


class FakeMember:
    """Somebody whose media always come to the same; counts how often it was looked at."""

    def __init__(self, peer_id: str, down: Figures, now_s: float) -> None:
        self.peer_id = peer_id
        self.visit = SimpleNamespace(viewer=peer_id.startswith("v"))
        self.gathering = Gathering(now_s)
        self.looks = 0
        self._down = down

    def measure(self, _now_s: float) -> None:
        self.looks += 1
        self.gathering.measured("down", self._down)


GOOD = Figures(bitrate_bps=1000.0, loss=0.0)
BAD = Figures(bitrate_bps=1000.0, loss=0.2)


class TestSampling:
    """Time is passed in: the timer never gets to run."""

    def room(self, tiles: int, viewers: int, troubled: int = 0) -> tuple[Sampling, dict[str, FakeMember], Kept]:
        """With so many of the viewers who have a trouble."""
        self.now_s = 1000.0
        people = [f"t{n}" for n in range(tiles)] + [f"v{n}" for n in range(viewers)]
        bad = {f"v{n}" for n in range(troubled)}
        members = {name: FakeMember(name, BAD if name in bad else GOOD, self.now_s) for name in people}
        kept = Kept()
        state: Any = SimpleNamespace(tiles=set(people[:tiles]))
        made = Sampling(ROOM, members, state, kept, lambda: 1_000_000, lambda: self.now_s)  # type: ignore[arg-type]
        made.close()
        return made, members, kept

    def pass_(self, sampling: Sampling, seconds: int) -> None:
        for _ in range(seconds):
            self.now_s += 1
            assert all(sampling.portions(self.now_s))

    async def test_each_participant_has_a_sample_of_half_a_minute(self) -> None:
        sampling, members, kept = self.room(12, 0)
        self.pass_(sampling, 40)
        assert {sample.peer_id for sample in kept.samples} == set(members)
        assert {sample.seconds for sample in kept.samples} <= {30, 31, *range(32, 41)}
        assert all(member.looks in {3, 4} for member in members.values())
        first = kept.samples[0]
        assert (first.direction, first.viewer, first.started_ms) == ("down", False, 1_000_000 - 1000 * first.seconds)

    async def test_nobody_is_looked_at_more_often_than_every_ten_seconds(self) -> None:
        sampling, members, _ = self.room(1000, 1000)
        self.pass_(sampling, SLICES)
        assert {member.looks for member in members.values()} == {1}

    async def test_of_a_thousand_viewers_there_is_one_sample_and_those_of_the_troubled_ones(self) -> None:
        sampling, _, kept = self.room(2, 1000, troubled=30)
        self.pass_(sampling, round(2 * SAMPLE_S))
        whole = [sample for sample in kept.samples if not sample.peer_id]
        alone = [sample for sample in kept.samples if sample.viewer and sample.peer_id]
        assert 1 <= len(whole) <= 2
        assert sum(sample.participants for sample in whole) >= 1000
        assert sum(sample.troubled for sample in whole) >= 30
        assert {sample.peer_id for sample in alone} == {f"v{n}" for n in range(30)}

    async def test_a_crowd_is_looked_at_a_few_at_a_time_and_not_who_leaves_meanwhile(self) -> None:
        people = SLICES * 3 * module.LOOKED_AT_AT_ONCE
        sampling, members, _ = self.room(0, people)
        first, back, last = (members[f"v{SLICES * place}"] for place in (0, 25, 59))
        portions = sampling.portions(self.now_s + 1)
        assert next(portions)
        assert sum(member.looks for member in members.values()) == module.LOOKED_AT_AT_ONCE
        members[back.peer_id] = again = FakeMember(back.peer_id, GOOD, self.now_s)
        del members[last.peer_id]
        assert list(portions) == [True, True]
        assert (first.looks, back.looks, again.looks, last.looks) == (1, 0, 0, 0)

    async def test_a_crowd_in_trouble_is_bounded(self) -> None:
        sampling, _, kept = self.room(1000, 1000, troubled=1000)
        self.pass_(sampling, 600)
        windows = 600 / SAMPLE_S
        assert len(kept.samples) <= windows * (module.MAX_SAMPLES + module.MAX_TROUBLED + 1)

    async def test_who_had_a_tile_is_no_viewer_when_they_have_left(self) -> None:
        sampling, members, kept = self.room(1, 1)
        self.pass_(sampling, 10)
        sampling._state.tiles.clear()  # type: ignore[attr-defined]
        for member in members.values():
            sampling.left(member)  # type: ignore[arg-type]
        assert [(sample.peer_id, sample.viewer) for sample in kept.samples] == [("t0", False)]

    async def test_who_leaves_has_a_last_sample_unless_they_were_there_for_a_moment_only(self) -> None:
        sampling, members, kept = self.room(1, 0)
        leaving: Any = members["t0"]
        sampling.left(leaving)
        assert kept.samples == []
        leaving.gathering = Gathering(self.now_s - 8)
        leaving.measure(self.now_s)
        sampling.left(leaving)
        assert [(sample.peer_id, sample.seconds) for sample in kept.samples] == [("t0", 8)]


class TestInARoom:
    async def test_who_leaves_a_room_has_a_sample_with_what_their_page_reported(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "MIN_SAMPLE_S", 0.0)
        kept = Kept()
        async with open_node(samples=kept) as node:
            ada, bob = await guests(node, "ada", "bob")
            report = {"bitrateBps": 500_000, "width": 1280, "height": 720, "frameRate": 25}
            assert (await ada.ask("reportStatistics", up=report))["ok"]
            await ada.ask("leave")
            (sample,) = kept.samples
            assert (sample.peer_id, sample.direction, sample.viewer) == ("ada", "up", False)
            assert (sample.figures.bitrate_bps, sample.figures.width) == (500_000, 1280)
            assert (await bob.ask("reportStatistics", down=report))["ok"]
        assert [one.peer_id for one in kept.samples] == ["ada", "bob"]  # also when the node ends

    async def test_a_report_counts_for_who_sent_it_and_is_told_to_those_who_ask(self) -> None:
        async with open_node() as node:
            ada, bob = await guests(node, "ada", "bob")
            assert (await ada.ask("reportStatistics", up={"limitedBy": "cpu", "loss": 99, "bitrateBps": -1}))["ok"]
            answer = await bob.ask("explainQuality", peerId="ada")
            assert answer["data"] == {
                "uploadLoss": None,
                "downloadLoss": None,
                "roundTripMs": None,
                "limitedBy": "cpu",
            }
            assert (await bob.ask("explainQuality", peerId="bob"))["data"]["limitedBy"] == "none"
            assert (await bob.ask("explainQuality", peerId="zoe"))["error"]["code"] == "notFound"
