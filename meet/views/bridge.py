"""The library that pages load to talk to the room in their iframe."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.http import HttpResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase


class ClientNotBuilt(RuntimeError):
    """The library's build is missing."""


# Pages name the file without a version, so an update must reach them soon.
MAX_AGE_S: Final = 300


@require_safe
def library(request: HttpRequest, *, module: bool) -> HttpResponseBase:
    """`/meetBridgeApi.js` for a plain script element, and `/meetBridgeApi.mjs` for imports, from any site."""
    path = Path(settings.STATICFILES_DIRS[0]) / "bridge" / ("meetBridgeApi.mjs" if module else "meetBridgeApi.js")
    try:
        source, etag = _load(path, path.stat().st_mtime_ns)
    except OSError as error:
        message = "The bridge's library has not been built: run `make build`."
        raise ClientNotBuilt(message) from error
    response = HttpResponse(source, content_type="text/javascript; charset=utf-8")
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = f"public, max-age={MAX_AGE_S}"
    answer = get_conditional_response(request, etag=etag, response=response) or response
    # Also for "not modified": some browsers judge by that answer alone.
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


@cache
def _load(path: Path, _modified: int) -> tuple[bytes, str]:
    source = path.read_bytes()
    return source, f'"{hashlib.sha256(source).hexdigest()[:32]}"'
