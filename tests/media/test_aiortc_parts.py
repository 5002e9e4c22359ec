"""aiortc's parts without the rest: what a node loads of it does what it does with all of it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from media.compiled import PROJECT

PARTS = "from media.net.aiortc_parts import load_parts; load_parts(); "
HANDSHAKES = "tests/media/test_dtls.py::test_a_handshake_in_either_role_gives_matching_keys"
MESSAGES = "tests/media/test_data.py::test_messages_arrive_complete_and_in_order"


def python(script: str) -> subprocess.CompletedProcess[str]:
    """A process of its own."""
    command = [sys.executable, "-c", PARTS + script]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)


def test_nothing_else_of_it_is_loaded() -> None:
    done = python("import media.net.dtls, media.net.sctp, sys; print(*sys.modules)")
    loaded = set(done.stdout.split())
    assert {"aiortc.rtcdtlstransport", "aiortc.rtcsctptransport"} <= loaded
    assert {"aiortc.rtcpeerconnection", "aiortc.rtcicetransport", "aioice", "av"} & loaded == set()


def test_who_has_all_of_it_keeps_it() -> None:
    command = [sys.executable, "-c", "import aiortc; " + PARTS + "print(aiortc.RTCPeerConnection)"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    assert "RTCPeerConnection" in done.stdout


@pytest.mark.parametrize("test", [HANDSHAKES, MESSAGES])
def test_the_parts_shake_hands_and_carry_messages(test: str) -> None:
    done = python(f"import pytest, sys; sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', '{test}']))")
    assert done.returncode == 0, done.stdout
