from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import migrations, models

from meet.online_migrations import AddIndexConcurrently, RunInBatches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.apps.registry import Apps


def fill(apps: Apps, deliveries: Sequence[Any]) -> None:
    """Whom each tells of, as its body says. What no body of ours looks like tells of nobody."""
    of: defaultdict[str, list[int]] = defaultdict(list)
    for delivery in deliveries:
        if delivery.peer_id is None:
            of[_peer_id(delivery.body)].append(delivery.pk)
    model = apps.get_model("webhooks", "Delivery")
    for peer_id, keys in of.items():
        model._base_manager.filter(pk__in=keys).update(peer_id=peer_id)


def _peer_id(body: str) -> str:
    try:
        told = json.loads(body)
    except ValueError:
        return ""
    found = told.get("peerId") if isinstance(told, dict) else None
    return found if isinstance(found, str) and len(found) <= 128 and "\0" not in found else ""


class Migration(migrations.Migration):
    atomic = False
    dependencies: ClassVar = [("webhooks", "0005_delivery_peer_id")]

    operations: ClassVar = [
        RunInBatches("webhooks", "Delivery", fill),
        AddIndexConcurrently(
            "delivery", models.Index(fields=["endpoint", "peer_id"], name="webhooks_of_a_person")
        ),
    ]
