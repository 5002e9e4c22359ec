"""How many processors this process may use: fewer than the machine has where a container or a unit bounds it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

_CGROUPS: Final = Path("/sys/fs/cgroup")
_OWN: Final = Path("/proc/self/cgroup")


def usable_cores(root: Path = _CGROUPS, own: Path = _OWN) -> int:
    """At least one. A part of a processor counts as a whole one."""
    found = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([found, *_quotas(root, own)]))


def _quotas(root: Path, own: Path) -> list[int]:
    """The quotas (`cpu.max` of cgroup v2) of this process's group and those around it, in processors."""
    found = []
    with suppress(OSError, UnicodeDecodeError):
        unified = [line for line in own.read_text().splitlines() if line.startswith("0::/")]
        if not unified:
            return []
        group = root / unified[0].removeprefix("0::/")
        for folder in (group, *group.parents):
            if not folder.is_relative_to(root):
                break
            with suppress(OSError, ValueError):
                most, period = (folder / "cpu.max").read_text().split()
                found.append(-(-int(most) // int(period)))  # "max" is no number
    return found
