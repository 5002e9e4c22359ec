"""Secrets at rest: a text field that is encrypted in the database.

The key comes from Django's `SECRET_KEY` (RFC 5869), so a stolen database alone gives nothing away. Older keys in
`SECRET_KEY_FALLBACKS` still decrypt.
"""

from __future__ import annotations

import base64
from functools import cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text that only this installation can read. It can't be searched for; the empty text stays empty."""

    def get_prep_value(self, value: Any) -> Any:
        """What is stored."""
        text = super().get_prep_value(value)
        return _cipher().encrypt(text.encode()).decode() if text else text

    def from_db_value(self, value: str | None, _expression: Any, _connection: BaseDatabaseWrapper) -> str | None:
        """What was stored. Raises `UnreadableSecretError` where the installation's secret key has changed."""
        if not value:
            return value
        try:
            return _cipher().decrypt(value.encode()).decode()
        except InvalidToken as error:
            message = "A secret in the database was encrypted with another MEET_SECRET_KEY."
            raise UnreadableSecretError(message) from error


class UnreadableSecretError(Exception):
    """The secret key is not the one that the database's secrets were encrypted with."""


def is_readable(stored: str) -> bool:
    """Whether what is stored was encrypted with one of our keys."""
    return _decrypts(_cipher(), stored)


def is_current(stored: str) -> bool:
    """Whether it was encrypted with `SECRET_KEY` itself, not with an older key."""
    return _decrypts(_cipher_of((settings.SECRET_KEY,)), stored)


def encrypted_anew(stored: str) -> str:
    """The same secret as it is stored with `SECRET_KEY`. Raises `UnreadableSecretError`."""
    try:
        return _cipher().rotate(stored.encode()).decode()
    except InvalidToken as error:
        message = "A secret in the database was encrypted with another MEET_SECRET_KEY."
        raise UnreadableSecretError(message) from error


def _decrypts(cipher: MultiFernet, stored: str) -> bool:
    try:
        cipher.decrypt(stored.encode())
    except InvalidToken:
        return False
    return True


def _cipher() -> MultiFernet:
    return _cipher_of((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@cache
def _cipher_of(secrets: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_derived(secret)) for secret in secrets])


def _derived(secret: str) -> bytes:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"meet secrets at rest").derive(secret.encode())
    return base64.urlsafe_b64encode(key)
