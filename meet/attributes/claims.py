"""What a participant's token shall say, as somebody asks for it: nothing is left away in silence here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from meet.attributes.schema import Origin, Spec, specs
from meet.attributes.spelling import unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def token_specs() -> Iterator[Spec]:
    """The attributes that count in a token."""
    return (spec for _, spec, _ in specs() if Origin.JWT in spec.origin)


def check_claims(given: Mapping[str, Any], *, addresses: bool) -> dict[str, Any]:
    """The claims for attributes by their names. Raises `ValueError`: a full sentence.

    null is as if not given, but not where it would be a restriction that has no effect. `addresses` says whether the
    account allows addresses to be asked and told in tokens.
    """
    limits = {spec.name for _, spec, default in specs() if Origin.JWT in spec.restricts and default != ""}
    known = {name: spec for _, spec, _ in specs() for name in (spec.name, *spec.aliases)}
    claims: dict[str, Any] = {}
    for name, value in given.items():
        spec = known.get(name)
        if spec is None:
            raise ValueError(unknown(name))
        if value is None and spec.name not in limits:
            continue
        if Origin.JWT not in spec.origin:
            raise ValueError(f"{spec.name} can be given in the link only.")
        if spec.debug and not addresses:
            raise ValueError(f"{spec.name} has no effect: the account does not allow addresses in tokens.")
        try:
            claims[spec.name] = spec.read(value)
        except ValueError as problem:
            raise ValueError(f"{spec.name} must be {problem}.") from problem
    return claims
