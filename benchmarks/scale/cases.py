"""What is measured: how many people, as what, coming how fast."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True)
class Case:
    """`speakers` send sound and picture from the beginning; `others` come within `joins_s`.

    In a call others open their microphones, in which `talk` people speak at a time; in a webinar they only watch.
    `sends` False: nobody sends, so that what joining costs stands alone.
    """

    name: str
    interface: str
    speakers: int
    others: int
    joins_s: float
    talk: int = 3
    shows: int = 4
    sends: bool = True
    measured: bool = True
    # Layers of each camera, and which of the others come with a microphone: one in so many, 0 for nobody.
    layers: int = 1
    senders_every: int = 0
    # So long somebody tries again who is refused.
    patience_s: float = 120.0
    # Everybody has their ticket before the first one comes: web takes no processor from the node meanwhile, where both
    # are on a machine with few.
    tickets_before: bool = False
    # With more than one node, so many receive from one before the next ones receive from another (0: all from one).
    nodes: int = 1
    receivers_per_node: int = 0

    @property
    def people(self) -> int:
        """How many are in at the end."""
        return self.speakers + self.others


CASES: Final = (
    *(Case(f"webinar-1-{size}", "webinar", 1, size, size / 40) for size in (50, 100, 250, 500, 1000, 2000)),
    *(Case(f"webinar-20-{size}", "webinar", 20, size, size / 40, layers=3) for size in (500, 1000, 2000)),
    # Nothing can be shed there but whole videos.
    Case("webinar-20-1000-one-layer", "webinar", 20, 1000, 25.0),
    *(Case(f"meeting-{size}", "call", size, 0, 0.0, shows=size) for size in (2, 5, 10, 20)),
    *(Case(f"call-{size}", "call", 4, size - 4, size / 10) for size in (100, 300)),
    *(
        Case(f"{name}-two-nodes", interface, speakers, others, others / 40, nodes=2, receivers_per_node=half)
        for name, interface, speakers, others, half in (
            ("webinar-1-500", "webinar", 1, 500, 250),
            ("webinar-1-1000", "webinar", 1, 1000, 500),
            ("webinar-1-2000", "webinar", 1, 2000, 1000),
            ("webinar-20-500", "webinar", 20, 500, 260),
            ("webinar-20-1000", "webinar", 20, 1000, 510),
            ("webinar-20-2000", "webinar", 20, 2000, 1010),
            ("call-300", "call", 4, 296, 150),
        )
    ),
    Case("crowd-500", "webinar", 1, 500, 10.0, tickets_before=True),
    Case("crowd-1000", "webinar", 1, 1000, 10.0),
    # About 1.5 times as many as a core carries of 20 who send and those who watch four of them.
    Case("overload", "webinar", 20, 580, 30.0, layers=3, senders_every=20, patience_s=10.0),
    Case("joins-100", "webinar", 1, 100, 5.0, sends=False, measured=False),
)


def sized(case: Case, share: float) -> Case:
    """The same case with a share of the others, for a short run."""
    return replace(
        case,
        others=max(2, int(case.others * share)) if case.others else 0,
        joins_s=case.joins_s * share,
        receivers_per_node=max(1, int(case.receivers_per_node * share)) if case.receivers_per_node else 0,
    )
