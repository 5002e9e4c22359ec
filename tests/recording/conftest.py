"""Fixtures for tests of recording."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.recording.bucket import running_s3

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The address of a server with a bucket."""
    with running_s3() as address:
        yield address
