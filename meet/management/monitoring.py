"""The table of metrics in `docs/monitoring.md`, made from `meet.metrics.catalogue`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meet.config import PROJECT
from meet.metrics.catalogue import ALL, PROCESS_METRICS, metrics

if TYPE_CHECKING:
    from meet.metrics.catalogue import Metric

TARGET: Final = PROJECT / "docs" / "monitoring.md"
BEGIN: Final = "<!-- metrics: generated from meet/metrics/catalogue.py, a test compares -->\n"
END: Final = "<!-- end of metrics -->\n"


def generate(page: str) -> str:
    """The page with its table made anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    rows = [_row(metric) for metric in metrics()]
    rows += [f"| `{name}` | every role | | {text} |" for name, text in PROCESS_METRICS.items()]
    table = "\n".join(["| metric | told by | labels | meaning |", "|---|---|---|---|", *rows])
    return f"{before}{BEGIN}{table}\n{END}{after}"


def _row(metric: Metric) -> str:
    who = "every role" if metric.roles == ALL else ", ".join(metric.roles)
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    kind = " (histogram)" if metric.kind == "histogram" else ""
    return f"| `{metric.name}`{kind} | {who} | {labels} | {metric.help} |"
