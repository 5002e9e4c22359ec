"""Accounts' logos: what is taken, how it is kept, and its address.

Whatever was uploaded is drawn anew as a PNG, so nothing but pixels comes out again. SVG could bring scripts along.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, Protocol

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.urls import reverse
from django.utils.deconstruct import deconstructible

if TYPE_CHECKING:
    from typing import IO


FORMATS: Final = ("PNG", "JPEG", "WEBP")
MAX_OCTETS: Final = 2_000_000
# Decoding takes 4 octets a pixel.
MAX_PIXELS: Final = 4096 * 4096
# What is kept: twice the size that pages show it in.
BOX: Final = (640, 160)


def check_logo(file: IO[bytes]) -> ContentFile[bytes]:
    """An uploaded picture as the PNG that is kept. Raises `ValueError` with a sentence for who uploaded it."""
    from PIL import Image, ImageOps  # noqa: PLC0415 - only web is given pictures

    octets = file.read(MAX_OCTETS + 1)
    if len(octets) > MAX_OCTETS:
        raise ValueError(f"The picture is too large: {MAX_OCTETS // 1_000_000} MB are the most.")
    try:
        with Image.open(io.BytesIO(octets), formats=FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise ValueError("The picture has too many pixels: 4096 by 4096 are the most.")
            drawn = ImageOps.exif_transpose(picture).convert("RGBA")
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:  # what Pillow raises for broken files
        raise ValueError("This is no picture in PNG, JPEG or WebP format.") from error
    drawn.thumbnail(BOX)
    png = io.BytesIO()
    drawn.save(png, "PNG", optimize=True)
    # Another name for another picture, so that browsers may keep it.
    return ContentFile(png.getvalue(), f"{hashlib.sha256(png.getvalue()).hexdigest()[:16]}.png")


class Owner(Protocol):
    """Whose logo it is: an account."""

    @property
    def pk(self) -> int: ...


def logo_name(account: Owner, filename: str) -> str:
    """Where an account's logo is kept."""
    return f"logos/{account.pk}/{filename}"


@deconstructible
class LogoStorage(FileSystemStorage):
    """Keeps logos in the data folder, whose files have no address of their own."""

    def url(self, name: str | None) -> str:
        """The address that `meet.views.brand` serves a logo at."""
        path = PurePosixPath(name or "")
        return f"{reverse('logo', args=[int(path.parent.name)])}?v={path.stem}"
