"""A dictionary with a bound: what was kept longest ago is forgotten first. Pure."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class Recent(dict[str, T], Generic[T]):
    """Add by `keep` only."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def keep(self, key: str, value: T) -> str | None:
        """Make this the newest entry. Returns the key that is forgotten for it, if any."""
        self.pop(key, None)
        self[key] = value
        if len(self) <= self._most:
            return None
        oldest = next(iter(self))
        del self[oldest]
        return oldest
