"""Celery's broker without a server: a folder for each queue, a file for each message (a transport for kombu).

kombu's own `filesystem` transport reads files that are still being written, and loses what was in them. Here a message
gets its place by `rename`, and whoever renames it once more has it; both are atomic (POSIX). For one machine.
"""

from __future__ import annotations

import contextlib
import re
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import TYPE_CHECKING, Any, Final

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, virtual
from kombu.utils.json import dumps, loads

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEME: Final = "files"
_QUEUE_NAME: Final = re.compile(r"[\w@.-]+")
_SUFFIX: Final = ".json"


class Channel(virtual.Channel):
    """Queues below the folder of the transport option `folder`."""

    def _put(self, queue: str, message: dict[str, Any], **_options: Any) -> None:
        folder = self._folder(queue)
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{time.time_ns():020}-{uuid.uuid4().hex}"
        draft = folder / f"{name}.draft"
        draft.write_text(dumps(message), encoding="utf-8")
        draft.rename(folder / (name + _SUFFIX))

    def _get(self, queue: str, timeout: float | None = None) -> Any:  # noqa: ARG002 - kombu's signature
        for path in self._waiting(queue):
            taken = path.with_suffix(".taken")
            try:
                path.rename(taken)
            except FileNotFoundError:  # another worker was quicker
                continue
            message = loads(taken.read_text(encoding="utf-8"))
            taken.unlink()
            return message
        raise Empty

    def _size(self, queue: str) -> int:
        return sum(1 for _ in self._waiting(queue))

    def _purge(self, queue: str) -> int:
        count = 0
        for path in self._waiting(queue):
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
                count += 1
        return count

    def _waiting(self, queue: str) -> Iterator[Path]:
        """From the oldest to the newest."""
        folder = self._folder(queue)
        return iter(sorted(folder.glob(f"*{_SUFFIX}")) if folder.is_dir() else ())

    def _folder(self, queue: str) -> Path:
        if not _QUEUE_NAME.fullmatch(queue) or not queue.strip("."):
            raise ChannelError(f"A queue can't be called {queue!r}.")
        return Path(self.connection.client.transport_options["folder"]) / queue


class Transport(virtual.Transport):
    """To be chosen by the broker's URL, `files://localhost`."""

    Channel = Channel
    driver_type = driver_name = SCHEME
    # Seconds between two looks into an empty folder.
    polling_interval = 0.2
    # Seconds after which a worker is asked whether it should stop: it is so between two calls of `drain_events`.
    longest_wait = 0.5
    global_state = virtual.BrokerState()

    def __init__(self, client: Any, **kwargs: Any) -> None:
        super().__init__(client, **kwargs)  # type: ignore[no-untyped-call]
        # Exchanges are known to all connections of a process, as they would be to a server.
        self.state = self.global_state

    def drain_events(self, connection: Any, timeout: float | None = None, **options: Any) -> None:
        """As kombu's, but TimeoutError comes after `longest_wait` already."""
        wait = timeout if timeout is None else min(timeout, self.longest_wait)
        super().drain_events(connection, timeout=wait, **options)  # type: ignore[no-untyped-call]

    def driver_version(self) -> str:
        """For Celery's report."""
        return "1"


TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"
