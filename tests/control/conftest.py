"""A node with a control API in a process of its own."""

import pytest

from rooms.control import client
from tests.rooms.conftest import node as node  # noqa: PLC0414 - a fixture


@pytest.fixture(autouse=True)
def patient_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that is there is heard, however slow the machine."""
    for limit in ("TIMEOUT_S", "CONNECT_TIMEOUT_S"):
        monkeypatch.setattr(client, limit, 60.0)
