"""What the Server API remembers between requests: logins, and how often somebody has asked."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Login(models.Model):
    """Somebody logged in by `POST /auth/jwt/login`. Of the login's refresh tokens only the `current` one counts."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_logins")
    current = models.CharField(max_length=32)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.user} {self.created_at:%Y-%m-%d %H:%M}"


class Pace(models.Model):
    """How far ahead somebody's requests are (`meet.api.rate_limit`): `until_us` is Unix time in µs."""

    key = models.CharField(max_length=80, primary_key=True)
    until_us = models.BigIntegerField(db_index=True)

    def __str__(self) -> str:
        return self.key
