"""The player that everybody in a room watches together: who may bring one, and how it goes away. Pure."""

from __future__ import annotations


class SharedVideo:
    """`url` is empty where nothing plays. Whether a link may bring one at all was decided with its ticket."""

    def __init__(self) -> None:
        self.url = ""
        self._brought_by = ""
        # What was taken away doesn't come back by itself, when a page with it in its link connects anew.
        self._stopped: set[str] = set()

    def bring(self, url: str, peer_id: str, *, moderator: bool) -> bool:
        """Show what somebody's link has; whether that changed anything. The first stays, unless a moderator brings one.

        After one was taken away, only moderators bring another.
        """
        wanted = bool(url) and url != self.url and url not in self._stopped
        if not wanted or not (moderator or not (self.url or self._stopped)):
            return False
        self.url, self._brought_by = url, peer_id
        return True

    def stop(self) -> bool:
        """Take it away; whether there was one."""
        if not self.url:
            return False
        self._stopped.add(self.url)
        self.url = self._brought_by = ""
        return True

    def removed(self, peer_id: str) -> bool:
        """A participant was removed from the meeting, and with them what they brought; whether there was anything."""
        return self._brought_by == peer_id and self.stop()
