"""What each process loads: those without pages load nothing that only pages need, and so on."""

from __future__ import annotations

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
    "node": PAGES | SERVICES,
    "web": MEDIA | {"boto3"},
}

LONG: Final = pytest.mark.long


def run(role: str, script: str) -> str:
    command = [sys.executable, "-c", BEGIN + script, role]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "role", ["serve", "worker", "node", pytest.param("web", marks=LONG), pytest.param("composer", marks=LONG)]
)
def test_a_process_does_not_load_what_it_does_not_need(role: str) -> None:
    loaded = set(run(role, "print(*sys.modules)").split())
    assert loaded & UNNEEDED[role] == set()
    assert "rooms.models" in loaded


def test_a_worker_knows_the_addresses_of_pages_when_it_needs_one() -> None:
    assert run("worker", "from django.urls import reverse; print(reverse('recordings'))").startswith("/")


def test_only_roles_without_pages_do_without_their_applications() -> None:
    for words in (["manage.py", "web"], ["manage.py"], ["pytest", "node"], [], ["manage.py", "migrate"]):
        assert applications(words) == list(WITH_PAGES)
    for role in ROLES_WITHOUT_PAGES:
        some = applications(["/somewhere/manage.py", role])
        assert set(some) == set(WITH_PAGES) - OF_PAGES - {"django.contrib.admin"} | {ADMIN_WITHOUT_PAGES}
