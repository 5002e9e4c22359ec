"""Somebody who has logged in at the admin of a running server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING

from tests.e2e.server import PROJECT
from tests.password import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.e2e.server import Server

MAKE = """
import sys
from django.contrib.auth.models import User
from meet.accounts.hosts import default_account
from meet.accounts.models import Membership
name, role, password = sys.argv[-3:]
user = User.objects.create_user(name, "", password, is_staff=True)
Membership.objects.create(account=default_account(), user=user, role=role)
"""
TOKEN = """
from django.core.management import call_command
call_command("create_api_token", "default", "browser tests")
"""


def administrator(browser: Browser, server: Server, size: tuple[int, int] = (1280, 800), role: str = "owner") -> Page:
    """A tab of somebody with a role in the default account. Its context is to be closed by who asked for it."""
    name = _member(server, role)
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="en-US")
    page = context.new_page()
    page.goto(f"{server.url}/admin/login/")
    page.locator("input[name=username]").fill(name)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("button[type=submit], input[type=submit]").first.click()
    page.wait_for_url(re.compile(r"/(admin|recordings)/$"))
    return page


@cache
def _member(server: Server, role: str) -> str:
    """Make somebody with a role; their name."""
    name = f"the{role}"
    run_in(server, MAKE, name, role, PASSWORD)
    return name


def api_token(server: Server) -> str:
    """A new permanent token for the default account's Server API."""
    return run_in(server, TOKEN).splitlines()[0]


def run_in(server: Server, script: str, *arguments: str) -> str:
    """Run a script with the server's settings, as an operator would with `manage.py shell`; what it says."""
    environment = os.environ | server.stores
    command = [sys.executable, "-c", f"import django; django.setup()\n{script}", *arguments]
    environment["DJANGO_SETTINGS_MODULE"] = "meet.settings"
    return subprocess.run(command, cwd=PROJECT, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
