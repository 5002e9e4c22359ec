"""What a node has counted of its clients' requests since it started. Names and codes are ours, so they are few."""

from __future__ import annotations

from collections import Counter
from typing import Final

JOIN: Final = "join"


class Tallies:
    """`requests` by name and outcome, `ok` or the code of a refusal; `joins` by outcome."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str]] = Counter()

    def answered(self, request: str, outcome: str) -> None:
        """A client's request has its answer."""
        self.requests[request, outcome] += 1

    @property
    def joins(self) -> dict[str, int]:
        """How joins ended."""
        return {outcome: count for (request, outcome), count in self.requests.items() if request == JOIN}
