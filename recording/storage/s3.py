"""Videos in a bucket of an S3-compatible service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from django.utils.http import content_disposition_header
from storages.backends.s3 import S3Storage  # type: ignore[import-untyped]
from storages.utils import clean_name  # type: ignore[import-untyped]

from recording.storage.presigning import like
from recording.storage.storing import type_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class BucketStorage(S3Storage):  # type: ignore[misc]  # without types
    """A `recording.storage.storing.VideoStorage`: a bucket that nobody can read without a signature."""

    def get_object_parameters(self, name: str) -> dict[str, Any]:
        """What the service says about a file to those who fetch it."""
        return {**super().get_object_parameters(name), "ContentType": type_of(name)}

    def keep(self, file: Path, name: str) -> None:
        """Upload it; large files in parts, several at a time."""
        self.bucket.upload_file(
            str(file), self._key(name), ExtraArgs=self.get_object_parameters(name), Config=self.transfer_config
        )
        file.unlink()

    def folder_deleted(self, name: str) -> None:
        """A thousand files at a time."""
        self.bucket.objects.filter(Prefix=f"{self._key(name)}/").delete()

    def local_path(self, name: str) -> Path | None:  # noqa: ARG002 - the other storage's
        """Never here."""
        return None

    def text(self, name: str) -> str:
        """UTF-8."""
        with self.open(name) as file:
            return bytes(file.read()).decode()

    def addresses(self, expires_s: int, download_as: str = "") -> Callable[[str], str]:
        """Signed by us for the service; all of them at the same moment."""
        disposition = content_disposition_header(True, download_as)  # noqa: FBT003 - Django's signature
        more = {"ResponseContentDisposition": disposition} if download_as else {}
        sample = "sample"
        pattern = self.url(sample, parameters=more, expire=expires_s)
        sign = like(pattern, self._secret_key())
        before = unquote(urlsplit(pattern).path).removesuffix(self._key(sample))
        return lambda name: sign(before + self._key(name))

    def _secret_key(self) -> str:
        """The configured one, or what the machine gives us at the moment."""
        credentials = self.connection.meta.client._get_credentials()  # noqa: SLF001 - what its own signatures are made with
        return str(credentials.get_frozen_credentials().secret_key)

    def _key(self, name: str) -> str:
        return str(self._normalize_name(clean_name(name)))
