"""What a participant has to load before the room's page works."""

from __future__ import annotations

import gzip
import json

from tests.e2e.server import PROJECT

MAX_SCRIPT_OCTETS = 150_000
DIST = PROJECT / "static" / "dist"


def test_the_rooms_first_load_is_at_most_150_kb_of_script_compressed() -> None:
    manifest = json.loads((DIST / ".vite" / "manifest.json").read_text())
    needed: set[str] = set()

    def collect(key: str) -> None:
        if key not in needed:
            needed.add(key)
            for imported in manifest[key].get("imports", ()):
                collect(imported)

    collect("src/room/main.tsx")
    sizes = {key: len(gzip.compress((DIST / manifest[key]["file"]).read_bytes())) for key in needed}
    assert 20_000 < sum(sizes.values()) <= MAX_SCRIPT_OCTETS, sizes
