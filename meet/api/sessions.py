"""`/auth/jwt/`: a Bearer token for a password, and the next one for a refresh token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from meet.accounts.audit import Actor, accounts_with, note
from meet.accounts.models import AuditEvent
from meet.api.asked import asks
from meet.api.logins import do_login, do_logout, do_refresh, username_of
from meet.api.schema import ErrorSerializer
from meet.api.throttling import count_failure, count_login
from meet.api.views import OpenView
from meet.client_address import client_address
from meet.errors import Forbidden, Unauthorized

if TYPE_CHECKING:
    import datetime as dt

    from rest_framework.request import Request

    from meet.api.logins import Tokens

_WRONG = OpenApiResponse(ErrorSerializer, "What was given is wrong or does not count any more.")
_SECOND = OpenApiResponse(ErrorSerializer, "This user's login needs a second step: use an API token.")
_TOO_MANY = OpenApiResponse(ErrorSerializer, "Too many attempts.")


class LoginSerializer(serializers.Serializer[Any]):
    """Whose tokens are wanted."""

    username = serializers.CharField(max_length=254, help_text="The username, or the e-mail address.")
    password = serializers.CharField(max_length=1024, trim_whitespace=False, style={"input_type": "password"})


class RefreshSerializer(serializers.Serializer[Any]):
    """What the last login or refresh has answered with."""

    refresh = serializers.CharField(max_length=2048, help_text="Counts once; the answer has the next.")


class LogoutSerializer(serializers.Serializer[Any]):
    """Which login is to end."""

    refresh = serializers.CharField(max_length=2048, help_text="What the last login or refresh has answered with.")
    everywhere = serializers.BooleanField(default=False, help_text="End all logins of the same user.")


class TokensSerializer(serializers.Serializer[Any]):
    """A pair of tokens (JWT)."""

    access = serializers.CharField(help_text="Goes into `Authorization: Bearer …`, for 24 hours.")
    refresh = serializers.CharField(help_text="Gets the next pair, once, within 30 days.")


class LoginView(OpenView):
    """Log in with the username and password of the admin."""

    @asks(body=LoginSerializer)
    @extend_schema(
        operation_id="login",
        tags=["Logging in"],
        request=LoginSerializer,
        responses={200: TokensSerializer, 401: _WRONG, 403: _SECOND, 429: _TOO_MANY},
    )
    def post(self, request: Request) -> Response:
        """Log in with the name and password that you have in the admin. Ten attempts a minute are allowed."""
        given = LoginSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        now = timezone.now()
        username = username_of(given.validated_data["username"])
        count_login(username, request, now)
        try:
            tokens = do_login(username, given.validated_data["password"], now)
        except (Forbidden, Unauthorized):
            _note(AuditEvent.Action.LOGIN_FAILED, username, request, now)
            raise
        _note(AuditEvent.Action.LOGIN, username, request, now)
        return _answer(tokens)


class RefreshView(OpenView):
    """Get the next pair of tokens."""

    @asks(body=RefreshSerializer)
    @extend_schema(
        operation_id="refresh",
        tags=["Logging in"],
        request=RefreshSerializer,
        responses={200: TokensSerializer, 401: _WRONG, 429: _TOO_MANY},
    )
    def post(self, request: Request) -> Response:
        """Get the next pair of tokens. The refresh token that was given does not count any more afterwards."""
        given = RefreshSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        now = timezone.now()
        try:
            return _answer(do_refresh(given.validated_data["refresh"], now))
        except Unauthorized:
            count_failure(request, now)
            raise


class LogoutView(OpenView):
    """End a login."""

    @asks(body=LogoutSerializer)
    @extend_schema(
        operation_id="logout",
        tags=["Logging in"],
        request=LogoutSerializer,
        responses={204: OpenApiResponse(description="Ended."), 401: _WRONG, 429: _TOO_MANY},
    )
    def post(self, request: Request) -> Response:
        """End the login that a refresh token belongs to. All its access and refresh tokens count no more, at once."""
        given = LogoutSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        now = timezone.now()
        try:
            user = do_logout(given.validated_data["refresh"], now, everywhere=given.validated_data["everywhere"])
        except Unauthorized:
            count_failure(request, now)
            raise
        _note(AuditEvent.Action.LOGOUT, user.get_username(), request, now)
        return Response(status=204)


def _note(action: AuditEvent.Action, username: str, request: Request, now: dt.datetime) -> None:
    user = User.objects.filter(username=username).first()
    note(action, Actor(username, client_address(request)), "the Server API", now, accounts_with(user))


def _answer(tokens: Tokens) -> Response:
    return Response({"access": tokens.access, "refresh": tokens.refresh})
