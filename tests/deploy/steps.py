"""The steps of a page of docs/: its blocks of shell, in order."""

from __future__ import annotations

import re
from typing import Final

from meet.config import PROJECT

BLOCK: Final = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: str, section: str) -> list[str]:
    """Those below a heading, up to the next heading of any level. Raises `LookupError` where there are none."""
    text = (PROJECT / "docs" / page).read_text(encoding="utf-8")
    _, heading, rest = text.partition(f"{section}\n")
    found = BLOCK.findall(re.split(r"^#+ ", rest, maxsplit=1, flags=re.MULTILINE)[0]) if heading else []
    if not found:
        raise LookupError(f"docs/{page} has no blocks of shell below {section!r}")
    return [str(block) for block in found]
