"""Runs a composition as a process of its own: codecs read what strangers sent, and a crash there must stay there."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, Final

import msgspec

from meet.config import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import IO

# Between two looks at whether the process is still wanted.
LOOK_S: Final = 0.5
# Without a word for so long, a process is ended.
SILENT_S: Final = 1800.0
END_S: Final = 10.0
NICE: Final = 10


class ChildError(Exception):
    """The process did not do what it should; the message is a sentence."""


class Overspent(ChildError):
    """The process took more processor time than it may; another try would not do better."""


class Unwanted(Exception):
    """The process was ended, because nobody wants its work any more."""


class Problem(msgspec.Struct, frozen=True):
    """Why there will be no result, however often it is tried."""

    code: str
    message: str


class Line(msgspec.Struct, frozen=True):
    """What the process says: one of the three."""

    progress: float | None = None
    result: msgspec.Raw = msgspec.Raw()
    problem: Problem | None = None


def run(module: str, arguments: Sequence[str], told: Callable[[float], None], wanted: Callable[[], bool]) -> Line:
    """Run `python -m module`, until it says how it ended; `told` hears how far it is, from 0 to 1.

    Raises `ChildError`, and `Unwanted` when `wanted` is not so any more.
    """
    command = [sys.executable, "-m", module, *arguments, f"--nice={NICE}", "--while-stdin-is-open"]
    with subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own module
        try:
            end = _listen(process, told, wanted)
            process.wait(END_S)
        except subprocess.TimeoutExpired as error:
            raise ChildError("The process did not end.") from error
        finally:
            process.kill()
    if end is None:
        code = process.returncode
        if code == -signal.SIGXCPU:
            raise Overspent("The process took more processor time than it may.")
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        raise ChildError(f"The process {how}.")
    return end


def _listen(process: subprocess.Popen[bytes], told: Callable[[float], None], wanted: Callable[[], bool]) -> Line | None:
    """The last line, or None if the process ended without one."""
    assert process.stdout is not None  # noqa: S101 - it was asked for
    for text in _lines(process.stdout, wanted):
        line = _read(text)
        if line.progress is None:
            return line
        told(line.progress)
    process.wait(END_S)
    return None


def _lines(pipe: IO[bytes], wanted: Callable[[], bool]) -> Iterator[bytes]:
    """Each whole line, up to the end of the file."""
    torn = b""
    heard_at = time.monotonic()
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while True:
            if not wanted():
                raise Unwanted
            if selector.select(LOOK_S):
                heard_at = time.monotonic()
                data = os.read(pipe.fileno(), 1 << 16)
                if not data:
                    return
                *whole, torn = (torn + data).split(b"\n")
                yield from whole
            elif time.monotonic() - heard_at > SILENT_S:
                raise ChildError("The process made no progress any more.")


def _read(text: bytes) -> Line:
    try:
        return msgspec.json.decode(text, type=Line)
    except msgspec.DecodeError as error:
        raise ChildError("The process said something that is no answer.") from error


def result_of(line: Line, kind: type[Any]) -> Any:
    """The result in its last line. Raises `ChildError`."""
    try:
        return msgspec.json.decode(line.result, type=kind)
    except msgspec.DecodeError as error:
        raise ChildError("What the process made can't be read.") from error
