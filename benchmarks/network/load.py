"""What a case costs the machine: where it is busy, figures are about the machine and not about the network."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, Final

TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
# Words of command lines, in order.
KINDS: Final = (
    ("manage.py\0node", "node"),
    ("manage.py", "server"),
    ("--type=renderer", "pages"),
    ("--type=gpu", "browser"),
    ("--type=", "browser"),
    ("chromium", "browser"),
    ("multiprocessing", "emulator"),
    ("publishers", "publishers"),
)


class Load:
    """CPU by kind of process of those that this one has started, and of the whole machine, since it was made."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._before = _spent()
        self._machine = _machine()

    def figures(self) -> dict[str, float]:
        """Cores used by each kind, and the share of the machine's time in which a core had something to do."""
        passed_s = time.monotonic() - self._began
        spent: dict[str, float] = {}
        for pid, (kind, seconds) in _spent().items():
            spent[kind] = spent.get(kind, 0.0) + seconds - self._before.get(pid, (kind, 0.0))[1]
        busy, total = (now - before for now, before in zip(_machine(), self._machine, strict=True))
        return {**{kind: seconds / passed_s for kind, seconds in spent.items()}, "machine": busy / max(1, total)}


def _spent() -> dict[int, tuple[str, float]]:
    """Kind and CPU seconds by process."""
    parents: dict[int, int] = {}
    seconds: dict[int, float] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(folder.name)] = int(fields[1])
        seconds[int(folder.name)] = (int(fields[11]) + int(fields[12])) / TICKS_PER_S
    return {pid: (_kind(pid), seconds[pid]) for pid in parents if _descends(pid, parents)}


def _descends(pid: int, parents: dict[int, int]) -> bool:
    while pid in parents:
        if pid == os.getpid():
            return True
        pid = parents[pid]
    return False


def _kind(pid: int) -> str:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return "other"
    return next((kind for word, kind in KINDS if word in command), "other")


def _machine() -> tuple[int, int]:
    """Ticks in which a core was busy, and all."""
    values = [int(value) for value in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return sum(values) - values[3] - values[4], sum(values)


def limited_by_cpu(samples: list[dict[str, Any]]) -> float:
    """The share of samples in which an encoder said that the machine is too slow for it."""
    entries = [entry for sample in samples for entry in sample["outbound"] if entry["kind"] == "video"]
    slow = [entry for entry in entries if entry.get("qualityLimitationReason") == "cpu"]
    return len(slow) / len(entries) if entries else 0.0
