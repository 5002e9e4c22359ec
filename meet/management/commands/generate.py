"""Writes what is made from the code: the client's types of the wire, the references of attributes and metrics."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from meet.attributes import reference
from meet.management import monitoring, typescript


class Command(BaseCommand):
    """`manage.py generate`."""

    help = "Write static/src/wire/, docs/attributes.md and the table of docs/monitoring.md anew, from the code."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Write the files."""
        typescript.write_all()
        reference.TARGET.write_text(reference.generate(), encoding="utf-8")
        monitoring.TARGET.write_text(monitoring.generate(monitoring.TARGET.read_text("utf-8")), encoding="utf-8")
        self.stdout.write(f"Wrote {', '.join(typescript.FILES)}, {reference.TARGET.name} and {monitoring.TARGET.name}.")
