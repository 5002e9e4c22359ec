"""What every address of the Server API has in common: who asks, how often, whether they may, and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.views import APIView

from meet.accounts.scope import ADMINS
from meet.api.asked import check_names
from meet.api.authentication import AuthorizationHeader, Caller
from meet.api.content import AlwaysFirst, BoundedJSONParser
from meet.api.errors import body_of, handle
from meet.api.schema import ErrorSerializer
from meet.api.throttling import count_request
from meet.errors import AppError, Forbidden, Unauthorized

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from collections.abc import Set as AbstractSet

    from django.http import HttpResponseBase
    from rest_framework.negotiation import BaseContentNegotiation
    from rest_framework.renderers import BaseRenderer
    from rest_framework.request import Request
    from rest_framework.response import Response
    from rest_framework.serializers import BaseSerializer

    from meet.accounts.models import Account


class ServerView(APIView):
    """Base of all views of the Server API.

    Before a method runs, it is known for which account somebody asks, that they have one of `roles` in it, and that
    the account has not asked too often, and that the request says nothing but what the method reads (`asks`). An `open`
    view lets everybody ask.
    """

    roles: ClassVar[AbstractSet[str]] = ADMINS
    open: ClassVar[bool] = False
    error_serializer: ClassVar[type[BaseSerializer[Any]]] = ErrorSerializer

    authentication_classes = (AuthorizationHeader,)
    permission_classes = ()
    throttle_classes = ()
    parser_classes = (BoundedJSONParser,)
    renderer_classes: Sequence[type[BaseRenderer]] = (JSONRenderer,)
    content_negotiation_class: type[BaseContentNegotiation] = AlwaysFirst
    http_method_names: Sequence[str] = ("get", "head", "post", "put", "patch", "delete")

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
        method = getattr(self, str(request.method).lower(), None)
        if method is not None:
            check_names(request, method)

    def perform_authentication(self, request: Request) -> None:
        """Let a request in. Raises `AppError`. One that is refused for its role has been counted."""
        if self.open:
            return
        super().perform_authentication(request)
        if request.auth is None:
            raise Unauthorized(
                "tokenMissing",
                "This request carries no token.",
                hint="Send the header Authorization: APIKey …, or Authorization: Bearer …",
            )
        caller = self.caller(request)
        count_request(caller.account, timezone.now())
        if caller.role not in self.roles:
            raise Forbidden("accessDenied", "Access denied, contact your administrator.")

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        """Answers are about this moment and for this caller only."""
        final = super().finalize_response(request, response, *args, **kwargs)
        final.headers.setdefault("Cache-Control", "no-store")
        return final

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], HttpResponseBase | None]:
        return handle
