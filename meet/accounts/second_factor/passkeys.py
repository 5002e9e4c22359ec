"""Passkeys and security keys (W3C Web Authentication level 3), each bound to the host at which it was made.

The browser's answers are untrusted, and parsed by python-fido2. A challenge counts once, for the page that it was made
for.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final, Literal

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from meet.accounts.hosts import host_name
from meet.accounts.models import Passkey, SecondFactor
from meet.accounts.second_factor.errors import FactorRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from django.http import HttpRequest

Purpose = Literal["register", "log in"]

MAX_PASSKEYS: Final = 10
MAX_NAME: Final = 60
# An answer without attestation has some 1000 characters, with a certificate chain a few thousand.
MAX_ANSWER: Final = 30_000
# Where the challenge waits, in the session.
CHALLENGE: Final = "passkeyChallenge"
CHALLENGE_FOR: Final = dt.timedelta(minutes=5)
_NOT_HERE: Final = "Passkeys need a host name: open this page at one, not at an address of numbers."
_REFUSED: Final = gettext_noop("This passkey does not count here. Try again, or use a code.")


@dataclass(frozen=True)
class Site:
    """The host that passkeys are made for (RP id), and the only origin that may use them."""

    host: str
    origin: str


def site_of(request: HttpRequest) -> Site | None:
    """Where a request was sent; None at an IP address, which can't have passkeys (section 5.1.3)."""
    host = host_name(request.get_host())
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return Site(host, f"{request.scheme}://{request.get_host()}")
    return None


def to_register(
    site: Site | None, factor: SecondFactor, session: MutableMapping[str, Any], now: dt.datetime
) -> dict[str, Any]:
    """What the browser needs to make a passkey (`PublicKeyCredentialCreationOptionsJSON`)."""
    if site is None:
        raise FactorRefusedError(_NOT_HERE)
    if factor.passkeys.count() >= MAX_PASSKEYS:
        raise FactorRefusedError(f"Somebody has {MAX_PASSKEYS} passkeys at most. Remove one that you don't need.")
    name = factor.user.get_username()
    user = PublicKeyCredentialUserEntity(id=bytes.fromhex(factor.handle), name=name, display_name=name)
    options, state = _server(site).register_begin(
        user,
        _credentials(factor, site),
        resident_key_requirement=ResidentKeyRequirement.PREFERRED,
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return _asked(options, state, session, "register", now)


def do_register(
    site: Site | None, factor: SecondFactor, session: MutableMapping[str, Any], text: str, name: str, now: dt.datetime
) -> Passkey:
    """Keep the passkey that the browser has made. Raises `FactorRefusedError`."""
    state, answer = _taken(session, "register", now), _read(text)
    if site is None or factor.passkeys.count() >= MAX_PASSKEYS:
        raise FactorRefusedError(_(_REFUSED))
    try:
        made = _server(site).register_complete(state, answer)
        credential: Any = made.credential_data
        key_id, stored = _key_id(credential), base64.b64encode(bytes(credential)).decode()
        counter = made.counter
    except Exception as error:  # a stranger's data in a parser that names no exceptions
        raise FactorRefusedError(_(_REFUSED)) from error
    if Passkey.objects.filter(credential_id=key_id).exists():
        raise FactorRefusedError("This passkey is kept already.")
    kept = " ".join(name.split())[:MAX_NAME] or f"Passkey of {now:%Y-%m-%d}"
    return Passkey.objects.create(
        factor=factor,
        name=kept,
        host=site.host,
        credential_id=key_id,
        credential=stored,
        sign_count=counter,
        created_at=now,
    )


def to_log_in(
    site: Site | None, factor: SecondFactor, session: MutableMapping[str, Any], now: dt.datetime
) -> dict[str, Any] | None:
    """What the browser needs to use a passkey (`PublicKeyCredentialRequestOptionsJSON`); None without one of here."""
    known = _credentials(factor, site) if site is not None else []
    if site is None or not known:
        return None
    options, state = _server(site).authenticate_begin(known, UserVerificationRequirement.PREFERRED)
    return _asked(options, state, session, "log in", now)


def do_log_in(
    site: Site | None, factor: SecondFactor, session: MutableMapping[str, Any], text: str, now: dt.datetime
) -> Passkey:
    """The passkey that the browser has used. Raises `FactorRefusedError`."""
    state, answer = _taken(session, "log in", now), _read(text)
    if site is None:
        raise FactorRefusedError(_(_REFUSED))
    try:
        used = _server(site).authenticate_complete(state, _credentials(factor, site), answer)
        counter = AuthenticationResponse.from_dict(answer).response.authenticator_data.counter
        key_id = _key_id(used)
    except Exception as error:  # as above
        raise FactorRefusedError(_(_REFUSED)) from error
    # A counter that stands still is a copy's, but for authenticators that have none (section 7.2, step 22).
    counted = Q(sign_count__lt=counter) | Q(sign_count=0) if counter == 0 else Q(sign_count__lt=counter)
    known = Passkey.objects.filter(counted, factor=factor, host=site.host, credential_id=key_id)
    if not known.update(sign_count=counter, last_used_at=now):
        raise FactorRefusedError(_("This passkey has been copied, and does not count any more. Use a code."))
    return Passkey.objects.get(credential_id=key_id)


def _server(site: Site) -> Fido2Server:
    return Fido2Server(PublicKeyCredentialRpEntity(id=site.host, name="Meet"), verify_origin=site.origin.__eq__)


def _credentials(factor: SecondFactor, site: Site) -> list[AttestedCredentialData]:
    return [
        AttestedCredentialData(base64.b64decode(stored))
        for stored in factor.passkeys.filter(host=site.host).values_list("credential", flat=True)
    ]


def _asked(
    options: Mapping[str, Any],
    state: dict[str, Any],
    session: MutableMapping[str, Any],
    purpose: Purpose,
    now: dt.datetime,
) -> dict[str, Any]:
    session[CHALLENGE] = {"purpose": purpose, "at": int(now.timestamp()), "state": state}
    plain: dict[str, Any] = json.loads(json.dumps(dict(options), default=dict))
    return plain["publicKey"]  # type: ignore[no-any-return]


def _taken(session: MutableMapping[str, Any], purpose: Purpose, now: dt.datetime) -> dict[str, Any]:
    """The challenge that was made for this page, which does not count again. Raises `FactorRefusedError`."""
    kept = session.pop(CHALLENGE, None)
    if not kept or kept["purpose"] != purpose or now.timestamp() - kept["at"] > CHALLENGE_FOR.total_seconds():
        raise FactorRefusedError(_("That took too long. Try again."))
    return kept["state"]  # type: ignore[no-any-return]


def _read(text: str) -> dict[str, Any]:
    try:
        answer = json.loads(text) if len(text) <= MAX_ANSWER else None
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise FactorRefusedError(_(_REFUSED))
    return answer


def _key_id(credential: AttestedCredentialData) -> str:
    return base64.urlsafe_b64encode(credential.credential_id).decode().rstrip("=")
