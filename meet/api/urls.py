"""Addresses of this part of the Server API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import path

from meet.api import description
from meet.api.sessions import LoginView, LogoutView, RefreshView

if TYPE_CHECKING:
    from django.urls import URLPattern

urlpatterns: list[URLPattern] = [
    path("api/", description.page, name="api"),
    path("api", description.page),
    path("api/schema", description.SchemaView.as_view(), name="api-schema"),
    path("api/schema/", description.SchemaView.as_view()),
    path("auth/jwt/login", LoginView.as_view(), name="api-login"),
    path("auth/jwt/login/", LoginView.as_view()),
    path("auth/jwt/refresh", RefreshView.as_view(), name="api-refresh"),
    path("auth/jwt/refresh/", RefreshView.as_view()),
    path("auth/jwt/logout", LogoutView.as_view(), name="api-logout"),
    path("auth/jwt/logout/", LogoutView.as_view()),
]
