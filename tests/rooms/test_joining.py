"""From a ticket to who comes in."""

from __future__ import annotations

from dataclasses import fields

from media.ortc.parameters import RtpCapabilities
from rooms.nodes.tickets import Ticket
from rooms.protocol import Join
from rooms.runtime.joining import entry_of
from rooms.state.commands import Enter

TICKET = Ticket(
    1,
    "room",
    "serv0",
    "ada",
    "Ada",
    name_fixed=True,
    interface="webinar",
    role="interpreter",
    viewer=True,
    hand_enabled=True,
    chat_disabled=True,
    waiting_room=True,
    can_record=True,
    recorded=True,
    max_broadcasters=3,
    max_watchers=5,
    video_url="https://a.example/",
)


def test_everything_in_a_ticket_that_a_room_knows_reaches_it() -> None:
    entry = entry_of(TICKET, Join("", RtpCapabilities([]), display_name="Eve"))
    shared = {field.name for field in fields(Enter)} & {field.name for field in fields(Ticket)}
    assert len(shared) == 16
    for name in shared:
        assert getattr(entry, name) == getattr(TICKET, name), name


def test_a_name_can_be_chosen_only_where_the_ticket_leaves_it_open() -> None:
    join = Join("", RtpCapabilities([]), display_name=" Eve\u202e ")
    assert entry_of(TICKET, join).display_name == "Ada"
    assert entry_of(Ticket(1, "room", "serv0", "ada", "Ada", name_fixed=False), join).display_name == "Eve"
    assert entry_of(Ticket(1, "room", "serv0", "ada", "", name_fixed=True), join).display_name == "Guest"
