"""Who may send what: the room's rules, what moderators decide for single participants, and asking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rooms import protocol
from rooms.protocol import (
    Allow,
    AllowAll,
    AskToTurnOn,
    Device,
    Overrides,
    PauseProducer,
    ResumeProducer,
    Rules,
    SetOnStage,
    Source,
    StopAllTracks,
    StopTrack,
)
from rooms.protocol.errors import Refused
from rooms.state import permissions as rules_module
from rooms.state.commands import AddProducer, By, Exit
from rooms.state.devices import FORBIDDEN
from rooms.state.outcome import CloseProducerMedia, PauseMedia
from tests.rooms.states import NOW_MS, entry, heard, interpreter, moderator, refused, room, viewer

if TYPE_CHECKING:
    from rooms.protocol import InterpreterProblem
    from rooms.state.machine import RoomState
    from rooms.state.outcome import Outcome

SOURCES: dict[Device, Source] = {"mic": "mic", "camera": "camera", "screen": "screen"}


def sending(state: RoomState, peer_id: str, *sources: Source, paused: bool = False) -> None:
    for source in sources:
        state.apply(AddProducer(peer_id, f"{peer_id}-{source}", source, paused), NOW_MS)


def permitted(state: RoomState, peer_id: str) -> set[str]:
    permissions = state.snapshot(peer_id).me.permissions
    return {device for device in SOURCES if getattr(permissions, device)}


def overrides(state: RoomState, peer_id: str) -> Overrides:
    return next(peer.overrides for peer in state.snapshot("mod").peers if peer.id == peer_id)


def told(state: RoomState, outcome: Outcome, peer_id: str) -> list[str]:
    return [protocol.wire_name(type(message)) for message in heard(state, outcome, peer_id)]


class TestStopping:
    def test_a_shared_screen_is_ended_with_its_sound_and_its_owner_told_once(self) -> None:
        state = room(moderator(), "ada", "bob")
        sending(state, "ada", "screen", "screenAudio", "mic")
        outcome = state.apply(By("mod", StopTrack("ada", "screen")), NOW_MS)
        assert outcome.effects == [
            CloseProducerMedia("ada", "ada-screen"),
            CloseProducerMedia("ada", "ada-screenAudio"),
        ]
        assert told(state, outcome, "bob") == ["producerRemoved"] * 2
        assert heard(state, outcome, "ada")[-1] == protocol.TrackStopped("screen")
        assert state.apply(By("mod", StopTrack("ada", "screen")), NOW_MS).events == []
        sending(state, "ada", "screen")  # may be shared again

    def test_all_screens_are_ended_but_the_own_one(self) -> None:
        state = room(moderator(), "ada")
        sending(state, "mod", "screen")
        sending(state, "ada", "screen")
        assert state.apply(By("mod", StopAllTracks("screen")), NOW_MS).effects == [
            CloseProducerMedia("ada", "ada-screen")
        ]

    def test_the_accounts_own_server_stops_everybody(self) -> None:
        state = room(moderator(), "ada")
        sending(state, "mod", "mic")
        sending(state, "ada", "mic")
        effects = state.apply(By(None, StopAllTracks("mic")), NOW_MS).effects
        assert effects == [PauseMedia("mod", "mod-mic", paused=True), PauseMedia("ada", "ada-mic", paused=True)]


class TestForbiddingOne:
    @pytest.mark.parametrize("device", ["mic", "camera"])
    def test_what_is_on_goes_off_and_stays_off(self, device: Device) -> None:
        state = room(moderator(), "ada", "bob")
        source = SOURCES[device]
        sending(state, "ada", source)
        outcome = state.apply(By("mod", Allow("ada", device, allowed=False)), NOW_MS)
        assert outcome.effects == [PauseMedia("ada", f"ada-{source}", paused=True)]
        assert told(state, outcome, "bob") == ["overridesChanged", "producerPaused"]
        assert told(state, outcome, "ada") == [
            "overridesChanged",
            "producerPaused",
            "trackStopped",
            "permissionsChanged",
        ]
        assert permitted(state, "ada") == set(SOURCES) - {device}
        assert permitted(state, "bob") == set(SOURCES)
        with pytest.raises(Refused) as caught:
            state.apply(By("ada", ResumeProducer(f"ada-{source}")), NOW_MS)
        assert (caught.value.info.code, caught.value.info.message) == ("notAllowed", FORBIDDEN[device])

    def test_a_shared_screen_ends_with_its_sound_and_can_not_be_shared_again(self) -> None:
        state = room(moderator(), "ada")
        sending(state, "ada", "screen", "screenAudio", paused=True)
        outcome = state.apply(By("mod", Allow("ada", "screen", allowed=False)), NOW_MS)
        assert [type(effect) for effect in outcome.effects] == [CloseProducerMedia] * 2
        for source in ("screen", "screenAudio"):
            for paused in (True, False):
                command = AddProducer("ada", "again", source, paused)
                with pytest.raises(Refused) as caught:
                    state.apply(command, NOW_MS)
                assert (caught.value.info.code, caught.value.info.message) == ("notAllowed", FORBIDDEN["screen"])

    def test_what_is_off_already_is_not_said_to_be_stopped(self) -> None:
        state = room(moderator(), "ada")
        sending(state, "ada", "mic", paused=True)
        outcome = state.apply(By("mod", Allow("ada", "mic", allowed=False)), NOW_MS)
        assert told(state, outcome, "ada") == ["overridesChanged", "permissionsChanged"]
        assert outcome.effects == []

    def test_doing_it_twice_does_nothing(self) -> None:
        state = room(moderator(), "ada")
        state.apply(By("mod", Allow("ada", "mic", allowed=False)), NOW_MS)
        assert state.apply(By("mod", Allow("ada", "mic", allowed=False)), NOW_MS).events == []

    def test_allowed_again_nothing_goes_on_by_itself(self) -> None:
        state = room(moderator(), "ada")
        sending(state, "ada", "mic")
        state.apply(By("mod", Allow("ada", "mic", allowed=False)), NOW_MS)
        outcome = state.apply(By("mod", Allow("ada", "mic", allowed=True)), NOW_MS)
        assert told(state, outcome, "ada") == ["overridesChanged", "permissionsChanged"]
        assert outcome.effects == []
        state.apply(By("ada", ResumeProducer("ada-mic")), NOW_MS)

    def test_moderators_can_not_be_forbidden_anything(self) -> None:
        state = room(moderator(), moderator("mia"), "ada")
        assert refused(state, By("mod", Allow("mia", "mic", allowed=False))) == "notAllowed"
        assert refused(state, By(None, Allow("mod", "mic", allowed=False))) == "notAllowed"
        assert state.apply(By("mod", Allow("mia", "mic", allowed=True)), NOW_MS).events == []

    @pytest.mark.parametrize("allowed", [True, False])
    def test_nobody_is_given_what_their_role_does_not_have(self, allowed: bool) -> None:
        state = room(moderator(), viewer("vic"), entry("int", role="interpreter"))
        assert refused(state, By("mod", Allow("vic", "mic", allowed))) == "notAllowed"
        assert refused(state, By("mod", Allow("int", "camera", allowed))) == "notAllowed"
        assert refused(state, By("mod", Allow("nobody", "mic", allowed))) == "notFound"


class TestInterpreter:
    def test_they_speak_into_their_channel_whatever_the_rules_for_everybody_are(self) -> None:
        state = room(moderator(), interpreter("int"))
        state.apply(By("mod", AllowAll("mic", allowed=False)), NOW_MS)
        assert permitted(state, "int") == {"mic"}
        sending(state, "int", "mic")
        for request in (AllowAll("mic", allowed=True), AllowAll("mic", allowed=False), StopAllTracks("mic")):
            assert state.apply(By("mod", request), NOW_MS).effects == []
        assert refused(state, AddProducer("int", "c", "camera", paused=True)) == "notAllowed"

    def test_a_moderator_mutes_or_forbids_one(self) -> None:
        state = room(moderator(), interpreter("int"))
        sending(state, "int", "mic")
        outcome = state.apply(By("mod", StopTrack("int", "mic")), NOW_MS)
        assert outcome.effects == [PauseMedia("int", "int-mic", paused=True)]
        assert told(state, outcome, "int") == ["producerPaused", "trackStopped"]
        state.apply(By("int", ResumeProducer("int-mic")), NOW_MS)
        state.apply(By("mod", Allow("int", "mic", allowed=False)), NOW_MS)
        state.apply(By("mod", AllowAll("mic", allowed=True)), NOW_MS)  # is not about interpreters
        assert refused(state, By("int", ResumeProducer("int-mic"))) == "notAllowed"
        state.apply(By("mod", AskToTurnOn("int", "mic")), NOW_MS)
        state.apply(By("int", ResumeProducer("int-mic")), NOW_MS)

    @pytest.mark.parametrize(
        ("problem", "word"), [("feature", "featureInterpreters"), ("language", "intLang"), ("account", "account")]
    )
    def test_one_without_a_language_listens_and_is_told_why(self, problem: InterpreterProblem, word: str) -> None:
        state = room(moderator(), entry("int", role="interpreter", interpreter_problem=problem))
        state.apply(By("mod", Allow("int", "mic", allowed=True)), NOW_MS)
        assert permitted(state, "int") == set()
        assert state.snapshot("int").me.interpreter_problem == problem
        with pytest.raises(Refused, match=word):
            state.apply(AddProducer("int", "p", "mic", paused=True), NOW_MS)

    def test_they_do_not_count_among_the_active_nor_are_they_limited(self) -> None:
        state = room(interpreter("int", max_broadcasters=1), entry("ada", max_broadcasters=1), interpreter("ivo", "fr"))
        for one in ("int", "ivo", "ada"):
            sending(state, one, "mic")


class TestForbiddingAll:
    def test_it_stops_everybody_but_moderators_and_tells_them(self) -> None:
        state = room(moderator(), "ada", "bob", moderator("mia"), entry("int", role="interpreter"), viewer("vic"))
        for peer_id in ("mod", "ada", "mia"):
            sending(state, peer_id, "camera")
        outcome = state.apply(By("mod", AllowAll("camera", allowed=False)), NOW_MS)
        assert outcome.effects == [PauseMedia("ada", "ada-camera", paused=True)]
        assert told(state, outcome, "mia") == ["rulesChanged", "producerPaused"]
        assert told(state, outcome, "ada") == ["rulesChanged", "producerPaused", "trackStopped", "permissionsChanged"]
        assert told(state, outcome, "bob") == ["rulesChanged", "producerPaused", "permissionsChanged"]
        # These never had a camera.
        assert told(state, outcome, "int") == told(state, outcome, "vic") == ["rulesChanged", "producerPaused"]
        assert permitted(state, "ada") == {"mic", "screen"}
        assert permitted(state, "mod") == set(SOURCES)
        state.apply(By("mia", PauseProducer("mia-camera")), NOW_MS)
        state.apply(By("mia", ResumeProducer("mia-camera")), NOW_MS)
        assert state.apply(By("mod", AllowAll("camera", allowed=False)), NOW_MS).events == []

    def test_it_holds_for_who_comes_later(self) -> None:
        state = room(moderator())
        state.apply(By("mod", AllowAll("mic", allowed=False)), NOW_MS)
        state.apply(entry("ada"), NOW_MS)
        assert "mic" not in permitted(state, "ada")
        assert state.snapshot("ada").rules == Rules(mic=False)
        assert refused(state, AddProducer("ada", "p", "mic", paused=True)) == "notAllowed"
        state.apply(moderator("mia"), NOW_MS)
        assert permitted(state, "mia") == set(SOURCES)

    def test_what_was_decided_for_single_ones_counts_more_until_everybody_is_told_anew(self) -> None:
        state = room(moderator(), "ada", "bob")
        state.apply(By("mod", AllowAll("mic", allowed=False)), NOW_MS)
        state.apply(By("mod", Allow("ada", "mic", allowed=True)), NOW_MS)
        state.apply(By("mod", Allow("ada", "camera", allowed=False)), NOW_MS)
        sending(state, "ada", "mic")
        assert (permitted(state, "ada"), permitted(state, "bob")) == ({"mic", "screen"}, {"camera", "screen"})
        outcome = state.apply(By("mod", AllowAll("mic", allowed=False)), NOW_MS)
        assert told(state, outcome, "bob") == ["overridesChanged", "producerPaused"]
        assert overrides(state, "ada") == Overrides(camera=False)
        assert permitted(state, "ada") == {"screen"}

    def test_allowing_all_gives_back_what_single_ones_were_forbidden(self) -> None:
        state = room(moderator(), "ada", "bob")
        state.apply(By("mod", Allow("ada", "screen", allowed=False)), NOW_MS)
        outcome = state.apply(By("mod", AllowAll("screen", allowed=True)), NOW_MS)
        assert told(state, outcome, "ada") == ["overridesChanged", "permissionsChanged"]
        assert told(state, outcome, "bob") == ["overridesChanged"]
        assert permitted(state, "ada") == set(SOURCES)


class TestRemembering:
    @pytest.mark.parametrize("reason", ["left", "lost", "replaced", "kicked"])
    def test_coming_again_does_not_help(self, reason: Any) -> None:
        state = room(moderator(), "ada")
        state.apply(By("mod", Allow("ada", "mic", allowed=False)), NOW_MS)
        state.apply(Exit("ada", reason), NOW_MS)
        state.apply(entry("ada"), NOW_MS)
        assert overrides(state, "ada") == Overrides(mic=False)
        assert refused(state, AddProducer("ada", "p", "mic", paused=False)) == "notAllowed"

    def test_who_is_away_is_told_anew_with_everybody(self) -> None:
        state = room(moderator(), "ada", "bob")
        state.apply(By("mod", Allow("ada", "mic", allowed=False)), NOW_MS)
        state.apply(By("mod", Allow("ada", "screen", allowed=False)), NOW_MS)
        state.apply(By("mod", Allow("bob", "mic", allowed=False)), NOW_MS)
        for peer_id in ("ada", "bob"):
            state.apply(Exit(peer_id, "lost"), NOW_MS)
        state.apply(By("mod", AllowAll("mic", allowed=True)), NOW_MS)
        assert list(state._rules._noted) == ["ada"]
        state.apply(entry("ada"), NOW_MS)
        assert overrides(state, "ada") == Overrides(screen=False)

    def test_who_comes_again_as_a_moderator_may_do_everything(self) -> None:
        state = room(moderator(), "ada")
        state.apply(By("mod", Allow("ada", "mic", allowed=False)), NOW_MS)
        state.apply(Exit("ada", "left"), NOW_MS)
        state.apply(moderator("ada"), NOW_MS)
        assert overrides(state, "ada") == Overrides()
        assert permitted(state, "ada") == set(SOURCES)

    def test_only_so_many_are_remembered(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rules_module, "MAX_REMEMBERED", 2)
        state = room(moderator())
        for peer_id in ("p1", "p2", "p3", "p4"):
            state.apply(entry(peer_id), NOW_MS)
            if peer_id != "p2":
                state.apply(By("mod", Allow(peer_id, "mic", allowed=False)), NOW_MS)
            state.apply(Exit(peer_id, "left"), NOW_MS)
        assert list(state._rules._noted) == ["p3", "p4"]


class TestStage:
    def test_a_viewer_who_is_brought_on_stage_gets_what_the_rules_allow(self) -> None:
        state = room(moderator(), viewer("vic"))
        state.apply(By("mod", AllowAll("camera", allowed=False)), NOW_MS)
        outcome = state.apply(By("mod", SetOnStage("vic", on_stage=True)), NOW_MS)
        (changed,) = (m for m in heard(state, outcome, "vic") if isinstance(m, protocol.PermissionsChanged))
        assert (changed.permissions.mic, changed.permissions.camera) == (True, False)
        assert refused(state, AddProducer("vic", "p", "camera", paused=False)) == "notAllowed"

    def test_what_was_decided_for_somebody_on_stage_waits_for_them_there(self) -> None:
        state = room(moderator(), viewer("vic"))
        state.apply(By("mod", SetOnStage("vic", on_stage=True)), NOW_MS)
        state.apply(By("mod", Allow("vic", "mic", allowed=False)), NOW_MS)
        state.apply(By("mod", SetOnStage("vic", on_stage=False)), NOW_MS)
        assert permitted(state, "vic") == set()
        outcome = state.apply(By("mod", SetOnStage("vic", on_stage=True)), NOW_MS)
        joined = heard(state, outcome, "mod")[0]
        assert isinstance(joined, protocol.PeerJoined)
        assert joined.peer.overrides == Overrides(mic=False)
        assert permitted(state, "vic") == {"camera", "screen"}


class TestAsking:
    def test_the_person_alone_is_asked_with_the_moderators_name(self) -> None:
        state = room(moderator(), "ada", "bob")
        sending(state, "ada", "mic", paused=True)
        outcome = state.apply(By("mod", AskToTurnOn("ada", "mic")), NOW_MS)
        assert heard(state, outcome, "ada") == [protocol.AskedToTurnOn("mic", "Mod")]
        assert heard(state, outcome, "bob") == heard(state, outcome, "mod") == []
        assert outcome.effects == []
        assert state.snapshot("mod").peers[1].producers[0].paused

    def test_who_asks_for_what_is_forbidden_allows_it(self) -> None:
        state = room(moderator(), "ada", "bob")
        state.apply(By("mod", AllowAll("camera", allowed=False)), NOW_MS)
        outcome = state.apply(By("mod", AskToTurnOn("ada", "camera")), NOW_MS)
        assert told(state, outcome, "ada") == ["overridesChanged", "permissionsChanged", "askedToTurnOn"]
        assert permitted(state, "ada") == set(SOURCES)
        assert permitted(state, "bob") == {"mic", "screen"}
        sending(state, "ada", "camera")

    def test_an_account_asks_without_a_name(self) -> None:
        state = room("ada")
        outcome = state.apply(By(None, AskToTurnOn("ada", "screen")), NOW_MS)
        assert heard(state, outcome, "ada") == [protocol.AskedToTurnOn("screen", "")]

    def test_nobody_is_asked_for_what_their_role_does_not_have(self) -> None:
        state = room(moderator(), viewer("vic"), entry("int", role="interpreter"))
        assert refused(state, By("mod", AskToTurnOn("vic", "mic"))) == "notAllowed"
        assert refused(state, By("mod", AskToTurnOn("int", "screen"))) == "notAllowed"
        assert refused(state, By("mod", AskToTurnOn("nobody", "mic"))) == "notFound"
        state.apply(By("mod", AskToTurnOn("int", "mic")), NOW_MS)
