"""Wakes those who work in the background. What they have to do is in the database: this only makes it quicker.

They look there by themselves, every `LOOK_S`. With Redis they are woken at once; without it each process's Celery has
a queue in its own memory, and a process wakes nobody but itself.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, NamedTuple

from django.conf import settings

if TYPE_CHECKING:
    from celery import Celery

logger = logging.getLogger(__name__)

# With the pause of a queue in memory (`meet.conf.broker.POLL_S`), what is due is begun within a second.
LOOK_S: Final = 0.75
# Whoever was away for longer has looked by themselves.
EXPIRES_S: Final = 30


# The queue of all workers, whatever their machine.
WORKERS: Final = "celery"
LOOK: Final = "recording.look"


class Work(NamedTuple):
    """Something that waits in the database: the task that looks for it, and the queue of who may do it."""

    task: str
    queue: str = WORKERS


EVENTS: Final = Work("webhooks.dispatch")
MAIL: Final = Work("accounts.dispatch")


def composer_of(node: str) -> Work:
    """What the composer on a node's machine makes."""
    return Work(LOOK, f"recording-{node}")


def do_here(queue: str) -> None:
    """Say that this process does what waits in a queue; to be called before anything is sent there."""
    _done_here.add(queue)
    if _is_in_memory():  # two threads that need the queue at once would make it twice
        with _celery().connection_for_write() as broker:
            broker.SimpleQueue(queue).close()


def load() -> None:
    """Load what wakes others, if anybody is going to be woken: for a process that has no time for that later."""
    if not _is_in_memory():
        _celery()


def send(work: Work) -> None:
    """Wake who does it. Raises what the broker raises, after two seconds at most."""
    if not _is_in_memory() or work.queue in _done_here:
        _celery().send_task(work.task, queue=work.queue, retry=False, expires=EXPIRES_S)


def wake(work: Work) -> None:
    """Wake who does it, for those to whom it makes no difference: neither an error nor waiting. For any thread."""
    with _lock:
        if work in _waiting:
            return
        _waiting.add(work)
    _sender.submit(_send, work)


def _is_in_memory() -> bool:
    return not settings.CONFIG.redis_url


def _celery() -> Celery:
    """The application whose workers are woken. A process that wakes nobody does without its 6 MB."""
    from celery import current_app  # noqa: PLC0415

    import meet.celery  # noqa: F401, PLC0415

    return current_app


def _send(work: Work) -> None:
    with _lock:
        _waiting.discard(work)
    try:
        send(work)
    except Exception as error:  # noqa: BLE001 - whatever a broker raises
        logger.warning("%s could not be woken: %s", work.task, error)


_done_here: Final[set[str]] = set()
_waiting: Final[set[Work]] = set()
_lock: Final = threading.Lock()
_sender: Final = ThreadPoolExecutor(1, thread_name_prefix="wake-up")
