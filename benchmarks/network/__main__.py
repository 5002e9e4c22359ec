"""Call quality across emulated links: Chromium at both ends, every datagram through `benchmarks.emulator`.

Run as `python -m benchmarks.network [--cases NAME …] [--repeat N] [--list] [--tbf] [--feedback remb] [--record]`.
Prints a line for each case and which aims it missed; figures and curves go to `benchmarks/out/network.json`, where
cases that were not played keep what they had (with `--feedback` or `--tbf` to a file of that name). `--record` writes
what the node sent to the receiver and heard of it to `benchmarks/out/traces/CASE.xz`, which
`tests/media/test_traces.py` replays. Ends with 1 when an aim was missed.
"""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from playwright.sync_api import sync_playwright

from benchmarks.network import tbf
from benchmarks.network.cases import CASES
from benchmarks.network.media import FRAMES_PER_S, make_media
from benchmarks.network.participants import chromium_arguments
from benchmarks.network.run import Stage, play
from benchmarks.network.trace import Recorded, Trace
from benchmarks.report import OUT, save
from tests.e2e.participant import CHROMIUM
from tests.e2e.server import running_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Playwright

    from benchmarks.network.cases import Case
    from benchmarks.network.media import Media

NAME: Final = "network"
NAME_TBF: Final = "network-tbf"
# Of each case the last few are kept, the newest first.
KEPT: Final = 5
# What a case's line tells: the figure, its name there, its format.
COLUMNS: Final = (
    ("width", "width", "{:.0f}"),
    ("frames_per_s", "fps", "{:.1f}"),
    ("freezes", "freezes", "{:d}"),
    ("frozen_s", "frozen s", "{:.1f}"),
    ("longest_freeze_s", "longest s", "{:.1f}"),
    ("concealed_share", "concealed", "{:.1%}"),
    ("used", "used", "{:.0%}"),
    ("used_of_fitting", "of what fits", "{:.0%}"),
    ("estimate_of_truth", "estimate", "{:.0%}"),
    ("down_s", "down s", "{:.1f}"),
    ("full_again_s", "full again s", "{:.1f}"),
    ("back_s", "back s", "{:.1f}"),
    ("fairness", "fairness", "{:.0%}"),
)


def main() -> int:
    """Play, print, save."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.network", description=__doc__)
    parser.add_argument("--cases", nargs="*", default=["*"], help="names, also with * and ?")
    parser.add_argument("--repeat", type=int, default=1, help="how often to play each")
    parser.add_argument("--list", action="store_true", help="tell the cases and their aims")
    parser.add_argument("--tbf", action="store_true", help="steady bottlenecks by the kernel's tbf instead; needs root")
    parser.add_argument("--feedback", choices=["transport-cc", "remb", "none"], help="how receivers report")
    parser.add_argument("--record", action="store_true", help="keep a trace of each case")
    options = parser.parse_args()
    cases = [case for case in CASES if any(fnmatch(case.name, pattern) for pattern in options.cases)]
    if options.tbf:
        cases = [case for case in cases if case.steady]
        if not tbf.available():
            parser.error("Network namespaces are made by root only.")
    if not cases:
        parser.error("There is no such case. --list tells all.")
    if options.list:
        for case in cases:
            print(f"{case.name:24} {case.what}; aims: {', '.join(map(str, case.aims)) or 'none'}")
        return 0
    missed = 0
    out = NAME_TBF if options.tbf else NAME
    settings = {}
    if options.feedback:
        out, settings = f"{out}-{options.feedback}", {"bandwidth_feedback": options.feedback}
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        media = make_media(folder, FRAMES_PER_S)
        for number, case in enumerate(case for case in cases for _ in range(options.repeat)):
            own = folder / str(number)
            codecs = {"video_codecs": f"{case.codec},VP8"} if case.codec != "VP8" else {}
            with set_up(
                playwright, media, own, settings | codecs, case if options.tbf else None, record=options.record
            ) as stage:
                played = play(case, stage)
                missed += report(case, played, out)
                if options.record:
                    keep_trace(case, played["began_at"], own)
    print(f"{missed} aims missed." if missed else "All aims met.")
    return 1 if missed else 0


@contextmanager
def set_up(
    playwright: Playwright,
    media: Media,
    folder: Path,
    settings: dict[str, str],
    behind: Case | None = None,
    *,
    record: bool = False,
) -> Iterator[Stage]:
    """A server and a browser of their own: what one case has left over would cost the next one.

    `settings` are the server's besides its defaults. `behind` is the case whose link the kernel is to play. To `record`
    is to have the node write down its transports into this folder.
    """
    folder.mkdir()
    secret_key = secrets.token_hex(32)
    settings = {**settings, "secret_key": secret_key}
    if record:
        here = Path(__file__).parent
        os.environ["PYTHONPATH"] = os.pathsep.join([str(here / "tap"), str(here.parent.parent)])
        os.environ["BENCH_RECORD"] = str(folder)
    arguments = chromium_arguments(media)
    with ExitStack() as closing:
        start = closing.enter_context
        if behind is None:
            server = start(running_server(folder / "server", **settings))
            inside = None
        else:
            way = start(tbf.Namespace(behind.direction, CHROMIUM, folder))
            everywhere = "0.0.0.0"  # noqa: S104 - it is reached from the namespace
            settings["media_ip"] = tbf.NEAR_ADDRESS
            server = start(running_server(folder / "server", host=everywhere, **settings))
            way.port = server.port
            executable, more = str(way.chromium), way.arguments
            browser = start(playwright.chromium.launch(executable_path=executable, args=[*arguments, *more]))
            inside = browser, way
        browser = start(playwright.chromium.launch(executable_path=CHROMIUM, args=arguments))
        yield Stage(server, secret_key, media, browser, inside)


def report(case: Case, played: dict[str, Any], out: str) -> int:
    """Print a case's line, save its figures in the file `out`; how many aims were missed."""
    found = played["figures"]
    told = [f"{name} {form.format(found[key])}" for key, name, form in COLUMNS if found.get(key) is not None]
    misses = [aim for aim in case.aims if not aim.met(found.get(aim.figure))]
    verdict = f"MISSED {', '.join(map(str, misses))}" if misses else "met" if case.aims else "-"
    busy = played["machine"]["machine"]
    print(f"{case.name:24} {' · '.join(told)} · machine {busy:.0%} | {verdict}", flush=True)
    played |= {"what": case.what, "aims": {str(aim): aim.met(found.get(aim.figure)) for aim in case.aims}}
    played |= {"at": time.strftime("%Y-%m-%dT%H:%M:%S"), "commit": _commit()}
    path = OUT / f"{out}.json"
    known: dict[str, Any] = msgspec.json.decode(path.read_bytes()) if path.exists() else {}
    known.setdefault(case.name, [])
    known[case.name] = [played, *known[case.name]][:KEPT]
    save(out, known)
    return len(misses)


def keep_trace(case: Case, began_at: float, folder: Path) -> None:
    """What the node wrote of the receiver, whose link is the longest story, with the truth about it."""
    files = sorted(folder.glob("*.steps"), key=lambda path: path.stat().st_size)
    if not files:
        print(f"{case.name:24} nothing was recorded: its receiver gives no transport-wide feedback.")
        return
    recorded = msgspec.msgpack.decode(files[-1].read_bytes(), type=Recorded)
    later = began_at - recorded.began_at
    rates = [(at + later, rate) for at, rate in case.direction.rate_bps]
    path = OUT / "traces" / f"{case.name}.xz"
    path.parent.mkdir(parents=True, exist_ok=True)
    Trace(case.name, case.what, rates, case.direction.loss, recorded.steps).save(path)
    print(f"{case.name:24} {path}: {path.stat().st_size} bytes, {len(recorded.steps)} steps")


def _commit() -> str:
    found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)  # noqa: S607
    return found.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
