"""Settings of the tests: the product's own, with a data folder for each test process and none of the shell's settings.

pytest-django reads settings before any conftest.py, so this can't be done there.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from dataclasses import fields

from meet.config import Config

for _field in fields(Config):
    os.environ.pop(f"MEET_{_field.name.upper()}", None)
_folder = tempfile.mkdtemp(prefix="meet-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
# For us, and for the processes that tests start: those are the product.
os.environ["MEET_DATA_DIR"] = _folder
os.environ["DJANGO_SETTINGS_MODULE"] = "meet.settings"
if "TEST_REDIS_URL" in os.environ:  # see tests.on_postgresql; each of pytest-xdist's processes has one of Redis's 16
    _number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 16
    os.environ["MEET_REDIS_URL"] = f"{os.environ['TEST_REDIS_URL'].rpartition('/')[0]}/{_number}"

from meet.conf.database import database_settings  # noqa: E402 - the environment comes first
from meet.settings import *  # noqa: E402, F403 - the environment comes first
from meet.settings import DATA_DIR, DATABASES  # noqa: E402

if "TEST_DATABASE_URL" in os.environ:  # see tests.on_postgresql
    DATABASES["default"] = database_settings(os.environ["TEST_DATABASE_URL"], DATA_DIR)
else:
    # A file, as in life: with SQLite in memory there is no second connection that could be in the way.
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast
