"""`manage.py mint_token`: a participant's token and the link with it, as an integrator's server would make them."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import jwt
from django.conf import settings
from django.core.management.base import CommandError

from meet.accounts.hosts import address_of
from meet.accounts.keyring import keys_of
from meet.accounts.tokens import TokenRefusedError, mint, verify
from meet.attributes.claims import check_claims
from meet.attributes.spelling import REGISTERED
from meet.management.accounts import AccountCommand, account_named, read_text
from meet.run.started_with import as_running

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from meet.accounts.keys import VerificationKey
    from meet.accounts.models import Account


class Command(AccountCommand):
    help = (
        "Sign a participant's token and show it with its link, such as: mint_token default roomId=demo role=moderator"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "claims",
            nargs="+",
            metavar="name=value",
            help="The token's claims, roomId among them; JSON values count as such.",
        )
        parser.add_argument("--lifetime", type=int, help="Seconds until the token expires (exp); never by default.")
        parser.add_argument("--kid", default="", help="Which of the account's keys; the newest secret by default.")
        parser.add_argument("--private-key", help="A file with an RSA private key, for accounts with RS256.")
        parser.add_argument("--interface", choices=["call", "webinar"], default="call")

    def do(self, **options: Any) -> None:
        account, claims = account_named(options["account"]), dict(map(_claim, options["claims"]))
        room_id = str(claims.get("roomId", ""))
        if not room_id:
            raise CommandError("The claims must name a room: roomId=demo")
        _check(account, claims)
        if options["lifetime"] is not None:
            if options["lifetime"] < 1:
                raise CommandError("--lifetime must be a number of seconds from 1.")
            claims["exp"] = int(time.time()) + options["lifetime"]
        if options["interface"] == "webinar":
            claims.setdefault("interface", "webinar")
        token = _signed(account, claims, options["private_key"], options["kid"])
        try:
            verify(token, keys_of(account), room_id)
        except TokenRefusedError as error:
            advice = error.hint if error.data else "Add its key first."
            raise CommandError(f"{account.name} would refuse this token: {error.message}. {advice}") from error
        query = urlencode({"roomId": room_id, "token": token})
        address, link = address_of(account, as_running(settings.CONFIG)), f"/{options['interface']}/?{query}"
        if not address:
            link = f"No host leads to it: manage.py add_domain {account.name!r} HOST, then open https://HOST{link}"
        self.stdout.write(f"{token}\n{address}{link}")


def _check(account: Account, claims: dict[str, Any]) -> None:
    """Raise `CommandError` for what would have no effect in a token, or keep everybody out."""
    attributes = {name: value for name, value in claims.items() if name not in REGISTERED or name == "iat"}
    try:
        check_claims(attributes, addresses=account.signed_addresses or account.debug_attributes)
    except ValueError as problem:
        raise CommandError(str(problem)) from problem


def _claim(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise CommandError(f"{text!r} is no claim such as role=moderator.")
    try:
        known = json.loads(value)
    except ValueError:
        return name, value
    # A room is called 1111 and not the number, a name true and not the truth.
    return name, known if name not in {"roomId", "displayName", "peerId"} else value


def _signed(account: Account, claims: dict[str, Any], private_key: str | None, kid: str) -> str:
    try:
        if private_key:
            return mint(claims, "RS256", read_text(private_key), kid)
        key = _secret(account, kid)
        return mint(claims, "HS256", key.key, key.kid)
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise CommandError(
            f"The file {private_key} holds no RSA private key in PEM format without a password."
        ) from error


def _secret(account: Account, kid: str) -> VerificationKey:
    for key in keys_of(account):
        if key.algorithm == "HS256" and (not kid or key.kid == kid):
            return key
    raise CommandError(
        f"{account.name} has no HS256 key{f' {kid}' if kid else ''} to sign with: "
        f"manage.py add_key {account.name!r} --generate, or give --private-key."
    )
