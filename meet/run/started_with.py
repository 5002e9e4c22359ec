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


@contextlib.contextmanager
def noted(config: Config) -> Iterator[None]:
    """Tell others in the data folder, for as long as the block lasts."""
    path = config.ensure_data_path() / NAME
    path.write_text(json.dumps({"pid": os.getpid(), "port": config.port, "tls": config.tls}), encoding="utf-8")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def as_running(config: Config) -> Config:
    """The settings with the port of the server that runs on this data folder; as they are where none does."""
    try:
        told = json.loads((config.data_path / NAME).read_text(encoding="utf-8"))
        os.kill(int(told["pid"]), 0)
        return replace(config, port=int(told["port"]), tls=bool(told["tls"]))
    except PermissionError:  # it runs, as another user
        return replace(config, port=int(told["port"]), tls=bool(told["tls"]))
    except (OSError, ValueError, KeyError, TypeError):
        return config
