"""Which node a room lives on: the one that its id names, else the default one, and then always the same."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Count, Q

from meet.database_time import database_now
from meet.errors import BadRequest, Unavailable
from rooms.models import Node, Placement
from rooms.nodes.lease import CLOCK_SET_BACK, LEASE, LONG_AGO, lasts
from rooms.nodes.load import rank
from rooms.room_key import RoomKey

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from meet.accounts.models import Account

# Whose lease is over for less than this is asked whether it is there all the same: it may have lost its database.
ASKED_WITHIN: Final = timedelta(minutes=10)
# Anybody can ask for any room, so rows must go again; no meeting is without a newcomer for so long.
PLACEMENT_LIFETIME: Final = timedelta(days=30)
# A room that nobody has joined is kept for longer than a ticket for it counts, so that two who come one after the other
# meet.
UNJOINED_LIFETIME: Final = timedelta(hours=1)
# That somebody asked for a room is written down at most so often: lifetimes are a matter of hours.
NOTED_AFTER: Final = timedelta(minutes=1)
# An account's rooms beyond that are forgotten, those first that nobody joined or used for longest.
MAX_UNJOINED: Final = 5_000
MAX_JOINED: Final = 50_000
# Nodes tell of their load with each heartbeat only; rooms that they got since then are counted here.
RECENT: Final = timedelta(seconds=5)
TOUCHED_AT_ONCE: Final = 500
LEAST_LOADED: Final = "least"
ROOM_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_PREFIX: Final = re.compile(r"serv\d{1,4}")


def check_room_id(room_id: str) -> str:
    """The id itself. Raises `BadRequest` for a missing or malformed one."""
    if not room_id:
        raise BadRequest(
            "roomIdMissing",
            "This link names no room.",
            hint="Add ?roomId=… to the address, before any #, or create a new meeting.",
        )
    if not ROOM_ID.fullmatch(room_id):
        raise BadRequest(
            "roomIdInvalid",
            "This room id can't be used.",
            hint="Use letters, digits, hyphens and underscores, 128 at most, beginning with a letter or digit.",
        )
    return room_id


def named(room_id: str, nodes: Iterable[Node]) -> Node | None:
    """The node that a room's id begins with, whether it runs or not. Pure.

    serv12 names the node serv1 too, if that is the one there is: serv1 and the room 2….
    """
    prefix = prefix_of(room_id)
    fitting = [node for node in nodes if prefix.startswith(node.name)]
    return max(fitting, key=lambda node: len(node.name), default=None)


def prefix_of(room_id: str) -> str:
    """What looks like a node's name at the beginning of an id; empty where nothing does."""
    match = _PREFIX.match(room_id)
    return match.group() if match else ""


def candidates(
    room_id: str, nodes: Sequence[Node], now: datetime, default: str = "", recent: Mapping[int, int] | None = None
) -> list[Node]:
    """Live nodes in the order in which the room should go to them. Pure.

    First the one that its id names, then the one called `default`, then the least loaded (`rooms.nodes.load`); `recent`
    tells how many rooms each got lately, by its primary key.
    """
    wanted = named(room_id, nodes)
    placed: Mapping[int, int] = recent or {}

    def order(node: Node) -> tuple[bool, bool, tuple[int, int, int, int, str]]:
        return node is not wanted, node.name != default, rank(node, placed.get(node.pk, 0))

    return sorted((node for node in nodes if is_live(node, now) and not node.drain), key=order)


def place(account: Account, room_id: str, answers: Callable[[Node], bool] = lambda _node: False) -> Node:
    """The node of an account's room, claimed in one transaction. Raises `BadRequest` or `Unavailable`.

    A room's node whose lease is over is asked by `answers` before the room moves: while it is there without its
    database, so is the room with its people.
    """
    check_room_id(room_id)
    placement = _placement_of(account, room_id)
    now = database_now()
    silent = None if placement is None else placement.node
    if placement is not None and is_live(placement.node, now) and now - placement.used_at < NOTED_AFTER:
        return placement.node  # a crowd writes nothing, and waits for nobody's lock
    spared = silent is not None and not is_live(silent, now) and may_answer(silent, now) and answers(silent)
    try:
        return _claim(account, room_id, silent if spared else None)
    except IntegrityError:
        return _claim(account, room_id, None)  # another process made the row meanwhile: take its answer


def live(now: datetime) -> Q:
    """A filter for nodes that run. `now` is the database's."""
    return Q(heartbeat_at__gt=now - LEASE, heartbeat_at__lt=now + CLOCK_SET_BACK)


def is_live(node: Node, now: datetime) -> bool:
    """Whether a node runs, by its heartbeat. `now` is the database's."""
    return lasts(node.heartbeat_at, now)


def may_answer(node: Node, now: datetime) -> bool:
    """Whether it makes sense to ask a node: it runs, or was killed, or lost its database a moment ago."""
    return node.heartbeat_at != LONG_AGO and -CLOCK_SET_BACK < now - node.heartbeat_at < ASKED_WITHIN


def nodes_of(accounts: Sequence[Account] | None = None) -> list[Node]:
    """All nodes, whether they run or not, by name; for some accounts only those that their rooms were placed on."""
    nodes = Node.objects.all()
    if accounts is not None:
        nodes = nodes.filter(pk__in=Placement.objects.filter(account__in=accounts).values("node"))
    return list(nodes)


def node_of(account: Account, room_id: str) -> Node | None:
    """The node that an account's room was placed on, whether it runs or not. Places nothing."""
    placement = _placement_of(account, room_id)
    return None if placement is None else placement.node


def _placement_of(account: Account, room_id: str) -> Placement | None:
    return Placement.objects.select_related("node").filter(account=account, room_id=room_id).first()


def node_for(account: Account, room_id: str) -> Node | None:
    """The node that a room would be asked of which is nowhere yet: the named one though it be dead. Places nothing."""
    nodes = list(Node.objects.all())
    wanted = named(room_id, nodes)
    if wanted is not None:
        return wanted
    default = default_of(account)
    choice = candidates(room_id, nodes, database_now(), default)
    return next(iter(choice), None) or next((node for node in nodes if node.name == default), None)


def node_to_check(account: Account, room_id: str) -> Node:
    """The live node that a room is on or would go to; without an id the one for a new room. Places nothing.

    Raises `BadRequest` for a malformed id, `Unavailable`.
    """
    if room_id:
        check_room_id(room_id)
    now = database_now()
    placed = node_of(account, room_id) if room_id else None
    if placed is not None and is_live(placed, now):
        return placed
    choice = next(iter(candidates(room_id, list(Node.objects.all()), now, default_of(account))), None)
    if choice is None:
        raise _no_node()
    return choice


def _no_node() -> Unavailable:
    return Unavailable(
        "noNode",
        "No meeting server is running at the moment.",
        hint="Try again in a few seconds. Operators: start `manage.py node` or look at its log.",
    )


def notice(account: Account, room_id: str) -> str:
    """A sentence about an id that begins with the name of a node that there is not; empty where none is due."""
    prefix = prefix_of(room_id)
    if not prefix or named(room_id, Node.objects.all()) is not None:
        return ""
    default = default_of(account)
    where = "the least loaded server" if default == LEAST_LOADED else f"the default server, {default}"
    return f"There is no server {prefix} here: the room belongs to {where}."


def touch(keys: Iterable[RoomKey], now: datetime) -> None:
    """Note that somebody is in these rooms: their placements last. What is not placed is not."""
    for account_id, group in groupby(sorted(keys), key=lambda key: key.account_id):
        room_ids = [key.room_id for key in group]
        for start in range(0, len(room_ids), TOUCHED_AT_ONCE):
            some = room_ids[start : start + TOUCHED_AT_ONCE]
            Placement.objects.filter(account_id=account_id, room_id__in=some).update(joined=True, used_at=now)


def let_go(node: str, kept: Collection[RoomKey]) -> None:
    """Have all rooms of a node but these begin elsewhere."""
    there = Placement.objects.filter(node__name=node).values_list("pk", "account_id", "room_id")
    gone = [pk for pk, account_id, room_id in there if RoomKey(account_id, room_id) not in kept]
    for start in range(0, len(gone), TOUCHED_AT_ONCE):
        Placement.objects.filter(pk__in=gone[start : start + TOUCHED_AT_ONCE]).delete()


def placed_elsewhere(keys: Iterable[RoomKey], node: str) -> set[RoomKey]:
    """Those of these rooms that live on another node than this one."""
    found: set[RoomKey] = set()
    for account_id, group in groupby(sorted(keys), key=lambda key: key.account_id):
        room_ids = [key.room_id for key in group]
        for start in range(0, len(room_ids), TOUCHED_AT_ONCE):
            some = room_ids[start : start + TOUCHED_AT_ONCE]
            elsewhere = Placement.objects.filter(account_id=account_id, room_id__in=some).exclude(node__name=node)
            found.update(RoomKey(account_id, room_id) for room_id in elsewhere.values_list("room_id", flat=True))
    return found


def default_of(account: Account) -> str:
    """The node of rooms whose ids name none, or `LEAST_LOADED`."""
    return account.default_node or settings.CONFIG.default_node


def _claim(account: Account, room_id: str, spared: Node | None) -> Node:
    now = database_now()
    with transaction.atomic():
        # Without the node in the same query: PostgreSQL, having waited for the row, would join the node of before.
        placement = Placement.objects.select_for_update().filter(account=account, room_id=room_id).first()
        if placement is not None and (placement.node == spared or is_live(placement.node, now)):
            Placement.objects.filter(pk=placement.pk).update(used_at=now)
            return placement.node
        nodes = list(Node.objects.all())
        choice = next(iter(candidates(room_id, nodes, now, default_of(account), _placed_lately(now))), None)
        if choice is None:
            raise _no_node()
        if placement is None:
            _forget(account, now)
            Placement.objects.create(account=account, room_id=room_id, node=choice, claimed_at=now, used_at=now)
        else:
            Placement.objects.filter(pk=placement.pk).update(node=choice, claimed_at=now, used_at=now)
        return choice


def _placed_lately(now: datetime) -> Counter[int]:
    found = Placement.objects.filter(claimed_at__gt=now - RECENT).order_by().values_list("node").annotate(Count("pk"))
    return Counter(dict(found))


def _forget(account: Account, now: datetime) -> None:
    """Room for one more."""
    Placement.objects.filter(
        Q(used_at__lt=now - PLACEMENT_LIFETIME) | Q(joined=False, used_at__lt=now - UNJOINED_LIFETIME)
    ).delete()
    for joined, most in ((False, MAX_UNJOINED), (True, MAX_JOINED)):
        theirs = Placement.objects.filter(account=account, joined=joined).order_by("-used_at", "-pk")
        Placement.objects.filter(pk__in=list(theirs.values_list("pk", flat=True)[most - 1 :])).delete()
