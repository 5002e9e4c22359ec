"""Compiles the packet path with mypyc: `python -m scripts.compile_packet_path [FOLDER]`, a minute or two.

Needs a C compiler, Python's headers, and what `requirements-compile.txt` names. Nodes that start afterwards use it, as
long as the sources are the same (`media/compiled.py`).
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

from cffi import FFI
from mypyc.build import mypycify
from setuptools.command.build_ext import build_ext
from setuptools.dist import Distribution

from media.compiled import DIGEST, FOLDER, MODULES, PROJECT, SUFFIX, digest_of_sources, source_of
from media.net import srtp_run

# Of mypy: what pyproject.toml says is for checking types, with plug-ins that aren't at hand everywhere.
OPTIONS: Final = ("--config-file=", "--ignore-missing-imports")


def compile_into(folder: Path) -> None:
    """Compile all modules together, so that they call each other directly. Raises `SystemExit` where that fails."""
    digest = digest_of_sources()
    os.chdir(PROJECT)
    sources = [str(source_of(module).relative_to(PROJECT)) for module in MODULES]
    with tempfile.TemporaryDirectory() as work:
        extensions = mypycify([*OPTIONS, *sources], opt_level="2", debug_level="0", target_dir=work)
        loop = FFI()
        loop.cdef(srtp_run.DECLARATION)
        loop.set_source(srtp_run.MODULE, srtp_run.SOURCE)
        # Not by `setup`, which would read what pyproject.toml says of the whole product.
        command = build_ext(Distribution({"ext_modules": [*extensions, loop.distutils_extension(work)]}))
        command.build_lib, command.build_temp = f"{work}/lib", f"{work}/temp"
        command.ensure_finalized()
        command.run()
        shutil.rmtree(folder, ignore_errors=True)
        for made in Path(work, "lib").rglob(f"*{SUFFIX}"):
            place = folder / made.relative_to(Path(work, "lib"))
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(made, place)
    # Last, so that nothing is used of what was broken off.
    (folder / DIGEST).write_text(digest + "\n", encoding="ascii")


def main() -> None:
    """Compile, and say where it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    folder = parser.parse_args().folder.absolute()
    compile_into(folder)
    print(f"Compiled {len(MODULES)} modules into {folder}.")


if __name__ == "__main__":
    main()
