"""Programs that call the Server API about rooms on a node in a process of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.api.meeting import make_callers
from tests.control.conftest import patient_questions as patient_questions  # noqa: PLC0414 - a fixture
from tests.control.nodes import registered
from tests.ports import free_port
from tests.rooms.conftest import node as node  # noqa: PLC0414 - a fixture

if TYPE_CHECKING:
    from pathlib import Path

    from django.conf import LazySettings

    from tests.api.meeting import Callers
    from tests.rooms.conftest import NodeProcess


@pytest.fixture
def callers(
    transactional_db: None,  # noqa: ARG001 - the tables
    node: NodeProcess,
    tmp_path: Path,
    settings: LazySettings,
) -> Callers:
    """Who may ask about rooms on the node, and who may not; as often as they like. There are no pages."""
    settings.CONFIG = replace(settings.CONFIG, api_requests_per_second=0)
    settings.STATICFILES_DIRS = [tmp_path]
    return make_callers(node.control_url)


@pytest.fixture
def silent_node(callers: Callers) -> None:  # noqa: ARG001 - they come first
    """The node's control API is somewhere else."""
    registered(f"http://127.0.0.1:{free_port()}")
