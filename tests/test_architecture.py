"""Rules about the code itself: who imports whom, how long a module may be, what must not be in it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from meet.config import PROJECT
from meet.management import typescript
from scripts import structure

PACKAGES = ("media", "meet", "rooms", "recording", "stats")
MAX_LINES = 600
SOURCES = sorted(path for package in PACKAGES for path in (PROJECT / package).rglob("*.py"))
REQUIREMENTS = ("requirements.txt", "requirements-dev.txt", "requirements-compile.txt")
# A file system's root folders that only mean something on one machine, and the folder that people share notes in.
MACHINE_PATHS = re.compile(
    r"""(?<![\w.:/}-])/(?:work|home|root|Users|mnt)/\w|\bshared/[A-Z]|file:///(?!opt/meet/)|[A-Z]:\\Users"""
)
# A header extension's URI (RFC 8285).
EXTENSION_URI = re.compile(
    r"""["'](?:urn:(?:ietf:params:rtp-hdrext|3gpp):|https?://\S*(?:rtp-hdrext|rmcat|rtp-spec))"""
)
# A test asks for what must not be there.
ALLOWED = {"tests/test_architecture.py", "static/tests/ui/chat.test.ts"}
# Folders of a machine that the test makes itself.
MAKES_A_MACHINE = {"tests/deploy/machine.py"}


def product_files() -> list[Path]:
    """Everything under version control that is text."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git working tree")
    names = listed.stdout.decode().split("\0")
    return [PROJECT / name for name in names if name and name not in ALLOWED and (PROJECT / name).is_file()]


def test_imports_point_down() -> None:
    contracts = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert contracts.returncode == 0, contracts.stdout


@pytest.mark.parametrize("files", [False, True], ids=["folders", "files"])
@pytest.mark.parametrize("package", structure.PACKAGES)
def test_nothing_imports_in_a_circle(package: str, files: bool) -> None:
    """Imports for types and within functions count too."""
    assert structure.structure_of(structure.graph_of(package, files=files)).circles == []


def test_circles_of_types_are_found_too() -> None:
    assert structure.circles_in({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == [["b", "c"], ["a"]]
    assert "media.transport" in structure.graph_of("media", files=True)["media.router"]
    assert "media.ticker" in structure.graph_of("media", files=True)["media.host"], "an import for types only"


def test_header_extensions_are_named_in_one_place() -> None:
    named = [path for path in SOURCES if EXTENSION_URI.search(path.read_text(encoding="utf-8"))]
    assert [str(path.relative_to(PROJECT)) for path in named] == ["media/ortc/header_extensions.py"]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_a_module_is_not_too_long(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_a_module_says_what_it_is_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    generated_or_empty = not text.strip() or "migrations" in path.parts
    assert generated_or_empty or text.startswith(('"""', "#!")), "a module begins with its docstring"


@pytest.mark.parametrize("path", typescript.FILES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_the_clients_types_of_what_goes_over_the_wire_are_up_to_date(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == typescript.FILES[path](), "run `make generate`"


def test_nothing_is_beside_what_is_generated() -> None:
    folders = {path.parent for path in typescript.FILES}
    assert {path for folder in folders for path in folder.iterdir()} == set(typescript.FILES)


def test_nothing_refers_to_a_place_on_one_machine() -> None:
    found = []
    for path in product_files():
        if str(path.relative_to(PROJECT)) in MAKES_A_MACHINE:
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture or a capture
        found += [f"{path.relative_to(PROJECT)}: {match.group()}" for match in MACHINE_PATHS.finditer(text)]
    assert found == []


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_requirements_are_pinned_with_hashes_and_name_no_host(name: str) -> None:
    text = (PROJECT / name).read_text(encoding="utf-8")
    entries = [entry for entry in re.split(r"\n(?=[A-Za-z0-9])", text.strip()) if not entry.startswith("#")]
    assert len(entries) > 4
    for entry in entries:
        assert re.match(r"[A-Za-z0-9._-]+(\[[\w,-]+\])?==[\w.+!]+", entry), entry
        assert "--hash=sha256:" in entry, entry
    assert "://" not in text
    assert not re.search(r"--(index-url|extra-index-url|find-links|trusted-host)", text)


def test_each_python_gets_the_same_versions_and_those_that_are_tested() -> None:
    """A newer Python gets no release of a library that nobody here has tried."""
    entry = re.compile(r"^([\w.-]+)==(\S+)(.*)", re.MULTILINE)
    run, tested = (
        {
            (name, version)
            for name, version, marker in entry.findall((PROJECT / file).read_text("utf-8"))
            if "PyPy" not in marker
        }
        for file in ("requirements.txt", "requirements-dev.txt")
    )
    assert len({name for name, _ in run}) == len(run) > 50
    assert run <= tested


def test_migrations_are_up_to_date() -> None:
    made = subprocess.run(
        [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert made.returncode == 0, made.stdout


def test_a_file_of_the_clients_has_a_name_of_its_own() -> None:
    """Two files of one name are a toss of a coin for who looks for one of them."""
    conventional = re.compile(r"(index|main|[a-z]{2})\.tsx?")  # a folder's front, a page's entry, a language
    names = Counter(
        path.name
        for folder in ("static/src", "sdk/js/src")
        for path in (PROJECT / folder).rglob("*.ts*")
        if not conventional.fullmatch(path.name)
    )
    assert [name for name, times in names.items() if times > 1] == []
