"""What making one thing may cost: pictures' size, memory, processor time, and room on the disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from recording.capture.disk import MIB, free_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from meet.config import Config

# Of processor time, for what takes as long whatever the length: starting, reading the capture, the last files.
BASE_S: Final = 300.0
# The composer stops at so many times the space at which captures end: they, and the database, go first.
COMPOSER_SPACE: Final = 2
MEGA: Final = 1_000_000


@dataclass(frozen=True)
class Limits:
    """For one process: pixels of a picture, memory in MiB, and `seconds` of processor time and of work in all."""

    max_pixels: int
    memory_mb: int
    seconds: float

    def arguments(self) -> list[str]:
        """For the process's command line."""
        return [f"--max-pixels={self.max_pixels}", f"--memory-mb={self.memory_mb}", f"--cpu-s={round(self.seconds)}"]


def limits_for(length_s: float, config: Config) -> Limits:
    """What making something of this length may cost here."""
    return Limits(
        config.recording_max_megapixels * MEGA,
        config.composer_memory_mb,
        BASE_S + config.composer_max_times * length_s,
    )


def has_space(folder: Path, config: Config) -> bool:
    """Whether there is room on a folder's disk for the composer's work; the folder need not be there yet."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        return free_bytes(folder) >= COMPOSER_SPACE * config.recording_min_free_mb * MIB
    except OSError:
        return False
