"""From a ticket to who comes in."""

from __future__ import annotations

from media.ortc.parameters import RtpCapabilities
from rooms.protocol import Join
from rooms.runtime.joining import entry_of
from rooms.state.ticket import Ticket

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


def test_the_ticket_reaches_the_room_as_it_is() -> None:
    entry = entry_of(TICKET, Join("", RtpCapabilities([]), display_name="Eve"))
    assert entry.ticket is TICKET
    assert (entry.peer_id, entry.display_name, entry.identity) == ("ada", "Ada", TICKET.identity)


def test_a_name_can_be_chosen_only_where_the_ticket_leaves_it_open() -> None:
    join = Join("", RtpCapabilities([]), display_name=" Eve\u202e ")
    assert entry_of(TICKET, join).display_name == "Ada"
    assert entry_of(Ticket(1, "room", "serv0", "ada", "Ada", name_fixed=False), join).display_name == "Eve"
    assert entry_of(Ticket(1, "room", "serv0", "ada", "", name_fixed=True), join).display_name == "Guest"
