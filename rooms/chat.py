"""A room's chat: what was said, and the newest of it for those who come later. Pure."""

from __future__ import annotations

import unicodedata
from collections import deque
from typing import TYPE_CHECKING, Final

from rooms.graphemes import is_visible
from rooms.protocol import ChatMessage

if TYPE_CHECKING:
    from collections.abc import Iterator

# What a newcomer gets to read. Every answer to a `join` carries it, so it is bounded in both ways.
MAX_MESSAGES: Final = 500
MAX_CHARACTERS: Final = 200_000


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

    def clear(self) -> None:
        """Forget everything; ids go on rising."""
        self._messages.clear()
        self._characters = 0


def clean_text(text: str) -> str:
    """The text without control characters (line breaks and tabs may stay) and without blanks around it.

    Empty where nothing of it can be seen.
    """
    lines = text.replace("\r\n", "\n")
    kept = "".join(c for c in lines if c in "\n\t" or unicodedata.category(c) != "Cc").strip()
    return kept if is_visible(kept) else ""


def _size(message: ChatMessage) -> int:
    return len(message.text) + len(message.display_name) + len(message.peer_id)
