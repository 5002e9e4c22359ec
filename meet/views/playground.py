"""`/playground`: where integrators try a room's attributes, methods and events before they write any code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.shortcuts import render
from django.views.decorators.http import require_safe

from meet.attributes.schema import Origin, Spec, specs

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

# What is not named here comes last, so that a new attribute can't be forgotten.
_GROUPS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("Room and participant", ("roomId", "displayName", "peerId", "lang", "itisparticipant", "inviteUrl")),
    (
        "Look",
        (
            "nameScreenDisabled",
            "controlsDisabled",
            "hideIndicators",
            "minimizeTiles",
            "sortPeers",
            "startWithFS",
            "autoplayWithoutAudioTrack",
        ),
    ),
    ("Meeting", ("disableChat", "handEnabled", "maxBroadcasters", "maxWatchers", "video", "interpretation")),
    ("Token", ("token", "tokenLifetime", "accessToken")),
    (
        "In a token only",
        ("role", "interface", "waitingRoom", "canRecord", "startTime", "iat", "featureInterpreters", "intLang"),
    ),
    ("For development", ("accessUrl", "authorizationAccess", "apiEvent", "authEvent")),
)


@dataclass(frozen=True)
class Control:
    """One attribute as a part of the form. `input` is flag, choice, number or text; `default` is empty for none."""

    name: str
    input: str
    kind: str
    help: str
    default: str
    choices: tuple[str, ...]
    token_only: bool
    pending: bool
    required: bool


@require_safe
def playground(request: HttpRequest) -> HttpResponse:
    """The page; everything else happens in the browser."""
    return render(request, "playground.html", {"groups": groups()})


def groups() -> list[tuple[str, list[Control]]]:
    """All attributes as controls, by topic."""
    controls = {spec.name: _control(spec, default) for _field, spec, default in specs()}
    found = [(title, [controls.pop(name) for name in names]) for title, names in _GROUPS]
    return [*found, ("Other", list(controls.values()))] if controls else found


def _control(spec: Spec, default: Any) -> Control:
    flag = isinstance(default, bool)
    choices = () if flag else spec.choices
    if flag:
        control = "flag"
    elif choices:
        control = "choice"
    else:
        control = "number" if spec.kind in {"number", "milliseconds"} else "text"
    return Control(
        name=spec.name,
        input=control,
        kind=spec.kind,
        help=spec.help,
        default=str(default).lower() if flag else str(default or ""),
        choices=choices,
        token_only=Origin.URL not in spec.origin,
        pending=spec.pending,
        required=spec.name == "roomId",
    )
