"""What a session in the admin keeps beside what Django does: Unix times in s, and its second factor."""

from __future__ import annotations

from typing import Final

BEGAN: Final = "began"
SEEN: Final = "seen"
SECOND: Final = "second"
