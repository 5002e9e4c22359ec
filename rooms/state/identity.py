"""How somebody shows that a peer id is theirs, and what that is worth against another who has it already. Pure.

Everybody in a room reads everybody's peer id, and whoever writes a link can put any id into it. So an id alone shows
nothing: a session does, which only one page knows, and so does an id that the account has signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

# Where a peer id comes from: from a link that anybody can write, from us (a random one), from the account's token.
Proof = Literal["link", "issued", "account"]

STRENGTH: Final[dict[Proof, int]] = {"link": 0, "issued": 1, "account": 2}


@dataclass(frozen=True)
class Identity:
    """What stands behind a peer id. `session` is a page's secret, the same at each of its connections; empty for none.

    An issued id is in the hands of the page that it was given to, an account's in those of who has the token.
    """

    proof: Proof = "link"
    session: str = ""
    moderator: bool = False

    def continues(self, other: Identity) -> bool:
        """Whether it is the same page as another."""
        return bool(self.session) and self.session == other.session

    def proves(self, other: Identity) -> bool:
        """Whether this shows to be who the other, with the same peer id, is: by its session, or by as good a proof."""
        if self.continues(other):
            return True
        return self.proof != "link" and STRENGTH[self.proof] >= STRENGTH[other.proof]

    def may_replace(self, other: Identity) -> bool:
        """Whether this takes over the other's peer id (spec: peerId): a proven one only by proof.

        Where nobody has proved anything, the later one has it, but a moderator's only another moderator.
        """
        if self.proves(other):
            return True
        return self.proof == other.proof == "link" and (self.moderator or not other.moderator)
