"""The chat, in the state machine and on its own."""

from __future__ import annotations

import pytest

from rooms import protocol
from rooms.protocol import ClearChat, RemoveMessage, SendChat, SetDisplayName
from rooms.protocol.errors import Refused
from rooms.protocol.frames import encode_response
from rooms.runtime.connection import MAX_WAITING_CHARACTERS
from rooms.state import chat as chat_module
from rooms.state.chat import MAX_CHARACTERS, MAX_MESSAGES, Chat, clean_text
from rooms.state.commands import By, Exit
from tests.rooms.states import NOW_MS, entry, heard, moderator, refused, room, viewer


def test_everybody_reads_what_somebody_writes_also_the_writer_and_viewers() -> None:
    state = room("ada", "bob", viewer("vic"))
    outcome = state.apply(By("ada", SendChat(" hello\r\nthere ")), NOW_MS)
    message = protocol.ChatMessage(1, "ada", "Ada", "hello\nthere", NOW_MS)
    for reader in ("ada", "bob", "vic"):
        assert heard(state, outcome, reader) == [protocol.ChatAdded(message)]
        assert state.snapshot(reader).chat == [message]


def test_who_comes_late_reads_what_was_said_under_the_names_of_then() -> None:
    state = room("ada")
    state.apply(By("ada", SendChat("one")), NOW_MS)
    state.apply(By("ada", SetDisplayName("Countess")), NOW_MS)
    state.apply(By("ada", SendChat("two")), NOW_MS)
    state.apply(entry("bob"), NOW_MS)
    assert [(line.id, line.display_name, line.text) for line in state.snapshot("bob").chat] == [
        (1, "Ada", "one"),
        (2, "Countess", "two"),
    ]


def test_moderators_take_one_message_away_from_everybody() -> None:
    state = room("ada", moderator(), viewer("vic"))
    for text in ("one", "two", "three"):
        state.apply(By("ada", SendChat(text)), NOW_MS)
    assert refused(state, By("ada", RemoveMessage(2))) == refused(state, By("vic", RemoveMessage(2))) == "notModerator"
    outcome = state.apply(By("mod", RemoveMessage(2)), NOW_MS)
    assert heard(state, outcome, "vic") == heard(state, outcome, "mod") == [protocol.ChatRemoved(2)]
    assert [message.text for message in state.snapshot("vic").chat] == ["one", "three"]
    assert refused(state, By("mod", RemoveMessage(2))) == "notFound"


def test_who_has_no_chat_neither_writes_nor_reads() -> None:
    state = room("ada", entry("bob", chat_disabled=True))
    assert refused(state, By("bob", SendChat("hello"))) == "chatDisabled"
    outcome = state.apply(By("ada", SendChat("hello")), NOW_MS)
    assert heard(state, outcome, "bob") == []
    assert state.snapshot("bob").chat == []
    assert not state.snapshot("bob").me.permissions.chat


@pytest.mark.parametrize("actor", ["mod", None])
def test_a_cleared_chat_is_empty_for_everybody_who_reads_it(actor: str | None) -> None:
    state = room(moderator(), "ada", entry("bob", chat_disabled=True), viewer("vic"))
    state.apply(By("ada", SendChat("hello")), NOW_MS)
    outcome = state.apply(By(actor, ClearChat()), NOW_MS)
    for reader in ("mod", "ada", "vic"):
        assert heard(state, outcome, reader) == [protocol.ChatCleared()]
        assert state.snapshot(reader).chat == []
    assert heard(state, outcome, "bob") == []
    state.apply(By("ada", SendChat("again")), NOW_MS)
    assert [(line.id, line.text) for line in state.snapshot("mod").chat] == [(2, "again")]
    assert refused(state, By("ada", ClearChat())) == "notModerator"


def test_a_cleared_chat_has_room_for_as_much_as_before() -> None:
    chat = Chat()
    for _ in range(2):
        chat.add("ada", "Ada", "x" * (MAX_CHARACTERS - 100), NOW_MS)
        chat.clear()
    chat.add("ada", "Ada", "x" * 100, NOW_MS)
    chat.add("ada", "Ada", "x" * (MAX_CHARACTERS - 200), NOW_MS)
    assert len(list(chat)) == 2


@pytest.mark.parametrize(
    "text", [" ", "\n\t ", "\x00\x07", "\u2003", "\u200b", "\ufeff\u2060", "\u3164", "\u202e\u0301"]
)
def test_nothing_is_not_said(text: str) -> None:
    assert refused(room("ada"), By("ada", SendChat(text))) == "invalidData"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x00b\x1b[31mc", "ab[31mc"),
        ("line\nline\tcolumn", "line\nline\tcolumn"),
        ("a\x85b\x7f", "ab"),
        ("👩‍👧 שלום <b>", "👩‍👧 שלום <b>"),
    ],
)
def test_control_characters_are_left_out(text: str, expected: str) -> None:
    assert clean_text(text) == expected


def test_newcomers_get_the_newest_messages_only() -> None:
    chat = Chat()
    for number in range(MAX_MESSAGES + 3):
        chat.add("ada", "Ada", str(number), NOW_MS)
    kept = list(chat)
    assert len(kept) == MAX_MESSAGES
    assert (kept[0].id, kept[0].text, kept[-1].id) == (4, "3", MAX_MESSAGES + 3)


def test_long_messages_push_older_ones_out_sooner() -> None:
    chat = Chat()
    for _ in range(MAX_MESSAGES):
        chat.add("ada", "Ada", "x" * 4000, NOW_MS)
    kept = list(chat)
    assert sum(len(message.text) for message in kept) <= MAX_CHARACTERS
    assert len(kept) == MAX_CHARACTERS // (4000 + 6)
    assert kept[-1].id == MAX_MESSAGES


def test_the_worst_chat_leaves_room_for_a_join_to_be_answered() -> None:
    """An outbox that overflows ends its client: a chat must never grow so far that nobody can come in any more."""
    chat = Chat()
    text = clean_text('"\\\n\u2028\x01\x7f' * 1000)[:4000]
    for _ in range(MAX_MESSAGES):
        chat.add("ada", '"' * 64, text, NOW_MS)
    state = room("ada")
    snapshot = state.snapshot("ada")
    snapshot.chat = list(chat)
    assert len(encode_response(1, snapshot)) < MAX_WAITING_CHARACTERS / 4


def test_messages_are_numbered_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_module, "MAX_MESSAGES", 2)
    state = room("ada")
    for _ in range(5):
        state.apply(By("ada", SendChat("x")), NOW_MS)
    assert [message.id for message in state.snapshot("ada").chat] == [4, 5]


class TestHowMuchMayBeWritten:
    def test_one_participant_is_slowed_down_and_others_are_not(self) -> None:
        state = room("ada", "bob")
        for _ in range(chat_module.MESSAGES_AT_ONCE):
            state.apply(By("ada", SendChat("x")), NOW_MS)
        assert refused(state, By("ada", SendChat("x"))) == "tooManyRequests"
        state.apply(By("bob", SendChat("x")), NOW_MS)
        state.apply(By("ada", SendChat("x")), NOW_MS + 1000)
        with pytest.raises(Refused):
            state.apply(By("ada", SendChat("x")), NOW_MS + 1000)
        assert len(state.snapshot("bob").chat) == chat_module.MESSAGES_AT_ONCE + 2

    def test_long_messages_count_by_their_characters(self) -> None:
        state = room("ada")
        for _ in range(chat_module.CHARACTERS_AT_ONCE // 4000):
            state.apply(By("ada", SendChat("x" * 4000)), NOW_MS)
        assert refused(state, By("ada", SendChat("xx"))) == "tooManyRequests"
        state.apply(By("ada", SendChat("x" * 2000)), NOW_MS + 10_000)

    def test_coming_again_does_not_help(self) -> None:
        state = room("ada", "bob")
        for _ in range(chat_module.MESSAGES_AT_ONCE):
            state.apply(By("ada", SendChat("x")), NOW_MS)
        state.apply(Exit("ada", "left"), NOW_MS)
        state.apply(entry("ada"), NOW_MS)
        assert refused(state, By("ada", SendChat("x"))) == "tooManyRequests"

    def test_many_who_write_at_once_do_not_drown_a_room_and_a_moderator_is_still_read(self) -> None:
        crowd = [f"p{number}" for number in range(60)]
        state = room(moderator(), *crowd)
        said = 0
        for _ in range(chat_module.MESSAGES_AT_ONCE):
            for peer_id in crowd:
                try:
                    state.apply(By(peer_id, SendChat("x")), NOW_MS)
                except Refused as caught:
                    assert caught.info.code == "tooManyRequests"  # noqa: PT017 - most are refused
                else:
                    said += 1
        assert said == chat_module.ROOM_MESSAGES_AT_ONCE
        state.apply(By("mod", SendChat("Silence, please")), NOW_MS)

    def test_a_clock_that_is_set_back_lets_nobody_write_more_or_never_again(self) -> None:
        state = room("ada")
        for _ in range(chat_module.MESSAGES_AT_ONCE):
            state.apply(By("ada", SendChat("x")), NOW_MS)
        with pytest.raises(Refused):
            state.apply(By("ada", SendChat("x")), NOW_MS - 3_600_000)
        state.apply(By("ada", SendChat("x")), NOW_MS - 3_600_000 + 1000)
