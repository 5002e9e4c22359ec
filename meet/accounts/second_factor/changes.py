"""Setting a second factor up, changing and resetting it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.db import transaction

from meet.accounts.models import SecondFactor
from meet.accounts.second_factor.codes import do_make_recovery_codes, new_secret, step_of
from meet.accounts.second_factor.errors import FactorRefusedError
from meet.accounts.second_factor.policy import is_required

if TYPE_CHECKING:
    import datetime as dt

    from django.contrib.auth.models import User

    from meet.accounts.models import Passkey


def do_prepare(user: User) -> SecondFactor:
    """The row that a second factor is set up in; it counts for nothing before something is in it."""
    factor, _ = SecondFactor.objects.get_or_create(user=user, defaults={"handle": secrets.token_hex(32)})
    return factor


def do_offer_app(factor: SecondFactor) -> str:
    """The secret to be put into an app, the same until it is confirmed or dropped."""
    if not factor.offered:
        factor.offered = new_secret()
        factor.save(update_fields=["offered"])
    return str(factor.offered)


def do_drop_offer(factor: SecondFactor) -> None:
    """The app that was not confirmed is not wanted after all."""
    factor.offered = ""
    factor.save(update_fields=["offered"])


def do_confirm_app(factor: SecondFactor, text: str, now: dt.datetime) -> list[str]:
    """The app counts from now on; recovery codes where these are the first. Raises `FactorRefusedError`."""
    step = step_of(factor.offered, text, now) if factor.offered else None
    if step is None:
        raise FactorRefusedError("This code is wrong. Look whether the phone's clock is right, then type the next one.")
    with transaction.atomic():
        factor.secret, factor.offered, factor.last_step = factor.offered, "", step
        factor.save(update_fields=["secret", "offered", "last_step"])
        return do_activate(factor)


def do_activate(factor: SecondFactor) -> list[str]:
    """The login wants the second factor from now on; recovery codes where these are the first."""
    if factor.active:
        return []
    factor.active = True
    factor.save(update_fields=["active"])
    return do_make_recovery_codes(factor)


def do_remove(factor: SecondFactor, passkey: Passkey | None = None) -> None:
    """Remove the app's codes, or a passkey; with the last of them all is gone, recovery codes too.

    Raises `FactorRefusedError` for the last one of somebody who must have one.
    """
    others = factor.passkeys.exclude(pk=passkey.pk) if passkey is not None else factor.passkeys.all()
    last = not others.exists() and (passkey is None or not factor.secret)
    if last and is_required(factor.user):
        raise FactorRefusedError("Your account wants a second step of you. Set up another one before you remove this.")
    if last:
        factor.delete()
    elif passkey is not None:
        passkey.delete()
    else:
        factor.secret = factor.offered = ""
        factor.save(update_fields=["secret", "offered"])


def do_reset(user: User) -> bool:
    """Take all away from somebody who has lost it, and end their logins with it; whether there was anything."""
    had = SecondFactor.objects.filter(user=user, active=True).exists()
    SecondFactor.objects.filter(user=user).delete()
    return had
