from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recording.composition.write.chapters import chapters, escaped, timestamp, to_json, to_vtt
from tests.recording.timelines import added, joined, left, person, removed, scenes_of, snapshot

if TYPE_CHECKING:
    from recording.composition.write.chapters import Chapter


def titles(entries: list[dict[str, Any]], to_s: float = 600, from_s: float = 0) -> list[tuple[float, float, str]]:
    return [(one.from_s, one.to_s, one.title) for one in found(entries, to_s, from_s)]


def found(entries: list[dict[str, Any]], to_s: float = 600, from_s: float = 0) -> list[Chapter]:
    return chapters(scenes_of(entries, to_s, from_s=from_s))


def test_the_first_chapter_begins_with_the_video() -> None:
    assert titles([snapshot(person("ann"))]) == [(0, 600, "Start")]
    assert chapters([]) == []


def test_who_joins_and_who_shares_begins_a_chapter() -> None:
    entries = [snapshot(person("ann")), joined(60, "ben"), added(200, "ann", "screen"), removed(300, "ann", "screen")]
    assert titles(entries) == [
        (0, 60, "Start"),
        (60, 200, "Ben joined"),
        (200, 300, "Ann shares a screen"),
        (300, 600, "Ann shares no screen any more"),
    ]


def test_who_leaves_begins_a_chapter_unless_the_video_ends_with_it() -> None:
    entries = [snapshot(person("ann"), person("ben"), person("cleo")), left(100, "ben"), left(104, "ann")]
    assert titles(entries) == [(0, 100, "Start"), (100, 600, "Ben and Ann left")]
    assert titles([*entries, left(595, "cleo")]) == titles(entries)
    both = [snapshot(person("ann")), joined(100, "ben"), left(103, "ann")]
    assert titles(both) == [(0, 100, "Start"), (100, 600, "Ben joined")]
    assert [one.kind for one in found(both)[1].happenings] == ["join", "leave"]


def test_those_who_come_together_are_one_chapter() -> None:
    entries = [snapshot(), *(joined(100 + index, name) for index, name in enumerate(["ann", "ben", "cleo"]))]
    assert titles(entries) == [(0, 100, "Start"), (100, 600, "Ann, Ben and Cleo joined")]
    crowd = [snapshot(), *(joined(100 + index / 10, f"p{index}") for index in range(8))]
    assert titles(crowd)[1][2] == "P0, P1 and 6 others joined"


def test_who_is_back_at_once_had_a_bad_connection() -> None:
    entries = [snapshot(person("ann")), left(100, "ann", lost=True), joined(110, "ann"), left(200, "ann")]
    assert titles(entries) == [(0, 200, "Start"), (200, 600, "Ann left")]
    assert titles([*entries, joined(400, "ann")])[1:] == [(200, 400, "Ann left"), (400, 600, "Ann joined")]
    assert titles([*entries, joined(250, "ann")]) == [(0, 600, "Start")]


def test_a_part_of_a_capture_has_times_of_its_own() -> None:
    assert titles([snapshot(person("ann")), joined(150, "ben")], 300, 100) == [
        (0, 50, "Start"),
        (50, 200, "Ben joined"),
    ]


def test_pages_can_write_their_own_words() -> None:
    assert to_json(found([snapshot(), joined(60, "ben", name="Бен")])) == [
        {"startS": 0, "endS": 60, "title": "Start", "happenings": []},
        {
            "startS": 60,
            "endS": 600,
            "title": "Бен joined",
            "happenings": [{"atS": 60, "kind": "join", "peerId": "ben", "displayName": "Бен"}],
        },
    ]


def test_names_are_text_and_no_markup() -> None:
    text = to_vtt(found([snapshot(), joined(60, "ben", name="<b>Ben</b> --> &\nX")]))
    assert "00:01:00.000 --> 00:10:00.000\n&lt;b&gt;Ben&lt;/b&gt; --&gt; &amp; X joined\n" in text
    assert text.startswith("WEBVTT\n\n")
    assert escaped(" a\n\nb ") == "a b"


def test_times_are_written_as_players_read_them() -> None:
    assert timestamp(3 * 3600 + 25 * 60 + 45.678) == "03:25:45.678"
    assert timestamp(0.9996) == "00:00:01.000"
