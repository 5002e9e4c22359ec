"""All addresses of the web process."""

from django.contrib import admin
from django.urls import include, path

from meet.views import (
    brand,
    bridge,
    certificate,
    check,
    health,
    login,
    own_second_step,
    pages,
    persons,
    playground,
    reset,
    retention,
    second_step,
)
from meet.views.participant_tokens import ParticipantTokenView

urlpatterns = [
    path("", pages.start, name="start"),
    path("new", pages.new, name="new"),
    path("new/", pages.new),
    path("call/", pages.room, {"interface": "call"}, name="call"),
    path("webinar/", pages.room, {"interface": "webinar"}, name="webinar"),
    path("tickets/", pages.ticket, name="tickets"),
    path("check", check.page, name="check"),
    path("check/", check.page),
    path("check/ticket", check.ticket, name="check-ticket"),
    path("meetBridgeApi.js", bridge.library, {"module": False}, name="bridge"),
    path("meetBridgeApi.mjs", bridge.library, {"module": True}, name="bridge-module"),
    path("playground", playground.playground, name="playground"),
    path("playground/", playground.playground),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("certificate", certificate.certificate, name="certificate"),
    path("brand/<int:account_id>/logo", brand.logo, name="logo"),
    path("admin/rooms/liveroom/", include("rooms.live.urls")),
    path("admin/persons/<int:account_id>/", persons.person, name="person-page"),
    path("admin/persons/<int:account_id>/export", persons.person_export, name="person-page-export"),
    path("admin/retention/", retention.page, name="retention"),
    path("admin/", login.first_page),
    path("admin/password_reset/", reset.AskView.as_view(), name="password-reset"),
    path("admin/password_reset/<str:uidb64>/<str:token>/", reset.ConfirmView.as_view(), name="password-reset-confirm"),
    path("admin/login/", login.login),
    path("admin/login/second/", second_step.second_step, name="second-step"),
    path("admin/second-step/", own_second_step.own_second_step, name="own-second-step"),
    path("admin/logout/", login.logout),
    path("admin/password_change/", login.password_change),
    path("admin/", admin.site.urls),
    path("rooms/<str:room_id>/token", ParticipantTokenView.as_view(), name="participant-token"),
    path("rooms/<str:room_id>/token/", ParticipantTokenView.as_view()),
    path("", include("meet.api.urls")),
    path("", include("rooms.api.urls")),
    path("", include("recording.api.urls")),
    path("", include("recording.delivery.urls")),
    path("", include("recording.pages.urls")),
    path("", include("stats.urls")),
    path("", include("meet.privacy.api")),
]

handler400 = "meet.views.errors.bad_request"
handler403 = "meet.views.errors.permission_denied"
handler404 = "meet.views.errors.not_found"
handler500 = "meet.views.errors.server_error"
