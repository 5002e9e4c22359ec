"""TLS for the control API, where it goes through a network that isn't one's own. Files are read once, at the start."""

from __future__ import annotations

import ssl


def serving(certificate: str) -> ssl.SSLContext | None:
    """What a node answers with, by a PEM file with its key and certificate; None where it has none.

    Raises `OSError`, of which `ssl.SSLError` is one; also for a key with a pass phrase, which nobody is asked for.
    """
    if not certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, password="")
    return context


def asking(authority: str) -> ssl.SSLContext:
    """Whose certificates web and nodes believe: of the authorities in a PEM file; of the system's, where it is empty.

    One's own authority may have been made without the extensions of RFC 5280 that Python insists on from 3.13 on:
    `openssl req -x509` leaves key usage out. Raises `OSError`.
    """
    context = ssl.create_default_context(cafile=authority or None)
    if authority:
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context
