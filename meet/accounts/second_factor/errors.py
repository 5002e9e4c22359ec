"""What the package raises on purpose."""

from __future__ import annotations


class FactorRefusedError(Exception):
    """A code or passkey does not count; the message is a full sentence for people."""
