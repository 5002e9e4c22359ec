"""A home folder in which Chromium trusts an authority of tests, by its NSS database; also for TURN over TLS.

No option of the command line says so of TURN: `--ignore-certificate-errors` is about pages.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def trusting_browser(folder: Path, program: str, root: Path) -> str:
    """A program that starts `program`, a Chromium, so that it trusts what `root`, a PEM file, has signed."""
    home = folder / "home"
    for database in (home / ".pki" / "nssdb", home / ".local" / "share" / "pki" / "nssdb"):
        database.mkdir(parents=True)
        where = f"sql:{database}"
        subprocess.run(["certutil", "-d", where, "-N", "--empty-password"], check=True)
        subprocess.run(["certutil", "-d", where, "-A", "-t", "C,,", "-n", "root", "-i", str(root)], check=True)
    started = folder / "trusting-chromium"
    started.write_text(f'#!/bin/sh\nunset XDG_DATA_HOME\nHOME={home} exec {program} "$@"\n')
    started.chmod(0o755)
    return str(started)
