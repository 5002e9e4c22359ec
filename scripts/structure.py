#!/usr/bin/env python3
"""Counts the structure of our packages from their own imports: `scripts/structure.py [PACKAGE …]`.

For each package: how many files and folders stand side by side in it, how many import arrows join them, on how many
levels they lie, and which of them import each other in a circle. Imports for types only (`TYPE_CHECKING`) count as
well, and imports within functions. `--files` compares files instead of folders.
"""

from __future__ import annotations

import argparse
import ast
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PROJECT: Final = Path(__file__).resolve().parent.parent
PACKAGES: Final = ("media", "rooms", "recording", "recording/composition", "stats", "meet")
# Written by Django, one a change of the database.
LEFT_OUT: Final = {"migrations", "__pycache__"}

Graph = dict[str, set[str]]


@dataclass(frozen=True)
class Structure:
    """What was counted of one package. A circle is the names of those that reach each other."""

    parts: int
    arrows: int
    levels: int
    circles: list[list[str]]


def modules_of(package: str) -> dict[str, Path]:
    """All modules of a package (`a/b` or `a.b`) by their dotted names."""
    folder = PROJECT / package.replace(".", "/")
    found = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(PROJECT).with_suffix("").parts
        if not LEFT_OUT & set(parts):
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports_of(path: Path) -> Iterator[str]:
    """The dotted names that a module imports, with what it takes from them."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def graph_of(package: str, *, files: bool = False) -> Graph:
    """Which parts of a package import which others of it: its files and folders, or with `files` all its files."""
    modules = modules_of(package)
    name = package.replace("/", ".")

    def part(module: str) -> str:
        return module if files else ".".join(module.split(".")[: name.count(".") + 2])

    graph: Graph = {part(module): set() for module in modules if module != name}
    for module, path in modules.items():
        if module == name:
            continue  # what a package exports comes from its parts
        for imported in imports_of(path):
            target = _module_in(modules, imported)
            if target not in {None, name} and part(target) != part(module):
                graph[part(module)].add(part(target))
    return graph


def circles_in(graph: Graph) -> list[list[str]]:
    """The groups whose members all reach each other, by Tarjan's algorithm."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for target in sorted(graph[node]):
            if target not in index:
                visit(target)
                low[node] = min(low[node], low[target])
            elif target in stack:
                low[node] = min(low[node], index[target])
        if low[node] == index[node]:
            group = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            found.append(sorted(group))

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


def structure_of(graph: Graph) -> Structure:
    """Count a graph. The members of a circle lie on one level."""
    groups = circles_in(graph)
    group_of = {node: number for number, group in enumerate(groups) for node in group}
    level: dict[int, int] = {}
    for number, group in enumerate(groups):  # Tarjan's algorithm gives what is imported first
        below = {group_of[target] for node in group for target in graph[node]} - {number}
        level[number] = 1 + max((level[other] for other in below), default=0)
    return Structure(
        parts=len(graph),
        arrows=sum(len(targets) for targets in graph.values()),
        levels=max(level.values(), default=0),
        circles=[group for group in groups if len(group) > 1],
    )


def _module_in(modules: Iterable[str], imported: str) -> str | None:
    """The module that an imported name is, or is defined in; None for one of another package."""
    known = set(modules)
    while imported not in known and "." in imported:
        imported = imported.rpartition(".")[0]
    return imported if imported in known else None


def main() -> None:
    """Print a line a package."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", nargs="*", default=PACKAGES)
    parser.add_argument("--files", action="store_true", help="compare files instead of folders")
    options = parser.parse_args()
    for package in options.packages:
        found = structure_of(graph_of(package, files=options.files))
        print(f"{package:24} {found.parts:4} parts {found.arrows:4} arrows {found.levels:3} levels")
        for circle in found.circles:
            print(f"{'':24} circle: {' '.join(name.rpartition('.')[2] for name in circle)}")


if __name__ == "__main__":
    main()
