"""Links for new passwords: asked for on a page, sent by e-mail by a worker.

A worker sends them, so that nobody learns from how long the page takes whether somebody has an address.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import Final

from django.conf import settings
from django.contrib.auth.forms import PasswordResetForm
from django.utils.translation import get_language, override

from meet.accounts.models import ResetMail
from meet.leases import RELEASED, Lease, free, leased, renew, take
from meet.wakeup import MAIL, wake

logger = logging.getLogger(__name__)

MOST_AT_ONCE: Final = 20
# A mail server that is away is tried again after that, and after an hour nobody waits for the link any more.
AGAIN: Final = dt.timedelta(minutes=1)
KEPT: Final = dt.timedelta(hours=1)


def do_ask(email: str, host: str, now: dt.datetime, *, secure: bool) -> None:
    """Have the link sent to whoever has this address, in the page's language; nothing tells whether somebody has."""
    language = get_language() or "en"
    ResetMail.objects.create(email=email, host=host, secure=secure, language=language, asked_at=now, due_at=now)
    wake(MAIL)


def lease_due(now: dt.datetime) -> list[Lease]:
    """What is to be sent and nobody else sends, the oldest first. What is too old is dropped."""
    if not ResetMail.objects.filter(due_at__lte=now).exists():
        return []
    ResetMail.objects.filter(asked_at__lt=now - KEPT).delete()
    due = ResetMail.objects.filter(free(now), due_at__lte=now).order_by("pk")
    keys = list(due.values_list("pk", flat=True)[:MOST_AT_ONCE])
    owner = take(ResetMail.objects.filter(pk__in=keys), now) if keys else ""
    ours = ResetMail.objects.filter(pk__in=keys, lease=owner).order_by("pk") if owner else ResetMail.objects.none()
    return [Lease(key, owner) for key in ours.values_list("pk", flat=True)]


def do_send(lease: Lease, now: dt.datetime) -> None:
    """Send what was leased; it is tried again later if the mail server does not take it."""
    mails = ResetMail.objects.all()
    mail = leased(mails, lease).first() if renew(mails, lease, now) else None
    if mail is None:
        return
    try:
        _send(mail)
    except OSError as error:  # of the network and, smtplib.SMTPException, of the server
        logger.warning("A link for a new password can't be sent at the moment: %s", error)
        leased(mails, lease).update(due_at=now + AGAIN, **RELEASED)
    else:
        leased(mails, lease).delete()


def _send(mail: ResetMail) -> None:
    form = PasswordResetForm({"email": mail.email})
    if form.is_valid():
        with override(mail.language):
            form.save(
                domain_override=mail.host,
                use_https=mail.secure,
                from_email=settings.CONFIG.email_from,
                subject_template_name="admin/reset/subject.txt",
                email_template_name="admin/reset/email.txt",
            )
