#!/usr/bin/env python
"""Django's command line."""

import os
import sys

from meet.management.supervising import ORDERS, supervise


def main() -> None:
    """Run a management command, or supervise what one has made ready."""
    if ORDERS in os.environ:
        sys.exit(supervise())
    from media.compiled import use_compiled  # noqa: PLC0415 - what supervises does without it, and without Django

    use_compiled()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "meet.settings")
    from django.core.management import execute_from_command_line  # noqa: PLC0415 - settings come first

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
