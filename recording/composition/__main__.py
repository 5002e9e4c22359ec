"""`python -m recording.composition CAPTURE OUTPUT`: composition as a process of its own.

It says what `recording.composition.process` lists; its result is `recording.composition.result.Result`.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Final

from recording.composition.compose import NothingCaptured, compose
from recording.composition.draw.look import Look
from recording.composition.process import TOO_MUCH_MEMORY, add_arguments, begin, complain, tell
from recording.composition.read.tracks import UnreadableCapture

# Between two words about the progress.
TELL_S: Final = 0.25


def main() -> int:
    """Compose, as the command line says: the exit code."""
    parser = argparse.ArgumentParser(
        prog="recording.composition",
        description="Make a video of a capture. A run that was killed goes on in the same output folder.",
    )
    add_arguments(parser)
    parser.add_argument("--name", default="", help="to be shown in a corner")
    parser.add_argument("--logo", type=Path, metavar="PICTURE", help="to be shown in a corner")
    options = parser.parse_args()
    begin(options)
    look = Look(options.name, options.logo.read_bytes() if options.logo else None)
    told_at = 0.0

    def progress(done: float) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= TELL_S:
            told_at = time.monotonic()
            tell(progress=round(done, 4))

    try:
        result = compose(
            options.capture,
            options.output,
            from_s=options.from_s,
            to_s=options.to_s,
            look=look,
            max_pixels=options.max_pixels,
            progress=progress,
        )
    except NothingCaptured as problem:
        return complain("nothingCaptured", problem)
    except UnreadableCapture as problem:
        return complain("unreadableCapture", problem)
    except MemoryError:
        return complain("tooMuchMemory", TOO_MUCH_MEMORY)
    tell(result=result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
