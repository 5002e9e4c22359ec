"""The door of a node: whoever wants to come in waits for a turn, so that those inside don't hear the crowd."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

from rooms.protocol.errors import Refused
from rooms.runtime.admission import Admission, JoinPace, Level
from rooms.runtime.newcomers import Newcomers

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

# While somebody waits, and while nobody does.
LOOK_S: Final = 0.02
IDLE_LOOK_S: Final = 0.1
# Pages wait ten seconds for an answer, and come again when they are told that the server is busy.
LONGEST_WAIT_S: Final = 8.0
MOST_WAITING: Final = 2000


class _Waiting(NamedTuple):
    come_in: Callable[[], None]
    refuse: Callable[[Refused], None]
    packets_per_s: Callable[[], float]
    since: float


def busy_server() -> Refused:
    """What newcomers are told for whom there is no place or no time."""
    return Refused("serverBusy", "The server has as much to do as it can. Please try again in a minute.")


def busy_for_senders() -> Refused:
    """What those are told who want to send."""
    return Refused("serverBusy", "The server has so much to do that nobody else can send at the moment.")


class Door:
    """Open from `start` to `close`. `full` is the share of a processor that the node may use; 0 for no limit."""

    def __init__(
        self,
        full: float = 0.0,
        on_level: Callable[[Level], None] = lambda _level: None,
        people: Callable[[], int] = lambda: 1,
        behind_s: Callable[[], float] = lambda: 0.0,
        packets: Callable[[], int] = lambda: 0,
    ) -> None:
        """`on_level` hears when the load has become more, or less, so that something follows of it.

        `people` tells how many are in, `behind_s` for how long media has been waiting by now, `packets` how many have
        come and gone.
        """
        self._people = people
        self._behind_s = behind_s
        self._packets = packets
        self._on_level = on_level
        self._pace = JoinPace()
        self._admission = Admission(full)
        self._newcomers = Newcomers(full)
        # Those who are expected back have their turns before all others.
        self._expected: deque[_Waiting] = deque()
        self._waiting: deque[_Waiting] = deque()
        # Those who receive nothing from here don't wait behind others for whom there is no place.
        self._costless: deque[_Waiting] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._looked = (0.0, 0.0, 0)

    @property
    def level(self) -> Level:
        """How near its limit the node is."""
        return self._admission.level

    @property
    def busy(self) -> float:
        """The share of a processor that the loop has used in the last seconds."""
        return self._admission.busy

    @property
    def packets_per_s(self) -> float:
        """How many packets came and went in the last seconds."""
        return self._newcomers.packets_per_s

    @property
    def full(self) -> bool:
        """Whether nobody new is taken, but whom another node can carry."""
        return self.level >= Level.NO_NEWCOMERS

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._expected) + self._new

    @property
    def _new(self) -> int:
        return len(self._waiting) + len(self._costless)

    def start(self) -> None:
        """Look after the loop that runs."""
        self._loop = asyncio.get_running_loop()
        self._looked = (self._loop.time(), time.thread_time(), self._packets())
        self._again(IDLE_LOOK_S)

    def close(self) -> None:
        """Forget who waits. Idempotent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._expected.clear()
        self._waiting.clear()
        self._costless.clear()
        self._loop = None

    def knock(
        self,
        come_in: Callable[[], None],
        refuse: Callable[[Refused], None],
        *,
        welcome: bool = False,
        expected: bool = False,
        packets_per_s: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """Call `come_in` at once or in its turn, or `refuse`, soon.

        Who is `welcome` is not refused because the node is full: another node is to carry them. Who is `expected` back
        is not refused because of those who wait either, and comes before them. All others wait until there is place for
        the `packets_per_s` that they are to receive from here; who is to receive none passes those who find no place.
        """
        if self._loop is None:
            come_in()
            return
        if not expected and ((self.full and not welcome) or self._new >= MOST_WAITING):
            refuse(busy_server())
        else:
            receives = packets_per_s()
            queue = self._expected if expected else self._waiting if receives else self._costless
            if self._expected or queue or not self._takes(receives, expected=expected):
                queue.append(_Waiting(come_in, refuse, packets_per_s, self._loop.time()))
            else:
                come_in()

    def come(self, packets_per_s: float) -> None:
        """Somebody comes in who was not to receive anything when they knocked: a moderator has let them in."""
        if self._loop is not None:
            self._newcomers.expect(self._loop.time(), packets_per_s)

    def check_sender(self) -> None:
        """Raise `Refused` where nobody else may send."""
        if self.level >= Level.NO_NEW_SENDERS:
            raise busy_for_senders()

    def _again(self, in_s: float) -> None:
        if self._loop is not None:
            self._due = self._loop.time() + in_s
            self._timer = self._loop.call_at(self._due, self._look)

    def _look(self) -> None:
        """Look again soon, whatever becomes of those who have their turn now."""
        try:
            self._attend()
        finally:
            self._again(LOOK_S if self.waiting else IDLE_LOOK_S)

    def _attend(self) -> None:
        if self._loop is None:
            return
        now, cpu_s, packets = self._loop.time(), time.thread_time(), self._packets()
        before, cpu_before_s, packets_before = self._looked
        self._looked = (now, cpu_s, packets)
        late_s, busy = max(now - self._due, self._behind_s()), (cpu_s - cpu_before_s) / max(0.001, now - before)
        self._pace.look(now, late_s, busy)
        self._newcomers.look(now, busy, packets - packets_before)
        before_level = self.level
        self._admission.look(now, late_s, busy, self._people())
        if self.level != before_level:
            logger.warning("The load of this node: %s (it was %s)", self.level.name, before_level.name)
            self._on_level(self.level)
        for queue in (self._expected, self._waiting, self._costless):
            while queue and now - queue[0].since > LONGEST_WAIT_S:
                queue.popleft().refuse(busy_server())
        while self._expected and self._takes(self._expected[0].packets_per_s(), expected=True):
            self._expected.popleft().come_in()
        while one := self._next():
            one.come_in()

    def _next(self) -> _Waiting | None:
        """Whose turn it is of those who are new: who came first, unless there is no place for them."""
        queues = [queue for queue in (self._waiting, self._costless) if queue]
        for queue in sorted(queues, key=lambda queue: queue[0].since):
            if self._takes(queue[0].packets_per_s(), expected=False):
                return queue.popleft()
        return None

    def _takes(self, packets_per_s: float, *, expected: bool) -> bool:
        """Whether it is somebody's turn who is to receive so much; then they are going to."""
        if self._loop is None:
            return False
        if not expected and not self._newcomers.has_place(packets_per_s):
            return False
        if not self._pace.take(1, expected=expected):
            return False
        self._newcomers.come(self._loop.time(), packets_per_s)
        return True
