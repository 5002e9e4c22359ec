"""`POST /rooms/:roomId/token`: a participant's token, signed with the account's own secret, and the link with it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from meet.accounts.hosts import account_of, address_of
from meet.accounts.keyring import secret_until
from meet.accounts.tokens import MAX_LENGTH, mint
from meet.api.asked import asks
from meet.attributes import values
from meet.attributes.claims import check_claims, token_specs
from meet.errors import BadRequest
from rooms.api.base import RoomView

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rest_framework.request import Request

    from meet.accounts.keys import VerificationKey
    from meet.accounts.models import Account
    from meet.attributes.schema import Spec

DEFAULT_LIFETIME_S: Final = 24 * 60 * 60
MAX_LIFETIME_S: Final = 30 * DEFAULT_LIFETIME_S
# What is not an attribute of the participant.
OPTIONS: Final = ("interface", "expiresIn")


class _OptionsSerializer(serializers.Serializer[Any]):
    """What is wanted beside the attributes."""

    interface = serializers.ChoiceField(
        ["call", "webinar"],
        default="call",
        help_text="Where the link leads to: /call/ or /webinar/. Where it is given, the token says it too, and counts "
        "as that at both addresses.",
    )
    expiresIn = serializers.IntegerField(
        min_value=1,
        max_value=MAX_LIFETIME_S,
        default=DEFAULT_LIFETIME_S,
        help_text="For how many seconds the token counts; a day by default, 30 days at most.",
    )


def _field(spec: Spec) -> serializers.Field[Any, Any, Any, Any]:
    """How an attribute is written in JSON."""
    if spec.read is values.boolean:
        return serializers.BooleanField(required=False, help_text=spec.help)
    if spec.read is values.number:
        return serializers.IntegerField(required=False, min_value=0, max_value=values.MAX_NUMBER, help_text=spec.help)
    return serializers.CharField(required=False, help_text=f"{spec.help} Value: {spec.kind}.")


NewTokenSerializer: Final = type(
    "NewTokenSerializer",
    (_OptionsSerializer,),
    {spec.name: _field(spec) for spec in token_specs() if spec.name not in OPTIONS},
)


class ParticipantTokenSerializer(serializers.Serializer[Any]):
    """A token, and where to go with it."""

    token = serializers.CharField(help_text="The JWT.")
    url = serializers.URLField(help_text="The room's link with the token in it, for the participant alone.")
    expiresAt = serializers.DateTimeField(help_text="Nobody enters with it afterwards; who is in stays.")


class ParticipantTokenView(RoomView):
    """Tokens for the participants of one room, whether somebody is in it or not."""

    @asks(checks_body=True)
    @extend_schema(
        operation_id="createToken",
        tags=["Participants"],
        request=NewTokenSerializer,
        responses={200: ParticipantTokenSerializer},
    )
    def post(self, request: Request, room_id: str) -> Response:
        """Make a participant's token for this room, and the link with it.

        The attributes are those of docs/attributes.md that count in tokens. The account needs an HS256 secret among
        its signing keys, because private RSA keys stay with you.
        """
        given = dict(request.data)
        options = _OptionsSerializer(data={name: given.pop(name) for name in OPTIONS if name in given})
        options.is_valid(raise_exception=True)
        account, now = self.account(request), timezone.now()
        expires_at = now.replace(microsecond=0) + dt.timedelta(seconds=options.validated_data["expiresIn"])
        claims = {
            "iat": int(now.timestamp()),
            **_claims(account, room_id, given),
            "exp": int(expires_at.timestamp()),
        }
        if "interface" in request.data:
            claims["interface"] = options.validated_data["interface"]
        key = _key(account, expires_at)
        token = mint(claims, key.algorithm, key.key, key.kid)
        if len(token) > MAX_LENGTH:
            raise BadRequest("tokenTooLong", f"The token would have more than {MAX_LENGTH} characters.")
        query = urlencode({"roomId": room_id, "token": token})
        url = f"{_address(request, account)}{reverse(options.validated_data['interface'])}?{query}"
        return Response(ParticipantTokenSerializer({"token": token, "url": url, "expiresAt": expires_at}).data)


def _claims(account: Account, room_id: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes as claims. Raises `BadRequest`."""
    try:
        claims = check_claims(given, addresses=account.signed_addresses or account.debug_attributes)
    except ValueError as problem:
        raise BadRequest("invalidData", str(problem)) from problem
    if claims.setdefault("roomId", room_id) != room_id:
        raise BadRequest("invalidData", "roomId names another room than the address.")
    return claims


def _key(account: Account, until: dt.datetime) -> VerificationKey:
    """What signs. Raises `BadRequest`."""
    key = secret_until(account, until)
    if key is None:
        raise BadRequest(
            "keyMissing",
            "The account has no secret that signs tokens for so long.",
            hint="Add a signing key with HS256 in the admin, or sign the token yourself with your private RSA key.",
        )
    return key


def _address(request: Request, account: Account) -> str:
    """Of the account's rooms: the host that was called where it leads to the account. Raises `BadRequest`."""
    if account_of(request) == account:
        return request.build_absolute_uri("/").rstrip("/")
    address = address_of(account)
    if not address:
        raise BadRequest(
            "hostMissing", "No host leads to the account's rooms.", hint="Add a domain to the account in the admin."
        )
    return address
