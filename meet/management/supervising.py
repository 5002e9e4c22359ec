"""What `manage.py serve` is while it serves: a process without Django that supervises the others.

Making everything ready (settings, checks, tables, certificates) takes most of a process's memory, and is over after
a second or two. Then that process becomes this one by exec(3): the same pid and arguments, a quarter of the memory.
"""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Final, NoReturn

import msgspec

from meet.config import PROJECT, Config
from meet.run.logs import formatter_of
from meet.run.reloading import Sources
from meet.run.sd_notify import Notifier
from meet.run.started_with import noted
from meet.run.supervisor import Role, Supervisor

if TYPE_CHECKING:
    from collections.abc import Callable

    from meet.run.failing import Failing

logger = logging.getLogger(__name__)

# By this variable of its environment the process knows what it is to supervise.
ORDERS: Final = "SERVE_ORDERS"
CONNECT_TIMEOUT_S: Final = 1.0
# Meanwhile nothing is supervised.
LET_GO_TIMEOUT_S: Final = 5.0
# Folders of what the processes are made of; Vite looks after the client.
WATCHED: Final = ("media", "meet", "recording", "rooms", "stats", "templates")


class Orders(msgspec.Struct, frozen=True):
    """What has been made ready. `config` is the settings with what the command line says.

    `roles`: what each process alone is told, by its name, in the order in which they start; `environment`: what all of
    them are, `run_id` too. `lines` are said as soon as the pages answer.
    """

    config: Config
    roles: dict[str, dict[str, str]]
    environment: dict[str, str]
    run_id: str
    lines: list[str]
    reload: bool = False


def become_supervisor(orders: Orders) -> NoReturn:
    """Let this process go on as `supervise` does. What it has open is closed, what it knows forgotten."""
    sys.stdout.flush()
    sys.stderr.flush()
    command = [sys.executable, str(PROJECT / "manage.py"), *sys.argv[1:]]
    os.execve(sys.executable, command, {**os.environ, ORDERS: msgspec.json.encode(orders).decode()})  # noqa: S606


def supervise() -> int:
    """Carry out the orders in the environment until SIGINT or SIGTERM: the exit code."""
    orders = msgspec.json.decode(os.environ.pop(ORDERS), type=Orders)
    config = orders.config
    _log_to_console(config)
    notifier = Notifier.taken_from(os.environ)

    def say() -> None:
        print(*orders.lines, sep="\n", flush=True)  # noqa: T201 - a command's output
        notifier.ready()

    announcement = Announcement(config, say)

    def each_poll() -> None:
        announcement()
        if notifier.interval_s is not None:
            notifier.alive()

    with noted(config):
        return Supervisor(
            [Role(name, told) for name, told in orders.roles.items()],
            orders.environment,
            config.data_path,
            each_poll,
            watching() if orders.reload else None,
            failing_certificates(config),
            partial(let_rooms_go, orders.run_id),
        ).run()


def let_rooms_go(run_id: str, role: Role, pid: int) -> None:
    """A process has ended: where it was a node, its rooms go to another one at once.

    Where that fails, they go when the node's lease ends; nobody else is to notice.
    """
    if role.command != "node":
        return
    command = [sys.executable, "-m", "meet.management.node_ended", str(pid), run_id]
    try:
        subprocess.run(command, cwd=PROJECT, timeout=LET_GO_TIMEOUT_S, check=True)  # noqa: S603 - our own module
    except (OSError, subprocess.SubprocessError) as error:
        logger.warning("The rooms of a node that has ended wait for its lease: %s", error)


def failing_certificates(config: Config) -> Callable[[], list[Failing]]:
    """What is wrong with the certificates of our domains, for the supervisor to ask."""
    if not config.domain:
        return list
    from meet.run.certificates import CertificateWatch  # noqa: PLC0415 - what reads them takes some MB

    watch = CertificateWatch(config, time.monotonic())
    return lambda: watch.failing(time.monotonic(), time.time())


def watching() -> Callable[[], bool]:
    """Whether code or templates of ours have changed, for the supervisor to ask."""
    sources = Sources([PROJECT / name for name in WATCHED])
    return lambda: sources.changed(time.monotonic())


class Announcement:
    """Calls `say` once, as soon as somebody answers at the pages' address."""

    def __init__(self, config: Config, say: Callable[[], None]) -> None:
        self._address = ("127.0.0.1" if config.host == "0.0.0.0" else config.host, config.port)  # noqa: S104
        self._say: Callable[[], None] | None = say

    def __call__(self) -> None:
        """Look whether it is time. Web listens from when it can answer."""
        if self._say is None:
            return
        try:
            socket.create_connection(self._address, CONNECT_TIMEOUT_S).close()
        except OSError:
            return
        self._say()
        self._say = None


def _log_to_console(config: Config) -> None:
    """As `meet.settings` has it for the others."""
    handler = logging.StreamHandler()
    handler.setFormatter(formatter_of(config, "serve", [config.effective_secret_key()]))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
