"""docs/api.md has each request once; `test_curl.py` follows it step by step."""

from __future__ import annotations

import re

from meet.api import description
from meet.config import PROJECT

PAGE = (PROJECT / "docs" / "api.md").read_text(encoding="utf-8")


def test_the_page_has_the_requests_that_there_are_and_no_other() -> None:
    paths = description.described()["paths"]
    described = {(method.upper(), path) for path, operations in paths.items() for method in operations}
    written = re.findall(r"`(GET|POST|DELETE) (/[^` ]+)`", PAGE)
    found = {(method, re.sub(r":(\w+)", r"{\1}", path.rstrip("/"))) for method, path in written}
    assert found == described, "give each request its row in the table of docs/api.md"
