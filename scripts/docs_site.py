"""The documentation as a site: `python -m scripts.docs_site` makes `site/` from `docs/index.md` and what it links.

Pages stay plain Markdown, as good to read where the code is. The navigation is the home page's own: each of its
sections is a group, each line of a list a page with its short title. The site needs no network: scripts, styles and the
search's index are files of its own, and it opens from a folder, too.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sphinx.application import Sphinx

PROJECT: Final = Path(__file__).resolve().parent.parent
DOCS: Final = PROJECT / "docs"
HOME: Final = DOCS / "index.md"
TARGET: Final = PROJECT / "site"
_SECTION: Final = re.compile(r"^## (.+)$")
_ENTRY: Final = re.compile(r"^- \[([^\]]+)\]\(([^)#]+\.md)\)")
_OUTSIDE: Final = re.compile(r"\[([^\]]*)\]\((\.\./[^)#\s]+)(#[^)\s]*)?\)")
_STYLES: Final = "site.css"
_CSS: Final = """
/* Tables are what these pages have most: as wide as the page, and scrolled by themselves where that is too narrow. */
table.docutils { width: 100%; font-size: 0.9rem; }
table.docutils td, table.docutils th { vertical-align: top; text-align: left; }
table.docutils td code { overflow-wrap: anywhere; }
table.docutils td:first-child code { overflow-wrap: normal; }
table.docutils thead:not(:has(p:not(:empty))) { display: none; }
h1 { font-size: 2em; }
h2 { font-size: 1.5em; }
h3 { font-size: 1.2em; }
@media (max-width: 46em) { h1 { font-size: 1.7em; } table.docutils:has(th:nth-child(3)) { min-width: 34rem; } }
@media (min-width: 46em) { table.docutils td:first-child code { white-space: nowrap; } }
"""


@dataclass(frozen=True)
class Section:
    """A group of the navigation: its title, and of each page the title and the file."""

    title: str
    pages: tuple[tuple[str, Path], ...]


def navigation() -> list[Section]:
    """The groups of the home page, in its order. ValueError where a line names a file that isn't there."""
    groups: list[tuple[str, list[tuple[str, Path]]]] = []
    for line in HOME.read_text("utf-8").splitlines():
        if section := _SECTION.match(line):
            groups.append((section[1], []))
        elif (entry := _ENTRY.match(line)) and groups:
            file = (DOCS / entry[2]).resolve()
            if not file.is_file():
                raise ValueError(f"docs/index.md links {entry[2]}, which is no file.")
            groups[-1][1].append((entry[1], file))
    return [Section(title, tuple(pages)) for title, pages in groups]


def build(target: Path = TARGET) -> list[str]:
    """Makes the site anew; gives what is wrong in it (a link to nowhere, a page that nothing leads to): [] is well."""
    shutil.rmtree(target, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="meet-docs-") as folder:
        source = Path(folder) / "source"
        source.mkdir()
        _stage(source)
        wrong = Path(folder) / "wrong"
        with wrong.open("w", encoding="utf-8") as warnings:
            app = Sphinx(
                srcdir=source,
                confdir=None,
                outdir=target,
                doctreedir=Path(folder) / "doctrees",
                buildername="html",
                confoverrides=_configuration(source),
                status=None,
                warning=warnings,
                freshenv=True,
            )
            app.build(force_all=True)
        return [line.replace(f"{source}/", "") for line in wrong.read_text("utf-8").splitlines() if line.strip()]


def _configuration(source: Path) -> dict[str, object]:
    return {
        "project": "meet",
        "extensions": ["myst_parser"],
        "master_doc": "index",
        "language": "en",
        "myst_heading_anchors": 4,
        # Blocks of JSON and HTTP may leave things out with "…".
        "suppress_warnings": ["misc.highlighting_failure"],
        "html_theme": "furo",
        "html_title": "meet",
        "html_static_path": [str(source / "_static")],
        "html_css_files": [_STYLES],
        "html_copy_source": False,
        "html_use_index": False,
        "html_show_sourcelink": False,
        "html_show_copyright": False,
        "exclude_patterns": ["_static"],
    }


def _stage(source: Path) -> None:
    """The pages in one folder, as the site has them; the home page with the navigation."""
    sections = navigation()
    linked = [file for section in sections for _, file in section.pages]
    pages = {HOME: HOME.name} | {file: file.name if file.parent == DOCS else file.name.lower() for file in linked}
    # A page that isn't in the navigation is built all the same: Sphinx says that nothing leads to it.
    pages |= {file: file.name for file in DOCS.glob("*.md")}
    for file, name in pages.items():
        text = _with_links(file.read_text("utf-8"), pages, file.parent, source)
        if file == HOME:
            text += "".join(_toctree(section, pages) for section in sections)
        (source / name).write_text(text, encoding="utf-8")
    (source / "_static").mkdir()
    (source / "_static" / _STYLES).write_text(_CSS, encoding="utf-8")


def _with_links(text: str, pages: dict[Path, str], folder: Path, source: Path) -> str:
    """Links to files outside of `docs/`: to their page where they have one, else to the file, which comes along."""

    def linked(found: re.Match[str]) -> str:
        words, path, anchor = found[1], (folder / found[2]).resolve(), found[3] or ""
        if path == PROJECT / "README.md":
            return f"[{words}](index.md)"
        if path in pages:
            return f"[{words}]({pages[path]}{anchor})"
        # MyST takes what ends with .md for a page of the site, unless it is told that it is a file.
        scheme = "path:" if path.suffix == ".md" else ""
        return f"[{words}]({scheme}{os.path.relpath(path, source)})" if path.is_file() else words

    return _OUTSIDE.sub(linked, text)


def _toctree(section: Section, pages: dict[Path, str]) -> str:
    lines = "\n".join(f"{title} <{pages[file]}>" for title, file in section.pages)
    return f"\n```{{toctree}}\n:hidden:\n:caption: {section.title}\n\n{lines}\n```\n"


if __name__ == "__main__":
    if problems := build():
        sys.exit("\n".join(["The site is made, but not all is well:", *problems]))
    sys.stdout.write(f"Open {(TARGET / 'index.html').relative_to(PROJECT)} in a browser.\n")
