"""Swift as tree-sitter's grammar has it: whether it is Swift at all, and which types it declares.

There is no Swift compiler where the tests run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import tree_sitter
import tree_sitter_swift

if TYPE_CHECKING:
    from collections.abc import Iterator

_PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_swift.language()))
_PLAIN: dict[str, type | tuple[type, ...]] = {"String": str, "Int": int, "Double": (int, float), "Bool": bool}


def mistakes(source: str) -> list[str]:
    """Where the source is no Swift: line and text."""
    root = _PARSER.parse(source.encode()).root_node
    wrong = (node for node in _walk(root) if node.is_error or node.is_missing)
    return [f"{node.start_point.row + 1}: {_text(node)[:80]!r}" for node in wrong]


@dataclass
class Struct:
    """A struct's stored properties with their types, and which of them its decoding has a default for."""

    name: str
    properties: dict[str, str] = field(default_factory=dict)
    defaults: set[str] = field(default_factory=set)
    decoded: dict[str, str] = field(default_factory=dict)


def structs(source: str) -> dict[str, Struct]:
    """All structs of the source by name, also those within other types."""
    found = {}
    for node in _walk(_PARSER.parse(source.encode()).root_node):
        if node.type == "class_declaration" and node.child(1) is not None and "struct" in _keywords(node):
            struct = _struct(node)
            found[struct.name] = struct
    return found


def _struct(node: tree_sitter.Node) -> Struct:
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    assert name is not None
    assert body is not None
    struct = Struct(_text(name))
    for member in body.children:
        text = _text(member)
        if member.type == "property_declaration" and "static" not in text.split("var")[0].split("let")[0]:
            found = re.fullmatch(r"public (?:var|let) `?(\w+)`?: (.+)", text)
            assert found, text
            struct.properties[found[1]] = found[2]
        elif member.type == "init_declaration" and "from decoder" in text:
            reads = re.findall(r"self\.(\w+) = try fields\.decode(?:IfPresent)?\((.+?)\.self, forKey: \.(\w+)\)", text)
            assert all(target == key for target, _, key in reads), text
            struct.decoded = {key: kind for key, kind, _ in reads}
            struct.defaults = set(re.findall(r"self\.(\w+) = try fields\.decodeIfPresent\(.+\) \?\? ", text))
    return struct


def misfit(value: Any, kind: str, types: dict[str, Struct], words: set[str]) -> str | None:  # noqa: PLR0911
    """What keeps a value of JSON from being decoded as a Swift type, or hides a part of it; None for a fit."""
    if kind.endswith("?"):
        return None if value is None else misfit(value, kind[:-1], types, words)
    if kind in types and kind not in words:
        struct = types[kind]
        if not isinstance(value, dict):
            return f"{kind} is no object"
        if unknown := value.keys() - struct.properties.keys():
            return f"{kind} has no {sorted(unknown)}"
        optional = struct.defaults | {name for name, type_ in struct.properties.items() if type_.endswith("?")}
        if missing := struct.properties.keys() - optional - value.keys():
            return f"{kind} needs {sorted(missing)}"
        problems = (misfit(item, struct.properties[name], types, words) for name, item in value.items())
        return next((f"{kind}: {problem}" for problem in problems if problem), None)
    if kind == "JSON":
        return None
    if found := re.fullmatch(r"\[String: (.+)\]", kind):
        problems = (misfit(item, found[1], types, words) for item in value.values())
        return next((problem for problem in problems if problem), None)
    if found := re.fullmatch(r"\[(.+)\]", kind):
        problems = (misfit(item, found[1], types, words) for item in value)
        return next((problem for problem in problems if problem), None)
    plain = str if kind in words else _PLAIN[kind]
    fits = isinstance(value, plain) and isinstance(value, bool) == (kind == "Bool")
    return None if fits else f"{value!r} is no {kind}"


def _keywords(node: tree_sitter.Node) -> set[str]:
    return {child.type for child in node.children}


def _text(node: tree_sitter.Node) -> str:
    return (node.text or b"").decode()


def _walk(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    yield node
    for child in node.children:
        yield from _walk(child)
