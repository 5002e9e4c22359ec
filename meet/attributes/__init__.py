"""The attributes of a room's link: what there is (`schema`), how values are written (`values`), and reading them.

What a token says wins over the link. A wrong value counts as not given and leads to a warning, which the page writes
to the browser's console; where it would restrict somebody, it refuses them. What is spelt wrong is found by `spelling`.
The reference in the documentation is made by `meet.attributes.reference`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_type_hints

import msgspec

from meet.accounts.tokens import TokenRefusedError
from meet.attributes.schema import Actor, Origin, RoomAttributes, Spec, specs
from meet.attributes.spelling import misspelt_restriction, spelling_warnings
from meet.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from meet.errors import AppError

__all__ = ["PageAttributes", "RoomAttributes", "for_page", "page_attributes", "read"]

MAX_SHOWN: Final = 80
FOR_INTEGRATORS: Final = (
    "Whoever makes these links must correct it, or leave it out; docs/attributes.md lists all attributes. "
    "Ask them for a new link."
)


# The names of what a page acts on, by their fields.
_FOR_PAGE: Final = {field: spec.name for field, spec, _ in specs() if spec.actor is Actor.PAGE}


def read(query: Mapping[str, str], claims: Mapping[str, Any]) -> tuple[RoomAttributes, list[str]]:
    """The attributes of a link with its verified token's claims, and what is wrong with them, for developers.

    Raises `TokenRefusedError` for a restriction in the token that can't be read, `BadRequest` for one in the link.
    """
    written, right = misspelt_restriction(claims)
    if right:
        raise _refusal(Origin.JWT, right, f"It has a claim {_shown(written)} (did you mean {right}?).")
    found: dict[str, Any] = {}
    warnings = spelling_warnings(query, claims)
    for field, spec, default in specs():
        source, given = _given(spec, query, claims, warnings)
        # Where no text is the default, an empty one says just that.
        if source is None or (given in ("", None) and (default == "" or source not in spec.restricts)):
            continue
        try:
            found[field] = spec.read(given)
        except ValueError as error:
            message = f"{spec.name} must be {error}, not {'what was given' if spec.secret else _shown(given)}"
            if source in spec.restricts:
                raise _refusal(source, spec.name, f"{message}.") from error
            warnings.append(f"{message}: the default is used.")
    return RoomAttributes(**found), warnings


if TYPE_CHECKING:
    PageAttributes = msgspec.Struct
else:
    PageAttributes = msgspec.defstruct(
        "PageAttributes",
        [(field, get_type_hints(RoomAttributes)[field]) for field in _FOR_PAGE],
        namespace={"__doc__": "The link's attributes that concern the page only, by their own names."},
        rename=_FOR_PAGE,
        frozen=True,
        kw_only=True,
    )


def page_attributes(attributes: RoomAttributes) -> PageAttributes:
    """What the page needs to know."""
    return PageAttributes(**{field: getattr(attributes, field) for field in _FOR_PAGE})


def for_page(attributes: RoomAttributes) -> dict[str, Any]:
    """What the page needs to know, under the attributes' own names."""
    told: dict[str, Any] = msgspec.to_builtins(page_attributes(attributes))
    return told


def _given(
    spec: Spec, query: Mapping[str, str], claims: Mapping[str, Any], warnings: list[str]
) -> tuple[Origin | None, Any]:
    """Where an attribute's value is from, and what was given there."""
    names = (spec.name, *spec.aliases)
    in_link = next((query[name] for name in names if query.get(name)), None)
    signed = [claims[name] for name in names if name in claims]
    in_token = next((value for value in signed if value is not None), None)
    if signed and Origin.JWT in spec.origin and (in_token is not None or Origin.JWT in spec.restricts):
        return Origin.JWT, in_token
    if in_token is not None:
        warnings.append(f"{spec.name} can be given in the link only: the token's is ignored.")
    if in_link is not None and Origin.URL not in spec.origin:
        warnings.append(f"{spec.name} can be given in a token only: the link's is ignored.")
        return None, None
    return (None, None) if in_link is None else (Origin.URL, in_link)


def _refusal(source: Origin, name: str, problem: str) -> AppError:
    """What becomes of a restriction that can't be read. The page's reader is most likely the one who made the link."""
    if source is Origin.JWT:
        return TokenRefusedError(f"The token in this link can't be used: {problem}", FOR_INTEGRATORS, claim=name)
    return BadRequest("attributeInvalid", f"This link can't be used: {problem}", hint=FOR_INTEGRATORS)


def _shown(given: Any) -> str:
    """A wrong value, for a message: short, and only where it is simple."""
    if isinstance(given, str):
        return repr(given[:MAX_SHOWN])
    kinds = {bool: "a boolean", int: "a number", float: "a number", list: "a list", type(None): "null"}
    return kinds.get(type(given), "a JSON object")
