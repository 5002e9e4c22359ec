"""Lets the rooms of a node go whose process has ended: `python -m meet.management.node_ended PID RUN_ID`.

A process of its own, for what supervises has no Django, and goes on whatever becomes of settings or code meanwhile.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Give up the names that this process of that run has had."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "meet.settings")
    import django  # noqa: PLC0415 - settings come first

    django.setup()
    from rooms.nodes.ended import process_ended  # noqa: PLC0415

    process_ended(int(sys.argv[1]), sys.argv[2])


if __name__ == "__main__":
    main()
