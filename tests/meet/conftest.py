"""A client's build that is none, so that pages can be rendered without one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone
from django_vite.core.asset_loader import DjangoViteAssetLoader

from rooms.models import Node

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django.conf import LazySettings

MANIFEST = {
    "src/room/main.tsx": {
        "file": "assets/room-Abcdef12.js",
        "imports": ["_shared.js"],
        "css": ["assets/room-Abcdef12.css"],
    },
    "src/pages/main.ts": {"file": "assets/pages-Abcdef12.js", "imports": ["_shared.js"]},
    "src/pages/denial/main.ts": {"file": "assets/denial-Abcdef12.js"},
    "src/pages/check/main.tsx": {"file": "assets/check-Abcdef12.js"},
    "src/pages/live/main.tsx": {"file": "assets/live-Abcdef12.js"},
    "src/pages/recordings/main.ts": {"file": "assets/recordings-Abcdef12.js"},
    "src/pages/player/main.tsx": {"file": "assets/player-Abcdef12.js"},
    "_shared.js": {"file": "assets/shared-Abcdef12.js"},
}


def serve_client(settings: LazySettings, **vite: Any) -> None:
    """Have pages take the client from another place: settings of django-vite, which reads them once."""
    settings.DJANGO_VITE = {"default": {**settings.DJANGO_VITE["default"], **vite}}
    DjangoViteAssetLoader._instance = None


@pytest.fixture
def client_build(tmp_path: Path, settings: LazySettings) -> Iterator[Path]:
    """The folder of the build."""
    (tmp_path / ".vite").mkdir()
    (tmp_path / ".vite" / "manifest.json").write_text(json.dumps(MANIFEST), encoding="utf-8")
    settings.STATICFILES_DIRS = [tmp_path]
    serve_client(settings, manifest_path=tmp_path / ".vite" / "manifest.json")
    yield tmp_path
    DjangoViteAssetLoader._instance = None


@pytest.fixture
def live_node(db: None) -> Node:  # noqa: ARG001 - its table
    """A node that takes rooms."""
    now = timezone.now()
    return Node.objects.create(name="serv0", port=8001, started_at=now, heartbeat_at=now)
