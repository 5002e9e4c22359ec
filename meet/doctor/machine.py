"""The machine: Python, limits, buffers, disk, codecs, fonts."""

from __future__ import annotations

import platform
import resource
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import av
import pylibsrtp

from media import compiled
from media.net.udp import SOCKET_BUFFER
from meet.doctor.findings import note, warning, well, wrong
from meet.private_files import open_to_others
from meet.run.open_files import RESERVED
from recording.composition.draw.typeface import SYSTEM_FOLDERS
from recording.composition.read.decoding import DECODERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meet.config import Config
    from meet.doctor.findings import Finding

OLDEST_PYTHON: Final = (3, 11)
ENCODERS: Final = ("libx264", "aac", "libopus")
AUDIO_DECODERS: Final = ("opus",)
GIB: Final = 1024**3
MIB: Final = 1024**2
# Hours of recordings should fit beside what must stay free.
COMFORTABLE_GIB: Final = 5
KERNEL: Final = Path("/proc/sys/net/core")


def python(_config: Config) -> Iterable[Finding]:
    """Which Python this is."""
    version = platform.python_version()
    if sys.version_info < OLDEST_PYTHON:
        yield wrong("Python", f"It is {version}.", "Install Python 3.11 or newer.")
    else:
        yield well("Python", f"It is {version}.")


def packet_path(_config: Config) -> Iterable[Finding]:
    """Whether nodes run the packet path as it was compiled."""
    match compiled.state_of():
        case compiled.State.READY:
            yield well("Packet path", "It is compiled.")
        case compiled.State.STALE:
            text = "What is compiled is of other sources or for another Python: nodes don't use it, which costs more."
            yield warning("Packet path", text, "Compile it anew (make compile), and start the nodes again.")
        case compiled.State.ABSENT:
            yield note("Packet path", "It is not compiled.", "After `make compile` a received packet costs a third.")


def open_files(config: Config) -> Iterable[Finding]:
    """Whether as many connections as the setting says fit into the limit of open files."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = config.max_connections + RESERVED
    if hard != resource.RLIM_INFINITY and hard < wanted:
        yield warning(
            "Open files",
            f"A process may have {hard} files open, and {config.max_connections} connections need {wanted}.",
            f"Raise the hard limit to {wanted} (LimitNOFILE= in systemd, ulimits in containers), or lower "
            "MEET_MAX_CONNECTIONS.",
        )
    else:
        shown = "as many as it likes" if hard == resource.RLIM_INFINITY else str(hard)
        yield well("Open files", f"A process may have {shown} open; {wanted} are needed at most.")


def udp_buffers(_config: Config) -> Iterable[Finding]:
    """Whether the kernel gives the media port the buffers that it asks for."""
    for name in ("rmem_max", "wmem_max"):
        try:
            most = int((KERNEL / name).read_text(encoding="ascii"))
        except (OSError, ValueError):  # not Linux, or a container that hides it
            continue
        if most < SOCKET_BUFFER:
            yield warning(
                "UDP buffers",
                f"net.core.{name} is {most}: with many participants packets are lost in this machine.",
                f"sysctl -w net.core.{name}={SOCKET_BUFFER}, and the same in /etc/sysctl.d/meet.conf.",
            )
        else:
            yield well("UDP buffers", f"net.core.{name} is {most}.")


def disk(config: Config) -> Iterable[Finding]:
    """Whether there is room for recordings."""
    usage = shutil.disk_usage(config.data_path)
    free = f"{usage.free / GIB:.1f} GiB of {usage.total / GIB:.1f} are free where the data folder is."
    least = config.recording_min_free_mb * MIB
    if usage.free < least:
        yield wrong("Disk", free, "Make room: nothing is recorded, and soon nothing can be saved.")
    elif usage.free < max(2 * least, COMFORTABLE_GIB * GIB):
        yield warning("Disk", free, "Make room: an hour of a recorded camera takes about 1 GB, and its video as much.")
    else:
        yield well("Disk", free)


def data_folder(config: Config) -> Iterable[Finding]:
    """Whether the data folder is ours alone."""
    path = config.data_path
    reachable = open_to_others(path)
    if reachable:
        yield wrong(
            "Data folder",
            f"Other users of this machine can reach {reachable[-1]}, and with it sessions, keys or recordings.",
            f"chmod -R go= {path}",
        )
    else:
        yield well("Data folder", f"{path} can be written to, and only its owner reads it.")


def codecs(_config: Config) -> Iterable[Finding]:
    """Whether this machine's FFmpeg can make videos of all that people send."""
    missing = [name for name in (*DECODERS.values(), *AUDIO_DECODERS) if not _has(name, "r")]
    missing += [name for name in ENCODERS if not _has(name, "w")]
    if missing:
        yield wrong(
            "Codecs",
            f"PyAV {av.__version__} lacks {', '.join(missing)}: videos of some recordings can't be made.",
            "Install PyAV from its wheels (pip install --force-reinstall av), which have all of them.",
        )
    else:
        yield well("Codecs", f"PyAV {av.__version__} has all decoders and encoders that recordings need.")


def srtp(_config: Config) -> Iterable[Finding]:
    """Whether libsrtp encrypts with AES-GCM, which browsers prefer, and which is the quicker one."""
    profile = pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM
    try:
        policy = pylibsrtp.Policy(key=bytes(28), ssrc_type=pylibsrtp.Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile)
        session = pylibsrtp.Session(policy=policy)
        session.protect(b"\x80\x00" + bytes(20))
    except pylibsrtp.Error as error:
        text = f"libsrtp has no AES-GCM ({error}): media costs more processor time."
        yield warning("SRTP", text, "Install pylibsrtp from its wheels.")
    else:
        yield well("SRTP", "libsrtp encrypts with AES-GCM.")


def fonts(_config: Config) -> Iterable[Finding]:
    """Whether videos can show names in any script."""
    found = [path.name for folder in SYSTEM_FOLDERS for path in Path(folder).rglob("Noto*CJK*")]
    if found:
        yield well("Fonts", "There are fonts for names in all common scripts.")
    else:
        yield warning(
            "Fonts",
            "Names in Chinese, Japanese or Korean are left out of videos that are made here.",
            "apt install fonts-noto-core fonts-noto-cjk, if anybody has such a name.",
        )


def _has(name: str, mode: str) -> bool:
    try:
        av.Codec(name, "r" if mode == "r" else "w")
    except (av.error.FFmpegError, ValueError):
        return False
    return True
