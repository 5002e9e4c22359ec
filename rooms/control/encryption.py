"""TLS for the control API, where it goes through a network that isn't one's own. Files are read once, at the start."""

from __future__ import annotations

import ssl


def serving(certificate: str) -> ssl.SSLContext | None:
    """What a node answers with, by a PEM file with its key and certificate; None where it has none.

    Raises `OSError`, of which `ssl.SSLError` is one.
    """
    if not certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


def asking(authority: str) -> ssl.SSLContext:
    """Whose certificates web and nodes believe: of the authorities in a PEM file; of the system's, where it is empty.

    Raises `OSError`.
    """
    return ssl.create_default_context(cafile=authority or None)
