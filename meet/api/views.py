"""What every address of the Server API has in common: who asks, how often, whether they may, and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, cast

from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.views import APIView

from meet.api.asked import check_names
from meet.api.authentication import AuthorizationHeader, Caller
from meet.api.changes import keep
from meet.api.content import AlwaysFirst, BoundedJSONParser
from meet.api.errors import body_of, handle
from meet.api.permissions import IsAdmin
from meet.api.schema import ErrorSerializer
from meet.api.throttling import AccountThrottle, too_many_requests
from meet.errors import AppError, Forbidden, Unauthorized
from meet.log_context import tell

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.http import HttpResponseBase
    from rest_framework.authentication import BaseAuthentication
    from rest_framework.negotiation import BaseContentNegotiation
    from rest_framework.permissions import BasePermission
    from rest_framework.renderers import BaseRenderer
    from rest_framework.request import Request
    from rest_framework.response import Response
    from rest_framework.serializers import BaseSerializer
    from rest_framework.throttling import BaseThrottle

    from meet.accounts.models import Account


class ServerView(APIView):
    """Base of all views of the Server API.

    Before a method runs, it is known for which account somebody asks, that they may, that the account has not asked
    too often, and that the request says nothing but what the method reads (`asks`).
    """

    error_serializer: ClassVar[type[BaseSerializer[Any]]] = ErrorSerializer

    authentication_classes: Sequence[type[BaseAuthentication]] = (AuthorizationHeader,)
    permission_classes: Sequence[type[BasePermission]] = (IsAdmin,)
    throttle_classes: Sequence[type[BaseThrottle]] = (AccountThrottle,)
    parser_classes = (BoundedJSONParser,)
    renderer_classes: Sequence[type[BaseRenderer]] = (JSONRenderer,)
    content_negotiation_class: type[BaseContentNegotiation] = AlwaysFirst
    http_method_names: Sequence[str] = ("get", "head", "post", "put", "patch", "delete")
    # Methods that change something, and are kept in the audit trail.
    changing: ClassVar[frozenset[str]] = frozenset({"post", "put", "patch", "delete"})

    @staticmethod
    def caller(request: Request) -> Caller:
        """Who asks."""
        return cast("Caller", request.auth)

    def account(self, request: Request) -> Account:
        """For which account they ask: what belongs to another one must be as if it did not exist."""
        return self.caller(request).account

    def error_body(self, error: AppError) -> Any:
        """The JSON body of an error, as `error_serializer` describes it."""
        return body_of(error)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what is not understood, once it is known who asks; a method that is not there is refused later."""
        super().initial(request, *args, **kwargs)
        if request.auth is not None:
            tell(account=str(self.account(request).pk))
        method = getattr(self, str(request.method).lower(), None)
        if method is not None:
            check_names(request, method)

    def permission_denied(self, request: Request, message: str | None = None, code: str | None = None) -> NoReturn:  # noqa: ARG002 - the framework's signature
        """Raise `Unauthorized` or `Forbidden`. A request that is refused for its role counts like all others."""
        if request.auth is None:
            raise Unauthorized(
                "tokenMissing",
                "This request carries no token.",
                hint="Send the header Authorization: APIKey …, or Authorization: Bearer …",
            )
        self.check_throttles(request)
        raise Forbidden("accessDenied", "Access denied, contact your administrator.")

    def throttled(self, request: Request, wait: float | None) -> NoReturn:  # noqa: ARG002 - the framework's signature
        """Raise `TooManyRequests`."""
        raise too_many_requests(round(wait or 0))

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        """Answers are about this moment and for this caller only. The audit trail keeps what was to be changed."""
        final = super().finalize_response(request, response, *args, **kwargs)
        if str(request.method).lower() in self.changing and isinstance(request.auth, Caller):
            keep(request, request.auth, final.status_code, self.kwargs)
        final.headers.setdefault("Cache-Control", "no-store")
        return final

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], HttpResponseBase | None]:
        return handle


class OpenView(ServerView):
    """Base of views that everybody may ask: a token counts for nothing there, not even a wrong one."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()
