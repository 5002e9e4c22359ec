"""How many files and sockets a process may have open (RLIMIT_NOFILE), and how many connections fit into that."""

from __future__ import annotations

import logging
import resource
from typing import Final

logger = logging.getLogger(__name__)

# What is open beside clients' connections: the database, files of recordings, the log, libraries.
RESERVED: Final = 256
# Where there is no limit at all, this is enough.
ENOUGH: Final = 1 << 20


def raise_limit() -> int:
    """Raise the soft limit of open files to the hard one, which needs no rights: the limit that counts from now on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else hard
    if soft in (wanted, resource.RLIM_INFINITY):
        return wanted
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError) as error:
        logger.warning("The limit of open files stays at %d: %s", soft, error)
        return soft
    return wanted


def connections_within(open_files: int, wanted: int) -> int:
    """As many of the `wanted` connections as `open_files` leave room for; a warning where that is not all."""
    fitting = max(open_files - RESERVED, open_files // 2)
    if fitting >= wanted:
        return wanted
    logger.warning(
        "This process may have %d files open, so it takes %d connections at once instead of %d. Raise the hard "
        "limit of open files to %d (LimitNOFILE= in systemd, ulimits in containers), or lower MEET_MAX_CONNECTIONS.",
        open_files,
        fitting,
        wanted,
        wanted + RESERVED,
    )
    return fitting


def media_connections_within(open_files: int, others: int, wanted: int) -> int:
    """As many TCP connections for media, 0 for any, as `open_files` leave room for beside the `others`."""
    fitting = max(open_files - RESERVED - others, open_files // 4)
    if wanted and fitting >= wanted:
        return wanted
    logger.info(
        "This process may have %d files open, so it takes %d TCP connections for media at once; see "
        "MEET_MEDIA_TCP_CONNECTIONS.",
        open_files,
        fitting,
    )
    return fitting
