"""What workers do for people who log in."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.contrib.auth.forms import PasswordResetForm


@shared_task(name="accounts.reset")  # type: ignore[untyped-decorator]  # celery has no types
def send_reset(email: str, host: str, secure: bool) -> None:  # noqa: FBT001 - what the message holds
    """Send the link for a new password to whoever has this address.

    A worker does it, so that nobody learns from how long the page takes whether somebody has.
    """
    form = PasswordResetForm({"email": email})
    if form.is_valid():
        form.save(
            domain_override=host,
            use_https=secure,
            from_email=settings.CONFIG.email_from,
            subject_template_name="admin/reset/subject.txt",
            email_template_name="admin/reset/email.txt",
        )
