"""How web asks nodes about live rooms, and acts in them. Synchronous, for views; gives up after 3 seconds.

A room is found by its placement; one whose node is dead is not there. All of it raises what `rooms.control.errors`
lists.
"""

from __future__ import annotations

import logging
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import httpx
import msgspec
from django.conf import settings

from rooms.control import requests
from rooms.control.errors import CommandRefused, NodeUnreachable, NoSuchRoom
from rooms.control.requests import PATH, DescribeRoom, ListRooms, Problem
from rooms.control.shapes import LiveRoom, RoomSummary
from rooms.control.signing import Signed, derive_key
from rooms.placement import live_nodes, node_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meet.accounts.models import Account
    from rooms.commands import Command
    from rooms.control.requests import Ask
    from rooms.models import Node

logger = logging.getLogger(__name__)

CONNECT_TIMEOUT_S: Final = 1.0
TIMEOUT_S: Final = 3.0
MAX_AT_ONCE: Final = 16
# The state machine's word for somebody who isn't there.
CODES: Final = {"notFound": "peerNotFound"}


@dataclass(frozen=True)
class Survey:
    """Live rooms, the oldest first; nothing is known of those on `silent_nodes`."""

    rooms: list[RoomSummary]
    silent_nodes: list[str]


def live_rooms(account: Account | None) -> Survey:
    """The live rooms of an account, or of all accounts: None is for the operator only."""
    return live_rooms_of(None if account is None else [account])


def live_rooms_of(accounts: Sequence[Account] | None) -> Survey:
    """The live rooms of some accounts, or of all: None is for the operator only. Asks all nodes at once."""
    nodes = live_nodes(accounts)
    if not nodes:
        return Survey([], [])
    ask = ListRooms(None if accounts is None else [account.pk for account in accounts])
    with ThreadPoolExecutor(min(len(nodes), MAX_AT_ONCE), thread_name_prefix="control") as threads:
        answers = list(threads.map(lambda node: _list(node, ask), nodes))
    rooms = [room for answer in answers for room in answer or ()]
    silent = [node.name for node, answer in zip(nodes, answers, strict=True) if answer is None]
    return Survey(sorted(rooms, key=lambda room: (room.opened_at, room.account_id, room.room_id)), silent)


def live_room(account: Account, room_id: str) -> LiveRoom:
    """One of an account's live rooms with everybody in it."""
    room: LiveRoom = _decode(_node(account, room_id), DescribeRoom(account.pk, room_id), LiveRoom)
    return room


def act(account: Account, room_id: str, command: Command) -> None:
    """Carry out one of `requests.COMMANDS`, in the name of the account's own server: its `actor` is None."""
    _ask(_node(account, room_id), requests.act(account.pk, room_id, command))


def _node(account: Account, room_id: str) -> Node:
    node = node_of(account, room_id)
    if node is None:
        raise NoSuchRoom
    return node


def _list(node: Node, ask: ListRooms) -> list[RoomSummary] | None:
    try:
        rooms: list[RoomSummary] = _decode(node, ask, list[RoomSummary])
    except NodeUnreachable:
        return None
    return rooms


def _decode(node: Node, ask: Ask, shape: Any) -> Any:
    try:
        return msgspec.json.decode(_ask(node, ask), type=shape)
    except msgspec.MsgspecError as error:
        raise _unreachable(node, f"its answer is not understood: {error}") from error


def _ask(node: Node, ask: Ask) -> bytes:
    """The body of a node's answer."""
    body = msgspec.json.encode(ask)
    signed = Signed(node.name, "POST", PATH, str(int(time.time())), secrets.token_hex(16), body)
    headers = {
        "Content-Type": "application/json",
        "Connection": "close",
        "X-Meet-Time": signed.time,
        "X-Meet-Nonce": signed.nonce,
        "X-Meet-Signature": signed.signature(derive_key(settings.SECRET_KEY)),
    }
    try:
        answer = _http().post(node.control_url.rstrip("/") + PATH, content=body, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _unreachable(node, str(error)) from error
    match answer.status_code:
        case httpx.codes.OK:
            return answer.content
        case httpx.codes.NOT_FOUND:
            raise NoSuchRoom
        case httpx.codes.CONFLICT:
            problem = msgspec.json.decode(answer.content, type=Problem)
            raise CommandRefused(CODES.get(problem.code, problem.code), problem.message)
        case httpx.codes.FORBIDDEN:
            raise _unreachable(node, "it refuses our signature: MEET_SECRET_KEY, its name or its clock is another")
        case _:
            raise _unreachable(node, f"it answers with {answer.status_code}: {answer.text[:200]}")


def _unreachable(node: Node, why: str) -> NodeUnreachable:
    logger.warning("The control API of %s at %s can't be used: %s", node.name, node.control_url or "no address", why)
    return NodeUnreachable(node.name)


@cache
def _http() -> httpx.Client:
    """One for all threads. Proxies that the environment names are not for this; nothing is kept open between asks."""
    return httpx.Client(
        timeout=httpx.Timeout(TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
        limits=httpx.Limits(max_keepalive_connections=0),
        trust_env=False,
    )
