"""`/certificate`: the front asks whether it may get a certificate for a name that somebody comes by (on-demand TLS)."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from meet.accounts.addresses import is_public_name
from meet.accounts.hosts import host_name
from meet.accounts.models import Domain
from meet.run.certificate_asks import Answer, CertificateAsks
from meet.run.certificates import validity_of
from meet.run.front import folder_of
from meet.views.health import is_here

if TYPE_CHECKING:
    from django.http import HttpRequest

MAX_NAME: Final = 253
_one_at_a_time: Final = threading.Lock()


@require_safe
def certificate(request: HttpRequest) -> HttpResponse:
    """Answers this machine only: 200, 404 where no account has the domain, 429 where it was tried too often."""
    name = host_name(request.GET.get("domain", "")[:MAX_NAME])
    found = Answer.NOBODYS
    if is_here(request) and name:
        with _one_at_a_time:
            found = asks().answer(name, time.monotonic())
    return HttpResponse(status=found.value, headers={"Cache-Control": "no-store"})


@cache
def asks() -> CertificateAsks:
    """Of this process."""
    return CertificateAsks(_domains, _has)


def _domains() -> set[str]:
    return {host for host in Domain.objects.values_list("host", flat=True) if is_public_name(host)}


def _has(name: str) -> bool:
    validity = validity_of(folder_of(settings.CONFIG), name)
    return validity is not None and validity.ends > datetime.now(UTC)
