from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recording.composition.read.levels import Speaking
from recording.composition.read.timeline import Room, replay
from tests.recording.timelines import (
    START_MS,
    added,
    hand,
    joined,
    left,
    paused,
    person,
    removed,
    renamed,
    scenes_of,
    shown,
    snapshot,
    track,
    video_url,
)

if TYPE_CHECKING:
    from rooms.protocol import Source


def spans(entries: list[dict[str, Any]], to_s: float = 10, **more: Any) -> list[tuple[float, float, list[str]]]:
    return [(scene.from_s, scene.to_s, shown(scene)) for scene in scenes_of(entries, to_s, **more)]


def test_nobody_is_there_before_the_first_entry() -> None:
    assert spans([snapshot(person("ann"), at_s=2)]) == [(0, 2, []), (2, 10, ["camera:ann"])]


def test_people_have_tiles_from_joining_to_leaving() -> None:
    entries = [snapshot(person("ann")), joined(2, "bob"), left(7, "ann")]
    assert spans(entries) == [
        (0, 2, ["camera:ann"]),
        (2, 7, ["camera:ann", "camera:bob"]),
        (7, 10, ["camera:bob"]),
    ]


def test_who_comes_back_after_a_lost_connection_is_the_last_in_order() -> None:
    entries = [snapshot(person("ann"), person("bob")), left(3, "ann", lost=True), joined(5, "ann")]
    assert [keys for _, _, keys in spans(entries)] == [
        ["camera:ann", "camera:bob"],
        ["camera:bob"],
        ["camera:bob", "camera:ann"],
    ]


def test_a_second_join_takes_the_place_of_the_first() -> None:
    entries = [snapshot(person("ann"), person("bob")), joined(5, "ann", name="Ann again")]
    last = scenes_of(entries, 10)[-1]
    assert [tile.name for tile in last.tiles] == ["Bob", "Ann again"]


def test_a_camera_shows_its_track_while_it_is_on() -> None:
    entries = [
        snapshot(person("ann")),
        added(1, "ann", "camera"),
        track(1, 7, "ann", "camera"),
        paused(4, "ann", "camera"),
        paused(6, "ann", "camera", on=True),
        removed(9, "ann", "camera"),
    ]
    found = [(scene.from_s, scene.tiles[0].track) for scene in scenes_of(entries, 10)]
    assert found == [(0, None), (1, 7), (4, None), (6, 7), (9, None)]


def test_after_a_pause_older_pictures_are_of_no_use() -> None:
    entries = [
        snapshot(person("ann", "camera")),
        track(0, 1, "ann", "camera"),
        paused(4, "ann", "camera"),
        paused(6, "ann", "camera", on=True),
    ]
    assert [scene.tiles[0].since_s for scene in scenes_of(entries, 10) if scene.tiles[0].track] == [0, 6]


def test_a_microphone_is_on_while_it_is_sent_and_not_paused() -> None:
    entries = [
        snapshot(person("ann", "mic")),
        paused(2, "ann", "mic"),
        paused(4, "ann", "mic", on=True),
        removed(6, "ann", "mic"),
    ]
    assert [(scene.from_s, scene.tiles[0].mic_on) for scene in scenes_of(entries, 10)] == [
        (0, True),
        (2, False),
        (4, True),
        (6, False),
    ]


def test_who_speaks_is_outlined_unless_muted() -> None:
    entries = [snapshot(person("ann", "mic"), person("bob", "mic")), paused(5, "ann", "mic")]
    speaking = [Speaking(1, 6, "ann"), Speaking(2, 3, "bob")]
    found = [
        (scene.from_s, [tile.peer_id for tile in scene.tiles if tile.speaking])
        for scene in scenes_of(entries, 10, speaking=speaking)
    ]
    assert found == [(0, []), (1, ["ann"]), (2, ["ann", "bob"]), (3, ["ann"]), (5, [])]


def test_two_spells_of_one_voice_may_overlap() -> None:
    entries = [snapshot(person("ann", "mic"))]
    found = scenes_of(entries, 10, speaking=[Speaking(1, 4, "ann"), Speaking(3, 6, "ann")])
    assert [(scene.from_s, scene.tiles[0].speaking) for scene in found] == [(0, False), (1, True), (6, False)]


def test_hands_are_counted_in_the_order_in_which_they_went_up() -> None:
    entries = [snapshot(person("ann"), person("bob")), hand(1, "bob"), hand(2, "ann"), hand(3, "bob", up=False)]
    found = [[tile.hand for tile in scene.tiles] for scene in scenes_of(entries, 10)]
    assert found == [[None, None], [None, 1], [2, 1], [1, None]]


def test_names_change() -> None:
    entries = [snapshot(person("ann")), renamed(4, "ann", "Anne-Marie")]
    assert [(scene.from_s, scene.tiles[0].name) for scene in scenes_of(entries, 10)] == [(0, "Ann"), (4, "Anne-Marie")]


def test_the_screen_that_was_shared_last_is_on_the_stage() -> None:
    entries = [
        snapshot(person("ann"), person("bob")),
        added(2, "bob", "screen"),
        added(4, "ann", "screen"),
        removed(6, "ann", "screen"),
        removed(8, "bob", "screen"),
    ]
    found = [
        (scene.from_s, scene.stage and scene.stage.key, [tile.key for tile in scene.tiles])
        for scene in scenes_of(entries, 10)
    ]
    cameras = ["camera:ann", "camera:bob"]
    assert found == [
        (0, None, cameras),
        (2, "screen:bob", cameras),
        (4, "screen:ann", ["screen:bob", *cameras]),
        (6, "screen:bob", cameras),
        (8, None, cameras),
    ]


def test_the_name_on_a_shared_screen_goes_away() -> None:
    entries = [snapshot(person("ann")), added(2, "ann", "screen")]
    found = [(scene.from_s, scene.stage and scene.stage.named) for scene in scenes_of(entries, 10)]
    assert found == [(0, None), (2, True), (6, False)]


def test_what_all_watch_is_on_the_stage_where_nobody_shares() -> None:
    entries = [snapshot(person("ann")), video_url(2, "https://video.example/1"), added(4, "ann", "screen")]
    found = scenes_of(entries, 6)
    assert [scene.stage and scene.stage.key for scene in found] == [None, "video", "screen:ann"]
    assert [tile.key for tile in found[-1].tiles] == ["video", "camera:ann"]


def test_a_part_begins_with_what_was_there_before() -> None:
    entries = [snapshot(person("ann")), joined(2, "bob"), left(8, "bob")]
    assert spans(entries, 9, from_s=5) == [(5, 8, ["camera:ann", "camera:bob"]), (8, 9, ["camera:ann"])]


def test_another_room_of_the_same_name_begins_anew() -> None:
    entries = [snapshot(person("ann")), snapshot(person("cleo"), at_s=5)]
    assert spans(entries) == [(0, 5, ["camera:ann"]), (5, 10, ["camera:cleo"])]


@pytest.mark.parametrize(
    "entry",
    [
        None,
        [],
        "text",
        {},
        {"at": None, "event": "peerLeft", "data": {"peerId": "ann", "reason": "left"}},
        {"at": START_MS, "event": "peerLeft"},
        {"at": START_MS, "event": "peerLeft", "data": {"peerId": 7}},
        {"at": START_MS, "event": ["peerLeft"], "data": {}},
        {"at": START_MS, "event": "unheardOf", "data": {}},
        {"at": START_MS, "snapshot": {"peers": []}},
        {"at": START_MS, "trackStarted": None},
    ],
)
def test_entries_without_sense_are_passed_over(entry: Any) -> None:
    assert [moment.room for moment in replay([entry], START_MS)] == []


SOURCES: tuple[Source, ...] = ("mic", "camera", "screen", "screenAudio")
TIMES = st.floats(-1, 12, allow_nan=False)
PEERS = st.sampled_from(["ann", "bob", "cleo"])
ENTRIES = st.one_of(
    st.builds(joined, TIMES, PEERS),
    st.builds(joined, TIMES, PEERS, st.sampled_from(SOURCES)),
    st.builds(left, TIMES, PEERS),
    st.builds(added, TIMES, PEERS, st.sampled_from(SOURCES), paused=st.booleans()),
    st.builds(paused, TIMES, PEERS, st.sampled_from(SOURCES), on=st.booleans()),
    st.builds(removed, TIMES, PEERS, st.sampled_from(SOURCES)),
    st.builds(hand, TIMES, PEERS, up=st.booleans()),
    st.builds(renamed, TIMES, PEERS, st.text(max_size=3)),
    st.builds(video_url, TIMES, st.sampled_from(["", "https://video.example"])),
    st.builds(track, TIMES, st.integers(1, 9), PEERS, st.sampled_from(SOURCES)),
    st.builds(lambda at_s, peer: snapshot(person(peer), at_s=at_s), TIMES, PEERS),
)
SPEECH = st.builds(Speaking, TIMES, TIMES, PEERS)


@settings(deadline=None)
@given(st.lists(ENTRIES, max_size=12), st.lists(SPEECH, max_size=5), st.floats(0, 5), st.floats(0, 5))
def test_scenes_cover_the_time_without_gap_or_overlap(
    entries: list[dict[str, Any]], speaking: list[Speaking], from_s: float, duration_s: float
) -> None:
    to_s = from_s + duration_s
    found = scenes_of(entries, to_s, from_s=from_s, speaking=speaking)
    if from_s == to_s:
        assert found == []
        return
    assert found[0].from_s == from_s
    assert found[-1].to_s == to_s
    for before, after in pairwise(found):
        assert before.from_s < before.to_s == after.from_s
        assert (before.stage, before.tiles) != (after.stage, after.tiles)
    for scene in found:
        assert len(set(shown(scene))) == len(shown(scene))


def test_nothing_in_a_timeline_is_nobody() -> None:
    (scene,) = scenes_of([], 3)
    assert (scene.from_s, scene.to_s, shown(scene)) == (0, 3, [])
    assert Room().people == ()
