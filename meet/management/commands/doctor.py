"""`manage.py doctor`: what is wrong with this installation, in plain words. Support asks for this first."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand

from meet.doctor.examination import examine
from meet.doctor.findings import Level
from meet.run.started_with import as_running

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    help = "Say what is wrong with this installation, and what to do; exit with 1 where something is."
    requires_system_checks = ()  # what they find is part of the report

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs: a list of objects")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = examine(as_running(settings.CONFIG))
        if options["json"]:
            self.stdout.write(json.dumps([one._asdict() for one in findings], indent=2))
        else:
            width = max(len(one.about) for one in findings)
            for one in findings:
                self.stdout.write(f"{one.level.sign} {one.about:<{width}}  {one.text}")
                if one.level is not Level.WELL and one.hint:
                    self.stdout.write(f"  {'':<{width}}  → {one.hint}")
            self.stdout.write(summary(findings))
        sys.exit(1 if any(one.level is Level.WRONG for one in findings) else 0)


def summary(findings: list[Any]) -> str:
    """The last line."""
    wrong = sum(one.level is Level.WRONG for one in findings)
    warnings = sum(one.level is Level.WARNING for one in findings)
    if wrong:
        return f"\n{wrong} wrong, {warnings} to look at."
    return f"\nNothing is wrong; {warnings} to look at." if warnings else "\nAll is well."
