"""What a participant has to load before the room's page works."""

from __future__ import annotations

import gzip
import json
import re
from typing import Any

from django.conf import settings
from django_vite.core.asset_loader import DjangoViteAppClient, DjangoViteConfig

from tests.e2e.server import PROJECT

MAX_SCRIPT_OCTETS = 150_000
DIST = PROJECT / "static" / "dist"


def imports_of(manifest: dict[str, Any], entry: str) -> set[str]:
    """An entry's chunk and all that are loaded with it."""
    needed: set[str] = set()

    def collect(key: str) -> None:
        if key not in needed:
            needed.add(key)
            for imported in manifest[key].get("imports", ()):
                collect(imported)

    collect(entry)
    return needed


def test_the_rooms_first_load_is_at_most_150_kb_of_script_compressed() -> None:
    manifest = json.loads((DIST / ".vite" / "manifest.json").read_text())
    needed = imports_of(manifest, "src/room/main.tsx")
    sizes = {key: len(gzip.compress((DIST / manifest[key]["file"]).read_bytes())) for key in needed}
    assert 20_000 < sum(sizes.values()) <= MAX_SCRIPT_OCTETS, sizes


def test_each_page_preloads_all_scripts_that_its_entry_imports_and_all_have_a_hash_in_their_names() -> None:
    manifest_path = DIST / ".vite" / "manifest.json"
    manifest = json.loads(manifest_path.read_text())
    client = DjangoViteAppClient(DjangoViteConfig(manifest_path=manifest_path))
    for entry in (key for key, chunk in manifest.items() if chunk.get("isEntry")):
        tags = client.generate_vite_asset(entry)
        needed = imports_of(manifest, entry)
        loaded = {manifest[key]["file"] for key in needed}
        assert {f"/static/{file}" for file in loaded} == set(re.findall(r'(?:href|src)="([^"]+\.js)"', tags))
        styles = {f"/static/{file}" for key in needed for file in manifest[key].get("css", ())}
        assert styles == set(re.findall(r'href="([^"]+\.css)"', tags))
        assert len(re.findall('rel="modulepreload"', tags)) == len(needed) - 1
        assert all(re.match(settings.WHITENOISE_IMMUTABLE_FILE_TEST, f"/static/{file}") for file in loaded)
