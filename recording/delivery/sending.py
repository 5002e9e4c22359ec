"""Sends a file of this machine, or a part of it, bit by bit: memory does not depend on its size."""

from __future__ import annotations

import asyncio
from email.utils import formatdate
from typing import TYPE_CHECKING, Final

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header

from recording.delivery.ranges import Part, Unsatisfiable, part_of
from recording.storage.storing import type_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from django.http import HttpRequest, HttpResponseBase

CHUNK: Final = 256 * 1024


def send_file(request: HttpRequest, path: Path, download_as: str = "") -> HttpResponseBase:
    """The answer to GET and HEAD, Range included. Raises `Http404`."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Http404 from error
    size = found.st_size
    etag = f'"{found.st_mtime_ns:x}-{size:x}"'
    headers = {
        "Content-Type": type_of(path.name),
        "Accept-Ranges": "bytes",
        "ETag": etag,
        "Last-Modified": formatdate(found.st_mtime, usegmt=True),
    }
    if download_as:
        headers["Content-Disposition"] = str(content_disposition_header(True, download_as))  # noqa: FBT003 - Django's
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers=headers)
    unchanged = request.headers.get("If-Range", etag) in {etag, headers["Last-Modified"]}
    try:
        part = part_of(request.headers.get("Range", ""), size) if unchanged else None
    except Unsatisfiable:
        return HttpResponse(status=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    if part is not None:
        headers["Content-Range"] = part.content_range(size)
    status = 200 if part is None else 206
    part = part or Part(0, size)
    headers["Content-Length"] = str(part.length)
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers)
    return StreamingHttpResponse(_octets(path, part), status=status, headers=headers)


async def _octets(path: Path, part: Part) -> AsyncIterator[bytes]:
    file = await asyncio.to_thread(path.open, "rb")
    try:
        await asyncio.to_thread(file.seek, part.start)
        left = part.length
        while left and (octets := await asyncio.to_thread(file.read, min(CHUNK, left))):
            left -= len(octets)
            yield octets
    finally:
        file.close()
