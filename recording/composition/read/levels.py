"""Who speaks when, from the audio levels that senders put into their packets (RFC 6464). Pure.

It is what the page shows (`static/src/ui/logic/speaking.ts`): a level that starts it, a lower one that keeps it, and a
while for which silence may last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from recording.composition.read.tracks import AudioTrack

# In -dBov: the page's loudness of 0.06 and 0.03, which is twice the root mean square.
START: Final = 30
KEEP: Final = 36
HOLD_S: Final = 0.6


@dataclass(frozen=True)
class Speaking:
    """Somebody speaks from when to when, in s of the recording."""

    from_s: float
    to_s: float
    peer_id: str


def speakers(tracks: Sequence[AudioTrack]) -> list[Speaking]:
    """Who speaks into which microphone when, sorted. The sound of a shared screen is nobody speaking."""
    found = [
        Speaking(from_s, to_s, track.peer_id)
        for track in tracks
        if track.info.source == "mic"
        for from_s, to_s in speech(sorted(track.levels()))
    ]
    return sorted(found, key=lambda one: (one.from_s, one.to_s, one.peer_id))


def speech(levels: Iterable[tuple[float, int]]) -> Iterator[tuple[float, float]]:
    """From when to when levels with rising times tell of speech."""
    since_s: float | None = None
    heard_s = 0.0
    for time_s, level in levels:
        if since_s is not None and time_s - heard_s >= HOLD_S:
            yield since_s, heard_s + HOLD_S
            since_s = None
        if level <= (START if since_s is None else KEEP):
            heard_s = time_s
            since_s = time_s if since_s is None else since_s
    if since_s is not None:
        yield since_s, heard_s + HOLD_S
