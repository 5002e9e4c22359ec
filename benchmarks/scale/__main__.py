"""How many people a node carries: webinars and calls of many, and crowds who join at once.

Starts the product on loopback; this process is everybody (tickets by HTTP, signalling by WebSocket, ICE, DTLS, SRTP),
its own CPU apart (`load %`). Run as `python -m benchmarks.scale [--cases webinar-1-* …] [--seconds 15] [--share 0.1]`;
figures go to `benchmarks/out/scale.json`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import resource
import tempfile
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from benchmarks.report import print_table, save
from benchmarks.scale.cases import CASES, sized
from benchmarks.scale.run import play
from tests.e2e.server import running_server

SHOWN: Final = (
    "case", "people", "joins/s", "failed", "node ms/join", "web ms/join", "joined p50 ms", "joined p99 ms",
    "connected p99 ms", "all p99 ms", "tried again", "joining p99 ms", "joining loss %",
)  # fmt: skip
SHOWN_OF_STAYING: Final = (
    "case", "people", "node %", "load %", "left out", "packets/s", "Mbit/s", "µs/packet", "loss %", "p50 ms", "p95 ms",
    "p99 ms", "node MB", "kB/person", "people/core", "receivers", "kB signalling/person",
)  # fmt: skip
# What of the server's log belongs to the figures.
SAID: Final = re.compile(r" (WARNING|ERROR) ")
MOST_SAID: Final = 30
# Everybody comes from one address here.
SETTINGS: Final = {
    "sockets_per_address": "0",
    "joins_per_minute": "0",
    "people_per_account": "0",
    "default_node": "least",
}


def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", nargs="+", default=["*"], metavar="PATTERN")
    parser.add_argument("--seconds", type=float, default=15.0, help="how long each case is measured")
    parser.add_argument("--share", type=float, default=1.0, help="so much of each case's people, for a short run")
    parser.add_argument("--full", default="90", help="MEET_FULL_PERCENT, for an overload with few people")
    parser.add_argument("--out", default="scale", help="benchmarks/out/NAME.json")
    parser.add_argument("--list", action="store_true", help="print the cases and measure none")
    options = parser.parse_args()
    if options.list:
        print(*CASES, sep="\n")
        return
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    rows = []
    for case in CASES:
        if not any(fnmatch(case.name, pattern) for pattern in options.cases):
            continue
        case = case if options.share == 1 else sized(case, options.share)  # noqa: PLW2901 - the same in small
        several = {
            "nodes": str(case.nodes),
            "receivers_per_node": str(case.receivers_per_node),
            "media_ip": "127.0.0.1",
        }
        settings = SETTINGS | (several if case.nodes > 1 else {}) | {"full_percent": options.full}
        with tempfile.TemporaryDirectory() as folder, running_server(Path(folder), **settings) as server:
            seconds = options.seconds if case.measured else 0.0
            row = asyncio.run(play(server, case, seconds))
            row["said"] = [line for line in server.log.read_text().splitlines() if SAID.search(line)][:MOST_SAID]
        rows.append(row)
        save(options.out, {"cores": os.cpu_count(), "rows": rows})
        print_table("Joining", [{head: row.get(head) for head in SHOWN}])
        for what in ("failures", "retries", "signs", "first signs"):
            if row[what]:
                print(f"  {what}:", row[what])
        print(*row["said"], sep="\n")
        if "packets/s" in row:
            print_table("Staying", [{head: row.get(head) for head in SHOWN_OF_STAYING}])


if __name__ == "__main__":
    main()
