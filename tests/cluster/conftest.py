"""What tests of a whole installation share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cluster.whole import running
from tests.meet.answering import Answering, answer, answering

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cluster.installation import Installation


@pytest.fixture
def receiver() -> Iterator[Answering]:
    """The account's own server, which takes all that it is told."""
    with answering(answer(200)) as server:
        yield server


@pytest.fixture
def whole_installation(tmp_path: Path, receiver: Answering) -> Iterator[Installation]:
    """Two of each, which run."""
    with running(tmp_path, receiver) as made:
        yield made
