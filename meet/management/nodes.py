"""`manage.py node list`, `drain` and `undrain`: about nodes, wherever they run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError
from django.db import DatabaseError
from django.utils import timezone

from meet.accounts.audit import COMMAND_LINE, note
from meet.accounts.models import AuditEvent
from meet.database_time import database_now
from meet.errors import AppError
from rooms.models import Drain, Node
from rooms.nodes.draining import drain, node_named, state_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.core.management.base import CommandParser, OutputWrapper

COLUMNS = "{:8} {:9} {:>6} {:>6} {:>5} {:>7} {:>9}  {:16} {}"


def add_arguments(parser: CommandParser) -> None:
    """What may follow `manage.py node`."""
    actions = parser.add_subparsers(dest="action", title="instead of running a node")
    actions.add_parser("list", help="Show all nodes and their load.")
    draining = actions.add_parser("drain", help="Have a node take no new rooms, for example before it is stopped.")
    draining.add_argument("name", help="Such as serv1.")
    draining.add_argument("--move", action="store_true", help="Have its rooms go on on other nodes, now.")
    actions.add_parser("undrain", help="Have it take rooms again.").add_argument("name", help="Such as serv1.")


def see_to(options: Mapping[str, Any], out: OutputWrapper) -> None:
    """Do it. Raises `CommandError`."""
    try:
        match options["action"]:
            case "list":
                _list(out)
            case "drain":
                _drain(options["name"], Drain.MOVE if options["move"] else Drain.FINISH, out)
            case _:
                _drain(options["name"], Drain.NONE, out)
    except AppError as error:
        raise CommandError(f"{error.message} {error.hint}".strip()) from error
    except DatabaseError as error:
        raise CommandError(f"The database can't be used: {' '.join(str(error).split())}.") from error


def _list(out: OutputWrapper) -> None:
    now = database_now()
    out.write(COLUMNS.format("name", "state", "rooms", "people", "load", "late", "packets/s", "country", "runs as"))
    for node in Node.objects.all():
        load = (f"{node.load_percent} %", f"{node.lag_ms} ms", node.packets_per_s)
        told = (node.name, state_of(node, now).value, node.rooms, node.peers, *load)
        out.write(COLUMNS.format(*told, node.country, node.machine).rstrip())


def _drain(name: str, wanted: Drain, out: OutputWrapper) -> None:
    said = drain(node_named(name), wanted)
    note(AuditEvent.Action.CHANGED, COMMAND_LINE, said, timezone.now())
    out.write(said)
