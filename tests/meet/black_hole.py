"""What becomes of those who wait for a PostgreSQL whose packets begin to vanish; to be run in a network of its own.

Prints a word for each who is told: who asks on a connection that there was, who makes one, who waits for an answer that
PostgreSQL works on; and when it can be asked again.
"""

from __future__ import annotations

import gc
import os
import subprocess
import tempfile
import threading
from urllib.parse import urlsplit

import django
from django.db import OperationalError, connection

from tests.postgresql import running_postgresql

RULES = """
table inet vanishing {{
  chain packets {{
    type filter hook input priority 0;
    tcp dport {0} drop
    tcp sport {0} drop
  }}
}}
"""
AT_WORK = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(%'"


def main() -> None:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with running_postgresql() as url, tempfile.TemporaryDirectory() as folder:
        told = {"MEET_DATABASE_URL": url, "MEET_DATABASE_CONNECT_S": "2", "MEET_DATABASE_SILENCE_S": "4"}
        os.environ.update(told, MEET_DATA_DIR=folder, DJANGO_SETTINGS_MODULE="meet.settings")
        django.setup()
        see(url)


def see(url: str) -> None:
    begun, ended = threading.Event(), threading.Event()

    def wait() -> None:
        with connection.cursor() as cursor:
            begun.set()
            try:
                cursor.execute("SELECT pg_sleep(3600)")
            except OperationalError:
                ended.set()

    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    connection.ensure_connection()
    begun.wait()
    while asked(AT_WORK) != 2:  # this question is one of them
        pass
    subprocess.run(["nft", "-f", "-"], input=RULES.format(urlsplit(url).port), text=True, check=True)
    refused("asked")
    connection.close()
    refused("connecting")
    waiting.join()
    if ended.is_set():
        print("waiting", flush=True)  # noqa: T201
    subprocess.run(["nft", "flush", "ruleset"], check=True)
    connection.close()
    if asked("SELECT 1") == 1:
        print("back")  # noqa: T201


def asked(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.fetchone()[0])


def refused(word: str) -> None:
    try:
        asked("SELECT 1")
    except OperationalError:
        print(word, flush=True)  # noqa: T201
    gc.collect()  # of a connection that was given up the traceback still has the socket, which would get through later


if __name__ == "__main__":
    main()
