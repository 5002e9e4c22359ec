"""What the server's processes use, as /proc has it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
UDP_IN_ERRORS: Final = 3


@dataclass(frozen=True)
class Use:
    """CPU seconds since the process began, and memory that is its own (PSS) in octets."""

    cpu_s: float
    memory: int


def children(pid: int) -> dict[int, str]:
    """The roles that a supervisor runs, by process id."""
    found = {}
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        command = Path(f"/proc/{child}/cmdline").read_text().split("\0")
        names = [word for word in command[2:] if word and not word.startswith("-")]
        found[int(child)] = names[0] if names else "other"
    return found


def use(pid: int) -> Use:
    """Of one process and its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return Use((int(fields[11]) + int(fields[12])) / TICKS_PER_S, proportional(pid))


def proportional(pid: int, of: Literal["Pss", "Pss_Anon"] = "Pss") -> int:
    """Proportional set size: what is shared counts in parts. `Pss_Anon` is without files, which all processes share."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(f"{of}:"):
            return int(line.split()[1]) * 1024
    return 0
