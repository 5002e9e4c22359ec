"""Who may have a meeting recorded, and who sees that it is."""

from __future__ import annotations

import pytest

from rooms.protocol import EndMeeting, RecordingChanged, RecordingFailed, StartRecording, StopRecording
from rooms.state.commands import By, RecordingBegan, RecordingEnded
from rooms.state.outcome import BeginCapture, EndCapture
from tests.rooms.states import NOW_MS, entry, heard, moderator, refused, room, viewer


@pytest.mark.parametrize("actor", ["mod", None])
def test_a_moderator_whose_link_allows_it_and_the_accounts_server_may_record(actor: str | None) -> None:
    state = room(moderator(can_record=True), "ada")
    outcome = state.apply(By(actor, StartRecording()), NOW_MS)
    assert outcome.effects == [BeginCapture()]
    assert outcome.events == []  # nobody is told before it is so
    assert state.recording_since is None
    state.apply(RecordingBegan(NOW_MS), NOW_MS)
    assert state.apply(By(actor, StopRecording()), NOW_MS).effects == [EndCapture()]


@pytest.mark.parametrize("command", [StartRecording, StopRecording])
def test_nobody_else_may(command: type[StartRecording | StopRecording]) -> None:
    state = room(moderator(), entry("ada", can_record=True), viewer("vic"))
    assert refused(state, By("mod", command())) == "notAllowed"
    assert refused(state, By("ada", command())) == "notModerator"
    assert refused(state, By("vic", command())) == "notModerator"


def test_what_one_may_do_tells_whether_one_may_record() -> None:
    state = room(moderator(can_record=True), entry("ada", can_record=True))
    assert state.snapshot("mod").me.permissions.record
    assert not state.snapshot("ada").me.permissions.record


def test_a_second_start_and_a_stop_of_nothing_say_so() -> None:
    state = room(moderator(can_record=True))
    assert refused(state, By("mod", StopRecording())) == "notRecording"
    state.apply(RecordingBegan(NOW_MS), NOW_MS)
    assert refused(state, By("mod", StartRecording())) == "alreadyRecording"


def test_everybody_sees_it_late_joiners_too() -> None:
    state = room(moderator(can_record=True), "ada", viewer("vic"))
    began = state.apply(RecordingBegan(NOW_MS), NOW_MS)
    for peer_id in ("mod", "ada", "vic"):
        assert heard(state, began, peer_id) == [RecordingChanged(NOW_MS)]
    state.apply(entry("bob"), NOW_MS)
    assert state.snapshot("bob").recording_since == NOW_MS
    ended = state.apply(RecordingEnded(None), NOW_MS)
    for peer_id in ("mod", "bob", "vic"):
        assert heard(state, ended, peer_id) == [RecordingChanged(None)]


def test_moderators_hear_what_went_wrong() -> None:
    state = room(moderator(), "ada")
    state.apply(RecordingBegan(NOW_MS), NOW_MS)
    ended = state.apply(RecordingEnded("diskFull"), NOW_MS)
    assert heard(state, ended, "mod") == [RecordingChanged(None), RecordingFailed("diskFull")]
    assert heard(state, ended, "ada") == [RecordingChanged(None)]
    impossible = state.apply(RecordingEnded("writeError"), NOW_MS)
    assert heard(state, impossible, "mod") == [RecordingFailed("writeError")]


def test_the_next_meeting_knows_nothing_of_it() -> None:
    state = room(moderator())
    state.apply(RecordingBegan(NOW_MS), NOW_MS)
    state.apply(By("mod", EndMeeting()), NOW_MS)
    assert state.recording_since is None


def test_a_recording_sees_what_viewers_see_and_no_chat() -> None:
    state = room(moderator(), "ada", viewer("vic"))
    seen, vics = state.seen_by_viewers(), state.snapshot("vic")
    assert [peer.id for peer in seen.peers] == [peer.id for peer in vics.peers] == ["mod", "ada"]
    assert seen.me.viewer
    assert (seen.chat, seen.waiting, seen.kicked) == ([], [], [])
