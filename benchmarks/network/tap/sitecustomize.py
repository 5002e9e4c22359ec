"""Python runs this first where the folder is on its path: in the node's process it makes the product's code record.

Only `benchmarks.network --record` puts it there; nothing of the product knows of it.
"""

# ruff: noqa: INP001 - a module of this name has to stand at the top of a path
import os
import sys

if os.environ.get("BENCH_RECORD") and "node" in sys.orig_argv:
    from benchmarks.network.recorder import install

    install(os.environ["BENCH_RECORD"])
