"""docs/security.md: each threat names a test, each test is there, and each requirement of ASVS V17 is answered."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest

from meet.config import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (PROJECT / "docs" / "security.md").read_text(encoding="utf-8")
# OWASP ASVS 5.0.0, chapter V17.
V17 = [f"17.{section}.{number}" for section, count in ((1, 2), (2, 8), (3, 2)) for number in range(1, count + 1)]
TEST = re.compile(r"`((?:static/)?tests/[\w/.]+)`")


def rows(after: str, before: str) -> list[list[str]]:
    """The cells of all tables between two headings, without the tables' own heads."""
    part = PAGE.partition(f"\n## {after}\n")[2].partition(f"\n## {before}")[0]
    assert part, after
    lines = [line for line in part.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [row for row in cells if row[0] not in {"threat", "requirement", "RFC", "section"}]


def test_each_test_that_is_named_is_there() -> None:
    named = TEST.findall(PAGE)
    assert len(named) > 80
    assert not [name for name in named if not (PROJECT / name).exists()]


def test_each_threat_names_the_test_that_shows_it_is_met() -> None:
    threats = rows("What is met, and how", "Where it stands in the code")
    assert len(threats) > 30
    assert not [row[0] for row in threats if len(row) != 3 or not TEST.search(row[2])]


def test_each_requirement_of_asvs_v17_is_answered() -> None:
    answered = rows("OWASP ASVS 5.0, chapter V17 (WebRTC)", "RFC 8725")
    assert [row[0].split(" ")[0] for row in answered] == V17
    assert {row[1] for row in answered} <= {"met", "partly", "not met"}
    assert not [row[0] for row in answered if row[1] == "met" and not TEST.search(row[2])]


def test_each_file_that_is_named_is_there() -> None:
    named = set(re.findall(r"`((?:media|meet|rooms|recording|stats|deploy)/[\w/.]+\.\w+)`", PAGE))
    assert len(named) > 20
    assert not sorted(name for name in named if not (PROJECT / name).exists())


def recipe(target: str) -> list[str]:
    """A target's commands, as make would run them."""
    lines = (PROJECT / "Makefile").read_text(encoding="utf-8").partition(f"\n{target}:")[2].splitlines()[1:]
    commands = []
    for line in lines:
        if not line.startswith("\t"):
            break
        commands.append(line.strip().replace("$(BIN)", str(PROJECT / ".venv" / "bin")))
    return commands


def test_the_bill_of_materials_names_each_locked_package(tmp_path: Path) -> None:
    for name in ("requirements.txt", "pyproject.toml", "README.md", "package.json", "package-lock.json"):
        (tmp_path / name).symlink_to(PROJECT / name)
    for command in recipe("sbom"):
        words, _, output = command.partition(" > ")
        done = subprocess.run(shlex.split(words), cwd=tmp_path, env=os.environ, check=True, capture_output=True)
        if output:
            (tmp_path / output).write_bytes(done.stdout)
    python = json.loads((tmp_path / "sbom" / "python.cdx.json").read_bytes())
    locked = set(re.findall(r"^([\w.-]+)==([^\s;\\]+)", (PROJECT / "requirements.txt").read_text(), re.MULTILINE))
    assert len(locked) > 50
    assert {(one["name"], one["version"]) for one in python["components"]} == locked
    npm = json.loads((tmp_path / "sbom" / "npm.cdx.json").read_bytes())
    packages = json.loads((PROJECT / "package-lock.json").read_text())["packages"]
    wanted = {(path.rpartition("node_modules/")[2], one["version"]) for path, one in packages.items() if path}
    assert len(wanted) > 50
    full = {("/".join(filter(None, (one.get("group"), one["name"]))), one["version"]) for one in npm["components"]}
    assert full == wanted
    assert {python["bomFormat"], npm["bomFormat"]} == {"CycloneDX"}


@pytest.mark.parametrize("path", ["docs/security.md", "docs/upgrades.md"])
def test_what_the_policy_links_to_is_there(path: str) -> None:
    assert f"]({path})" in (PROJECT / "SECURITY.md").read_text(encoding="utf-8")
    assert (PROJECT / path).exists()
