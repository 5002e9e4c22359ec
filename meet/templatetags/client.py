"""Puts the built client into a page: scripts, styles and preloads from Vite's manifest."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


class ClientNotBuilt(RuntimeError):
    """The client's build is missing."""


@cache
def _manifest(path: Path, _modified: float) -> dict[str, Any]:
    return dict(msgspec.json.decode(path.read_bytes()))


def _load() -> dict[str, Any]:
    path = Path(settings.STATICFILES_DIRS[0]) / ".vite" / "manifest.json"
    try:
        return _manifest(path, path.stat().st_mtime)
    except OSError as error:
        message = "The browser client has not been built: run `make build`."
        raise ClientNotBuilt(message) from error


@register.simple_tag
def client_entry(name: str) -> SafeString:
    """Tags for one entry point, for example `src/room/main.tsx`."""
    manifest = _load()
    chunks: list[str] = []

    def collect(key: str) -> None:
        if key not in chunks:
            chunks.append(key)
            for imported in manifest[key].get("imports", ()):
                collect(imported)

    collect(name)
    styles = dict.fromkeys(css for key in chunks for css in manifest[key].get("css", ()))
    return mark_safe(  # noqa: S308 - made of escaped parts
        format_html_join("", '<link rel="stylesheet" href="{}">', ((static(css),) for css in styles))
        + format_html_join(
            "", '<link rel="modulepreload" href="{}">', ((static(manifest[k]["file"]),) for k in chunks[1:])
        )
        + format_html_join("", '<script type="module" src="{}"></script>', [(static(manifest[name]["file"]),)])
    )
