"""Tickets open one door, for one person, for a while."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from django.core import signing
from hypothesis import given
from hypothesis import strategies as st

from rooms.nodes.tickets import LIFETIME_S, SALT, TicketError, sign, verify
from rooms.state.ticket import Ticket

TICKET = Ticket(1, "room", "serv0", "ada", "Ada", name_fixed=True, interface="webinar")


def code(text: str, node: str = "serv0") -> str:
    with pytest.raises(TicketError) as caught:
        verify(text, node=node)
    assert caught.value.status == 403
    return caught.value.code


def test_what_is_signed_comes_back() -> None:
    assert verify(sign(TICKET), node="serv0") == TICKET


@pytest.mark.parametrize(("age_s", "fine"), [(0, True), (LIFETIME_S - 1, True), (LIFETIME_S + 1, False)])
def test_a_ticket_is_good_for_ten_minutes(monkeypatch: pytest.MonkeyPatch, age_s: int, fine: bool) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    text = sign(TICKET)
    monkeypatch.setattr(time, "time", lambda: now + age_s)
    if fine:
        assert verify(text, node="serv0") == TICKET
    else:
        assert code(text) == "ticketExpired"


def test_a_ticket_for_another_node_says_where_the_room_is() -> None:
    with pytest.raises(TicketError, match="serv7") as caught:
        verify(sign(replace(TICKET, node="serv7")), node="serv0")
    assert caught.value.code == "wrongNode"


def test_a_ticket_with_any_character_changed_is_forged() -> None:
    text = sign(TICKET)
    for position in range(len(text)):
        forged = text[:position] + ("A" if text[position] != "A" else "B") + text[position + 1 :]
        assert code(forged) == "ticketInvalid"


def test_a_value_that_was_signed_for_another_purpose_or_with_another_key_is_no_ticket() -> None:
    assert code(signing.dumps({"room_id": "room"}, salt="elsewhere")) == "ticketInvalid"
    assert code(signing.dumps({"room_id": "room"}, salt=SALT, key="x" * 50)) == "ticketInvalid"


@pytest.mark.parametrize("payload", [None, [], "text", 5, {}, {"room_id": "room"}, {"nonsense": 1}])
def test_a_signed_value_of_another_shape_is_no_ticket(payload: Any) -> None:
    assert code(signing.dumps(payload, salt=SALT)) == "ticketInvalid"


@given(st.text())
def test_any_text_is_a_refusal_and_nothing_worse(text: str) -> None:
    assert code(text) == "ticketInvalid"


def test_a_ticket_is_short_enough_for_the_protocol_and_tells_no_secret() -> None:
    text = sign(Ticket(1, "r" * 128, "serv9999", "ü" * 128, "ü" * 64, name_fixed=False, interface="call"))
    assert len(text) < 8192
