"""What a participant is let into a room with: everything that their link and its token decide. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rooms.state.identity import Identity

if TYPE_CHECKING:
    from rooms.protocol import Interface, InterpreterProblem, Role
    from rooms.state.identity import Proof


@dataclass(frozen=True)
class Ticket:
    """Who may enter which room on which node, how they are called there, and what they may do.

    * A moderator with `can_record` may have the meeting recorded; with `recorded` it is recorded anyway.
    * With `viewers_told` those with a tile hear of every viewer who comes or goes, while they are few.
    * Moderators and interpreters have work to do: `viewer` means nothing for them.
    * `max_broadcasters` and `max_watchers` count for this participant's own coming in and sending: 0 for none.
    * An interpreter has a `language` (a BCP 47 tag with its name in that language), or a problem that says why not.
    * `preselected` is the language that they shall hear as soon as it is there, until they choose.
    * `interpretation` says whether the account has any, `interpretation_recorded` whether recordings have it, too.
    * `video_url` is what everybody shall watch, from a link that may bring such a player.
    * `event_url` and `event_header` are where the link wants events told (spec: apiEvent, authEvent).
    * With `check` they only check their network (`/check`): they get back the picture that they send, and send no more.
    * `proof` says where the peer id comes from: the account's token, us, or a link that anybody can write.
    * `epoch` is that of the node's name (`rooms.nodes.lease`): the ticket is for the process that had it then.
    * `trace` is the page's load in a trace (W3C Trace Context, `traceparent`); empty where nobody traces.
    * `session` is the secret of the page (`rooms.state.identity`), `token` the hash of the link's token.
    """

    account_id: int
    room_id: str
    node: str
    peer_id: str
    display_name: str
    name_fixed: bool
    interface: Interface = "call"
    role: Role = "participant"
    viewer: bool = False
    hand_enabled: bool = False
    chat_disabled: bool = False
    waiting_room: bool = False
    can_record: bool = False
    recorded: bool = False
    viewers_told: bool = False
    max_broadcasters: int = 0
    max_watchers: int = 0
    video_url: str = ""
    check: bool = False
    interpretation: bool = True
    interpretation_recorded: bool = False
    language: str = ""
    language_name: str = ""
    interpreter_problem: InterpreterProblem = ""
    preselected: str = ""
    event_url: str = ""
    event_header: str = field(default="", repr=False)
    proof: Proof = "link"
    session: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    epoch: int = 0
    trace: str = ""

    @property
    def identity(self) -> Identity:
        """What stands behind the peer id."""
        return Identity(self.proof, self.session, moderator=self.role == "moderator")

    @property
    def interprets_into(self) -> str:
        """The language of an interpreter who may speak; empty for everybody else."""
        return self.language if self.role == "interpreter" else ""

    @property
    def only_watches(self) -> bool:
        """Whether they come without a tile, and may be brought on stage."""
        return self.viewer and self.role == "participant"
