"""A room's chat: what was said, the newest of it for those who come later, and how much may be said. Pure."""

from __future__ import annotations

import unicodedata
from collections import deque
from typing import TYPE_CHECKING, Final

from rooms.protocol import ChatMessage
from rooms.protocol.errors import Refused
from rooms.state.graphemes import is_visible
from rooms.state.recent import Recent

if TYPE_CHECKING:
    from collections.abc import Iterator

# What a newcomer gets to read. Every answer to a `join` carries it, so it is bounded in both ways.
MAX_MESSAGES: Final = 500
MAX_CHARACTERS: Final = 200_000
# What one participant may write: so much at once, and so much a second for long. Nobody types faster; a text that is
# pasted may be long.
MESSAGES_AT_ONCE: Final = 20
MESSAGES_PER_S: Final = 1.0
CHARACTERS_AT_ONCE: Final = 20_000
CHARACTERS_PER_S: Final = 200.0
# And all together, moderators apart: 2000 people who applaud at the same moment get less far than one who answers them.
ROOM_MESSAGES_AT_ONCE: Final = 200
ROOM_MESSAGES_PER_S: Final = 10.0
ROOM_CHARACTERS_AT_ONCE: Final = 100_000
ROOM_CHARACTERS_PER_S: Final = 4_000.0
# So many participants are counted, those who wrote last.
MAX_COUNTED: Final = 4000


class Chat:
    """Iterates over what newcomers get to read, oldest first."""

    def __init__(self) -> None:
        self._messages: deque[ChatMessage] = deque()
        self._characters = 0
        self._count = 0

    def __iter__(self) -> Iterator[ChatMessage]:
        return iter(self._messages)

    def add(self, peer_id: str, display_name: str, text: str, now_ms: int) -> ChatMessage:
        """Take a message and forget the oldest ones beyond the bounds."""
        self._count += 1
        message = ChatMessage(self._count, peer_id, display_name, text, now_ms)
        self._messages.append(message)
        self._characters += _size(message)
        while len(self._messages) > MAX_MESSAGES or self._characters > MAX_CHARACTERS:
            self._characters -= _size(self._messages.popleft())
        return message

    def remove(self, message_id: int) -> bool:
        """Forget one message; whether it was there."""
        for message in self._messages:
            if message.id == message_id:
                self._messages.remove(message)
                self._characters -= _size(message)
                return True
        return False

    def clear(self) -> None:
        """Forget everything; ids go on rising."""
        self._messages.clear()
        self._characters = 0


class _Bucket:
    """A token bucket, full at first."""

    def __init__(self, at_once: float, per_s: float, now_ms: int) -> None:
        self._at_once, self._per_s = at_once, per_s
        self._tokens, self._last_ms = at_once, now_ms

    def holds(self, tokens: float, now_ms: int) -> bool:
        """Whether there are so many; a clock that was set back gives none."""
        passed_s = max(0, now_ms - self._last_ms) / 1000
        self._tokens, self._last_ms = min(self._at_once, self._tokens + passed_s * self._per_s), now_ms
        return self._tokens >= tokens

    def take(self, tokens: float) -> None:
        """Take them."""
        self._tokens -= tokens


class _Share:
    """Messages and their characters together."""

    def __init__(self, messages: tuple[float, float], characters: tuple[float, float], now_ms: int) -> None:
        self._messages, self._characters = _Bucket(*messages, now_ms), _Bucket(*characters, now_ms)

    def holds(self, characters: int, now_ms: int) -> bool:
        """Whether one more message is within both limits."""
        both = (self._messages.holds(1, now_ms), self._characters.holds(characters, now_ms))
        return all(both)

    def take(self, characters: int) -> None:
        """Count it."""
        self._messages.take(1)
        self._characters.take(characters)


class ChatBudget:
    """How much each participant and the whole room may write."""

    def __init__(self) -> None:
        self._room: _Share | None = None
        self._shares: Recent[_Share] = Recent(MAX_COUNTED)

    def take(self, peer_id: str, characters: int, now_ms: int, *, moderator: bool) -> None:
        """Count a message. Raises `Refused`, and then nothing is counted. Moderators are not held up by the room."""
        share = self._shares.get(peer_id) or _Share(
            (MESSAGES_AT_ONCE, MESSAGES_PER_S), (CHARACTERS_AT_ONCE, CHARACTERS_PER_S), now_ms
        )
        if not share.holds(characters, now_ms):
            raise Refused("tooManyRequests", "You write more than the others can read. Please wait for some seconds.")
        room = self._room = self._room or _Share(
            (ROOM_MESSAGES_AT_ONCE, ROOM_MESSAGES_PER_S), (ROOM_CHARACTERS_AT_ONCE, ROOM_CHARACTERS_PER_S), now_ms
        )
        if not moderator:
            if not room.holds(characters, now_ms):
                raise Refused(
                    "tooManyRequests", "So much is written here that nobody can read it. Please wait a moment."
                )
            room.take(characters)
        share.take(characters)
        self._shares.keep(peer_id, share)


def clean_text(text: str) -> str:
    """The text without control characters (line breaks and tabs may stay) and without blanks around it.

    Empty where nothing of it can be seen.
    """
    lines = text.replace("\r\n", "\n")
    kept = "".join(c for c in lines if c in "\n\t" or unicodedata.category(c) != "Cc").strip()
    return kept if is_visible(kept) else ""


def _size(message: ChatMessage) -> int:
    return len(message.text) + len(message.display_name) + len(message.peer_id)
