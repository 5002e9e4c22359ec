"""One server and one Chromium for all browser tests; a fresh room and fresh tabs for each."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Protocol

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.e2e.participant import CHROMIUM, CHROMIUM_ARGUMENTS, Participant
from tests.e2e.server import KEY, Server, running_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Playwright


# How long to wait for what has to come: it is only reached where something is wrong, or the machine very busy.
expect.set_options(timeout=40_000)


class MakeParticipant(Protocol):
    def __call__(self, name: str, size: tuple[int, int] = ..., server: Server | None = ...) -> Participant: ...


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """For all tests that don't need other settings or other data: a start takes seconds."""
    with running_server(tmp_path_factory.mktemp("server"), jwt_key=KEY) as running:
        yield running


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as made:
        yield made


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    launched = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
    yield launched
    launched.close()


@pytest.fixture
def room() -> str:
    return f"room{secrets.token_hex(5)}"


@pytest.fixture
def small_cameras() -> None:
    """For tests in which it does not matter what pictures are like: with it they cost a tenth."""


@pytest.fixture
def participant(browser: Browser, server: Server, request: pytest.FixtureRequest) -> Iterator[MakeParticipant]:
    """Makes participants; closes their tabs afterwards and fails on errors in their pages."""
    made: list[Participant] = []
    small_camera = "small_cameras" in request.fixturenames

    def make(name: str, size: tuple[int, int] = (1280, 800), server: Server | None = server) -> Participant:
        assert server is not None
        person = Participant(browser, server.url, name, size, small_camera=small_camera)
        made.append(person)
        return person

    yield make
    problems = [f"{person.name}: {message}" for person in made for message in person.messages]
    for person in made:
        person.close()
    assert not [problem for problem in problems if "error:" in problem], problems
