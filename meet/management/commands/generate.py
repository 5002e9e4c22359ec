"""Writes what is made from the code: the clients' types of the wire, and the documentation's references."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from meet.attributes import reference as attributes
from meet.management import kotlin_types, monitoring, python_types, reference, swift_types, typescript


class Command(BaseCommand):
    """`manage.py generate`."""

    help = "Write the clients' types of what goes over the wire and the references in docs/ from the code."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Write the files."""
        typescript.write_all()
        for types in (python_types, kotlin_types, swift_types):
            types.TARGET.write_text(types.generate(), encoding="utf-8")
        attributes.TARGET.write_text(attributes.generate(), encoding="utf-8")
        for page, generate in reference.PAGES.items():
            page.write_text(generate(), encoding="utf-8")
        monitoring.TARGET.write_text(monitoring.generate(monitoring.TARGET.read_text("utf-8")), encoding="utf-8")
        pages = (attributes.TARGET, *reference.PAGES, monitoring.TARGET)
        types_of_sdks = (python_types.TARGET, kotlin_types.TARGET, swift_types.TARGET)
        written = (*typescript.FILES, *types_of_sdks, *pages)
        self.stdout.write(f"Wrote {', '.join(path.name for path in written)}.")
