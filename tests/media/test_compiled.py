"""The packet path compiled and interpreted: when which of them is used, and that both send the same bytes."""

from __future__ import annotations

import importlib
import os
import pkgutil
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

import media
import recording
import rooms
from media import compiled

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT: Final = compiled.PROJECT


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Something that looks like compiled modules of the sources that are there."""
    before = list(sys.meta_path)
    (tmp_path / "media" / "rtp").mkdir(parents=True)
    (tmp_path / "media" / "rtp" / f"no_such_module{compiled.SUFFIX}").write_bytes(b"")
    (tmp_path / compiled.DIGEST).write_text(compiled.digest_of_sources(), encoding="ascii")
    yield tmp_path
    sys.meta_path[:] = before


def test_compiled_modules_are_found_before_their_sources(folder: Path) -> None:
    assert compiled.use_compiled(folder)
    found = sys.meta_path[0].find_spec("media.rtp.no_such_module", None)
    assert found is not None
    assert found.origin == str(folder / "media" / "rtp" / f"no_such_module{compiled.SUFFIX}")
    assert sys.meta_path[0].find_spec("media.router", None) is None


@pytest.mark.parametrize("edited", ["rtp/packet.py", "send/transport_wide.py"])
def test_an_edited_source_is_run_instead_of_what_was_compiled_of_it(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edited: str
) -> None:
    """Also one that was not compiled, whose constants are in what was."""
    shutil.copytree(PROJECT / "media", tmp_path / "project" / "media")
    monkeypatch.setattr(compiled, "PROJECT", tmp_path / "project")
    assert compiled.state_of(folder) is compiled.State.READY
    with (tmp_path / "project" / "media" / edited).open("a", encoding="utf-8") as source:
        source.write("\n# edited\n")
    before = list(sys.meta_path)
    assert not compiled.use_compiled(folder)
    assert sys.meta_path == before


def test_a_folder_says_what_it_is(folder: Path, tmp_path: Path) -> None:
    assert compiled.state_of(folder) is compiled.State.READY
    (folder / compiled.DIGEST).write_bytes(b"\xff\n")
    assert compiled.state_of(folder) is compiled.State.STALE
    (folder / compiled.DIGEST).unlink()  # it was broken off
    assert compiled.state_of(folder) is compiled.State.STALE
    assert compiled.state_of(tmp_path / "missing") is compiled.State.ABSENT


def test_without_anything_compiled_the_sources_are_run(tmp_path: Path) -> None:
    assert not compiled.use_compiled(tmp_path / "missing")


def test_all_that_is_compiled_is_there_and_needs_no_numpy_types_at_run_time() -> None:
    assert all(compiled.source_of(module).is_file() for module in compiled.MODULES)
    assert list(compiled.MODULES) == sorted(set(compiled.MODULES))


def can_compile() -> bool:
    """Whether a C compiler and Python's headers are at hand."""
    compiler = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
    return bool(shutil.which(compiler.split()[0])) and Path(sysconfig.get_paths()["include"], "Python.h").is_file()


def test_nothing_that_is_not_compiled_inherits_from_what_is() -> None:
    """A compiled class can't have subclasses that are interpreted."""
    for package in (media, recording, rooms):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    classes: list[type] = [
        made
        for name in compiled.MODULES
        for made in vars(sys.modules[name]).values()
        if isinstance(made, type) and made.__module__ == name
    ]
    assert len(classes) > 60
    outside: set[str] = set()
    for made in classes:
        heirs: list[type] = type.__subclasses__(made)
        outside |= {f"{heir.__module__}.{heir.__qualname__}" for heir in heirs}
    known = tuple(f"{name}." for name in (*compiled.MODULES, "tests"))
    assert not [name for name in outside if not name.startswith(known)]


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packet path, compiled."""
    if not can_compile():
        pytest.skip("a C compiler and Python's headers are needed")
    folder = tmp_path_factory.mktemp("compiled")
    subprocess.run([sys.executable, "-m", "scripts.compile_packet_path", str(folder)], cwd=PROJECT, check=True)
    return folder


@pytest.mark.long
@pytest.mark.timeout(600)
def test_compiled_or_not_the_same_bytes_are_sent(quick: Path) -> None:
    def play(*arguments: str) -> list[str]:
        command = [sys.executable, "-m", "tests.media.played_packets", *arguments]
        return subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True).stdout.splitlines()

    by_sources, by_compiled = play(), play(str(quick))
    assert by_sources[0] == "interpreted"
    assert by_compiled[0] == "compiled"
    assert len(by_sources) > 100
    assert by_sources[1:] == by_compiled[1:]


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("tests", ["tests/media/test_sfu.py", "tests/media/test_pipe.py", "tests/cascade"])
def test_calls_and_rooms_of_several_nodes_run_compiled(quick: Path, tests: str) -> None:
    """Every message of a real call comes by: a type that compiled code doesn't expect is an error only there."""
    command = [sys.executable, "-m", "tests.media.compiled_tests", str(quick), tests]
    ran = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]
