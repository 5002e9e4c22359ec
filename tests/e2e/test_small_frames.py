"""What must not be hidden where there is little room, and what a double click does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.participant import wait_for
from tests.e2e.recordings import moderate

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.e2e.conftest import MakeParticipant

PHONE = (390, 844)


def overlap(one: Locator, other: Locator) -> bool:
    """Whether two elements share some of the page."""
    a, b = one.bounding_box(), other.bounding_box()
    assert a is not None
    assert b is not None
    beside = a["x"] + a["width"] <= b["x"] or b["x"] + b["width"] <= a["x"]
    return not (beside or a["y"] + a["height"] <= b["y"] or b["y"] + b["height"] <= a["y"])


@pytest.mark.parametrize("size", [(360, 290), (320, 568)])
def test_join_is_in_view_in_a_small_frame(participant: MakeParticipant, room: str, size: tuple[int, int]) -> None:
    ada = participant("Ada", size)
    ada.open(room)
    expect(ada.button("join")).to_be_in_viewport(ratio=1)


@pytest.mark.long
def test_neither_a_recording_nor_a_message_hides_what_one_does(participant: MakeParticipant, room: str) -> None:
    mona, ada = participant("Mona"), participant("Ada", PHONE)
    moderate(mona, room)
    ada.join(room)
    ada.tile(mona).wait_for()
    mona.button("start-recording").click()
    expect(ada.button("recording")).to_be_visible()
    tiles = ada.button("tile")
    for number in range(tiles.count()):
        assert not overlap(ada.button("recording"), tiles.nth(number))
    mona.button("stop-recording").click()
    ada.page.keyboard.press("c")
    expect(ada.button("chat-input")).to_be_visible()
    mona.button("stop-all-mic").click()
    expect(ada.button("toast").first).to_be_visible()
    assert not overlap(ada.button("toast").first, ada.button("chat-input"))


@pytest.mark.long
def test_a_double_click_brings_somebody_on_the_stage_and_then_fills_the_screen(
    participant: MakeParticipant, room: str
) -> None:
    ada, ben = participant("Ada"), participant("Ben")
    ada.join(room)
    ben.join(room)
    ada.sees(ben)
    ada.tile(ben).dblclick()
    expect(ada.tile(ben)).to_have_attribute("data-pinned", "true")
    ada.tile(ben).dblclick()
    wait_for(
        lambda: ada.page.evaluate("document.fullscreenElement !== null"), message="The room should be full screen."
    )
