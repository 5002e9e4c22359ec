"""Lets somebody into a room, or says why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from meet.accounts.access.asking import ask
from meet.accounts.access.decision import Applicant, Check, check_for, obey, refuse_at_once
from meet.accounts.access.denials import Denial, Denied
from meet.accounts.access.first_use import first_use_ms, note_use
from meet.accounts.incidents import report
from meet.accounts.models import Incident
from meet.outgoing import OutgoingError

if TYPE_CHECKING:
    import datetime as dt

    from meet.accounts.models import Account

# Links' own servers are as many as somebody likes, so they are not named.
LINKS_CHECK_FAILED: Final = "The access check that a link names (accessUrl) failed. People were refused entry."


def admit(account: Account, applicant: Applicant, now: dt.datetime) -> None:
    """Return if somebody may enter a room. Raises `Denied`.

    What the token itself says must have been verified. A token's lifetime begins when it has let somebody in.
    """
    now_ms = round(now.timestamp() * 1000)
    limited = bool(applicant.token) and applicant.token_lifetime_ms is not None
    refuse_at_once(account, applicant, now_ms, first_use_ms(account, applicant.token) if limited else None)
    check = check_for(account, applicant)
    if check is not None:
        _check(account, check, applicant, now)
    if limited:
        note_use(account, applicant.token, now)


def _check(account: Account, check: Check, applicant: Applicant, now: dt.datetime) -> None:
    """Ask, and obey; who can't be asked lets nobody in, and the account's admins get to know it."""
    try:
        answer = ask(account.pk, check, applicant)
    except OutgoingError as error:
        _report(account, check, error.message, now)
        raise Denied(Denial.CHECK_FAILED) from error
    try:
        obey(answer.status, answer.body, applicant, round(now.timestamp() * 1000))
    except Denied as denied:
        if denied.denial is Denial.CHECK_FAILED:
            _report(account, check, f"It answered with {answer.status}.", now)
        raise


def _report(account: Account, check: Check, problem: str, now: dt.datetime) -> None:
    message = (
        f"The access check failed: {problem} People were refused entry." if check.registered else LINKS_CHECK_FAILED
    )
    report(account, Incident.Kind.ACCESS_CHECK, message, now)
