"""What accounts had registered before there were endpoints is kept."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from meet.accounts.models import Account
from rooms.webhooks.models import Endpoint
from tests.webhooks.parts import URL

BEFORE = [("webhooks", "0001_initial"), ("accounts", "0004_recording")]
AFTER = [("webhooks", "0002_registered_addresses"), ("accounts", "0005_events_have_endpoints")]


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)], indirect=True)
@pytest.mark.usefixtures("database")
def test_a_registered_address_becomes_the_first_endpoint() -> None:
    executor = MigrationExecutor(connection)
    latest = executor.loader.graph.leaf_nodes()
    try:
        executor.migrate(BEFORE)
        accounts = MigrationExecutor(connection).loader.project_state(BEFORE).apps.get_model("accounts", "Account")
        accounts.objects.create(name="acme", event_url=URL, event_header="Basic eA==")
        accounts.objects.create(name="silent")
        MigrationExecutor(connection).migrate(AFTER)
    finally:
        MigrationExecutor(connection).migrate(latest)
    (one,) = Endpoint.objects.all()
    assert (one.account, one.url, one.header) == (Account.objects.get(name="acme"), URL, "Basic eA==")
    assert (one.kinds, one.active, one.from_link) == (["joinPeer", "closePeer"], True, False)
    assert one.secret.startswith("whsec_")
