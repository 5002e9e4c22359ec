"""A bucket on a real S3-compatible server (moto's) in this process."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3  # type: ignore[import-untyped]
from moto.server import ThreadedMotoServer

from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

BUCKET = "videos"
REGION = "eu-central-1"
SECRET_KEY = "secret" * 4
CONFIG: dict[str, Any] = {
    "s3_bucket": BUCKET,
    "s3_region": REGION,
    "s3_access_key": "meet",
    "s3_secret_key": SECRET_KEY,
}


@contextmanager
def running_s3() -> Iterator[str]:
    """Its address."""
    server = ThreadedMotoServer("127.0.0.1", free_port(), verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    client(address).create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    yield address
    server.stop()


def client(address: str, config: Any = None) -> Any:
    """The service's own library."""
    return boto3.client(
        "s3",
        config=config,
        endpoint_url=address,
        region_name=REGION,
        aws_access_key_id="meet",
        aws_secret_access_key=SECRET_KEY,
    )
