"""What `manage.py serve` was started with, for commands that are run beside it and have other settings."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meet.config import Config

NAME: Final = "serving.json"
# What an address is made of.
TOLD: Final = ("env", "port", "tls", "allowed_hosts", "domain")


@contextlib.contextmanager
def noted(config: Config) -> Iterator[None]:
    """Tell others in the data folder, for as long as the block lasts."""
    path = config.ensure_data_path() / NAME
    told = {"pid": os.getpid(), **{name: getattr(config, name) for name in TOLD}}
    path.write_text(json.dumps(told), encoding="utf-8")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def as_running(config: Config) -> Config:
    """The settings with the address of the server that runs on this data folder; as they are where none does."""
    try:
        told = json.loads((config.data_path / NAME).read_text(encoding="utf-8"))
        with contextlib.suppress(PermissionError):  # it runs, as another user
            os.kill(int(told["pid"]), 0)
        return replace(config, **{name: told[name] for name in TOLD})
    except (OSError, ValueError, KeyError, TypeError):
        return config
