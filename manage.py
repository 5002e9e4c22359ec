#!/usr/bin/env python
"""Django's command line."""

import os
import sys

from media.compiled import use_compiled


def main() -> None:
    """Run a management command."""
    use_compiled()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "meet.settings")
    from django.core.management import execute_from_command_line  # noqa: PLC0415 - settings come first

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
