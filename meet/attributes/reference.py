"""Writes `docs/attributes.md`: `python -m meet.attributes.reference`. A test fails when it was forgotten."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

from meet.attributes.schema import Actor, Origin, Spec, specs

TARGET: Final = Path(__file__).resolve().parent.parent.parent / "docs" / "attributes.md"
_ORIGINS: Final = {Origin.URL: "link", Origin.JWT: "token", Origin.BOTH: "token, link"}
_HEAD: Final = """# Attributes of a room's link

<!-- Generated from meet/attributes/schema.py by `python -m meet.attributes.reference`. Do not edit. -->

`https://YOUR-HOST/call/?roomId=team42&displayName=Ada` opens a room for one participant; each may get other
attributes. `/webinar/` opens the same room with a webinar's interface: who has no `itisparticipant=true` is a viewer.

An attribute may come from the link, from a signed token (`token=…`), or from both; then the token's value counts and
the link's is ignored. A wrong value counts as not given: the page goes on with the default and says so in the
browser's console, and so it does for names that no attribute has. Where a wrong value would lift a restriction, nobody
enters: the page says which attribute it is and what would be right. This goes for `null` and for no text at all, too,
where the attribute is no text; leave out what you don't want to say.

Times are milliseconds or seconds since 1970, or ISO 8601 in its extended or basic format; `true` and `false` may be
written 1 and 0. Attributes stand before any `#` of the address: browsers keep what is behind it to themselves.

| attribute | value | default | from | |
|---|---|---|---|---|
"""


def generate() -> str:
    """The whole page."""
    return _HEAD + "".join(_row(spec, default) for _, spec, default in specs())


def _row(spec: Spec, default: Any) -> str:
    names = " or ".join(f"`{name}`" for name in (spec.name, *spec.aliases))
    shown = str(default).lower() if isinstance(default, bool) else default if default is not None else ""
    enforced = spec.actor is Actor.SERVER and not spec.secret and not spec.pending
    strict = {
        Origin.JWT: " One in a token that can't be read lets nobody in.",
        Origin.BOTH: " One that can't be read lets nobody in.",
    }
    remarks = (
        " In a link for development only: the account must allow debug attributes." if spec.debug else "",
        " Without effect so far." if spec.pending else "",
        " Enforced by the server." if enforced else "",
        strict.get(spec.restricts, ""),
    )
    return f"| {names} | {spec.kind} | {shown} | {_ORIGINS[spec.origin]} | {spec.help}{''.join(remarks)} |\n"


if __name__ == "__main__":
    TARGET.write_text(generate(), encoding="utf-8")
    sys.stdout.write(f"Wrote {TARGET.name}.\n")
