"""Whether web is alive, and whether it can do its work: for load balancers and probes."""

from __future__ import annotations

from functools import cache
from ipaddress import ip_address
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import JsonResponse
from django.views.decorators.http import require_safe

from meet.run.dependencies import dependencies
from meet.run.failing import failing_in
from meet.run.readiness import Check, Readiness, answer

if TYPE_CHECKING:
    from django.http import HttpRequest


@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """`/healthz`: this process answers; `failing` names those beside it that can't be kept running."""
    failing = [one.role for one in failing_in(settings.DATA_DIR)]
    return JsonResponse({"status": "degraded", "failing": failing} if failing else {"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """`/readyz`: what is away of what this process needs. Why is told to this machine only."""
    status, body = answer(web_readiness().look(), details=is_here(request))
    return JsonResponse(body, status=status, headers={"Cache-Control": "no-store"})


@cache
def web_readiness() -> Readiness:
    """Of this process."""
    client = settings.DJANGO_VITE["default"]
    built = Check("client", lambda: None if client["dev_mode"] or client["manifest_path"].exists() else "Not built.")
    return Readiness([*dependencies(settings.CONFIG), built])


def is_here(request: HttpRequest) -> bool:
    """Whether a program on this machine asks, and not a proxy for somebody else."""
    if any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "Via")):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
