"""Migrations on a million rows while others read and write: nobody waits for a lock for longer than the budget."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.db import connection, migrations
from django.db.migrations.executor import MigrationExecutor

from tests.meet.installations import another_database, installed
from tests.migrations import MEASURED_AFTER, migrations_after, up_to

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django.conf import LazySettings
    from pytest_django import DjangoDbBlocker

ROWS = 1_000_000
# The first time that each statement of the traffic is carried out, on a busy machine.
BEGIN_S = 60
# PostgreSQL itself gives up a statement that has waited for a lock for so long.
BUDGET_MS = 500

FILL = """
INSERT INTO accounts_auditevent (at, action, actor, address, what) SELECT now(), 'login', 'a', '', 'w' FROM
generate_series(1, ROWS);
INSERT INTO stats_session (id, account_id, room_id, peer_id, display_name, role, viewer, node, joined_at,
marked_at, interrupted) SELECT gen_random_uuid(), (SELECT min(id) FROM accounts_account), 'room' || n % 1000,
'peer' || n, 'name', 'participant', false, 'serv0', now(), now(), false FROM generate_series(1, ROWS) AS n;
INSERT INTO stats_sample (account_id, room_id, peer_id, direction, viewer, at, seconds, participants, troubled)
SELECT (SELECT min(id) FROM accounts_account), 'room' || n % 1000, 'peer' || n, 'send', false, now(), 30, 1, 0
FROM generate_series(1, ROWS) AS n;
INSERT INTO webhooks_endpoint (account_id, url, header, kinds, active, from_link, secret, old_secret,
created_at) SELECT min(id), 'https://example.org', '', '[]', true, false, '', '', now() FROM accounts_account;
INSERT INTO webhooks_delivery (endpoint_id, room_id, kind, body, message_id, happened_at, state, failures,
lease) SELECT (SELECT min(id) FROM webhooks_endpoint), 'room', 'joinPeer', '{}', 'm' || n, now(), 'delivered',
0, '' FROM generate_series(1, ROWS) AS n;
INSERT INTO webhooks_attempt (delivery_id, at, duration_ms, problem, answer) SELECT id, now(), 1, '', '' FROM
webhooks_delivery;
INSERT INTO rooms_node (name, public_url, port, tls, control_url, media_addresses, rooms, peers, started_at,
heartbeat_at) VALUES ('serv0', '', 1, false, '', '', 0, 0, now(), now());
INSERT INTO rooms_placement (account_id, room_id, node_id, claimed_at, used_at, joined) SELECT (SELECT min(id)
FROM accounts_account), 'room' || n, (SELECT min(id) FROM rooms_node), now(), now(), true FROM
generate_series(1, ROWS) AS n
"""
READS_AND_WRITES = (
    "SELECT * FROM stats_session LIMIT 1",
    "UPDATE stats_session SET marked_at = now() WHERE id = (SELECT id FROM stats_session LIMIT 1)",
    "UPDATE webhooks_delivery SET failures = failures WHERE id = (SELECT id FROM webhooks_delivery LIMIT 1)",
    "UPDATE stats_sample SET troubled = 0 WHERE id = (SELECT id FROM stats_sample LIMIT 1)",
    "UPDATE rooms_placement SET used_at = now() WHERE id = (SELECT id FROM rooms_placement LIMIT 1)",
    "UPDATE accounts_account SET contact = '' WHERE id = (SELECT min(id) FROM accounts_account)",
    "UPDATE accounts_auditevent SET what = 'w' WHERE id = (SELECT id FROM accounts_auditevent LIMIT 1)",
    "UPDATE webhooks_attempt SET answer = '' WHERE id = (SELECT id FROM webhooks_attempt LIMIT 1)",
)


class Traffic(threading.Thread):
    """Reads and writes without a pause, from a connection of its own; `begin` and `close` wait for a whole round."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self._over = threading.Event()
        self._round = threading.Event()
        self.held_up: list[str] = []

    def run(self) -> None:
        # As Django does, which prepares nothing: a prepared SELECT * fails for ever where a column comes.
        with psycopg.connect(self._url, autocommit=True, prepare_threshold=None) as session:
            session.execute(f"SET lock_timeout = {BUDGET_MS}")
            while not self._over.is_set():
                for statement in READS_AND_WRITES:
                    try:
                        session.execute(statement.encode())
                    except psycopg.errors.LockNotAvailable:
                        self.held_up.append(statement)
                self._round.set()

    def begin(self) -> None:
        self.start()
        assert self._round.wait(BEGIN_S), "nothing is read or written"

    def close(self) -> None:
        self._round.clear()
        went_on = self._round.wait(BEGIN_S)
        self._over.set()
        self.join()
        assert went_on, "reading and writing has ended by itself"


@pytest.fixture
def database(
    request: pytest.FixtureRequest, tmp_path: Path, settings: LazySettings, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """A PostgreSQL of before the migrations, with a million rows in each table that grows; its URL."""
    with (
        another_database(request.getfixturevalue("postgresql_url"), tmp_path.name) as url,
        installed(tmp_path / "data", url, settings),
        django_db_blocker.unblock(),
    ):
        executor = MigrationExecutor(connection)
        executor.migrate(up_to(MEASURED_AFTER))
        old = executor.loader.project_state(up_to(MEASURED_AFTER)).apps
        old.get_model("accounts", "Account")._base_manager.create(name="acme")
        with psycopg.connect(url, autocommit=True) as session:
            for statement in FILL.replace("ROWS", str(ROWS)).split(";"):
                session.execute(statement.encode())
            session.execute("ANALYZE")
        yield url


@pytest.mark.long
@pytest.mark.timeout(600)
def test_nobody_waits_for_long_while_a_migration_runs(database: str) -> None:
    for migration in migrations_after(MEASURED_AFTER):
        traffic = Traffic(database)
        traffic.begin()
        try:
            MigrationExecutor(connection).migrate([(migration.app_label, migration.name)])
        finally:
            traffic.close()
        assert not traffic.held_up, f"{migration} held up {set(traffic.held_up)}"

    # And what holds others up is seen: a lock for three times the budget.
    class Bad(migrations.Migration):
        operations = (
            migrations.RunSQL(f"LOCK TABLE stats_session IN EXCLUSIVE MODE; SELECT pg_sleep({3 * BUDGET_MS / 1000})"),
        )

    traffic = Traffic(database)
    traffic.begin()
    try:
        executor = MigrationExecutor(connection)
        state = executor.loader.project_state()
        with connection.schema_editor(atomic=True) as editor:
            Bad("9999_bad", "stats").apply(state, editor)
    finally:
        traffic.close()
    assert traffic.held_up
