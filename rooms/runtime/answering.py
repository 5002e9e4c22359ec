"""Work on a request whose failure is told to who asked for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.errors import MediaError
from rooms.protocol.errors import Refused, refusal_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from rooms.runtime.connection import Connection


def answering(
    connection: Connection,
    request_id: int,
    work: Callable[[], None],
    on_refused: Callable[[], None] = lambda: None,
) -> None:
    """Do something; the answer to a refusal is sent here. Raises what is no refusal but a fault of ours."""
    try:
        work()
    except Exception as error:
        connection.refuse(request_id, refusal_of(error))
        on_refused()
        if not isinstance(error, (Refused, MediaError)):
            raise
