"""Language interpretation: which languages there are, who hears which, and who takes over from whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rooms import protocol
from rooms.protocol import (
    ChooseLanguage,
    SetOnStage,
)
from rooms.state.commands import AddProducer, By
from rooms.state.interpretation import LANGUAGE_KEPT_MS
from rooms.state.outcome import ConsumeProducer, StopConsuming
from tests.rooms.states import NOW_MS, entry, heard, interpreter, moderator, refused, room, viewer

if TYPE_CHECKING:
    from rooms.state.machine import RoomState
    from rooms.state.outcome import Outcome

LATER_MS = NOW_MS + LANGUAGE_KEPT_MS


def speaking(state: RoomState, *peer_ids: str) -> None:
    """Their microphones are on; a peer's id is its producer's."""
    for peer_id in peer_ids:
        state.apply(AddProducer(peer_id, peer_id, "mic", paused=False), NOW_MS)


def choose(state: RoomState, peer_id: str, language: str) -> Outcome:
    return state.apply(By(peer_id, ChooseLanguage(language)), NOW_MS)


def languages(state: RoomState) -> dict[str, list[str]]:
    return {one.tag: one.interpreters for one in state.seen_by_viewers().interpretation.languages}


def sent(state: RoomState, peer_id: str) -> set[str]:
    """The producers that somebody is sent."""
    return {producer.id for _, producer in state.producers_of_others(peer_id)}


def listening(state: RoomState, peer_id: str) -> str:
    return state.snapshot(peer_id).me.listening


def steps(outcome: Outcome) -> list[tuple[str, str, tuple[str, ...] | None]]:
    """Who begins or ends to receive which producer, in order."""
    return [
        (type(effect).__name__, effect.producer.id, effect.receivers)
        for effect in outcome.effects
        if isinstance(effect, ConsumeProducer | StopConsuming)
    ]


class TestChannels:
    def test_a_language_appears_with_its_first_interpreter_and_everybody_hears_of_it(self) -> None:
        state = room("ada", viewer("vic"))
        assert not state.snapshot("ada").interpretation.enabled
        outcome = state.apply(interpreter("ivo"), NOW_MS)
        told = protocol.Interpretation(True, [protocol.InterpretedLanguage("de", "DE", ["ivo"])])
        for peer_id in ("ada", "vic"):
            assert heard(state, outcome, peer_id)[-1] == protocol.InterpretationChanged(told)
        state.apply(interpreter("ina"), NOW_MS)
        state.apply(interpreter("kim", "fr"), NOW_MS)
        assert languages(state) == {"de": ["ivo", "ina"], "fr": ["kim"]}

    def test_whoever_interprets_into_nothing_makes_no_language(self) -> None:
        assert languages(room(entry("ivo", role="interpreter"), entry("ada", language="de"))) == {}

    def test_nobody_gets_what_they_did_not_choose(self) -> None:
        state = room("ada", moderator(), viewer("vic"), interpreter("ivo"), interpreter("kim", "fr"))
        outcome = state.apply(AddProducer("ivo", "ivo", "mic", paused=False), NOW_MS)
        assert steps(outcome) == [("ConsumeProducer", "ivo", ())]
        speaking(state, "ada")
        for peer_id in ("mod", "vic", "kim"):
            assert sent(state, peer_id) == {"ada"}
        assert sent(state, "") == {"ada"}

    def test_a_choice_brings_all_who_interpret_into_it_and_the_new_before_the_old_goes(self) -> None:
        state = room("ada", viewer("vic"), interpreter("ivo"), interpreter("ina"), interpreter("kim", "fr"))
        speaking(state, "ada", "ivo", "ina", "kim")
        outcome = choose(state, "vic", "de")
        assert steps(outcome) == [("ConsumeProducer", "ivo", ("vic",)), ("ConsumeProducer", "ina", ("vic",))]
        assert heard(state, outcome, "vic") == [protocol.ListeningChanged("de", "chosen")]
        assert heard(state, outcome, "ada") == []
        assert (listening(state, "vic"), sent(state, "vic")) == ("de", {"ada", "ivo", "ina"})
        outcome = choose(state, "vic", "fr")
        assert steps(outcome) == [
            ("ConsumeProducer", "kim", ("vic",)),
            ("StopConsuming", "ivo", ("vic",)),
            ("StopConsuming", "ina", ("vic",)),
        ]
        assert steps(choose(state, "vic", "fr")) == []
        assert steps(choose(state, "vic", "")) == [("StopConsuming", "kim", ("vic",))]
        assert sent(state, "vic") == {"ada"}

    def test_what_an_interpreter_begins_to_send_goes_to_listeners_and_partners(self) -> None:
        state = room("ada", viewer("vic"), interpreter("ivo"), interpreter("ina"), interpreter("kim", "fr"))
        choose(state, "ada", "de")
        choose(state, "kim", "de")  # a relay
        outcome = state.apply(AddProducer("ina", "ina", "mic", paused=True), NOW_MS)
        assert steps(outcome) == [("ConsumeProducer", "ina", ("ada", "kim", "ivo"))]
        assert sent(state, "ivo") == {"ina"}
        assert state.snapshot("ada").peers[-2].producers[0].language == "de"

    def test_there_must_be_such_a_language_and_it_is_not_ones_own(self) -> None:
        state = room("ada", interpreter("ivo"))
        assert refused(state, By("ada", ChooseLanguage("fr"))) == "notFound"
        assert refused(state, By("ivo", ChooseLanguage("de"))) == "notAllowed"

    def test_a_viewer_on_stage_and_back_goes_on_hearing_it(self) -> None:
        state = room(moderator(), viewer("vic"), interpreter("ivo"))
        choose(state, "vic", "de")
        for on_stage in (True, False):
            state.apply(By("mod", SetOnStage("vic", on_stage)), NOW_MS)
            assert listening(state, "vic") == "de"
