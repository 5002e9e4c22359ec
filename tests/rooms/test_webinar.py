"""A webinar's viewers, roles and limits, in the state machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pytest

from rooms import protocol
from rooms.protocol import (
    Kick,
    LowerHand,
    PauseProducer,
    RaiseHand,
    ResumeProducer,
    SetAbsent,
    SetDisplayName,
    SetLocked,
    SetOnStage,
    StopVideo,
)
from rooms.protocol.errors import Refused
from rooms.state.commands import AddProducer, By, Enter, Exit, SetQuality, Wait
from rooms.state.devices import TOO_MANY_BROADCASTERS
from rooms.state.identity import Identity
from rooms.state.machine import MANY_VIEWERS
from rooms.state.outcome import CloseDataMedia, CloseProducerMedia
from rooms.state.peer import KIND_OF_SOURCE
from tests.rooms.states import NOW_MS, entry, heard, moderator, refused, room, viewer
from tests.work import counted_work

if TYPE_CHECKING:
    from rooms.protocol import Source
    from rooms.state.machine import RoomState


def may_produce(state: RoomState, peer_id: str, source: Source) -> bool:
    try:
        state.check_produce(peer_id, KIND_OF_SOURCE[source], source, paused=False)
    except Refused:
        return False
    return True


class TestViewers:
    def test_a_viewer_is_one_more_in_a_number_and_no_tile(self) -> None:
        state = room("ada")
        outcome = state.apply(viewer("bob"), NOW_MS)
        assert heard(state, outcome, "ada") == [protocol.ViewersChanged(1)]
        assert heard(state, outcome, "bob") == []
        snapshot = state.snapshot("bob")
        assert (snapshot.viewers, [peer.id for peer in snapshot.peers]) == (1, ["ada"])
        assert snapshot.me.viewer
        outcome = state.apply(Exit("bob", "left"), NOW_MS)
        assert heard(state, outcome, "ada") == [protocol.ViewersChanged(0)]

    @pytest.mark.parametrize("role", ["moderator", "interpreter"])
    def test_who_has_work_to_do_is_no_viewer(self, role: Any) -> None:
        state = room(viewer("ada", role=role))
        assert not state.snapshot("ada").me.viewer
        assert [peer.id for peer in state.snapshot("ada").peers] == ["ada"]

    @pytest.mark.parametrize(
        ("newcomer", "allowed"),
        [
            (entry("ada"), {"mic", "camera", "screen", "screenAudio"}),
            (moderator("ada"), {"mic", "camera", "screen", "screenAudio"}),
            (entry("ada", role="interpreter"), set()),
            (viewer("ada"), set()),
        ],
    )
    def test_what_each_may_send_is_what_their_permissions_say(self, newcomer: Enter, allowed: set[str]) -> None:
        state = room(newcomer)
        assert {source for source in KIND_OF_SOURCE if may_produce(state, "ada", source)} == allowed
        permissions = state.snapshot("ada").me.permissions
        assert permissions.mic == ("mic" in allowed)
        assert permissions.camera == permissions.screen == ("camera" in allowed)
        assert permissions.moderate == (newcomer.ticket.role == "moderator")

    def test_a_viewer_opens_no_data_channels(self) -> None:
        state = room("ada", viewer("bob"))
        state.check_produce_data("ada")
        with pytest.raises(Refused) as caught:
            state.check_produce_data("bob")
        assert caught.value.info.code == "notAllowed"

    def test_a_viewers_name_is_nobody_elses_business(self) -> None:
        state = room("ada", viewer("bob"))
        outcome = state.apply(By("bob", SetDisplayName("Robert")), NOW_MS)
        assert heard(state, outcome, "bob") == [protocol.PeerRenamed("bob", "Robert")]
        assert heard(state, outcome, "ada") == []
        assert state.snapshot("bob").me.display_name == "Robert"

    def test_nobody_hears_of_a_viewers_absence_or_quality(self) -> None:
        state = room("ada", viewer("bob"))
        assert state.apply(By("bob", SetAbsent(absent=True)), NOW_MS).events == []
        assert state.apply(SetQuality("bob", "poor"), NOW_MS).events == []


class TestHands:
    def test_without_leave_no_hand_can_be_raised(self) -> None:
        assert refused(room("ada", moderator()), By("ada", RaiseHand(raised=True))) == "handDisabled"

    def test_who_may_raise_a_hand_does_and_everybody_sees_it(self) -> None:
        state = room(entry("ada", hand_enabled=True), "bob")
        outcome = state.apply(By("ada", RaiseHand(raised=True)), NOW_MS + 5)
        assert heard(state, outcome, "bob") == [protocol.HandChanged("ada", "Ada", viewer=False, raised_at=NOW_MS + 5)]
        assert state.apply(By("ada", RaiseHand(raised=True)), NOW_MS + 9).events == []
        assert state.snapshot("bob").peers[0].hand_raised_at == NOW_MS + 5
        assert refused(state, By("bob", RaiseHand(raised=True))) == "handDisabled"

    def test_a_moderators_token_gives_leave_to_everybody_whoever_comes_first(self) -> None:
        state = room("ada", viewer("vic"), entry("bob", hand_enabled=True))
        outcome = state.apply(moderator(hand_enabled=True), NOW_MS)
        for peer_id, is_viewer in (("ada", False), ("vic", True)):
            (changed,) = (m for m in heard(state, outcome, peer_id) if isinstance(m, protocol.PermissionsChanged))
            assert (changed.permissions.hand, changed.viewer) == (True, is_viewer)
        assert not any(isinstance(m, protocol.PermissionsChanged) for m in heard(state, outcome, "bob"))
        state.apply(entry("cyd"), NOW_MS)
        assert state.snapshot("cyd").me.permissions.hand
        state.apply(Exit("mod", "left"), NOW_MS)
        state.apply(By("ada", RaiseHand(raised=True)), NOW_MS)

    def test_a_viewers_hand_is_shown_to_moderators_and_themselves_only(self) -> None:
        state = room(moderator(hand_enabled=True), "ada", viewer("vic"))
        outcome = state.apply(By("vic", RaiseHand(raised=True)), NOW_MS)
        up = [protocol.HandChanged("vic", "Vic", viewer=True, raised_at=NOW_MS)]
        assert (heard(state, outcome, "mod"), heard(state, outcome, "vic")) == (up, up)
        assert heard(state, outcome, "ada") == []
        assert state.snapshot("mod").viewer_hands == [protocol.ViewerHand("vic", "Vic", NOW_MS)]
        assert state.snapshot("ada").viewer_hands == []
        outcome = state.apply(Exit("vic", "lost"), NOW_MS)
        down = protocol.HandChanged("vic", "Vic", viewer=True, raised_at=None)
        assert heard(state, outcome, "mod") == [protocol.ViewersChanged(0), down]
        assert state.snapshot("mod").viewer_hands == []

    def test_a_moderator_takes_hands_down_and_raises_none(self) -> None:
        state = room(moderator(hand_enabled=True), "ada", viewer("vic"))
        for peer_id in ("ada", "vic"):
            state.apply(By(peer_id, RaiseHand(raised=True)), NOW_MS)
            outcome = state.apply(By("mod", LowerHand(peer_id)), NOW_MS)
            for witness in ("mod", peer_id):
                (down,) = heard(state, outcome, witness)
                assert isinstance(down, protocol.HandChanged)
                assert (down.peer_id, down.raised_at) == (peer_id, None)
        assert refused(state, By("mod", LowerHand("eve"))) == "notFound"


class TestStage:
    def test_a_viewer_on_stage_has_a_tile_and_may_send(self) -> None:
        state = room(moderator(), viewer("vic"), "bob")
        outcome = state.apply(By("mod", SetOnStage("vic", on_stage=True)), NOW_MS)
        told = heard(state, outcome, "bob")
        assert told == [
            protocol.PeerJoined(protocol.PeerInfo("vic", "Vic", "participant", NOW_MS, [])),
            protocol.ViewersChanged(0),
        ]
        permissions = state.snapshot("vic").me.permissions
        assert heard(state, outcome, "vic") == [*told, protocol.PermissionsChanged(permissions, viewer=False)]
        assert permissions.mic
        assert permissions.camera
        assert may_produce(state, "vic", "screen")
        assert [peer.id for peer in state.snapshot("bob").peers] == ["mod", "bob", "vic"]

    def test_who_is_sent_back_has_nothing_any_more(self) -> None:
        state = room(moderator(hand_enabled=True), viewer("vic"), "bob")
        state.apply(By("mod", SetOnStage("vic", on_stage=True)), NOW_MS)
        for number, source in enumerate(("mic", "camera")):
            state.apply(AddProducer("vic", f"p{number}", source, paused=False), NOW_MS)  # type: ignore[arg-type]
        state.apply(By("vic", RaiseHand(raised=True)), NOW_MS)
        state.apply(By("vic", SetAbsent(absent=True)), NOW_MS)
        state.apply(SetQuality("vic", "poor"), NOW_MS)
        outcome = state.apply(By("mod", SetOnStage("vic", on_stage=False)), NOW_MS)
        assert outcome.effects == [
            CloseDataMedia("vic"),
            CloseProducerMedia("vic", "p0"),
            CloseProducerMedia("vic", "p1"),
        ]
        assert [type(message) for message in heard(state, outcome, "vic")] == [
            protocol.ProducerRemoved,
            protocol.ProducerRemoved,
            protocol.HandChanged,
            protocol.PeerLeft,
            protocol.ViewersChanged,
            protocol.PermissionsChanged,
        ]
        assert not may_produce(state, "vic", "mic")
        assert state.producers_of_others("bob") == []
        assert state.snapshot("vic").me.hand_raised_at is None
        state.apply(By("mod", SetOnStage("vic", on_stage=True)), NOW_MS)
        (tile,) = (peer for peer in state.snapshot("bob").peers if peer.id == "vic")
        assert (tile.absent, tile.quality, tile.producers, tile.hand_raised_at) == (False, "unknown", [], None)

    def test_a_hand_that_was_raised_is_down_on_stage(self) -> None:
        state = room(moderator(hand_enabled=True), viewer("vic"))
        state.apply(By("vic", RaiseHand(raised=True)), NOW_MS)
        outcome = state.apply(By("mod", SetOnStage("vic", on_stage=True)), NOW_MS)
        down = protocol.HandChanged("vic", "Vic", viewer=True, raised_at=None)
        assert heard(state, outcome, "mod").count(down) == heard(state, outcome, "vic").count(down) == 1
        snapshot = state.snapshot("mod")
        assert (snapshot.viewer_hands, snapshot.peers[1].hand_raised_at) == ([], None)
        assert state.snapshot("vic").me.hand_raised_at is None

    @pytest.mark.parametrize(("reason", "back_on_stage"), [("lost", True), ("replaced", True), ("left", False)])
    def test_who_loses_the_connection_on_stage_comes_back_to_it(
        self, reason: Literal["lost", "replaced", "left"], back_on_stage: bool
    ) -> None:
        state = room(moderator(), viewer("vic"))
        state.apply(By("mod", SetOnStage("vic", on_stage=True)), NOW_MS)
        state.apply(Exit("vic", reason), NOW_MS)
        told = heard(state, state.apply(viewer("vic"), NOW_MS), "mod")
        assert isinstance(told[0], protocol.PeerJoined) == back_on_stage
        assert may_produce(state, "vic", "mic") == back_on_stage
        # Once only: who was sent back and comes again watches.
        state.apply(By("mod", SetOnStage("vic", on_stage=False)), NOW_MS)
        state.apply(Exit("vic", "lost"), NOW_MS)
        state.apply(viewer("vic"), NOW_MS)
        assert not may_produce(state, "vic", "mic")

    def test_doing_it_twice_does_nothing(self) -> None:
        state = room(moderator(), viewer("vic"))
        assert state.apply(By("mod", SetOnStage("vic", on_stage=False)), NOW_MS).events == []
        state.apply(By("mod", SetOnStage("vic", on_stage=True)), NOW_MS)
        assert state.apply(By("mod", SetOnStage("vic", on_stage=True)), NOW_MS).events == []

    @pytest.mark.parametrize("peer_id", ["ada", "mod", "int"])
    def test_who_did_not_come_as_a_viewer_stays_where_they_are(self, peer_id: str) -> None:
        state = room(moderator(viewer=True), "ada", entry("int", role="interpreter", viewer=True))
        for on_stage in (True, False):
            assert refused(state, By("mod", SetOnStage(peer_id, on_stage))) == "notAllowed"
        assert refused(state, By("mod", SetOnStage("eve", on_stage=True))) == "notFound"


class TestLimits:
    def test_the_limit_of_active_attendees_is_the_participants_own(self) -> None:
        state = room("ada", entry("bob", max_broadcasters=1), "cyd")
        state.apply(AddProducer("ada", "a", "camera", paused=False), NOW_MS)
        with pytest.raises(Refused) as caught:
            state.apply(AddProducer("bob", "b", "mic", paused=False), NOW_MS)
        assert caught.value.info.code == "tooManyBroadcasters"
        assert caught.value.info.message == "The limit of maximum active attendees is exceeded" == TOO_MANY_BROADCASTERS
        state.apply(AddProducer("cyd", "c", "mic", paused=False), NOW_MS)

    def test_it_counts_people_with_a_device_on_and_neither_paused_ones_nor_screens(self) -> None:
        state = room("ada", entry("bob", max_broadcasters=1))
        state.apply(AddProducer("ada", "a", "mic", paused=True), NOW_MS)
        state.apply(AddProducer("ada", "s", "screen", paused=False), NOW_MS)
        state.apply(AddProducer("bob", "b", "mic", paused=False), NOW_MS)
        state.apply(AddProducer("bob", "c", "camera", paused=False), NOW_MS)  # one attendee, whatever they have on

    def test_it_holds_for_turning_on_again(self) -> None:
        state = room("ada", entry("bob", max_broadcasters=1))
        state.apply(AddProducer("bob", "b", "mic", paused=True), NOW_MS)
        state.apply(AddProducer("ada", "a", "mic", paused=False), NOW_MS)
        assert refused(state, By("bob", ResumeProducer("b"))) == "tooManyBroadcasters"
        assert refused(state, AddProducer("bob", "c", "camera", paused=False)) == "tooManyBroadcasters"
        state.apply(AddProducer("bob", "c", "camera", paused=True), NOW_MS)
        state.apply(AddProducer("bob", "s", "screen", paused=False), NOW_MS)
        state.apply(By("ada", PauseProducer("a")), NOW_MS)
        state.apply(By("bob", ResumeProducer("b")), NOW_MS)

    def test_the_limit_of_people_is_the_newcomers_own(self) -> None:
        state = room("ada", viewer("bob"))
        assert refused(state, entry("cyd", max_watchers=2)) == "roomFull"
        state.apply(entry("cyd", max_watchers=3), NOW_MS)
        state.apply(entry("dan"), NOW_MS)

    def test_who_takes_over_their_own_place_needs_no_other(self) -> None:
        state = room("ada", "bob")
        state.check_enter(entry("ada", max_watchers=2))
        with pytest.raises(Refused):
            state.check_enter(entry("ada", max_watchers=1))


class TestSharedVideo:
    def test_the_first_who_brings_one_shows_it_to_everybody(self) -> None:
        state = room("ada")
        outcome = state.apply(entry("bob", video_url="https://a.example/"), NOW_MS)
        assert protocol.VideoUrlChanged("https://a.example/") in heard(state, outcome, "ada")
        assert heard(state, outcome, "bob") == []
        outcome = state.apply(entry("cyd", video_url="https://b.example/"), NOW_MS)
        assert [type(message) for message in heard(state, outcome, "ada")] == [protocol.PeerJoined]
        assert {state.snapshot(one).video_url for one in ("ada", "bob", "cyd")} == {"https://a.example/"}

    def test_a_moderators_replaces_it(self) -> None:
        state = room(entry("ada", video_url="https://a.example/"))
        outcome = state.apply(moderator(video_url="https://b.example/"), NOW_MS)
        assert heard(state, outcome, "ada")[-1] == protocol.VideoUrlChanged("https://b.example/")
        outcome = state.apply(moderator("mod2", video_url="https://b.example/"), NOW_MS)
        assert [type(message) for message in heard(state, outcome, "ada")] == [protocol.PeerJoined]
        state.apply(moderator("mod3"), NOW_MS)
        assert state.snapshot("mod3").video_url == "https://b.example/"

    @pytest.mark.parametrize("actor", ["mod", None])
    def test_a_moderator_or_the_accounts_server_stops_it(self, actor: str | None) -> None:
        state = room(moderator("mod"), entry("ada", video_url="https://a.example/"))
        outcome = state.apply(By(actor, StopVideo()), NOW_MS)
        assert heard(state, outcome, "ada") == [protocol.VideoUrlChanged("")]
        assert state.snapshot("ada").video_url == ""
        assert state.apply(By(actor, StopVideo()), NOW_MS).events == []

    def test_what_was_stopped_does_not_come_back_by_itself_and_only_moderators_bring_another(self) -> None:
        state = room(moderator("mod", video_url="https://a.example/"))
        state.apply(By("mod", StopVideo()), NOW_MS)
        state.apply(Exit("mod", "lost"), NOW_MS)
        state.apply(moderator("mod", video_url="https://a.example/"), NOW_MS)
        state.apply(entry("ada", video_url="https://b.example/"), NOW_MS)
        assert state.snapshot("mod").video_url == ""
        state.apply(moderator("mod2", video_url="https://c.example/"), NOW_MS)
        assert state.snapshot("mod").video_url == "https://c.example/"

    @pytest.mark.parametrize("inside", [True, False])
    def test_it_goes_with_whoever_brought_it_when_they_are_removed(self, inside: bool) -> None:
        state = room(moderator("mod"), entry("eve", video_url="https://a.example/"), "ada")
        if not inside:
            state.apply(Exit("eve", "left"), NOW_MS)
            assert state.snapshot("ada").video_url == "https://a.example/"
            state.apply(By("mod", SetLocked(locked=False)), NOW_MS)
            state.apply(Wait("eve", "Eve", Identity("account")), NOW_MS)
        outcome = state.apply(By("mod", Kick("eve")), NOW_MS)
        assert protocol.VideoUrlChanged("") in heard(state, outcome, "ada")
        assert state.snapshot("ada").video_url == ""

    def test_the_removal_of_somebody_else_leaves_it(self) -> None:
        state = room(moderator("mod"), entry("ada", video_url="https://a.example/"), "eve")
        state.apply(By("mod", Kick("eve")), NOW_MS)
        assert state.snapshot("ada").video_url == "https://a.example/"


def test_two_thousand_viewers_cost_next_to_nothing_each() -> None:
    state = room(moderator("s0"), *(f"s{number}" for number in range(1, 20)))
    for number in range(20):
        for source in ("mic", "camera"):
            producer = AddProducer(f"s{number}", f"{source}{number}", source, paused=False)
            state.apply(producer, NOW_MS)
    lines = []
    for hundred in range(20):
        with counted_work() as work:
            for number in range(100):
                name = f"v{hundred}-{number}"
                outcome = state.apply(viewer(name), NOW_MS)
                assert len(outcome.events) == 1
                assert len(state.producers_of_others(name)) == 40
                state.snapshot(name)
        lines.append(work.lines)
    assert max(lines) < 1.05 * min(lines)
    assert state.snapshot("s0").viewers == 2000
    assert len(state.snapshot("s0").peers) == 20

    outcome = state.apply(moderator("late", hand_enabled=True), NOW_MS)
    assert sum(len(state.listeners(event)) for event in outcome.events) > 2 * 2000
    lines = []
    for number in range(100):
        with counted_work() as work:
            outcome = state.apply(By(f"v0-{number}", RaiseHand(raised=True)), NOW_MS)
        lines.append(work.lines)
        assert sorted(state.listeners(outcome.events[0])) == sorted(["s0", "late", f"v0-{number}"])
    for number in range(100):
        with counted_work() as work:
            state.apply(Exit(f"v1-{number}", "lost"), NOW_MS)
        lines.append(work.lines)
    assert max(lines) < 200
    assert len(state.snapshot("late").viewer_hands) == 100
    assert state.snapshot("late").viewers == 1900


class TestListOfViewers:
    def test_moderators_get_it_a_page_at_a_time_and_search_it(self) -> None:
        state = room(moderator(), *(viewer(f"v{number}") for number in range(120)), viewer("eve", display_name="Ève"))
        first = state.viewers("mod", "", 0)
        assert [one.peer_id for one in first.viewers] == [f"v{number}" for number in range(50)]
        assert first.total == 121
        assert [one.peer_id for one in state.viewers("mod", "", 100).viewers][-1] == "eve"
        assert state.viewers("mod", " EVE", 0).viewers == [protocol.ViewerInfo("eve", "Ève", NOW_MS)]
        assert state.viewers("mod", "nobody", 0) == protocol.ViewerList([], 0)

    @pytest.mark.parametrize("actor", ["ada", "vic"])
    def test_nobody_else_gets_it(self, actor: str) -> None:
        state = room("ada", viewer("vic"))
        with pytest.raises(Refused) as caught:
            state.viewers(actor, "", 0)
        assert caught.value.info.code == "notModerator"

    def test_a_viewer_is_removed_like_anybody(self) -> None:
        state = room(moderator(), viewer("vic"))
        outcome = state.apply(By("mod", Kick("vic")), NOW_MS)
        assert protocol.ViewersChanged(0) in heard(state, outcome, "mod")
        assert refused(state, viewer("vic")) == "kicked"


class TestComingAndGoing:
    def test_where_the_account_wants_it_the_stage_hears_of_each_viewer(self) -> None:
        state = room("ada", viewer("old", viewers_told=True))
        outcome = state.apply(viewer("vic", viewers_told=True), NOW_MS)
        assert protocol.ViewerJoined("vic", "Vic") in heard(state, outcome, "ada")
        assert protocol.ViewerJoined("vic", "Vic") not in heard(state, outcome, "old")
        outcome = state.apply(Exit("vic", "left"), NOW_MS)
        assert protocol.ViewerLeft("vic", "Vic") in heard(state, outcome, "ada")

    def test_elsewhere_and_of_many_it_hears_their_number_only(self) -> None:
        state = room("ada", *(viewer(f"v{number}", viewers_told=True) for number in range(MANY_VIEWERS)))
        for one in (viewer("silent"), viewer("vic", viewers_told=True)):
            outcome = state.apply(one, NOW_MS)
            assert {type(message) for message in heard(state, outcome, "ada")} == {protocol.ViewersChanged}
