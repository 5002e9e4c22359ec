"""The API's description (OpenAPI 3): what all operations have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema_serializer
from rest_framework import serializers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rest_framework.authentication import BaseAuthentication

_RETRY_AFTER: Final = {
    "description": "In how many seconds the same request would be all right.",
    "schema": {"type": "integer", "minimum": 1},
}


class ErrorDetailsSerializer(serializers.Serializer[Any]):
    """What went wrong."""

    code = serializers.CharField(help_text="Stable, for programs.")
    message = serializers.CharField(help_text="A sentence for people.")
    hint = serializers.CharField(required=False, help_text="What to do about it.")
    data = serializers.DictField(required=False, help_text="Details for programs.")  # type: ignore[assignment]  # a field


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Error",
            {"error": {"code": "invalidData", "message": "peerId: This field is required.", "hint": "Name somebody."}},
        )
    ]
)
class ErrorSerializer(serializers.Serializer[Any]):
    """The body of every answer that is an error."""

    error = ErrorDetailsSerializer()


class DescribedView(Protocol):
    """What is read of a view to describe it."""

    authentication_classes: Sequence[type[BaseAuthentication]]
    error_serializer: type[serializers.BaseSerializer[Any]]


class ServerSchema(AutoSchema):
    """One operation. It names its answers; the errors that come from what all have in common are added here."""

    view: DescribedView  # type: ignore[assignment]  # all that is described are views of ours

    def get_summary(self) -> str | None:
        """The first sentence of what is said about the operation."""
        return self._sentences()[0]

    def get_description(self) -> str:  # type: ignore[override]  # as the base has it
        """All that follows."""
        return self._sentences()[1]

    def get_auth(self) -> list[Any]:
        """Nothing where everybody may ask."""
        return super().get_auth() if self.view.authentication_classes else []

    def _sentences(self) -> tuple[str, str]:
        said = str(super().get_description())
        first, _, others = said.partition(".\n\n") if ".\n\n" in said else said.partition(". ")
        return " ".join(first.split()).removesuffix("."), others

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        responses: dict[str, Any] = super()._get_response_bodies(direction)
        for code, description in self._errors():
            if str(code) not in responses:
                answer = OpenApiResponse(self.view.error_serializer, description)
                responses[str(code)] = self._get_response_for_code(answer, str(code))  # type: ignore[no-untyped-call]
        if "429" in responses:
            responses["429"]["headers"] = {"Retry-After": _RETRY_AFTER}
        return dict(sorted(responses.items()))

    def _errors(self) -> Iterator[tuple[int, str]]:
        has_body = self.method in {"POST", "PUT", "PATCH"} and bool(self.get_request_serializer())
        if has_body or "{" in self.path or self.get_override_parameters():
            yield 400, "The request is not valid, or what it is about is not there."
        if has_body:
            yield 415, "The body is no JSON."
        if "{" in self.path:
            yield 404, "The address is not valid."
        if self.view.authentication_classes:
            yield 401, "Invalid token, or none."
            yield 403, "Access denied, contact your administrator."
            yield 429, "Too many requests."


class AuthorizationScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The two ways to say who asks."""

    target_class = "meet.api.authentication.AuthorizationHeader"
    name = ["APIKey", "Bearer"]  # noqa: RUF012 - as the base class has it

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[dict[str, list[Any]]]:  # noqa: ARG002 - the base's
        """One of them is enough."""
        return [{name: []} for name in self.name]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, Any]]:  # noqa: ARG002 - the base's
        """How each is written."""
        return [
            {
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                "description": "A permanent API token of the account, with its kind before it: `APIKey 1$0123…`",
            },
            {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "The access token from `/auth/jwt/login`.",
            },
        ]
