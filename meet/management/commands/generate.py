"""Writes what is made from the code: the client's types of what goes over the wire, and the reference of attributes."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from meet.attributes import reference
from meet.management import typescript


class Command(BaseCommand):
    """`manage.py generate`."""

    help = "Write static/src/wire/ and docs/attributes.md anew, after a change of what they are made from."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Write the files."""
        typescript.write_all()
        reference.TARGET.write_text(reference.generate(), encoding="utf-8")
        self.stdout.write(f"Wrote {', '.join(typescript.FILES)} and {reference.TARGET.name}.")
