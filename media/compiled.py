"""The packet path compiled to C by mypyc, where somebody has done that (`make compile`): same sources, same bytes.

What is compiled lies apart from the sources, in `FOLDER`, and is used as long as all sources of `media` are as they
were: an edited file, another Python or a pull make a process run the sources again.
"""

from __future__ import annotations

import hashlib
import sys
import sysconfig
from enum import Enum, auto
from importlib.abc import MetaPathFinder
from importlib.util import spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

PROJECT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = PROJECT / ".compiled"
DIGEST: Final = "digest.txt"
SUFFIX: Final = str(sysconfig.get_config_var("EXT_SUFFIX"))

MODULES: Final = (
    "media.bandwidth.acknowledged",
    "media.bandwidth.allocation",
    "media.bandwidth.allocation_ladder",
    "media.bandwidth.arrival_groups",
    "media.bandwidth.gcc",
    "media.bandwidth.loss",
    "media.bandwidth.probes",
    "media.bandwidth.rate_control",
    "media.bandwidth.trend_line",
    "media.codecs.vp8",
    "media.net.arrival_times",
    "media.net.backlog",
    "media.net.buffers",
    "media.net.coalescing",
    "media.net.datagrams",
    "media.net.endpoints",
    "media.net.udp",
    "media.producer",
    "media.receive.bitrates",
    "media.receive.demux",
    "media.receive.inspection",
    "media.receive.keyframes",
    "media.receive.layer_costs",
    "media.receive.nack",
    "media.receive.packet_cache",
    "media.receive.policer",
    "media.receive.rtcp_feedback",
    "media.receive.rtcp_receiver",
    "media.receive.rtp_receiver",
    "media.receive.stream",
    "media.rtp.packet",
    "media.rtp.reception",
    "media.rtp.rtcp",
    "media.rtp.rtp",
    "media.rtp.seq",
    "media.rtp.twcc",
    "media.send.batch_egress",
    "media.send.destination",
    "media.send.downlink",
    "media.send.egress",
    "media.send.fanout",
    "media.send.gathering",
    "media.send.pacer",
    "media.send.pacing",
    "media.send.rewriter",
    "media.send.sampling",
    "media.send.send_history",
    "media.send.sequence_map",
    "media.send.singles",
    "media.send.slots",
    "media.ticker",
    "media.token_bucket",
)
"""What each packet and each feedback goes through in Python, and decides in few numpy calls: there it pays."""


def source_of(module: str) -> Path:
    """Where a module of ours is written."""
    return PROJECT / (module.replace(".", "/") + ".py")


def digest_of_sources() -> str:
    """Of all media's sources, and of the Python that some of them are compiled for.

    What is compiled has the constants of modules in it that are not.
    """
    digest = hashlib.sha256(f"{SUFFIX} {sys.version}".encode())
    for source in sorted((PROJECT / "media").rglob("*.py")):
        digest.update(source.relative_to(PROJECT).as_posix().encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()


class _Finder(MetaPathFinder):
    """Finds compiled modules before the sources are looked for."""

    def __init__(self, files: dict[str, Path]) -> None:
        self._files = files

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        file = self._files.get(fullname)
        return spec_from_file_location(fullname, file) if file is not None else None


class State(Enum):
    """What there is of it."""

    ABSENT = auto()
    STALE = auto()  # of other sources, or for another Python
    READY = auto()


def state_of(folder: Path = FOLDER) -> State:
    """Whether there is something compiled, and of the sources that are there."""
    try:
        made_of = (folder / DIGEST).read_text(encoding="ascii").strip()
        return State.READY if made_of == digest_of_sources() else State.STALE
    except (OSError, UnicodeDecodeError):
        return State.STALE if folder.is_dir() else State.ABSENT


def use_compiled(folder: Path = FOLDER) -> bool:
    """Import the compiled modules from now on, if they were made from the sources that are there; whether they were.

    To be called before any of them is imported.
    """
    if state_of(folder) is not State.READY:
        return False
    files = {".".join(file.relative_to(folder).parts).removesuffix(SUFFIX): file for file in folder.rglob(f"*{SUFFIX}")}
    sys.meta_path.insert(0, _Finder(files))
    return True
