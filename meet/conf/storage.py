"""Where videos are kept: a folder, or a bucket of an S3-compatible service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from meet.config import Config


def video_storage_settings(config: Config, folder: Path) -> dict[str, Any]:
    """Django's settings for the storage of videos (`recording.storage.storing`)."""
    if not config.s3_bucket:
        return {"BACKEND": "recording.storage.folder.FolderStorage", "OPTIONS": {"location": str(folder)}}
    return {
        "BACKEND": "recording.storage.s3.BucketStorage",
        "OPTIONS": {
            "bucket_name": config.s3_bucket,
            "endpoint_url": config.s3_endpoint or None,
            "region_name": config.s3_region or None,
            "access_key": config.s3_access_key or None,
            "secret_key": config.s3_secret_key or None,
            # Services other than Amazon's seldom have a host name for each bucket.
            "addressing_style": "path" if config.s3_endpoint else "auto",
            "signature_version": "s3v4",
        },
    }
