"""Which method carries out which command: it says so itself, and the state machine's table derives from that. Pure."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable

    from rooms.state.outcome import Outcome

C = TypeVar("C")
S = TypeVar("S")

_MARK: Final = "carries_out"


@dataclass(frozen=True)
class Context:
    """When a command is carried out, in Unix ms, and for whom; no `actor` is the account's own server, or the node."""

    now_ms: int
    actor: str | None = None

    @property
    def peer_id(self) -> str:
        """Whose request it is, where only participants have any; nobody has the empty one."""
        return self.actor or ""


class rule(Generic[C]):  # noqa: N801 - a decorator
    """The method under it carries out commands of this kind. It takes the command, and if it needs it the context."""

    def __init__(self, kind: type[C]) -> None:
        self._kind = kind

    @overload
    def __call__(self, method: Callable[[S, C], Outcome]) -> Callable[[S, C], Outcome]: ...
    @overload
    def __call__(self, method: Callable[[S, C, Context], Outcome]) -> Callable[[S, C, Context], Outcome]: ...
    def __call__(self, method: Any) -> Any:
        """Mark the method."""
        setattr(method, _MARK, self._kind)
        return method


@dataclass(frozen=True)
class Rule:
    """A method of the state machine (`part` is empty) or of one of its parts."""

    part: str
    method: Callable[..., Outcome]
    takes_context: bool

    def carry_out(self, state: object, command: object, context: Context) -> Outcome:
        """Call it. Raises what it raises."""
        part = getattr(state, self.part) if self.part else state
        return self.method(part, command, context) if self.takes_context else self.method(part, command)


def rules_of(state: type[Any], **parts: type[Any]) -> dict[type[Any], Rule]:
    """The rules of a state machine and of its parts, which are named by the attributes that hold them.

    Raises `TypeError` where two rules are for the same kind of command.
    """
    rules: dict[type[Any], Rule] = {}
    for name, part in {"": state, **parts}.items():
        for method in vars(part).values():
            kind = getattr(method, _MARK, None)
            if kind in rules:
                raise TypeError(f"There are two rules for {kind.__name__}.")
            if kind is not None:
                rules[kind] = Rule(name, method, takes_context=len(inspect.signature(method).parameters) > 2)
    return rules
