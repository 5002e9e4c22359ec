"""A person's page in the admin: what is kept of a participant, as a file, and a button that erases it."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.http import FileResponse, Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from meet.accounts.audit import actor_of
from meet.accounts.personal import Person
from meet.errors import AppError, NotFoundError
from meet.privacy.persons import IN_MEMORY, MAX_ASKED, MAX_ID, REMAINS, erase, export, look_up
from rooms.live.access import account_or_404

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, HttpResponseBase


@admin.site.admin_view
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest, account_id: int) -> HttpResponse:
    """What is kept; by POST, with the id typed in once more, it is erased."""
    whom = _person(request, account_id)
    try:
        holdings = look_up(whom)
    except NotFoundError:
        raise Http404 from None
    if request.method == "POST" and request.POST.get("typed") == whom.peer_id:
        try:
            erase(whom, actor_of(request), timezone.now())
        except AppError as error:
            messages.error(request, f"{error.message} {error.hint}")
        else:
            messages.success(request, f"Erased: {holdings}.")
            return HttpResponseRedirect(reverse("admin:stats_session_changelist"))
    elif request.method == "POST":
        messages.error(request, "Nothing was erased: what you have typed is another id.")
    context = {
        **admin.site.each_context(request),
        "title": "Personal data",
        "person": whom,
        "holdings": holdings,
        "remains": REMAINS,
    }
    return render(request, "admin/person.html", context)


@admin.site.admin_view
@require_GET
def person_export(request: HttpRequest, account_id: int) -> HttpResponseBase:
    """The same as a ZIP file."""
    whom = _person(request, account_id)
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the answer closes it
    try:
        export(whom, file, MAX_ASKED)
    except NotFoundError:
        raise Http404 from None
    except AppError as error:
        messages.error(request, f"{error.message} {error.hint}")
        page = reverse("person-page", args=[account_id])
        return HttpResponseRedirect(f"{page}?{urlencode({'peerId': whom.peer_id})}")
    file.seek(0)
    response = FileResponse(file, as_attachment=True, filename="person.zip", content_type="application/zip")
    response.headers["Cache-Control"] = "no-store"
    return response


def _person(request: HttpRequest, account_id: int) -> Person:
    """Raises `Http404` for another one's account, and for what is no id."""
    peer_id = request.GET.get("peerId", "")
    if not 0 < len(peer_id) <= MAX_ID or "\0" in peer_id:
        raise Http404
    return Person(account_or_404(request, account_id), peer_id)
