"""The references of the documentation are what the code says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from meet.config import PROJECT
from meet.management import reference

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("page", reference.PAGES, ids=lambda page: page.name)
def test_pages_are_up_to_date(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == reference.PAGES[page](), "run make generate"


def test_commands_tell_their_arguments_and_no_defaults_of_whoever_asks() -> None:
    page = reference.commands()
    assert "| `--grace GRACE` | Hours that the old keys still count; 24 by default. |" in page
    assert "| `drain NAME` |" in page or "| `drain " in page
    assert "%(" not in page
    assert "--verbosity VERBOSITY" not in page


@pytest.mark.parametrize(("interface", "heading"), [("Methods", "## Methods"), ("Events", "## Events")])
def test_the_bridges_page_has_what_its_library_has(interface: str, heading: str) -> None:
    source = (PROJECT / "static/src/bridge/api.ts").read_text(encoding="utf-8")
    (body,) = re.findall(rf"^export interface {interface} \{{\n(.*?)^\}}", source, re.DOTALL | re.MULTILINE)
    there = set(re.findall(r"^  (\w+)\??:", body, re.MULTILINE))
    page = (PROJECT / "docs/bridge.md").read_text(encoding="utf-8").partition(f"\n{heading}\n")[2]
    rows = re.findall(r"^\| (`[^|]*) \|", re.split(r"^##", page, flags=re.MULTILINE)[0], re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == there
