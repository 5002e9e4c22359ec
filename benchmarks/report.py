"""Writes a benchmark's figures as JSON and prints them as a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

OUT: Final = Path(__file__).parent / "out"


def save(name: str, figures: Any) -> None:
    """Write `benchmarks/out/NAME.json`."""
    OUT.mkdir(exist_ok=True)
    path = OUT / f"{name}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(figures), indent=2) + b"\n")


def print_table(title: str, rows: Sequence[dict[str, Any]]) -> None:
    """Print rows with the keys of the first as the head."""
    heads = list(rows[0])
    cells = [heads] + [[_text(row.get(head)) for head in heads] for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(len(heads))]
    print(f"\n{title}")
    for line in cells:
        print("  " + "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)))


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of all lie; 0 for no values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def _text(value: Any) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)
