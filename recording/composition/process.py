"""What programs of composition have in common: they say what there is to say as lines of JSON on standard output.

    {"progress": 0.25}
    {"result": {…}}                                 the end
    {"problem": {"code": …, "message": …}}          the end: there will be no result, however often it is tried

Whatever else goes wrong ends them with another exit code than 0 and 3 (with a problem).
"""

from __future__ import annotations

import os
import resource
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from recording.composition.read.picture_size import MAX_PIXELS

if TYPE_CHECKING:
    import argparse

EXIT_PROBLEM: Final = 3
EXIT_ALONE: Final = 4
TOO_MUCH_MEMORY: Final = "It would need more memory than is allowed."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What all of them are told."""
    parser.add_argument("capture", type=Path, help="the capture's folder")
    parser.add_argument("output", type=Path, help="where the files go")
    parser.add_argument("--from", dest="from_s", type=float, default=0.0, metavar="S", help="begin there (seconds)")
    parser.add_argument("--to", dest="to_s", type=float, metavar="S", help="end there (seconds)")
    parser.add_argument(
        "--max-pixels", type=int, default=MAX_PIXELS, metavar="N", help="leave out pictures of more (%(default)s)"
    )
    parser.add_argument("--memory-mb", type=int, default=0, metavar="MB", help="have no more memory (0: any)")
    parser.add_argument("--cpu-s", type=int, default=0, metavar="S", help="end after so much CPU time (0: any)")
    parser.add_argument("--nice", type=int, default=0, help="how much others go first (0 to 19)")
    parser.add_argument("--while-stdin-is-open", action="store_true", help="end when standard input does")


def begin(options: argparse.Namespace) -> None:
    """Be as polite as asked for, take no more than is allowed, and end with whoever started this."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if options.memory_mb:  # data, not addresses: threads set aside many of those that they never use
        _limit(resource.RLIMIT_DATA, options.memory_mb * 1024 * 1024)
    if options.cpu_s:
        _limit(resource.RLIMIT_CPU, options.cpu_s)
    if options.nice:
        os.nice(options.nice)
    if options.while_stdin_is_open:
        threading.Thread(target=_end_with_stdin, daemon=True).start()


def _limit(what: int, most: int) -> None:
    """Never have more than this; less where the system allows less."""
    _, hard = resource.getrlimit(what)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    # One more for the hard limit of CPU time: the soft one ends the process by a signal that tells why
    resource.setrlimit(what, (most, most if hard == most else most + 1))


def tell(**entry: Any) -> None:
    """Say one line."""
    sys.stdout.buffer.write(msgspec.json.encode(entry) + b"\n")
    sys.stdout.buffer.flush()


def complain(code: str, problem: Exception | str) -> int:
    """Say why there will be no result: the exit code."""
    tell(problem={"code": code, "message": str(problem)})
    return EXIT_PROBLEM


def _end_with_stdin() -> None:
    """Standard input is a pipe from whoever started this: it ends with them, however they end."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os._exit(EXIT_ALONE)
