"""The URL attributes of a room page."""

from __future__ import annotations

import uuid
from urllib.parse import quote

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from meet.attributes import RoomAttributes


def parse(query: str) -> RoomAttributes:
    return RoomAttributes.from_query(QueryDict(query))


def test_everything_that_is_given_is_read() -> None:
    assert parse("roomId=serv0room&peerId=ada&displayName=Ada%20L&nameScreenDisabled=true") == RoomAttributes(
        room_id="serv0room", peer_id="ada", display_name="Ada L", name_screen_disabled=True
    )


def test_nothing_given_means_the_defaults_and_a_fresh_id() -> None:
    first, second = parse(""), parse("")
    assert (first.room_id, first.display_name, first.name_fixed, first.name_screen_disabled) == ("", "", False, False)
    assert uuid.UUID(first.peer_id) != uuid.UUID(second.peer_id)


@pytest.mark.parametrize(("query", "peer_id"), [("peerID=ada", "ada"), ("peerId=ada&peerID=bob", "ada")])
def test_the_peer_id_has_two_spellings(query: str, peer_id: str) -> None:
    assert parse(query).peer_id == peer_id


@pytest.mark.parametrize("peer_id", ["", "%20", "a%00b", "a%0Ab", "%E2%80%AE", "x" * 129])
def test_a_peer_id_that_cannot_be_used_counts_as_not_given(peer_id: str) -> None:
    assert uuid.UUID(parse(f"peerId={peer_id}").peer_id)


@pytest.mark.parametrize(
    ("value", "expected"), [("true", True), ("TRUE", True), ("1", False), ("yes", False), ("", False), ("false", False)]
)
def test_only_true_is_true(value: str, expected: bool) -> None:
    assert parse(f"nameScreenDisabled={value}").name_screen_disabled is expected


@pytest.mark.parametrize(
    ("name", "expected"), [("Guest", "Guest"), ("  Ada  ", "Ada"), ("%E2%80%AE", ""), ("%00", ""), ("%20", "")]
)
def test_a_name_is_fixed_only_where_there_is_something_to_see(name: str, expected: str) -> None:
    attributes = parse(f"displayName={name}")
    assert (attributes.display_name, attributes.name_fixed) == (expected, bool(expected))


def test_a_query_string_may_begin_with_its_question_mark() -> None:
    assert RoomAttributes.from_query_string("?roomId=a").room_id == RoomAttributes.from_query_string("roomId=a").room_id


@given(st.text(max_size=100), st.text(max_size=100))
def test_any_text_gives_usable_attributes(peer_id: str, name: str) -> None:
    def escaped(text: str) -> str:
        return quote(text.encode("utf-8", "surrogatepass"))

    attributes = parse(f"peerId={escaped(peer_id)}&displayName={escaped(name)}")
    assert 0 < len(attributes.peer_id) <= 128
    assert attributes.peer_id.isprintable()
    assert len(attributes.display_name) <= 64
