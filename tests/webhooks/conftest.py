"""An account, a receiver on this machine, and a clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from meet.accounts.models import Account
from meet.config import Config
from tests.meet.answering import Answering, answer, answering
from tests.webhooks.parts import Clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.conf import LazySettings


@pytest.fixture(autouse=True)
def _loopback(settings: LazySettings) -> None:
    settings.CONFIG = Config(outgoing_networks="127.0.0.0/8")


@pytest.fixture
def acme(db: None) -> Account:  # noqa: ARG001 - its table
    return Account.objects.create(name="acme")


@pytest.fixture
def receiver() -> Iterator[Answering]:
    """A web server of acme's; `script` is what it answers."""
    with answering(answer(200, b"thanks")) as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()
