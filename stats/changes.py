"""What a node's collector has to write: who has come and who has gone, in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from uuid import UUID

    from rooms.runtime.observer import Visit


@dataclass(frozen=True)
class Joined:
    """A session begins under this key; `opens` when nobody was in the room before."""

    key: UUID
    visit: Visit
    opens: bool


@dataclass(frozen=True)
class Left:
    """It ends, at this Unix time in ms; `closes` when nobody is in the room any more."""

    key: UUID
    visit: Visit
    display_name: str
    at_ms: int
    closes: bool


Change: TypeAlias = Joined | Left
