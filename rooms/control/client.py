"""How web asks nodes about live rooms, and acts in them. Synchronous, for views; gives up after 3 seconds.

A room is found by its placement; one that is nowhere would be on the node that its id names, or on the default one.
That nobody is in a room is said by a node only: where it doesn't answer, or doesn't run, nothing is known. Whoever asks
a silent one a moment later is told so at once (`rooms.control.silence`). All of it raises what `rooms.control.errors`
lists.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

import httpx
import msgspec
from django.conf import settings

from meet import tracing
from meet.database_time import database_now
from rooms.control import requests
from rooms.control.encryption import asking
from rooms.control.errors import CommandRefused, NodeUnreachable, NoSuchRoom
from rooms.control.requests import PATH, DescribeRoom, ListRooms, Problem, SayWhetherThere
from rooms.control.shapes import LiveRoom, RoomSummary
from rooms.control.signing import Signed, derive_key
from rooms.control.silence import Silences
from rooms.nodes.placement import may_answer, node_for, node_of, nodes_of, notice

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from meet.accounts.models import Account
    from rooms.control.requests import Ask
    from rooms.models import Node
    from rooms.protocol import Request

    T = TypeVar("T")

logger = logging.getLogger(__name__)

CONNECT_TIMEOUT_S: Final = 1.0
TIMEOUT_S: Final = 3.0
MAX_AT_ONCE: Final = 16
ANSWER_COUNTS_S: Final = 1.0
# The state machine's word for somebody who isn't there.
CODES: Final = {"notFound": "peerNotFound"}


@dataclass(frozen=True)
class _Answered:
    there: bool
    at_s: float


# When a node with a thousand people is killed, all of them ask where to go: one of them asks the node.
_asking: Final[dict[int, threading.Lock]] = {}
_answered: Final[dict[int, _Answered]] = {}
_silences: Final = Silences()


@dataclass(frozen=True)
class Survey:
    """Live rooms, the oldest first; nothing is known of those on `silent_nodes`."""

    rooms: list[RoomSummary]
    silent_nodes: list[str]


def live_rooms(account: Account | None) -> Survey:
    """The live rooms of an account, or of all accounts: None is for the operator only."""
    return live_rooms_of(None if account is None else [account])


def live_rooms_of(accounts: Sequence[Account] | None) -> Survey:
    """The live rooms of some accounts, or of all: None is for the operator only. Asks all nodes at once.

    A node that doesn't run is silent, too, as long as its row is there.
    """
    all_nodes, now = nodes_of(accounts), database_now()
    nodes = [node for node in all_nodes if may_answer(node, now)]
    dead = [node.name for node in all_nodes if node not in nodes]
    if not nodes:
        return Survey([], dead)
    ask = ListRooms(None if accounts is None else [account.pk for account in accounts])
    with ThreadPoolExecutor(min(len(nodes), MAX_AT_ONCE), thread_name_prefix="control") as threads:
        # Each in a context of its own: log lines and spans belong to the request that asks.
        contexts = [copy_context() for _ in nodes]
        answers = list(threads.map(lambda context, node: context.run(_list, node, ask), contexts, nodes))
    rooms = [room for answer in answers for room in answer or ()]
    silent = [node.name for node, answer in zip(nodes, answers, strict=True) if answer is None]
    rooms.sort(key=lambda room: (room.opened_at, room.account_id, room.room_id))
    return Survey(rooms, sorted([*silent, *dead]))


def live_room(account: Account, room_id: str) -> LiveRoom:
    """One of an account's live rooms with everybody in it."""
    return _of_room(account, room_id, lambda node: _describe(node, account, room_id))


def act(account: Account, room_id: str, request: Request) -> None:
    """Carry out one of the requests that the account's own server may ask for."""
    ask = requests.act(account.pk, room_id, request)
    _of_room(account, room_id, lambda node: _decode(node, ask, type(None)))


def answers(node: Node) -> bool:
    """Whether a node whose lease is over is there all the same; what was found is good for a second."""
    with _asking.setdefault(node.pk, threading.Lock()):
        known = _answered.get(node.pk)
        if known is None or known.at_s < time.monotonic() - ANSWER_COUNTS_S:
            try:
                there = _epoch(node) == node.epoch
            except (NodeUnreachable, NoSuchRoom, CommandRefused, msgspec.MsgspecError):
                there = False
            known = _answered[node.pk] = _Answered(there, time.monotonic())
        return known.there


def _of_room(account: Account, room_id: str, ask: Callable[[Node], T]) -> T:
    """What the node of a room answers.

    Raises `NoSuchRoom` where that is so, and the node that the room's id names is well, too: whoever asks about a room
    whose id names a server wants to know about that server.
    """
    placed, expected = node_of(account, room_id), node_for(account, room_id)
    node = placed or expected
    if node is None:
        raise NodeUnreachable("")
    try:
        return ask(_running(node))
    except NoSuchRoom:
        if expected is not None and expected != node:
            with contextlib.suppress(NoSuchRoom):
                _describe(_running(expected), account, room_id)
        raise NoSuchRoom(notice(account, room_id)) from None


def _running(node: Node) -> Node:
    """The node, where it makes sense to ask it: one that has lost its database knows who is there none the less."""
    if not may_answer(node, database_now()):
        raise NodeUnreachable(node.name)
    return node


def _describe(node: Node, account: Account, room_id: str) -> LiveRoom:
    room: LiveRoom = _decode(node, DescribeRoom(account.pk, room_id), LiveRoom)
    return room


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


def _epoch(node: Node) -> int:
    """Of the process that answers. One that was stopped takes a question and says nothing: it isn't waited for."""
    return msgspec.json.decode(_ask_now(node, SayWhetherThere(), CONNECT_TIMEOUT_S), type=int)


def _ask(node: Node, ask: Ask) -> bytes:
    """The body of a node's answer."""
    if not _silences.may_ask(node, time.monotonic()):
        raise NodeUnreachable(node.name)
    return _ask_now(node, ask, TIMEOUT_S)


def _ask_now(node: Node, ask: Ask, timeout_s: float) -> bytes:
    """As `_ask`, of a node that may have been silent before."""
    body = msgspec.json.encode(ask)
    signed = Signed(node.name, "POST", PATH, str(int(time.time())), secrets.token_hex(16), body)
    headers = {
        "Content-Type": "application/json",
        "Connection": "close",
        "X-Meet-Time": signed.time,
        "X-Meet-Nonce": signed.nonce,
        "X-Meet-Signature": signed.signature(derive_key(settings.SECRET_KEY)),
    }
    timeout = httpx.Timeout(timeout_s, connect=CONNECT_TIMEOUT_S)
    try:
        with tracing.span(f"ask a node: {type(ask).__name__}"):
            headers |= tracing.carried()
            answer = _http().post(node.control_url.rstrip("/") + PATH, content=body, headers=headers, timeout=timeout)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        _silences.was_silent(node, time.monotonic())
        raise _unreachable(node, str(error)) from error
    _silences.answered(node)
    match answer.status_code:
        case httpx.codes.OK:
            return answer.content
        case httpx.codes.NOT_FOUND:
            _problem(node, answer)
            raise NoSuchRoom
        case httpx.codes.CONFLICT:
            problem = _problem(node, answer)
            raise CommandRefused(CODES.get(problem.code, problem.code), problem.message)
        case httpx.codes.FORBIDDEN:
            raise _unreachable(node, "it refuses our signature: MEET_SECRET_KEY, its name or its clock is another")
        case _:
            raise _unreachable(node, f"it answers with {answer.status_code}: {answer.text[:200]}")


def _problem(node: Node, answer: httpx.Response) -> Problem:
    """What a node says is wrong. Raises `NodeUnreachable` where it is somebody else who has its address."""
    try:
        return msgspec.json.decode(answer.content, type=Problem)
    except msgspec.MsgspecError as error:
        raise _unreachable(node, f"somebody else answers there, with {answer.status_code}") from error


def _unreachable(node: Node, why: str) -> NodeUnreachable:
    logger.warning("The control API of %s at %s can't be used: %s", node.name, node.control_url or "no address", why)
    return NodeUnreachable(node.name)


@cache
def _http() -> httpx.Client:
    """One for all threads. Proxies that the environment names are not for this; nothing is kept open between asks."""
    return httpx.Client(
        verify=asking(settings.CONFIG.control_authority),
        limits=httpx.Limits(max_keepalive_connections=0),
        trust_env=False,
    )
