"""What a page with videos may load, and which pages may embed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from recording.storage.storing import video_storage

if TYPE_CHECKING:
    from django.http import HttpResponse

_POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:{files}; "
    "media-src 'self' blob:{files}; connect-src 'self'{files}; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}"
)
_PLACE: Final = "place"


def set_policy(response: HttpResponse, ancestors: str = "'none'") -> None:
    """Give an answer its Content-Security-Policy. Videos may come from a bucket's own host, if they are there."""
    response.headers["Content-Security-Policy"] = _POLICY.format(files=_bucket(), ancestors=ancestors)


def _bucket() -> str:
    storage = video_storage()
    if storage.local_path(_PLACE) is not None:
        return ""
    address = urlsplit(storage.addresses(1)(_PLACE))
    return f" {address.scheme}://{address.netloc}"
