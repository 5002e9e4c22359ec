"""Runs tests with compiled modules: `python -m tests.media.compiled_tests FOLDER TESTS…`."""

from __future__ import annotations

import sys
from pathlib import Path

from media.compiled import use_compiled


def main() -> int:
    """How pytest ended."""
    if not use_compiled(Path(sys.argv[1])):
        sys.exit(f"Nothing in {sys.argv[1]} was compiled from these sources.")
    import pytest  # noqa: PLC0415 - it imports what is to be compiled

    return pytest.main(["-q", "-p", "no:cacheprovider", "-m", "not long", *sys.argv[2:]])


if __name__ == "__main__":
    sys.exit(main())
