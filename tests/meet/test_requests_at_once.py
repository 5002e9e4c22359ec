"""So many requests at a time, the others in line."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from meet.run import requests_at_once as module
from meet.run.requests_at_once import RequestsAtOnce

if TYPE_CHECKING:
    import pytest

MOST = 3


class Pages:
    """An application that begins its answer when it may, and ends it when it may."""

    def __init__(self) -> None:
        self.inside = self.most_inside = self.served = self.closing = self.most_closing = 0
        self.may_begin, self.may_end = asyncio.Event(), asyncio.Event()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        del receive
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        try:
            if scope["path"] == "/broken":
                raise LookupError
            if scope["path"] != "/healthz":
                await self.may_begin.wait()
        finally:
            self.inside -= 1
        await send({"type": "http.response.start"})
        if scope["path"] == "/file":
            await send({"type": "http.response.body", "more_body": True})
            await self.may_end.wait()
        await send({"type": "http.response.body", "more_body": False})
        self.closing += 1
        self.most_closing = max(self.most_closing, self.closing)
        await asyncio.sleep(0)  # as a connection to the database is closed
        self.closing -= 1
        self.served += 1


async def nothing(_message: dict[str, Any]) -> None:
    """Takes what is sent."""


async def whole() -> dict[str, Any]:
    """A request without a body."""
    return {"type": "http.request"}


def ask(application: RequestsAtOnce, path: str = "/", receive: Any = whole, send: Any = nothing) -> asyncio.Task[None]:
    async def served() -> None:
        await application({"type": "http", "path": path}, receive, send)

    return asyncio.create_task(served())


async def test_so_many_are_served_at_a_time_and_all_in_the_end() -> None:
    pages = Pages()
    application = RequestsAtOnce(pages, MOST)
    requests = [ask(application) for _ in range(10 * MOST)]
    await asyncio.sleep(0)
    assert pages.inside == MOST
    pages.may_begin.set()
    await asyncio.gather(*requests)
    assert (pages.most_inside, pages.served) == (MOST, 10 * MOST)
    assert pages.most_closing <= MOST


async def test_who_asks_whether_it_is_well_waits_for_nobody() -> None:
    pages = Pages()
    application = RequestsAtOnce(pages, MOST)
    requests = [ask(application) for _ in range(MOST + 1)]
    await asyncio.wait_for(ask(application, "/healthz"), 30)
    pages.may_begin.set()
    await asyncio.gather(*requests)


async def test_files_that_take_their_time_keep_nobody_waiting() -> None:
    pages = Pages()
    pages.may_begin.set()
    application = RequestsAtOnce(pages, MOST)
    files = [ask(application, "/file") for _ in range(2 * MOST)]
    await asyncio.wait_for(ask(application), 30)
    pages.may_end.set()
    await asyncio.gather(*files)


async def test_who_breaks_off_or_fails_gives_the_place_back() -> None:
    pages = Pages()
    application = RequestsAtOnce(pages, MOST)
    gone = [ask(application) for _ in range(2 * MOST)]
    await asyncio.sleep(0)
    for request in gone:
        request.cancel()
    failed = [ask(application, "/broken") for _ in range(2 * MOST)]
    outcomes = await asyncio.gather(*gone, *failed, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {asyncio.CancelledError, LookupError}
    pages.may_begin.set()
    await asyncio.wait_for(asyncio.gather(*(ask(application) for _ in range(MOST))), 30)


async def never(message: dict[str, Any]) -> None:
    """A client who reads nothing: what is sent of a body waits for ever."""
    if message["type"] == "http.response.body":
        await asyncio.Event().wait()


async def test_who_reads_nothing_keeps_nobody_waiting() -> None:
    pages = Pages()
    pages.may_begin.set()
    application = RequestsAtOnce(pages, MOST)
    unread = [ask(application, "/file", send=never) for _ in range(2 * MOST)]
    await asyncio.wait_for(ask(application), 30)
    for request in unread:
        request.cancel()
    await asyncio.gather(*unread, return_exceptions=True)


async def test_nor_where_a_server_waits_with_an_answer_of_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TAKEN_WITHIN_S", 0)
    pages = Pages()
    pages.may_begin.set()
    application = RequestsAtOnce(pages, MOST)
    unread = [ask(application, send=never) for _ in range(2 * MOST)]
    await asyncio.wait_for(ask(application), 30)
    for request in unread:
        request.cancel()
    await asyncio.gather(*unread, return_exceptions=True)


async def test_who_sends_a_request_slowly_has_a_place_only_when_it_is_there_as_a_whole() -> None:
    pages, rest = Pages(), asyncio.Event()

    async def uploading(scope: dict[str, Any], receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        await pages(scope, receive, send)

    application = RequestsAtOnce(uploading, MOST)

    def slow() -> Any:
        pieces = [True, True, False]

        async def receive() -> dict[str, Any]:
            if len(pieces) == 1:
                await rest.wait()
            return {"type": "http.request", "more_body": pieces.pop(0)}

        return receive

    uploads = [ask(application, receive=slow()) for _ in range(2 * MOST)]
    await asyncio.sleep(0)
    pages.may_begin.set()
    await asyncio.wait_for(ask(application), 30)
    pages.may_begin.clear()
    rest.set()
    for _ in range(5):
        await asyncio.sleep(0)
    assert pages.inside == MOST
    pages.may_begin.set()
    await asyncio.gather(*uploads)
    assert pages.most_inside == MOST
