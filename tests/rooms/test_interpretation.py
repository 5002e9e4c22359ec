"""Language interpretation: which languages there are, who hears which, and who takes over from whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rooms import protocol
from rooms.protocol import (
    AcceptHandover,
    CancelHandover,
    ChooseLanguage,
    EndMeeting,
    Handover,
    Kick,
    OfferHandover,
    RequestHandover,
    SetInterpretation,
    SetOnStage,
)
from rooms.protocol.errors import Refused
from rooms.state.commands import AddProducer, By, Exit, HandoverEnded, LanguageExpired
from rooms.state.handovers import OFFER_KEPT_MS
from rooms.state.interpretation import LANGUAGE_KEPT_MS
from rooms.state.machine import RoomState
from rooms.state.memory import decode, encode
from rooms.state.outcome import ConsumeProducer, Later, StopConsuming
from tests.rooms.states import CODECS, NOW_MS, entry, heard, interpreter, moderator, refused, room, viewer

if TYPE_CHECKING:
    from rooms.protocol import Request
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


class TestComingAndGoing:
    @pytest.mark.parametrize("reason", ["left", "lost", "kicked"])
    def test_a_language_is_kept_for_30_seconds_and_then_its_listeners_hear_the_original(self, reason: Any) -> None:
        state = room("ada", viewer("vic"), viewer("vera"), interpreter("ivo"))
        for one in ("ada", "vic"):
            choose(state, one, "de")
        outcome = state.apply(Exit("ivo", reason), NOW_MS)
        assert outcome.effects == [Later(LanguageExpired("de"), NOW_MS + 30_000)]
        told = protocol.InterpretedLanguage("de", "DE", [], expires_at=LATER_MS)
        assert state.snapshot("ada").interpretation.languages == [told]
        choose(state, "vera", "de")  # it can still be chosen
        outcome = state.apply(LanguageExpired("de"), LATER_MS)
        assert languages(state) == {}
        for one in ("ada", "vic", "vera"):
            assert heard(state, outcome, one)[-1] == protocol.ListeningChanged("", "lost")
            assert listening(state, one) == ""
        assert refused(state, By("ada", ChooseLanguage("de"))) == "notFound"

    def test_an_interpreter_who_is_back_in_time_keeps_language_and_listeners(self) -> None:
        state = room("ada", interpreter("ivo"), "bob")
        choose(state, "ada", "de")
        state.apply(Exit("ivo", "lost"), NOW_MS)
        state.apply(interpreter("ina"), LATER_MS - 1)
        assert state.snapshot("ada").interpretation.languages[0].expires_at is None
        outcome = state.apply(AddProducer("ina", "ina", "mic", paused=False), LATER_MS - 1)
        assert steps(outcome) == [("ConsumeProducer", "ina", ("ada",))]
        outcome = state.apply(LanguageExpired("de"), LATER_MS)
        assert (outcome.events, outcome.effects, listening(state, "ada")) == ([], [], "de")

    def test_an_earlier_end_does_not_count_for_a_later_one(self) -> None:
        state = room("ada", interpreter("ivo"))
        state.apply(Exit("ivo", "left"), NOW_MS)
        state.apply(interpreter("ivo"), NOW_MS + 20_000)
        state.apply(Exit("ivo", "left"), NOW_MS + 25_000)
        outcome = state.apply(LanguageExpired("de"), LATER_MS)
        assert outcome.effects == [Later(LanguageExpired("de"), NOW_MS + 55_000)]
        assert languages(state) == {"de": []}

    def test_the_language_stays_with_the_other_interpreter(self) -> None:
        state = room("ada", interpreter("ivo"), interpreter("ina"))
        choose(state, "ada", "de")
        outcome = state.apply(Exit("ivo", "lost"), NOW_MS)
        assert (outcome.effects, languages(state), listening(state, "ada")) == ([], {"de": ["ina"]}, "de")

    @pytest.mark.parametrize("reason", ["lost", "replaced"])
    @pytest.mark.parametrize("language", ["de", ""])
    def test_a_choice_survives_a_lost_connection(self, reason: Any, language: str) -> None:
        """Also that of the original, where the link asks for a language."""
        state = room(viewer("vic", preselected="de"), interpreter("ivo"))
        speaking(state, "ivo")
        choose(state, "vic", language)
        state.apply(Exit("vic", reason), NOW_MS)
        state.apply(viewer("vic", preselected="de"), NOW_MS)
        assert (listening(state, "vic"), sent(state, "vic")) == (language, {"ivo"} if language else set())

    def test_it_is_kept_for_nobody_but_them_and_not_for_who_left(self) -> None:
        mine, another = (entry("ada", proof="link", session=session) for session in "ab")
        state = room(mine, interpreter("ivo"))
        choose(state, "ada", "de")
        state.apply(Exit("ada", "lost"), NOW_MS)
        state.apply(another, NOW_MS)
        assert listening(state, "ada") == ""
        state.apply(Exit("ada", "left"), NOW_MS)
        state.apply(mine, NOW_MS)
        assert listening(state, "ada") == "de"
        state.apply(Exit("ada", "left"), NOW_MS)
        state.apply(mine, NOW_MS)
        assert listening(state, "ada") == ""

    def test_a_language_that_is_gone_meanwhile_is_not_heard(self) -> None:
        state = room("ada", interpreter("ivo"), "bob")
        choose(state, "ada", "de")
        state.apply(Exit("ada", "lost"), NOW_MS)
        state.apply(Exit("ivo", "left"), NOW_MS)
        state.apply(LanguageExpired("de"), LATER_MS)
        state.apply(entry("ada"), LATER_MS)
        assert listening(state, "ada") == ""

    def test_with_a_meeting_its_languages_end(self) -> None:
        state = room(moderator(), interpreter("ivo"))
        state.apply(By("mod", EndMeeting()), NOW_MS)
        assert state.seen_by_viewers().interpretation == protocol.Interpretation()
        assert state.apply(LanguageExpired("de"), LATER_MS).events == []


class TestPreselection:
    def test_it_is_heard_as_soon_as_it_is_there_also_again(self) -> None:
        state = room(viewer("vic", preselected="de"), "ada")
        outcome = state.apply(interpreter("ivo"), NOW_MS)
        assert heard(state, outcome, "vic")[-1] == protocol.ListeningChanged("de", "preselected")
        assert protocol.ListeningChanged not in [type(message) for message in heard(state, outcome, "ada")]
        state.apply(viewer("vera", preselected="de"), NOW_MS)
        assert listening(state, "vera") == "de"
        state.apply(Exit("ivo", "left"), NOW_MS)
        state.apply(LanguageExpired("de"), LATER_MS)
        state.apply(interpreter("ivo"), LATER_MS)
        assert listening(state, "vic") == listening(state, "vera") == "de"

    def test_until_they_choose_otherwise(self) -> None:
        state = room(viewer("vic", preselected="de"))
        choose(state, "vic", "")
        state.apply(interpreter("ivo"), NOW_MS)
        assert listening(state, "vic") == ""

    def test_an_interpreter_does_not_listen_to_themselves(self) -> None:
        state = room(interpreter("ivo", preselected="de"), interpreter("kim", "fr", preselected="de"))
        assert (listening(state, "ivo"), listening(state, "kim")) == ("", "de")


class TestOnAndOff:
    def test_off_sends_everybody_back_to_the_original_until_a_moderator_turns_it_on(self) -> None:
        state = room(moderator(), "ada", viewer("vic", preselected="de"), interpreter("ivo"), interpreter("ina"))
        speaking(state, "ivo", "ina")
        choose(state, "ada", "de")
        outcome = state.apply(By("mod", SetInterpretation(enabled=False)), NOW_MS)
        assert steps(outcome) == [
            ("StopConsuming", "ivo", ("vic", "ada", "ina")),
            ("StopConsuming", "ina", ("vic", "ada", "ivo")),
        ]
        assert heard(state, outcome, "ivo") == [protocol.InterpretationChanged(protocol.Interpretation())]
        assert heard(state, outcome, "ada")[1:] == [protocol.ListeningChanged("", "off")]
        for late in (interpreter("ian"), interpreter("kim", "fr")):
            state.apply(late, NOW_MS)
        assert not state.snapshot("ada").interpretation.enabled
        assert steps(state.apply(AddProducer("ian", "ian", "mic", paused=False), NOW_MS)) == [
            ("ConsumeProducer", "ian", ())
        ]
        outcome = state.apply(By("mod", SetInterpretation(enabled=True)), NOW_MS)
        assert languages(state) == {"de": ["ivo", "ina", "ian"], "fr": ["kim"]}
        assert steps(outcome)[0] == ("ConsumeProducer", "ivo", ("vic", "ina", "ian"))
        assert (listening(state, "vic"), listening(state, "ada")) == ("de", "")

    def test_a_moderator_may_turn_it_on_before_an_interpreter_comes(self) -> None:
        state = room(moderator())
        state.apply(By("mod", SetInterpretation(enabled=True)), NOW_MS)
        assert state.snapshot("mod").interpretation == protocol.Interpretation(enabled=True)
        assert state.apply(By("mod", SetInterpretation(enabled=True)), NOW_MS).events == []

    def test_not_where_the_account_does_without(self) -> None:
        state = room(moderator(interpretation=False), interpreter("ivo"))
        assert not state.snapshot("mod").me.permissions.interpretation
        state.apply(By("mod", SetInterpretation(enabled=False)), NOW_MS)
        assert refused(state, By("mod", SetInterpretation(enabled=True))) == "notAllowed"

    @pytest.mark.parametrize("enabled", [True, False])
    def test_what_a_moderator_said_outlives_the_node(self, enabled: bool) -> None:
        state = room(moderator())
        assert state.memory() is None
        state.apply(By("mod", SetInterpretation(enabled=not enabled)), NOW_MS)
        state.apply(By("mod", SetInterpretation(enabled)), NOW_MS)
        memory = state.memory()
        assert memory is not None
        again = RoomState("room", CODECS)
        again.restore(decode(encode(memory)))
        again.apply(interpreter("ivo"), NOW_MS)
        assert again.snapshot("ivo").interpretation.enabled is enabled

    def test_a_moderator_removes_an_interpreter(self) -> None:
        state = room(moderator(), "ada", interpreter("ivo"))
        choose(state, "ada", "de")
        state.apply(By("mod", Kick("ivo")), NOW_MS)
        assert (languages(state), listening(state, "ada")) == ({"de": []}, "de")
        assert refused(state, interpreter("ivo")) == "kicked"


class TestHandover:
    def begin(self) -> RoomState:
        """Two interpreters into German, of whom the first is live, and one into French."""
        state = room(moderator(), interpreter("ivo"), interpreter("ina"), interpreter("kim", "fr"))
        speaking(state, "ivo", "kim")
        return state

    def test_an_offer_is_accepted_and_due_after_its_time(self) -> None:
        state = self.begin()
        outcome = state.apply(By("ivo", OfferHandover(10)), NOW_MS)
        offer = Handover("ivo", "", 10, NOW_MS + OFFER_KEPT_MS)
        assert heard(state, outcome, "ivo") == heard(state, outcome, "ina") == [protocol.HandoverChanged(offer)]
        assert heard(state, outcome, "kim") == heard(state, outcome, "mod") == []
        assert (state.snapshot("ina").handover, state.snapshot("kim").handover) == (offer, None)
        outcome = state.apply(By("ina", AcceptHandover()), NOW_MS)
        assert outcome.effects == [Later(HandoverEnded("de"), NOW_MS + 10_000)]
        accepted = Handover("ivo", "ina", 10, NOW_MS + OFFER_KEPT_MS, NOW_MS + 10_000)
        assert heard(state, outcome, "ivo") == [protocol.HandoverChanged(accepted)]
        outcome = state.apply(HandoverEnded("de"), NOW_MS + 10_000)
        due = [protocol.HandoverChanged(None), protocol.HandoverDue("ivo", "ina")]
        assert heard(state, outcome, "ivo") == heard(state, outcome, "ina") == due
        assert heard(state, outcome, "kim") == []

    def test_a_partner_asks_and_who_is_live_accepts(self) -> None:
        state = self.begin()
        state.apply(By("ina", RequestHandover(0)), NOW_MS)
        assert refused(state, By("ina", AcceptHandover())) == "notAllowed"
        state.apply(By("ivo", AcceptHandover()), NOW_MS)
        outcome = state.apply(HandoverEnded("de"), NOW_MS)
        assert outcome.events[-1].message == protocol.HandoverDue("ivo", "ina")
        assert refused(state, By("ivo", AcceptHandover())) == "notFound"

    @pytest.mark.parametrize(
        ("peer_id", "request_"),
        [
            ("ina", OfferHandover()),  # not live
            ("ivo", RequestHandover()),  # nobody else is
            ("kim", OfferHandover()),  # no partner
            ("mod", OfferHandover()),  # no interpreter
            ("mod", AcceptHandover()),
            ("mod", CancelHandover()),
        ],
    )
    def test_it_must_make_sense(self, peer_id: str, request_: Request) -> None:
        assert refused(self.begin(), By(peer_id, request_)) == "notAllowed"

    def test_only_one_at_a_time_and_only_who_is_live_gives(self) -> None:
        state = self.begin()
        state.apply(interpreter("ian"), NOW_MS)
        state.apply(By("ina", RequestHandover()), NOW_MS)
        for one in ("ivo", "ian"):
            request = OfferHandover() if one == "ivo" else RequestHandover()
            assert refused(state, By(one, request)) == "notAllowed"
        assert refused(state, By("ian", AcceptHandover())) == "notAllowed"

    def test_it_is_called_off_or_forgotten(self) -> None:
        state = self.begin()
        assert refused(state, By("ivo", CancelHandover())) == "notFound"
        for end in (By("ina", CancelHandover()), HandoverEnded("de")):
            state.apply(By("ivo", OfferHandover()), NOW_MS)
            outcome = state.apply(end, NOW_MS + OFFER_KEPT_MS)
            assert [event.message for event in outcome.events] == [protocol.HandoverChanged(None)]
        state.apply(By("ivo", OfferHandover(60)), NOW_MS + 60_000)
        outcome = state.apply(HandoverEnded("de"), NOW_MS + 60_001)  # of the one before
        assert outcome.effects == [Later(HandoverEnded("de"), NOW_MS + 60_000 + OFFER_KEPT_MS)]

    @pytest.mark.parametrize("gone", ["ivo", "ina"])
    def test_it_ends_with_one_of_both_or_with_interpretation(self, gone: str) -> None:
        for end in (Exit(gone, "lost"), By("mod", SetInterpretation(enabled=False))):
            state = self.begin()
            state.apply(By("ivo", OfferHandover()), NOW_MS)
            state.apply(By("ina", AcceptHandover()), NOW_MS)
            outcome = state.apply(end, NOW_MS)
            other = "ina" if gone == "ivo" else "ivo"
            assert protocol.HandoverChanged(None) in heard(state, outcome, other)
            assert state.snapshot(other).handover is None
            assert state.apply(HandoverEnded("de"), NOW_MS + 10_000).events == []


class TestWhatInterpretersSend:
    def test_a_microphone_and_nothing_else(self) -> None:
        state = room(interpreter("ivo"))
        for source in ("camera", "screen", "screenAudio"):
            assert refused(state, AddProducer("ivo", "p", source, paused=True)) == "notAllowed"
        with pytest.raises(Refused, match="nothing but a microphone"):
            state.check_produce_data("ivo")


def test_a_channel_costs_its_listeners_and_nothing_more() -> None:
    """1,000 listeners among 2,000 viewers: one effect for a microphone, one event for the end."""
    state = room("ada", *(viewer(f"v{number}") for number in range(2000)), interpreter("ivo"))
    for number in range(1000):
        choose(state, f"v{number}", "de")
    outcome = state.apply(AddProducer("ivo", "ivo", "mic", paused=False), NOW_MS)
    consume = [effect for effect in outcome.effects if isinstance(effect, ConsumeProducer)]
    assert [len(effect.receivers or ()) for effect in consume] == [1000]
    state.apply(Exit("ivo", "lost"), NOW_MS)
    outcome = state.apply(LanguageExpired("de"), LATER_MS)
    assert [len(state.listeners(event)) for event in outcome.events] == [2001, 1000]
