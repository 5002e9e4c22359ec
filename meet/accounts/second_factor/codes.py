"""Codes of six digits that an app shows (TOTP, RFC 6238), and recovery codes. Each counts once."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from typing import TYPE_CHECKING, Final

import segno
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from meet.accounts.models import RecoveryCode, SecondFactor
from meet.accounts.second_factor.errors import FactorRefusedError

if TYPE_CHECKING:
    import datetime as dt

DIGITS: Final = 6
STEP_S: Final = 30
# Clocks differ, and people type: a step before and one after count as well (RFC 6238 section 5.2).
STEPS_AROUND: Final = 1
# RFC 4226 section 4, requirement 6, recommends 160 bits.
SECRET_OCTETS: Final = 20
RECOVERY_CODES: Final = 10
# 80 bits: nobody guesses one, so a fast hash is as good as a slow one.
RECOVERY_OCTETS: Final = 10
_APP_CODE: Final = re.compile(r"[0-9]{6}")


def new_secret() -> str:
    """A secret for an app, in base32 as people type it."""
    return base64.b32encode(secrets.token_bytes(SECRET_OCTETS)).decode()


def code_at(secret: str, step: int) -> str:
    """The code of a step: so many times 30 s since 1970."""
    return _hotp(secret).generate(step).decode()


def is_app_code(text: str) -> bool:
    """Whether somebody has typed what an app shows, not a recovery code."""
    return _APP_CODE.fullmatch(_plain(text)) is not None


def step_of(secret: str, text: str, now: dt.datetime) -> int | None:
    """The step that a code belongs to; None where it is wrong or not of now."""
    given, middle = _plain(text), int(now.timestamp()) // STEP_S
    steps = range(middle - STEPS_AROUND, middle + STEPS_AROUND + 1)
    found = [step for step in steps if constant_time_compare(given, code_at(secret, step))]
    return found[-1] if found else None


def do_use_code(factor: SecondFactor, text: str, now: dt.datetime) -> None:
    """Take an app's code. Raises `FactorRefusedError` for a wrong one, and for one that is not newer than the last."""
    step = step_of(factor.secret, text, now) if factor.secret else None
    if step is None:
        raise FactorRefusedError(_("This code is wrong or too old."))
    # In one statement: of two requests with the same code one gets in (RFC 6238 section 5.2).
    if not SecondFactor.objects.filter(pk=factor.pk, last_step__lt=step).update(last_step=step):
        raise FactorRefusedError(_("This code has been used. Wait for the next one."))


def do_use_recovery_code(factor: SecondFactor, text: str) -> int:
    """Take a recovery code; how many are left. Raises `FactorRefusedError`."""
    used, _kinds = RecoveryCode.objects.filter(factor=factor, hash=_hash(_plain(text))).delete()
    if not used:
        raise FactorRefusedError(_("This code is wrong or has been used."))
    return factor.recovery_codes.count()


def do_make_recovery_codes(factor: SecondFactor) -> list[str]:
    """New ones, to be shown this once; those of before don't count any more."""
    random = [secrets.token_bytes(RECOVERY_OCTETS) for _number in range(RECOVERY_CODES)]
    codes = [base64.b32encode(octets).decode().lower() for octets in random]
    factor.recovery_codes.all().delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(factor=factor, hash=_hash(code)) for code in codes)
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes]


def address_for_app(secret: str, username: str, issuer: str) -> str:
    """What an app reads from the picture: `otpauth://totp/…`."""
    totp = TOTP(base64.b32decode(secret), DIGITS, SHA1(), STEP_S, enforce_key_length=False)  # noqa: S303 - HMAC-SHA-1, RFC 6238's default
    return totp.get_provisioning_uri(username, issuer)


def picture_for_app(address: str) -> str:
    """The same as a QR code: an SVG element, dark on light in both themes, as cameras want it."""
    return str(segno.make(address, error="m").svg_inline(border=3, omitsize=True, dark="#000", light="#fff"))


def _hotp(secret: str) -> HOTP:
    return HOTP(base64.b32decode(secret), DIGITS, SHA1(), enforce_key_length=False)  # noqa: S303 - as above


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _plain(text: str) -> str:
    """Without what people put between groups."""
    return re.sub(r"[\s-]", "", text).lower()
