"""The receivers of docs/webhooks.md, run as they are printed there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from meet.config import PROJECT
from rooms.webhooks.delivering import send_again, serve
from rooms.webhooks.endpoints import do_rotate, do_send_test
from rooms.webhooks.lanes import lease_due
from rooms.webhooks.models import Delivery, Endpoint, State
from rooms.webhooks.room_events import KINDS
from rooms.webhooks.signing import new_secret
from tests.ports import free_port
from tests.webhooks.parts import happen
from tests.webhooks.processes import TIMEOUT_S, until

if TYPE_CHECKING:
    from pathlib import Path

    from meet.accounts.models import Account

PAGE = (PROJECT / "docs" / "webhooks.md").read_text(encoding="utf-8")
PROGRAMS = {"python": ("receiver.py", sys.executable), "js": ("receiver.mjs", "node")}


@pytest.mark.parametrize("language", PROGRAMS)
def test_a_receiver_takes_what_is_genuine_and_nothing_else(language: str, acme: Account, tmp_path: Path) -> None:
    (code,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    name, program = PROGRAMS[language]
    assert shutil.which(program)
    (tmp_path / name).write_text(code, encoding="utf-8")
    port = free_port()
    one = Endpoint.objects.create(account=acme, url=f"http://127.0.0.1:{port}/events")
    output = tmp_path / "output"
    environment = {**os.environ, "WEBHOOK_SECRET": one.secret, "PORT": str(port)}
    with output.open("wb") as written:
        receiver = subprocess.Popen([program, name], cwd=tmp_path, env=environment, stdout=written, stderr=written)
    try:
        until(lambda: getattr(do_send_test(one, timezone.now()), "status", None) == 204)
        happen(acme, "de9b6927")
        for lease in lease_due(timezone.now()):
            serve(lease)
        delivery = Delivery.objects.get(kind="joinPeer")
        assert delivery.state == State.DELIVERED
        until(lambda: delivery.message_id in output.read_text(encoding="utf-8"))
        assert "de9b6927 name" in output.read_text(encoding="utf-8")
        do_rotate(one, timezone.now())
        assert getattr(send_again(delivery), "status", None) == 204  # the old secret still signs
        Endpoint.objects.update(secret=new_secret(), old_secret_until=None)
        assert getattr(send_again(delivery), "status", None) == 400
    finally:
        receiver.kill()
        receiver.wait(TIMEOUT_S)


def test_the_page_knows_all_events() -> None:
    assert set(re.findall(r"`/(\w+)`", PAGE)) == set(KINDS)
