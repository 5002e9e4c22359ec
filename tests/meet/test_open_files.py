"""How many connections fit into the limit of open files."""

from __future__ import annotations

import logging
import resource
import subprocess
import sys

import pytest

from meet.config import PROJECT, Config
from meet.run.daphne_server import Listen, _Server
from meet.run.http_channel import Limits
from meet.run.open_files import RESERVED, connections_within, media_connections_within


def test_all_that_are_wanted_fit_where_the_limit_leaves_room(caplog: pytest.LogCaptureFixture) -> None:
    assert connections_within(2500 + RESERVED, 2500) == 2500
    assert caplog.records == []


@pytest.mark.parametrize(("open_files", "fitting"), [(1024, 768), (100, 50)])
def test_where_they_do_not_the_log_says_what_to_change(
    caplog: pytest.LogCaptureFixture, open_files: int, fitting: int
) -> None:
    assert connections_within(open_files, 2500) == fitting
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "LimitNOFILE" in record.getMessage()
    assert str(2500 + RESERVED) in record.getMessage()


@pytest.mark.parametrize(
    ("open_files", "wanted", "fitting"), [(10_000, 4000, 4000), (4096, 4000, 1340), (1024, 4000, 256), (4096, 0, 1340)]
)
def test_media_gets_what_signalling_leaves_and_a_quarter_at_least(open_files: int, wanted: int, fitting: int) -> None:
    assert media_connections_within(open_files, 2500, wanted) == fitting


def test_the_usual_hard_limit_is_enough_for_a_webinar_of_two_thousand() -> None:
    assert connections_within(4096, Config().max_connections) >= 2000


def test_the_soft_limit_is_raised_to_the_hard_one() -> None:
    def lower() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (200, 700))

    program = (
        "import resource; from meet.run.open_files import raise_limit; "
        "print(raise_limit(), *resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, preexec_fn=lower, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["700", "700", "700"]


@pytest.mark.parametrize("text", ["EMFILE encountered; releasing reserved file descriptor.", "Could not accept new"])
def test_connections_that_cannot_be_accepted_are_in_the_log(caplog: pytest.LogCaptureFixture, text: str) -> None:

    server = _Server(None, endpoints=[Listen("127.0.0.1", 1).endpoint], limits=Limits(0, 10))
    server.notice({"log_format": "Timing out client: {peer}"})
    assert caplog.records == []
    server.notice({"log_format": text})
    assert "ulimit -n" in caplog.text
