"""What each process loads: those without pages load nothing that only pages need, and so on."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Final

import pytest

from meet.conf.applications import ADMIN_WITHOUT_PAGES, OF_PAGES, ROLES_WITHOUT_PAGES, WITH_PAGES, applications
from tests.e2e.server import PROJECT

# As `manage.py ROLE` begins, up to what it does itself.
BEGIN: Final = """
import importlib, os, sys
sys.argv = ["manage.py", sys.argv[1]]
os.environ["DJANGO_SETTINGS_MODULE"] = "meet.settings"
import django
django.setup()
module = importlib.import_module(f"meet.management.commands.{sys.argv[1]}")
command = module.Command()
if isinstance(command.requires_system_checks, (list, tuple)):
    command.check(tags=command.requires_system_checks)
"""
PAGES: Final = {"unfold", "rest_framework", "drf_spectacular", "meet.urls", "PIL"}
SERVICES: Final = {"boto3", "redis", "psycopg"}
SERVER: Final = {"twisted", "daphne", "autobahn", "channels"}
MEDIA: Final = {"numpy", "av", "aiortc", "pylibsrtp"}
UNNEEDED: Final = {
    "serve": PAGES | SERVICES | SERVER | MEDIA | {"celery"},
    "worker": PAGES | SERVICES | SERVER | MEDIA,
    "composer": PAGES | SERVICES | SERVER | MEDIA,
    "node": PAGES | SERVICES | {"celery", "av", "aioice"},
    "web": MEDIA | SERVICES | {"celery"},
}
# What it does after that: web loads its pages.
GO_ON: Final = {"web": "import meet.asgi, meet.urls\n"}

STORES: Final = {"MEET_DATABASE_URL", "MEET_REDIS_URL"}

LONG: Final = pytest.mark.long


def run(role: str, script: str, **settings: str) -> str:
    command = [sys.executable, "-c", BEGIN + script, role]
    # Without a database and a broker unless it is told of them.
    environment = {name: value for name, value in os.environ.items() if name not in STORES} | settings
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "role", ["serve", "worker", "node", pytest.param("web", marks=LONG), pytest.param("composer", marks=LONG)]
)
def test_a_process_does_not_load_what_it_does_not_need(role: str) -> None:
    script = GO_ON.get(role, "") + "print(*(name for name, module in sys.modules.items() if module is not None))"
    loaded = set(run(role, script).split())
    assert loaded & UNNEEDED[role] == set()
    assert "rooms.models" in loaded


def test_what_supervises_the_others_does_without_django() -> None:
    begin = "import runpy, sys; runpy.run_path('manage.py'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", begin], cwd=PROJECT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert loaded & (UNNEEDED["serve"] | {"django", "asyncio", "cryptography"}) == set()
    assert "meet.run.supervisor" in loaded


@LONG
def test_web_on_postgresql_has_its_driver() -> None:
    script = "import meet.urls; print('psycopg' in sys.modules)"
    assert run("web", script, MEET_DATABASE_URL="postgresql://user:word@127.0.0.1:9/none").split() == ["True"]


def test_a_worker_knows_the_addresses_of_pages_when_it_needs_one() -> None:
    assert run("worker", "from django.urls import reverse; print(reverse('recordings'))").startswith("/")


def test_only_roles_without_pages_do_without_their_applications() -> None:
    for words in (["manage.py", "web"], ["manage.py"], ["pytest", "node"], [], ["manage.py", "migrate"]):
        assert applications(words) == list(WITH_PAGES)
    for role in ROLES_WITHOUT_PAGES:
        some = applications(["/somewhere/manage.py", role])
        assert set(some) == set(WITH_PAGES) - OF_PAGES - {"django.contrib.admin"} | {ADMIN_WITHOUT_PAGES}
