"""Encrypts what is stored anew, with the secret key that counts now, so that an older one can go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.apps import apps
from django.db import models, transaction
from django.db.models import F, Value
from django.db.models.functions import Cast

from meet.accounts.encrypted import EncryptedTextField, UnreadableSecretError, encrypted_anew, is_current

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

# Each batch is a short transaction, so that nobody waits for it.
BATCH: Final = 500

Model = type[models.Model]


class Anew(NamedTuple):
    """How many secrets there are: those that were encrypted anew, and those that no key of ours reads."""

    every: int
    changed: int
    unreadable: int


def encrypted_columns() -> Iterator[tuple[Model, list[str]]]:
    """Each model with fields that are encrypted, and their names."""
    for model in apps.get_models(include_auto_created=True):
        fields = model._meta.concrete_fields  # noqa: SLF001 - Django's documented way to a model's fields
        if names := [field.name for field in fields if isinstance(field, EncryptedTextField)]:
            yield model, names


def encrypt_anew(tell: Callable[[str], None], batch: int = BATCH) -> Anew:
    """Go through all secrets. What is encrypted with the key of now is left alone, so it can be done again any time.

    What is written meanwhile is encrypted with that key already. Raises `django.db.Error`; what was done till then is
    done.
    """
    sums = Anew(0, 0, 0)
    for model, names in encrypted_columns():
        after: Any = None
        while True:
            keys, found = _do_batch(model, names, after, batch)
            sums = Anew(*(sum(pair) for pair in zip(sums, found, strict=True)))
            tell(f"{model._meta.verbose_name_plural}: {sums.changed} of {sums.every} secrets")  # noqa: SLF001
            if len(keys) < batch:
                break
            after = keys[-1]
    return sums


def _do_batch(model: Model, names: Sequence[str], after: Any, batch: int) -> tuple[list[Any], Anew]:
    """The next rows by their keys; theirs, and what was done."""
    rows = model._base_manager.order_by("pk")  # noqa: SLF001 - all rows, whatever the model's own manager leaves out
    rows = rows.filter(pk__gt=after) if after is not None else rows
    stored = {f"stored_{name}": Cast(F(name), models.TextField()) for name in names}
    every = changed = unreadable = 0
    keys: list[Any] = []
    with transaction.atomic():
        for key, *values in rows.select_for_update().annotate(**stored).values_list("pk", *stored)[:batch]:
            keys.append(key)
            anew = {}
            for name, value in zip(names, values, strict=True):
                every += bool(value)
                if not value or is_current(value):
                    continue
                try:
                    anew[name] = Value(encrypted_anew(value), output_field=models.TextField())
                except UnreadableSecretError:
                    unreadable += 1
            if anew:
                model._base_manager.filter(pk=key).update(**anew)  # noqa: SLF001
                changed += len(anew)
    return keys, Anew(every, changed, unreadable)
