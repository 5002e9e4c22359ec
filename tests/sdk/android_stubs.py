"""Android's API as Java sources without bodies, for a compiler to check Kotlin against.

The SDK itself comes from no registry that the tests reach; chaquopy-stubs-android has the same API (level 36) as type
stubs of Python, made from `android.jar`: names, parameters with their exact types, what extends what. What they don't
tell is guessed here: which types are interfaces, what is protected, and `float` or `double` of results.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PRIMITIVES = {"jint": "int", "jlong": "long", "jfloat": "float", "jdouble": "double", "jboolean": "boolean",
               "jbyte": "byte", "jshort": "short", "jchar": "char"}  # fmt: skip
_RESULTS = {"int": "int", "bool": "boolean", "float": "float", "str": "java.lang.String", "None": "void"}
# What Python's types can't say.
_GENERIC = {"findViewById": "public <T extends android.view.View> T findViewById(int id) { return null; }"}
_NOTHING = " { throw new RuntimeException(); }"
_HABITS = re.compile(r"(Callback|Callbacks\d?|Listener|Factory\d?|able|Source|Provider|Annotation)$")
_INTERFACES = {"DialogInterface", "ViewParent", "ViewManager", "SharedPreferences",
               "List", "Map", "Set", "Collection", "Iterator", "CharSequence"}  # fmt: skip
_NULLABLE = "@org.jetbrains.annotations.Nullable "


def write(stubs: Path, out: Path, packages: set[str]) -> None:
    """Write the Java sources of packages to `out`; `stubs` is the folder into which the stubs were installed."""
    for root, package in ((stubs / "android-stubs", "android"), (stubs / "org-stubs" / "json", "org.json")):
        for path in root.rglob("__init__.pyi"):
            parts = path.parent.relative_to(root).parts
            name = ".".join((package, *parts)).replace("print_", "print")
            if name not in packages:
                continue
            folder = out.joinpath(*name.split("."))
            folder.mkdir(parents=True, exist_ok=True)
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef):
                    text = f"package {name};\n\n" + "\n".join(_class(node, nested=False))
                    folder.joinpath(f"{node.name}.java").write_text(text, encoding="utf-8")


def _class(node: ast.ClassDef, *, nested: bool) -> Iterator[str]:
    bases = [ast.unparse(base) for base in node.bases]
    generic = next((base for base in bases if base.startswith("typing.Generic")), "")
    own = [_type_variable(one) for one in re.findall(r"_\w+__\w+", generic)]
    named = [_type(base) for base in bases if base not in {generic, "java.lang.Object"}]
    static = "static " if nested else ""
    if "java.lang.annotation.Annotation" in named:
        yield f"public {static}@interface {node.name} {{ String[] value() default {{}}; }}"
        return
    is_interface = _is_interface(node, named)
    yield f"public {static}{_head(node.name, own, named, is_interface=is_interface)} {{"
    for member in node.body:
        match member:
            case ast.ClassDef():
                yield from _class(member, nested=True)
            case ast.FunctionDef():
                yield _method(node.name, member, set(own), _body(node, is_interface=is_interface))
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
                kept = ast.unparse(annotation)
                constant = kept.startswith("typing.ClassVar[")
                kind = _result(kept[len("typing.ClassVar[") : -1] if constant else kept)
                yield f"public {'static ' if constant else ''}{kind} {name};"
    yield "}"


def _head(name: str, own: list[str], bases: list[str], *, is_interface: bool) -> str:
    parameters = f"<{', '.join(own)}>" if own else ""
    if is_interface:
        return f"interface {name}{parameters}" + (f" extends {', '.join(bases)}" if bases else "")
    # Which of the bases is a class can't be seen here: it is the one whose name is not that of an interface.
    classes = [base for base in bases if not _looks_like_interface(base)][:1]
    interfaces = [base for base in bases if base not in classes]
    implements = f" implements {', '.join(interfaces)}" if interfaces else ""
    return f"class {name}{parameters}" + (f" extends {classes[0]}" if classes else "") + implements


def _is_interface(node: ast.ClassDef, bases: list[str]) -> bool:
    functions = [one for one in node.body if isinstance(one, ast.FunctionDef)]
    is_made = any(one.name == "__init__" for one in functions)
    static = any("staticmethod" in map(ast.unparse, one.decorator_list) for one in functions)
    return bool(functions) and not is_made and not static and all(map(_looks_like_interface, bases))


def _looks_like_interface(name: str) -> bool:
    plain = name.partition("<")[0]
    return bool(_HABITS.search(plain)) or plain.rpartition(".")[2] in _INTERFACES


def _method(owner: str, node: ast.FunctionDef, known: set[str], body: str) -> str:
    if node.name in _GENERIC:
        return _GENERIC[node.name]
    static = "static " if "staticmethod" in map(ast.unparse, node.decorator_list) else ""
    arguments = [one for one in (*node.args.posonlyargs, *node.args.args) if one.arg != "self"]
    written = ", ".join(
        f"{_type(ast.unparse(one.annotation)) if one.annotation else 'Object'} {one.arg}_" for one in arguments
    )
    if node.args.vararg is not None and node.args.vararg.annotation is not None:
        rest = f"{_type(ast.unparse(node.args.vararg.annotation))}... {node.args.vararg.arg}_"
        written = f"{written}, {rest}" if written else rest
    signature = ast.unparse(node.args) + (ast.unparse(node.returns) if node.returns else "")
    free = sorted({_type_variable(one) for one in re.findall(r"_\w+__\w+", signature)} - known)
    parameters = f"<{', '.join(free)}> " if free and not node.name.startswith("__") else ""
    if node.name == "__init__":
        return f"public {owner}({written}) {{}}"
    result = _result(ast.unparse(node.returns) if node.returns else "None")
    kind = "default " if body.startswith("default") and not static else ""
    text = _NOTHING if static else body.removeprefix("default")
    return f"public {kind}{static}{parameters}{result} {node.name}({written}){text}"


def _body(node: ast.ClassDef, *, is_interface: bool) -> str:
    if not is_interface:
        return _NOTHING
    # Which of an interface's methods have a body isn't told: those of one with a single method have none.
    methods = {one.name for one in node.body if isinstance(one, ast.FunctionDef)}
    return ";" if len(methods) == 1 else f"default{_NOTHING}"


def _result(text: str) -> str:
    parts = text.split(" | ")
    others = [part for part in parts if part != "None"]
    if not others:
        return "void"
    nullable = _NULLABLE if len(others) < len(parts) else ""
    return nullable + (_RESULTS.get(others[0]) or _type(others[0]))


def _type(text: str) -> str:  # noqa: PLR0911
    """A type of a parameter, or the name of a class, in Java."""
    parts = [part for part in _split(text, " | ") if part != "None"]
    for part in parts:
        if part.rpartition(".")[2] in _PRIMITIVES:
            return _PRIMITIVES[part.rpartition(".")[2]]
    if "java.lang.Object" in parts:
        return "java.lang.Object"
    if "java.lang.String" in parts or parts == ["str"]:
        return "java.lang.String"
    first = parts[0]
    if first.startswith("typing.Type"):
        return "java.lang.Class<?>"
    if found := re.fullmatch(r"java\.chaquopy\.JavaArrayJ(\w+)", first):
        return f"{_PRIMITIVES['j' + found[1].lower()]}[]"
    if found := re.fullmatch(r"java\.chaquopy\.JavaArray\[(.+)\]", first):
        return f"{_type(found[1])}[]"
    if found := re.fullmatch(r"([\w.]+)\[(.+)\]", first):
        return f"{found[1]}<{', '.join(map(_type, _split(found[2], ', ')))}>"
    if re.fullmatch(r"_\w+__\w+", first):
        return _type_variable(first)
    return {"int": "int", "bool": "boolean", "float": "float", "typing.Any": "java.lang.Object"}.get(first, first)


def _type_variable(name: str) -> str:
    return name.rpartition("__")[2]


def _split(text: str, separator: str) -> list[str]:
    """Split where no bracket is open."""
    found, depth = [""], 0
    for piece in re.split(f"({re.escape(separator)})", text):
        if piece == separator and depth == 0:
            found.append("")
        else:
            found[-1] += piece
            depth += piece.count("[") - piece.count("]")
    return found
