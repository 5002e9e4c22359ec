"""Who may enter a room.

`decision` has the rules and `denials` the words for a refusal, both without I/O. What they need to know comes from
`first_use`, when a token was first used, and `asking`, the account's own server. `entrance` puts it together.
"""

from meet.accounts.access.decision import Applicant
from meet.accounts.access.denials import Denied
from meet.accounts.access.entrance import admit

__all__ = ["Applicant", "Denied", "admit"]
