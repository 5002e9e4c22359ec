"""What tests of attacks rest on: two strangers notice nothing of an idle server, and everything of a stopped one."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.attacks.bystanders import MAX_PING_MS, bystanders
from tests.e2e.server import running_server

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.long


def test_strangers_notice_that_a_node_stands_still_and_nothing_else(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        with bystanders(server.url) as unharmed:
            time.sleep(2)
        with bystanders(server.url) as harmed:
            node = server.child("node")
            os.kill(node, signal.SIGSTOP)
            time.sleep(MAX_PING_MS / 1000 + 0.5)
            os.kill(node, signal.SIGCONT)
            time.sleep(0.5)
    unharmed.check()
    with pytest.raises(AssertionError):
        harmed.check()
