"""Makes a video in a process of its own that can be killed: `python -m tests.recording.compose_process CAPTURE OUTPUT`.

Parts are of two seconds. Prints a line at each progress.
"""

from __future__ import annotations

import sys
from pathlib import Path

from recording.composition.compose import compose
from recording.composition.draw.look import Look
from recording.composition.draw.pictures import FPS
from recording.composition.write import parts


def tell(done: float) -> None:
    """How far it is."""
    sys.stdout.write(f"{done}\n")
    sys.stdout.flush()


def main() -> None:
    """Make it."""
    parts.PART_TICKS = FPS * 2  # type: ignore[misc]  # a minute would be long for a test
    capture, output = map(Path, sys.argv[1:])
    compose(capture, output, look=Look("Clinic"), progress=tell)


if __name__ == "__main__":
    main()
