"""Readers find every page, and every link of every page leads somewhere, where the code is and in the site."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt

from meet.config import PROJECT
from scripts import docs_site

if TYPE_CHECKING:
    from pathlib import Path

    from markdown_it.token import Token

# The parser's own use of what Sphinx 11 will not have.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")
DOCS = PROJECT / "docs"
PAGES = [PROJECT / "README.md", PROJECT / "CHANGELOG.md", PROJECT / "media/CLOSING.md", *sorted(DOCS.glob("*.md"))]


def tokens(page: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))


def links(page: Path) -> list[str]:
    inline = [child for token in tokens(page) for child in token.children or ()]
    found = [str(token.attrs["href"]) for token in inline if token.type == "link_open"]
    return [link for link in found if not re.match(r"[a-z]+:", link)]


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and the site make them."""
    parsed = tokens(page)
    titles = [after for token, after in itertools.pairwise(parsed) if token.type == "heading_open"]
    texts = ["".join(child.content for child in title.children or ()) for title in titles]
    return {re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-") for text in texts}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        path, _, anchor = unquote(link).partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_is_in_the_navigation_once() -> None:
    named = [file for section in docs_site.navigation() for _, file in section.pages]
    assert len(named) == len(set(named))
    assert {file for file in named if file.parent == DOCS} == set(DOCS.glob("*.md")) - {docs_site.HOME}, (
        "give each page its line in docs/index.md"
    )


def test_the_site_is_whole_has_a_search_and_asks_nobody_else_for_anything(tmp_path: Path) -> None:
    assert docs_site.build(tmp_path / "site") == []
    made = sorted((tmp_path / "site").rglob("*.html"))
    assert {page.stem for page in DOCS.glob("*.md")} < {page.stem for page in made}
    assert "coturn" in (tmp_path / "site" / "searchindex.js").read_text(encoding="utf-8")
    for page in made:
        text = page.read_text(encoding="utf-8")
        assert re.findall(r"<(?:script|link|img|iframe)\b[^>]*(?:src|href)=\"(?:https?:)?//[^\"]*", text) == [], (
            page.name
        )
    for style in (tmp_path / "site").rglob("*.css"):
        assert re.findall(r"(?:@import\s+|url\(\s*)[\"']?(?:https?:)?//\S+", style.read_text(encoding="utf-8")) == []


def test_the_build_says_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docs_site, "DOCS", tmp_path)
    monkeypatch.setattr(docs_site, "HOME", tmp_path / "index.md")
    (tmp_path / "index.md").write_text("# Home\n\n## Some\n- [One](one.md): a page\n- [Out](../README.md)\n", "utf-8")
    (tmp_path / "one.md").write_text(
        "# One\n\n[nowhere](two.md), [no heading](index.md#none), [home](index.md#some)\n", "utf-8"
    )
    (tmp_path / "lost.md").write_text("# Lost\n", "utf-8")
    (tmp_path.parent / "README.md").write_text("# Out\n", "utf-8")
    said = "\n".join(docs_site.build(tmp_path / "site"))
    assert "two.md" in said
    assert "none" in said
    assert "lost.md" in said
    assert "some" not in said
    (tmp_path / "one.md").unlink()
    with pytest.raises(ValueError, match=r"links one\.md"):
        docs_site.navigation()
