"""The attributes of a room's link: what there is (`schema`), how values are written (`values`), and reading them.

What a token says wins over the link. A wrong value counts as not given and leads to a warning, which the page writes
to the browser's console. The reference in the documentation is made by `meet.attributes.reference`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from meet.attributes.schema import Actor, Origin, RoomAttributes, Spec, specs

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["RoomAttributes", "for_page", "read"]

MAX_SHOWN: Final = 80


def read(query: Mapping[str, str], claims: Mapping[str, Any]) -> tuple[RoomAttributes, list[str]]:
    """The attributes of a link with its verified token's claims, and what is wrong with them, for developers."""
    found: dict[str, Any] = {}
    warnings: list[str] = []
    for field, spec, _default in specs():
        given = _given(spec, query, claims, warnings)
        if given is None or given == "":
            continue
        try:
            found[field] = spec.read(given)
        except ValueError as problem:
            shown = "what was given" if spec.secret else _shown(given)
            warnings.append(f"{spec.name} must be {problem}, not {shown}: the default is used.")
    return RoomAttributes(**found), warnings


def for_page(attributes: RoomAttributes) -> dict[str, Any]:
    """What the page needs to know, under the attributes' own names."""
    return {spec.name: getattr(attributes, field) for field, spec, _ in specs() if spec.actor is Actor.PAGE}


def _given(spec: Spec, query: Mapping[str, str], claims: Mapping[str, Any], warnings: list[str]) -> Any:
    names = (spec.name, *spec.aliases)
    in_link = next((query[name] for name in names if query.get(name)), None)
    in_token = next((claims[name] for name in names if claims.get(name) is not None), None)
    if in_token is not None and Origin.JWT in spec.origin:
        return in_token
    if in_token is not None:
        warnings.append(f"{spec.name} can be given in the link only: the token's is ignored.")
    if in_link is not None and Origin.URL not in spec.origin:
        warnings.append(f"{spec.name} can be given in a token only: the link's is ignored.")
        return None
    return in_link


def _shown(given: Any) -> str:
    """A wrong value, for a message: short, and only where it is simple."""
    if isinstance(given, str):
        return repr(given[:MAX_SHOWN])
    return "a " + {bool: "boolean", int: "number", float: "number", list: "list"}.get(type(given), "JSON object")
