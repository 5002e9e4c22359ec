"""Who is let in, and when, by how busy a node is. Time is a number."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from functools import partial
from typing import Any

import pytest

from media.ortc.parameters import RtpCapabilities
from rooms import protocol
from rooms.protocol.errors import Refused
from rooms.room_key import RoomKey
from rooms.runtime import door as door_module
from rooms.runtime.admission import (
    AT_ONCE,
    CALM_S,
    LEAST_PACE,
    LEAST_PACE_LATE,
    MOST_PACE,
    RELIEF_HALVED_S,
    Admission,
    JoinPace,
    Level,
    largest,
    level_for_rooms,
)
from rooms.runtime.door import LONGEST_WAIT_S, Door
from rooms.runtime.receiving import OneNode, Spread
from rooms.runtime.sparing import EVERYTHING, LEAST_LOOKED_AT, SPARED
from rooms.signalling.socket import SignallingConsumer
from tests.rooms.fakes import ticket_of
from tests.rooms.guests import VP8, Guest, come, guests, open_node

LOOK_S = 0.1
SCREEN = {**VP8, "mid": "2"}


def let_in(pace: JoinPace, seconds: float, late_s: float, busy: float, begin: float = 0.0) -> int:
    """How many of an endless crowd come in."""
    count = 0
    for look in range(int(seconds / LOOK_S)):
        pace.look(begin + look * LOOK_S, late_s, busy)
        count += pace.take(1000)
    return count


def play(admission: Admission, seconds: float, late_s: float, busy: float, begin: float = 0.0) -> float:
    for look in range(int(seconds / LOOK_S)):
        admission.look(begin + look * LOOK_S, late_s, busy)
    return begin + seconds


def play_until_shedding(admission: Admission, late_s: float, busy: float) -> float:
    now = 0.0
    while admission.level < Level.SHEDDING:
        now = play(admission, LOOK_S, late_s, busy, now)
    return now


def unexpected(refused: Refused) -> None:
    """Nobody is to be refused here."""
    raise AssertionError(refused)


class TestPace:
    def test_a_few_come_in_at_once_and_a_crowd_as_fast_as_there_is_time(self) -> None:
        pace = JoinPace()
        assert pace.take(1000) == AT_ONCE
        let_in(pace, 10, 0.0, 0.3)
        assert pace.per_s == MOST_PACE
        assert 0 < let_in(pace, 1, 0.0, 0.3, 10) <= MOST_PACE + AT_ONCE

    @pytest.mark.parametrize(
        ("late_s", "busy", "least"), [(0.05, 0.5, LEAST_PACE_LATE), (0.0, 0.95, LEAST_PACE), (0.05, 0.95, LEAST_PACE)]
    )
    def test_while_the_loop_is_late_or_has_little_time_left_few_come_in_but_some_do(
        self, late_s: float, busy: float, least: float
    ) -> None:
        pace = JoinPace()
        let_in(pace, 5, late_s, busy)
        assert pace.per_s == least
        assert 9 * least <= let_in(pace, 10, late_s, busy, 5) <= 10 * least + AT_ONCE

    def test_while_media_is_heard_to_be_late_only_those_come_in_who_are_expected_back(self) -> None:
        pace = JoinPace()
        assert let_in(pace, 10, 0.06, 0.8) == 0
        assert pace.take(1000, expected=True) > 0
        assert let_in(pace, 1, 0.06, 0.3, 10) > 0  # it is others who hold the machine up
        assert let_in(pace, 1, 0.04, 0.8, 11) > 0


class TestAdmission:
    @pytest.mark.parametrize(
        ("busy", "level"),
        [(0.7, Level.OPEN), (0.87, Level.SHEDDING), (0.92, Level.NO_NEW_SENDERS), (0.99, Level.NO_NEWCOMERS)],
    )
    def test_the_more_it_does_the_less_it_takes(self, busy: float, level: Level) -> None:
        admission = Admission(0.95)
        play(admission, 30, 0.01, busy)
        assert admission.level is level

    def test_a_moment_is_no_load(self) -> None:
        admission = Admission(0.95)
        play(admission, 0.5, 0.2, 1.0)
        assert admission.level is Level.OPEN

    def test_a_loop_that_is_in_time_or_that_others_hold_up_is_not_full(self) -> None:
        in_time, held_up, unlimited = Admission(0.95), Admission(0.95), Admission(0)
        play(in_time, 30, 0.001, 1.0)
        play(held_up, 30, 0.2, 0.4)
        play(unlimited, 30, 0.2, 1.0)
        assert [in_time.level, held_up.level, unlimited.level] == [Level.OPEN] * 3

    @pytest.mark.parametrize(
        ("late_s", "busy", "level"),
        [
            (0.015, 0.8, Level.OPEN),
            (0.03, 0.8, Level.SHEDDING),
            (0.04, 0.8, Level.NO_NEW_SENDERS),
            (0.06, 0.8, Level.NO_NEWCOMERS),
            (0.06, 0.4, Level.OPEN),  # it is others who hold it up
        ],
    )
    def test_one_that_is_heard_to_be_late_is_full_though_its_processor_is_not(
        self, late_s: float, busy: float, level: Level
    ) -> None:
        admission = Admission(0.95)
        play(admission, 30, late_s, busy)
        assert admission.level is level

    def test_one_stall_fills_no_node_and_lateness_has_to_be_gone_for_a_while(self) -> None:
        admission = Admission(0.95)
        now = play(admission, 10, 0.001, 0.7)
        admission.look(now := now + 2.0, 2.0, 0.7)
        seen = set()
        for _ in range(100):
            now = play(admission, LOOK_S, 0.001, 0.7, now)
            seen.add(admission.level)
        assert max(seen) < Level.NO_NEWCOMERS
        now = play(admission, 30, 0.06, 0.8, now)
        now = play(admission, 30, 0.035, 0.8, now)  # a little less
        levels = [admission.level]
        play(admission, 30, 0.001, 0.6, now)
        assert [*levels, admission.level] == [Level.NO_NEWCOMERS, Level.OPEN]

    def test_a_crowd_whose_media_comes_in_bursts_is_stopped_before_those_inside_hear_it(self) -> None:
        """Twenty speakers: each viewer takes a quarter of a percent, and media is late long before the limit."""
        pace, admission, now, people = JoinPace(), Admission(0.9), 0.0, 20
        while now < 60:
            busy = min(1.0, 0.0024 * people)
            late_s = 0.004 / max(0.02, 1 - busy)  # as a queue before one server is
            now += LOOK_S
            pace.look(now, late_s, busy)
            admission.look(now, late_s, busy, people)
            if admission.level < Level.NO_NEWCOMERS:
                people += pace.take(1000)
        assert admission.level is Level.NO_NEWCOMERS
        assert late_s < 0.1

    def test_it_opens_again_step_by_step_and_not_for_a_moment_of_calm(self) -> None:
        admission = Admission(0.95)
        now = play(admission, 30, 0.02, 1.0)
        now = play(admission, CALM_S - 1, 0.0, 0.4, now)
        levels = [admission.level]
        now = play(admission, 4, 0.0, 0.4, now)
        levels.append(admission.level)
        play(admission, 3 * CALM_S, 0.0, 0.4, now)
        assert [*levels, admission.level] == [Level.NO_NEWCOMERS, Level.NO_NEW_SENDERS, Level.OPEN]

    def test_what_was_reached_is_kept_while_the_load_is_only_a_little_less(self) -> None:
        admission = Admission(0.95)
        now = play(admission, 30, 0.02, 0.96)
        play(admission, 60, 0.02, 0.92, now)
        assert admission.level is Level.NO_NEWCOMERS

    def test_one_step_comes_after_the_other_so_that_what_each_changes_shows(self) -> None:
        admission, seen, now = Admission(0.95), list[Level](), 0.0
        for _ in range(200):
            now = play(admission, LOOK_S, 0.15, 1.0, now)
            if not seen or admission.level is not seen[-1]:
                seen.append(admission.level)
        assert seen == list(Level)
        quick = Admission(0.95)
        play(quick, 5, 0.01, 1.0)  # by now it has seen 0.92
        assert quick.level is Level.SHEDDING

    @pytest.mark.parametrize(
        ("late_s", "busy", "level"),
        [
            (0.06, 1.0, Level.NO_NEWCOMERS),  # it is heard, but nobody new comes: that may do
            (0.08, 1.0, Level.FEWER_VIDEOS),
            (0.12, 1.0, Level.NO_VIDEOS),
            (0.12, 0.8, Level.NO_NEWCOMERS),  # it is others who hold it up
        ],
    )
    def test_one_that_is_overfull_gives_up_videos(self, late_s: float, busy: float, level: Level) -> None:
        admission = Admission(0.95)
        play(admission, 60, late_s, busy)
        assert admission.level is level

    def test_videos_come_back_when_so_many_have_gone_that_there_is_place_for_them(self) -> None:
        admission = Admission(0.95)
        now, people, demand = 0.0, 400, 1.1
        seen: list[tuple[float, Level]] = []
        while now < 120:
            now += LOOK_S
            if now > 60:
                people = 200
            load = demand * people / 400 * (0.5 if admission.level >= Level.FEWER_VIDEOS else 1.0)
            admission.look(now, 0.15 if load > 1 else 0.002, min(1.0, load), people)
            if not seen or seen[-1][1] is not admission.level:
                seen.append((now, admission.level))
        assert [level for _, level in seen] == [*Level][:5] + [*Level][3::-1]
        assert seen[5][0] > 60

    def test_what_was_too_much_when_it_came_back_is_remembered_for_longer(self) -> None:
        admission = Admission(0.95)
        now, came_back, before = 0.0, list[float](), Level.OPEN
        while now < 1400:
            now += LOOK_S
            load = 1.2 * (0.4 if admission.level >= Level.FEWER_VIDEOS else 1.0)
            admission.look(now, 0.15 if load > 1 else 0.002, min(1.0, load), 400)
            if before is Level.FEWER_VIDEOS and admission.level < before:
                came_back.append(now)
            before = admission.level
        apart = [later - earlier for earlier, later in itertools.pairwise(came_back)]
        assert len(apart) == 3
        assert all(later > 1.5 * earlier for earlier, later in itertools.pairwise(apart))

    def test_best_pictures_come_back_only_where_there_is_place_for_them(self) -> None:
        admission = Admission(0.95)
        now = play_until_shedding(admission, 0.02, 0.88)
        for busy in (0.5, 0.5, 0.49):  # it would be 0.88 with them
            now = play(admission, 10, 0.001, busy, now)
            assert admission.level is Level.SHEDDING
        play(admission, 3 * CALM_S, 0.001, 0.3, now)
        assert admission.level is Level.OPEN

    def test_who_comes_meanwhile_does_not_hide_what_was_saved(self) -> None:
        admission, now, people = Admission(0.95), 0.0, 400
        while admission.level < Level.SHEDDING:
            admission.look(now := now + LOOK_S, 0.02, 0.88, people)
        for look in range(70):  # without best pictures the same many would take 0.44
            people = 400 + 6 * look
            admission.look(now := now + LOOK_S, 0.02, 0.44 * people / 400, people)
        for _ in range(250):
            admission.look(now := now + LOOK_S, 0.001, 0.44, 400)
        assert admission.level is Level.SHEDDING

    def test_what_they_saved_is_forgotten_in_time(self) -> None:
        admission = Admission(0.95)
        now = play_until_shedding(admission, 0.02, 0.88)
        play(admission, RELIEF_HALVED_S, 0.001, 0.5, now)
        assert admission.level is Level.OPEN


def test_the_largest_rooms_are_the_fewest_with_half_of_all_people() -> None:
    assert largest({"a": 1, "b": 500, "c": 400, "d": 99}) == {"b"}
    assert largest({"a": 10, "b": 10, "c": 10}) == {"a", "b"}
    assert largest({}) == set()


@pytest.mark.parametrize(
    ("own", "others", "level"),
    [(100, 0, Level.NO_VIDEOS), (50, 50, Level.NO_VIDEOS), (49, 51, Level.NO_NEWCOMERS), (0, 0, Level.NO_VIDEOS)],
)
def test_a_node_that_sends_most_to_people_of_others_leaves_its_own_rooms_their_cameras(
    own: int, others: int, level: Level
) -> None:
    assert level_for_rooms(Level.NO_VIDEOS, own, others) is level
    assert level_for_rooms(Level.SHEDDING, own, others) is Level.SHEDDING


class TestDoor:
    async def test_who_finds_no_turn_waits_and_comes_in_later_in_order(self) -> None:
        door = Door()
        door.start()
        came: list[int] = []
        for number in range(AT_ONCE + 7):
            door.knock(partial(came.append, number), unexpected)
        assert (len(came), door.waiting) == (AT_ONCE, 7)
        async with asyncio.timeout(30):
            while door.waiting:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
        assert came == sorted(came)
        door.close()

    async def test_one_whose_turn_fails_holds_nobody_up(self) -> None:
        door, inside = Door(), list[int]()
        problems = list[object]()
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: problems.append(context["exception"]))
        door.start()

        def fail() -> None:
            raise LookupError

        for number in range(AT_ONCE):
            door.knock(partial(inside.append, number), unexpected)
        door.knock(fail, unexpected)
        door.knock(partial(inside.append, AT_ONCE), unexpected)
        async with asyncio.timeout(30):
            while len(inside) <= AT_ONCE:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
        door.close()
        assert [type(problem) for problem in problems] == [LookupError]

    async def test_who_waits_too_long_is_told_and_so_is_who_comes_to_a_full_node(self) -> None:
        door = Door(0.95)
        door.start()
        refused: list[str] = []
        for _ in range(AT_ONCE + 2):
            door.knock(lambda: None, lambda error: refused.append(error.info.code))
        door._costless = deque(one._replace(since=one.since - LONGEST_WAIT_S - 1) for one in door._costless)
        door._look()
        assert refused == ["serverBusy"] * 2
        door._admission.level = Level.NO_NEWCOMERS
        came: list[str] = []
        door.knock(lambda: came.append("stranger"), lambda error: refused.append(error.info.code))
        door.knock(lambda: came.append("expected"), unexpected, expected=True)
        assert (len(refused), door.waiting, came) == (3, 1, [])
        with pytest.raises(Refused, match="nobody else can send"):
            door.check_sender()
        door.close()

    async def test_who_is_expected_back_comes_before_all_others_however_many_wait(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(door_module, "MOST_WAITING", 5)
        door, came, refused = Door(0.95), list[str](), list[str]()
        door.start()
        for _ in range(AT_ONCE):
            door.knock(lambda: None, unexpected)
        door._admission.level = Level.NO_NEWCOMERS
        for _ in range(6):  # whom another node may carry
            door.knock(lambda: came.append("new"), lambda error: refused.append(error.info.code), welcome=True)
        for _ in range(6):
            door.knock(lambda: came.append("back"), unexpected, expected=True)
        assert (refused, door.waiting, came) == (["serverBusy"], 11, [])
        async with asyncio.timeout(30):
            while door.waiting:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
        assert came == 6 * ["back"] + 5 * ["new"]
        door.close()

    async def test_who_finds_no_place_for_their_media_waits_though_it_is_their_turn(self) -> None:
        door, came = Door(0.9), list[str]()
        door.start()
        for name in ("first", "second"):  # more than a processor can send
            door.knock(partial(came.append, name), unexpected, packets_per_s=lambda: 1e6)
        door.knock(partial(came.append, "back"), unexpected, packets_per_s=lambda: 1e6, expected=True)
        assert (came, door.waiting) == (["first", "back"], 1)
        door.close()

    async def test_who_costs_nothing_passes_those_for_whom_there_is_no_place(self) -> None:
        door, came = Door(0.9), list[str]()
        door.start()

        def knock(name: str, packets_per_s: float) -> None:
            door.knock(partial(came.append, name), unexpected, packets_per_s=lambda: packets_per_s)

        for name, packets_per_s in (("first", 1e6), ("second", 1e6), ("third", 1.0), ("check", 0.0)):
            knock(name, packets_per_s)
        assert (came, door.waiting) == (["first", "check"], 2)
        door._pace._tokens = 0.0
        knock("later check", 0.0)
        assert (came, door.waiting) == (["first", "check"], 3)
        door._pace._tokens = 2.0
        door._look()
        assert (came, door.waiting) == (["first", "check", "later check"], 2)
        door.close()

    async def test_where_there_is_place_for_all_who_came_first_is_first(self) -> None:
        door, came = Door(0.9), list[str]()
        door.start()
        door._pace._tokens = 0.0
        for name, packets_per_s in (("a", 0.0), ("b", 1.0), ("c", 0.0), ("d", 1.0)):
            door.knock(partial(came.append, name), unexpected, packets_per_s=partial(float, packets_per_s))
        door._pace._tokens = 3.0
        for _ in range(3):
            one = door._next()
            assert one is not None
            one.come_in()
        assert (came, door.waiting) == (["a", "b", "c"], 1)
        door.close()

    async def test_media_that_waits_counts_as_a_late_loop_does(self) -> None:
        door = Door(0.001, behind_s=lambda: 60.0)
        door.start()
        before = door._pace.per_s
        door._admission._busy = 1.0
        for _ in range(2):
            await asyncio.sleep(0.001)
            door._look()
        assert door._pace.per_s < before
        assert door._admission._late_s > 0
        door.close()

    async def test_its_owner_hears_when_the_level_changes(self) -> None:
        heard: list[Level] = []
        door = Door(0.001, heard.append)
        door.start()
        door._admission._busy = door._admission._late_s = 1.0
        door._look()
        assert heard == [Level.SHEDDING]
        door.close()


async def test_a_room_that_spares_does_so_with_cameras_that_come_later_too_and_never_with_screens() -> None:
    async with open_node() as node:
        ada, bob = await guests(node, "ada", "bob")
        await ada.ask("produce", kind="video", source="camera", rtpParameters=VP8)
        await ada.ask("produce", kind="video", source="screen", rtpParameters=SCREEN)
        node._spare(Level.SHEDDING)
        await bob.ask("produce", kind="video", source="camera", rtpParameters=VP8)
        producers = sent_by(ada, "ada", "bob")
        assert [one.spared_layers for one in producers] == [1, 0, 1]
        node._spare(Level.NO_VIDEOS)
        assert [one.withheld for one in producers] == [True, False, True]
        node._spare(Level.OPEN)
        assert [(one.spared_layers, one.withheld) for one in producers] == [(0, False)] * 3


async def test_an_overfull_node_goes_on_with_the_cameras_of_those_who_speak() -> None:
    async with open_node() as node:
        names = ["ada", "ben", "cem", "dia"]
        everybody = await guests(node, *names)
        for one in everybody[:3]:
            await one.ask("produce", kind="video", source="camera", rtpParameters=VP8)
        sparing = everybody[0].room.media.sparing
        sparing.speaks("cem")
        node._spare(Level.FEWER_VIDEOS)
        assert [one.withheld for one in sent_by(everybody[0], *names)] == [False, True, False]
        sparing.speaks("ben")
        assert [one.withheld for one in sent_by(everybody[0], *names)] == [True, False, False]
        await everybody[3].ask("produce", kind="video", source="camera", rtpParameters=VP8)
        assert [one.withheld for one in sent_by(everybody[0], *names)] == [True, False, False, True]
        await everybody[1].ask("closeProducer", producerId=sent_by(everybody[0], "ben")[0].id)
        sparing.speaks("dia")  # of those who spoke last only one has a camera
        assert [one.withheld for one in sent_by(everybody[0], *names)] == [False, True, False]


async def test_the_next_camera_takes_the_place_of_one_that_ends_or_is_on_pause() -> None:
    async with open_node() as node:
        names = ["ada", "ben", "cem", "dia", "eve"]
        everybody = await guests(node, *names)
        ada, ben, cem = everybody[:3]
        for one in everybody:
            await one.ask("produce", kind="video", source="camera", rtpParameters=VP8)
        node._spare(Level.FEWER_VIDEOS)

        def kept() -> list[str]:
            return [name for name in names if any(not one.withheld for one in sent_by(ben, name))]

        assert kept() == ["ada", "ben"]
        of_ben = sent_by(ben, "ben")[0].id
        await ben.ask("pauseProducer", producerId=of_ben)
        assert kept() == ["ada", "cem"]
        await ben.ask("resumeProducer", producerId=of_ben)
        assert kept() == ["ada", "cem"]  # nobody loses their place to one that was on pause
        await cem.ask("closeProducer", producerId=sent_by(ben, "cem")[0].id)
        assert kept() == ["ada", "dia"]
        await ada.ask("leave")
        names.remove("ada")
        assert kept() == ["dia", "eve"]


async def test_a_camera_on_pause_comes_back_where_none_are_left_out() -> None:
    async with open_node() as node:
        (ada,) = await guests(node, "ada")
        made = await ada.ask("produce", kind="video", source="camera", rtpParameters=VP8)
        await ada.ask("pauseProducer", producerId=made["data"]["producerId"])
        node._spare(Level.SHEDDING)
        await ada.ask("resumeProducer", producerId=made["data"]["producerId"])
        assert not sent_by(ada, "ada")[0].withheld


class Cascaded(OneNode):
    """So many receive from here in others' rooms, and so many of each of ours from another node."""

    def __init__(self, here: int, elsewhere: dict[str, int]) -> None:
        self._here, self._elsewhere = here, elsewhere

    def spread(self) -> Spread:
        return Spread(0, sum(self._elsewhere.values()), 0, self._here)

    def receivers_of(self, router: Any) -> dict[str, int]:
        count = self._elsewhere.get(router.id, 0)
        return {"serv1": count} if count else {}


async def test_rooms_whose_people_receive_from_other_nodes_and_branches_of_others_are_not_what_is_spared() -> None:
    async with open_node() as node:
        await guests(node, "ada", "ben", "cem")
        small = Guest(node, "dia", "small")
        await small.join()
        large = node.rooms[RoomKey(1, "room")]
        node.elsewhere = Cascaded(0, {large.router.id: 3})
        node._spare(Level.NO_VIDEOS)
        assert [room.media.sparing.spared for room in (large, small.room)] == [EVERYTHING, SPARED[Level.NO_VIDEOS]]
        node.elsewhere = Cascaded(100, {})
        node._spare(Level.NO_VIDEOS)
        assert [room.media.sparing.spared.cameras for room in (large, small.room)] == [None, None]


async def test_a_newcomer_is_not_taken_for_one_who_gets_what_goes_to_all_people_of_others_rooms(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with open_node() as node:
        await guests(node, "ada", "ben")
        monkeypatch.setattr(type(node.door), "packets_per_s", 10_000.0)
        node.elsewhere = Cascaded(99, {"": 1})
        assert node.newcomer_packets_per_s(RoomKey(1, "new")) == 100.0


async def test_who_has_to_wait_takes_no_place_before_they_are_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_node() as node:
        moderator = await come(node, "mod", role="moderator")
        await moderator.ask("setWaitingRoom", enabled=True)
        monkeypatch.setattr(node, "newcomer_packets_per_s", lambda _key: 120.0)
        costs = list[float]()
        monkeypatch.setattr(
            node.door, "knock", lambda _come_in, _refuse, *, packets_per_s, **_how: costs.append(packets_per_s())
        )
        for name in ("ben", "mod"):
            SignallingConsumer(node=node)._knock(1, protocol.Join("", RtpCapabilities([], [])), ticket_of(name))
        assert costs == [0.0, 120.0]
        expected = list[float]()
        monkeypatch.setattr(node.door, "come", expected.append)
        ben, cem = Guest(node, "ben"), Guest(node, "cem")
        for one in (ben, cem):
            await one.ask_to_join()
        assert expected == []
        await moderator.ask("admitAll", admitted=True)
        assert expected == [120.0, 120.0]


def sent_by(guest: Any, *names: str) -> list[Any]:
    """What these send in the guest's room."""
    members = (guest.room._members[name] for name in names)
    return [one for member in members for one in member.send_transport.producers.values()]


@pytest.mark.parametrize("carries", [False, True])
async def test_at_a_full_node_those_come_in_whom_another_one_carries(
    carries: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with open_node() as node:
        node.door._admission.level = Level.NO_NEWCOMERS
        monkeypatch.setattr(node, "elsewhere", OneNode())
        monkeypatch.setattr(node.elsewhere, "carries", lambda: carries)
        socket = SignallingConsumer(node=node)
        entered: list[bool] = []
        monkeypatch.setattr(socket, "_enter", lambda *_join, only_elsewhere: entered.append(only_elsewhere))
        socket._knock(1, protocol.Join("", RtpCapabilities([], [])), ticket_of("ada"))
        assert entered == ([True] if carries else [])
        assert bool(socket._connection._frames) is not carries
        (ben,) = await guests(node, "ben")
        socket._knock(2, protocol.Join("", RtpCapabilities([], [])), ticket_of("ben"))  # who comes back
        assert entered[-1:] == [False]
        ben.disconnect()


async def test_whether_a_node_is_full_counts_when_it_is_somebodys_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_node() as node:
        turns: list[Any] = []
        monkeypatch.setattr(node.door, "knock", lambda come_in, _refuse, **_how: turns.append(come_in))
        socket = SignallingConsumer(node=node)
        entered: list[bool] = []
        monkeypatch.setattr(socket, "_enter", lambda *_join, only_elsewhere: entered.append(only_elsewhere))
        for before, then in ((Level.OPEN, Level.NO_NEWCOMERS), (Level.NO_NEWCOMERS, Level.OPEN)):
            node.door._admission.level = before
            socket._knock(1, protocol.Join("", RtpCapabilities([], [])), ticket_of("ada"))
            node.door._admission.level = then
            turns.pop()()
        assert entered == [True, False]


async def test_of_cameras_that_come_and_go_a_room_keeps_only_those_that_are_there() -> None:
    async with open_node() as node:
        (ada,) = await guests(node, "ada")
        for _ in range(3 * LEAST_LOOKED_AT):
            made = await ada.ask("produce", kind="video", source="camera", rtpParameters=VP8)
            await ada.ask("closeProducer", producerId=made["data"]["producerId"])
        assert len(ada.room.media.sparing._cameras) <= LEAST_LOOKED_AT + 1


async def test_a_newcomer_is_expected_to_receive_what_others_do_and_nothing_where_another_node_carries_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with open_node() as node:
        ada, bob = await guests(node, "ada", "bob")
        key = ada.room.key
        monkeypatch.setattr(type(node.door), "packets_per_s", 500.0)
        assert node.newcomer_packets_per_s(key) == 250.0  # what the node does for each on average
        monkeypatch.setattr(ada.room.media, "packets_per_receiver", lambda: 120.0)
        assert node.newcomer_packets_per_s(key) == 120.0
        monkeypatch.setattr(node, "elsewhere", OneNode())
        for ask in ("crowded", "carries"):
            monkeypatch.setattr(node.elsewhere, ask, lambda: True)
        assert node.newcomer_packets_per_s(key) == 0.0
        bob.disconnect()
