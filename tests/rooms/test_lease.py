"""The lease of a node's name: whatever is stopped, killed or cut off, a room has one place."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from rooms.nodes.lease import BEAT, CLOCK_SET_BACK, LEASE, LONG_AGO, Claim, Tenancy, claimed, released
from rooms.runtime.tenure import Standing, Tenure, Unleased

NOW: Final = datetime(2026, 11, 29, tzinfo=UTC)
LEASE_S: Final = LEASE.total_seconds()
MINE, THEIRS = Claim("mine", "here"), Claim("theirs", "there")


def tenancy(claim: Claim = THEIRS, age_s: float = 0.0, epoch: int = 7) -> Tenancy:
    return Tenancy(claim.instance, claim.place, epoch, NOW - timedelta(seconds=age_s))


class TestClaims:
    def test_a_name_that_nobody_had_is_taken_with_an_epoch_that_nobody_had_either(self) -> None:
        taken = claimed(None, MINE, NOW)
        assert taken == Tenancy("mine", "here", int(NOW.timestamp()), NOW)

    def test_a_name_that_is_held_is_not_given_away(self) -> None:
        for age_s in (0.0, LEASE_S - 0.001, -30.0):
            assert claimed(tenancy(age_s=age_s), MINE, NOW) is None

    def test_a_name_whose_lease_is_over_goes_to_who_asks_under_a_higher_epoch(self) -> None:
        for age_s in (LEASE_S, 3600.0, -CLOCK_SET_BACK.total_seconds()):
            assert claimed(tenancy(age_s=age_s), MINE, NOW) == Tenancy("mine", "here", 8, NOW)

    def test_who_holds_it_keeps_it_under_the_same_epoch(self) -> None:
        assert claimed(tenancy(MINE, age_s=1.0), MINE, NOW) == tenancy(MINE)

    def test_who_was_not_heard_of_for_a_lease_gets_a_higher_epoch(self) -> None:
        """Somebody may have been sent elsewhere meanwhile."""
        assert claimed(tenancy(MINE, age_s=LEASE_S), MINE, NOW) == tenancy(MINE, epoch=8)

    def test_a_process_that_was_killed_is_not_waited_for_by_the_next_one_in_its_place(self) -> None:
        before = tenancy(Claim("killed", "here"))
        assert claimed(before, MINE, NOW) == Tenancy("mine", "here", 8, NOW)

    def test_a_name_that_was_given_up_is_free_at_once(self) -> None:
        left = released(tenancy(THEIRS), THEIRS)
        assert left.beat_at == LONG_AGO
        assert claimed(left, MINE, NOW) == Tenancy("mine", "here", 8, NOW)

    def test_nobody_gives_up_what_is_anothers(self) -> None:
        assert released(tenancy(THEIRS), MINE) == tenancy(THEIRS)

    def test_some_beats_may_be_missed(self) -> None:
        assert LEASE >= 4 * BEAT


class TestTenure:
    @pytest.fixture
    def tenure(self) -> Tenure:
        tenure = Tenure(LEASE_S)
        tenure.renewed(7, 100.0)
        return tenure

    def test_nobody_is_let_in_before_the_name_is_ours(self) -> None:
        tenure = Tenure(LEASE_S)
        assert (tenure.standing(0.0), tenure.serves(0.0)) == (Standing.STARTING, False)

    def test_a_renewed_lease_lasts(self, tenure: Tenure) -> None:
        assert (tenure.standing(104.9), tenure.serves(104.9)) == (Standing.HELD, True)

    def test_who_was_stopped_lets_nobody_in_until_the_database_was_asked(self, tenure: Tenure) -> None:
        assert (tenure.standing(160.0), tenure.serves(160.0)) == (Standing.UNKNOWN, False)
        tenure.renewed(8, 160.0)
        assert tenure.serves(160.1)

    def test_without_a_database_rooms_go_on(self, tenure: Tenure) -> None:
        for at in (101.0, 104.0, 108.0, 112.0):
            tenure.failed(at)
            assert tenure.serves(at + 1)
        assert tenure.standing(113.0) is Standing.UNASKABLE

    def test_what_is_lost_stays_lost_until_it_is_ours_again(self, tenure: Tenure) -> None:
        tenure.lost("serv0 is run by another.")
        tenure.failed(101.0)
        assert (tenure.standing(101.0), tenure.serves(101.0)) == (Standing.LOST, False)
        tenure.renewed(9, 102.0)
        assert tenure.serves(102.0)

    def test_tickets_count_for_one_epoch(self, tenure: Tenure) -> None:
        assert [tenure.accepts(epoch) for epoch in (6, 7, 8)] == [False, True, False]
        assert tenure.accepts(0), "of a release that knew of none"

    def test_a_node_without_a_database_is_always_what_it_says(self) -> None:
        assert Unleased().serves(1e9)
        assert Unleased().accepts(7)


@dataclass
class Process:
    """A node's process as it is and as it sees itself. `rooms` are those with people in."""

    name: str
    claim: Claim
    tenure: Tenure = field(default_factory=lambda: Tenure(LEASE_S))
    rooms: set[str] = field(default_factory=set)
    stopped: bool = False
    cut_off: bool = False
    epoch: int = 0


@dataclass(frozen=True)
class Ticket:
    """What web signs."""

    name: str
    room: str
    epoch: int


ROOMS: Final = ("one", "two")
# Two machines that both want to be serv0, and one that is serv1.
MACHINES: Final = (("serv0", "here"), ("serv0", "there"), ("serv1", "elsewhere"))
machines: Final = st.sampled_from(range(len(MACHINES)))


class Cluster(RuleBasedStateMachine):
    """Processes, a database and web, of which each may be away at any time; clocks run alike for all.

    What is ours in it is what really decides: `claimed` and `Tenure`. Web asks a node whose lease is over whether it
    is there before it sends anybody elsewhere (`rooms.nodes.placement.place`).
    """

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0
        self.rows: dict[str, Tenancy] = {}
        self.placements: dict[str, str] = {}
        self.tickets: list[Ticket] = []
        self.database = True
        self._numbers = count()
        self.processes = [self._process(name, place) for name, place in MACHINES]

    def _process(self, name: str, place: str) -> Process:
        return Process(name, Claim(f"process {next(self._numbers)}", place))

    @property
    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.now_s)

    # --- what happens to machines ---

    @rule(seconds=st.sampled_from([0.5, 1.0, 4.0]))
    def time_passes(self, seconds: float) -> None:
        self.now_s += seconds

    @rule(seconds=st.sampled_from([6.0, 60.0]))
    def time_passes_while_those_who_can_report(self, seconds: float) -> None:
        self.now_s += seconds
        for process in self.processes:
            self._beat(process)

    @rule(number=machines)
    def a_process_is_stopped_or_goes_on(self, number: int) -> None:
        self.processes[number].stopped ^= True

    @rule(number=machines)
    def a_process_is_killed_and_starts_again(self, number: int) -> None:
        self.processes[number] = self._process(*MACHINES[number])

    @rule(number=machines)
    def a_machine_loses_the_database_or_has_it_again(self, number: int) -> None:
        self.processes[number].cut_off ^= True

    @rule()
    def the_database_goes_or_comes(self) -> None:
        self.database ^= True

    # --- what they do ---

    @rule(number=machines)
    def a_beat(self, number: int) -> None:
        self._beat(self.processes[number])

    def _beat(self, process: Process) -> None:
        """As `rooms.nodes.registration.Registration` has it."""
        if process.stopped:
            return
        if process.cut_off or not self.database:
            process.tenure.failed(self.now_s)
            return
        found = self.rows.get(process.name)
        lease = claimed(found, process.claim, self.now)
        if lease is None:
            assert found is not None
            process.tenure.lost(f"{process.name} is run by another.")
            process.rooms.clear()
            return
        if found is not None and found.instance != lease.instance:
            assert lease.epoch > found.epoch, "a name never goes to another process under the same epoch"
        self.rows[process.name] = lease
        if lease.epoch != process.epoch:
            process.rooms = {room for room in process.rooms if self.placements.get(room) == process.name}
        process.epoch = lease.epoch
        process.tenure.renewed(lease.epoch, self.now_s)

    @precondition(lambda self: self.database)
    @rule(room=st.sampled_from(ROOMS))
    def somebody_asks_web(self, room: str) -> None:
        name = self.placements.get(room)
        if name is None or not (self.rows[name].holds(self.now) or self._answers(name)):
            live = sorted(name for name, row in self.rows.items() if row.holds(self.now))
            if not live:
                return
            name = self.placements[room] = live[0]
        self.tickets.append(Ticket(name, room, self.rows[name].epoch))

    @precondition(lambda self: self.database)
    @rule(room=st.sampled_from(ROOMS))
    def somebody_comes_in(self, room: str) -> None:
        """The usual way: with a new ticket, at the process that answers."""
        before = len(self.tickets)
        self.somebody_asks_web(room)
        for ticket in self.tickets[before:]:
            for process in self.processes:
                self._join(process, ticket)

    def _answers(self, name: str) -> bool:
        """Web reaches the process that wrote the row last, if that one runs."""
        row = self.rows[name]
        return any(
            process.claim.instance == row.instance
            and not process.stopped
            and process.tenure.serves(self.now_s)
            and process.tenure.accepts(row.epoch)
            for process in self.processes
        )

    @precondition(lambda self: self.tickets)
    @rule(number=machines, data=st.data())
    def somebody_joins(self, number: int, data: st.DataObject) -> None:
        """With any ticket that there ever was, at any process that has the name, however they come to ask it."""
        self._join(self.processes[number], data.draw(st.sampled_from(self.tickets)))

    def _join(self, process: Process, ticket: Ticket) -> None:
        if process.stopped or process.name != ticket.name or not process.tenure.serves(self.now_s):
            return
        if not process.tenure.accepts(ticket.epoch):
            return
        process.rooms.add(ticket.room)
        if process.tenure.standing(self.now_s) is not Standing.UNASKABLE:
            assert ticket.epoch == self.rows[process.name].epoch, "only who can't ask may not know better"

    # --- what holds ---

    @invariant()
    def one_process_has_the_name(self) -> None:
        for name in {name for name, _ in MACHINES}:
            holders = [p for p in self.processes if p.name == name and p.tenure.standing(self.now_s) is Standing.HELD]
            assert len(holders) <= 1

    @rule()
    def after_a_beat_of_all_who_have_the_database_a_room_is_in_one_place(self) -> None:
        reach = [p for p in self.processes if self.database and not p.stopped and not p.cut_off]
        for process in reach:
            self._beat(process)
        for room in ROOMS:
            assert len([p for p in reach if room in p.rooms]) <= 1, room

    @invariant()
    def nobody_is_let_in_under_an_old_epoch(self) -> None:
        for process in self.processes:
            row = self.rows.get(process.name)
            if row is not None and process.tenure.standing(self.now_s) is Standing.HELD:
                assert process.tenure.epoch == row.epoch


class BlackOut(Cluster):
    """The database is away for all from the start of a meeting on: nothing ends."""

    def __init__(self) -> None:
        super().__init__()
        for process in self.processes[1:]:
            self._beat(process)
        self.somebody_asks_web("one")
        for process in self.processes[1:]:
            process.rooms |= {"one"} if process.name == self.placements["one"] else set()
        self.database = False
        self.full = [process for process in self.processes if process.rooms]

    def a_process_is_killed_and_starts_again(self, number: int) -> None:
        """Nobody is killed here."""

    def the_database_goes_or_comes(self) -> None:
        """It stays away."""

    @invariant()
    def nothing_ends(self) -> None:
        assert all(process.rooms == {"one"} for process in self.full)


TestCluster = Cluster.TestCase
TestCluster.settings = settings(max_examples=150, stateful_step_count=40, deadline=None, database=None)
TestBlackOut = BlackOut.TestCase
TestBlackOut.settings = settings(max_examples=20, stateful_step_count=20, deadline=None, database=None)
