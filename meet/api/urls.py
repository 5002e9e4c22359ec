"""Addresses of this part of the Server API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import path

from meet.api.sessions import LoginView, RefreshView

if TYPE_CHECKING:
    from django.urls import URLPattern

urlpatterns: list[URLPattern] = [
    path("auth/jwt/login", LoginView.as_view(), name="api-login"),
    path("auth/jwt/login/", LoginView.as_view()),
    path("auth/jwt/refresh", RefreshView.as_view(), name="api-refresh"),
    path("auth/jwt/refresh/", RefreshView.as_view()),
]
