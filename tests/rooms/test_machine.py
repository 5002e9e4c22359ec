"""The room's state machine, and the promise that all clients live by: old snapshot + events = fresh snapshot."""

from __future__ import annotations

import pickle
import random
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from media.ortc.parameters import RtpCapabilities, RtpCodecCapability
from rooms import protocol
from rooms.protocol import (
    AcceptHandover,
    Admit,
    AdmitAll,
    Allow,
    AllowAll,
    AskToTurnOn,
    CancelHandover,
    ChooseLanguage,
    ClearChat,
    CloseProducer,
    EndMeeting,
    Kick,
    LetBack,
    LowerAllHands,
    LowerHand,
    OfferHandover,
    PauseProducer,
    RaiseHand,
    RemoveMessage,
    RequestHandover,
    ResumeProducer,
    SendChat,
    SetAbsent,
    SetDisplayName,
    SetInterpretation,
    SetLocked,
    SetMaxBitrate,
    SetOnStage,
    SetWaitingRoom,
    StopAllTracks,
    StopTrack,
    StopVideo,
)
from rooms.protocol.errors import Refused
from rooms.state.commands import (
    AddProducer,
    By,
    Command,
    Enter,
    Exit,
    GiveUp,
    HandoverEnded,
    LanguageExpired,
    RecordingBegan,
    RecordingEnded,
    SetDominantSpeaker,
    SetQuality,
    Wait,
)
from rooms.state.machine import RULES, RoomState
from rooms.state.outcome import (
    CloseProducerMedia,
    ConsumeProducer,
    ListenTo,
    PauseMedia,
    SendAllAway,
    SendAway,
    StopConsuming,
)
from rooms.state.peer import DEVICE_OF_SOURCE, KIND_OF_SOURCE
from rooms.state.roster import receivable_video
from tests.rooms.states import (
    CODECS,
    EVERYTHING,
    NOW_MS,
    copy,
    entry,
    heard,
    interpreter,
    moderator,
    refused,
    replay,
    room,
    viewer,
)

if TYPE_CHECKING:
    from rooms.protocol import Device, Message, RoomSnapshot, Source
    from rooms.state.outcome import Outcome

peer_ids = st.sampled_from(["ada", "bob", "cyd", "dan", "eve"])
# A peer has each source once, so it can be the id as well.
producer_ids = st.sampled_from(sorted(KIND_OF_SOURCE))
names = st.text(max_size=3)
# Often somebody who may, sometimes the account's own server.
actors = st.sampled_from(["ada", "ada", "dan", "eve", "bob", None])
languages = st.sampled_from(["", "de", "fr"])
devices: st.SearchStrategy[Device] = st.sampled_from(["mic", "camera", "screen"])
# What requests are made of, by the names of their fields.
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "peer_id": peer_ids,
    "producer_id": producer_ids,
    "device": devices,
    "display_name": names,
    "text": names,
    "message_id": st.integers(1, 5),
    "bitrate_bps": st.sampled_from([0, 100_000, 500_000]),
    "language": languages,
    "seconds": st.sampled_from([0, 10]),
    **dict.fromkeys(("admitted", "allowed", "absent", "enabled", "locked", "on_stage", "raised"), st.booleans()),
}


def requests_of(kind: type[protocol.Request]) -> st.SearchStrategy[By]:
    missing = [name for name in kind.__struct_fields__ if name not in FIELDS]
    assert not missing, f"{kind.__name__} has fields without values in FIELDS, here and in test_requests.py: {missing}"
    request = st.builds(kind, **{name: FIELDS[name] for name in kind.__struct_fields__})
    return st.builds(By, actor=actors if kind.moderator else peer_ids, request=request)


# Every request that the state machine has a rule for.
asked = st.one_of([requests_of(kind) for kind in RULES if issubclass(kind, protocol.Request)])
commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(
        entry,
        peer_id=peer_ids,
        proof=st.just("link"),
        display_name=names,
        name_fixed=st.booleans(),
        video_codecs=st.frozensets(st.sampled_from(sorted(EVERYTHING))),
        role=st.sampled_from(["participant", "participant", "moderator", "interpreter"]),
        viewer=st.booleans(),
        viewers_told=st.booleans(),
        hand_enabled=st.booleans(),
        chat_disabled=st.booleans(),
        waiting_room=st.booleans(),
        can_record=st.booleans(),
        max_broadcasters=st.sampled_from([0, 0, 1, 2]),
        max_watchers=st.sampled_from([0, 0, 0, 3]),
        video_url=st.sampled_from(["", "https://a.example/", "https://b.example/"]),
        language=languages,
        preselected=languages,
    ),
    st.builds(Exit, peer_id=peer_ids, reason=st.sampled_from(["left", "lost", "replaced"])),
    st.builds(Wait, peer_id=peer_ids, display_name=names),
    st.builds(GiveUp, peer_id=peer_ids),
    st.tuples(peer_ids, producer_ids, st.booleans()).map(lambda drawn: AddProducer(drawn[0], drawn[1], *drawn[1:])),
    st.builds(SetQuality, peer_id=peer_ids, quality=st.sampled_from(["unknown", "good", "fair", "poor"])),
    st.builds(SetDominantSpeaker, peer_id=st.one_of(st.none(), peer_ids)),
    st.builds(LanguageExpired, language=languages),
    st.builds(HandoverEnded, language=languages),
    st.builds(RecordingBegan, since_ms=st.just(NOW_MS)),
    st.builds(RecordingEnded, problem=st.sampled_from([None, "diskFull"])),
    # Most of what happens in a room was asked for.
    *[asked] * 4,
)
# Without a moderator and somebody who watches most commands would be refused.
beginnings = st.sampled_from([
    [],
    [moderator("ada"), viewer("bob"), entry("cyd")],
    [moderator("ada", hand_enabled=True), viewer("bob"), viewer("cyd"), moderator("dan")],
    [moderator("ada"), viewer("bob", preselected="de"), *(interpreter(one, "de") for one in ("cyd", "dan"))],
    [entry("cyd", chat_disabled=True), viewer("bob", hand_enabled=True), moderator("eve", waiting_room=True)],
])  # fmt: skip


def check_the_promise(sequence: list[Command]) -> None:
    """Carry out commands with a client for each participant."""
    state = RoomState("room", CODECS)
    clients: dict[str, RoomSnapshot] = {}
    received: dict[str, set[tuple[str, str]]] = {}
    for number, command in enumerate(sequence):
        before = pickle.dumps(vars(state))
        try:
            outcome = state.apply(command, NOW_MS + number)
        except Refused:
            assert pickle.dumps(vars(state)) == before
            continue
        if isinstance(command, Exit):
            del clients[command.peer_id]
            assert heard(state, outcome, command.peer_id) == []
        send_away(clients, outcome)
        if isinstance(command, Enter):  # who gets the snapshot first, and then the events like everybody else
            clients[command.peer_id] = copy(state.snapshot(command.peer_id))
            received[command.peer_id] = keys(state, command.peer_id)
        carry_out(received, outcome, set(clients))
        assert received == {peer_id: keys(state, peer_id) for peer_id in clients}
        for peer_id, snapshot in clients.items():
            for message in heard(state, outcome, peer_id):
                replay(snapshot, message)
            assert snapshot == state.snapshot(peer_id)
        for event in outcome.events:
            assert set(state.listeners(event)) == {one for one in clients if state.hears(one, event)}
        assert [peer_id for peer_id in clients if peer_id not in state] == []


def keys(state: RoomState, peer_id: str) -> set[tuple[str, str]]:
    """What somebody is to be sent: whose producers, and their ids, which are only unique for each peer here."""
    return {(owner, producer.id) for owner, producer in state.producers_of_others(peer_id)}


def carry_out(received: dict[str, set[tuple[str, str]]], outcome: Outcome, inside: set[str]) -> None:
    """What becomes of everybody's consumers; nobody gets one twice."""
    for effect in outcome.effects:
        match effect:
            case ConsumeProducer(owner, producer, receivers):
                for peer_id in inside - {owner} if receivers is None else receivers:
                    assert (owner, producer.id) not in received[peer_id]
                    received[peer_id].add((owner, producer.id))
            case StopConsuming(owner, producer, receivers):
                for peer_id in receivers:
                    received[peer_id].remove((owner, producer.id))
            case CloseProducerMedia(owner, producer_id):
                for consumed in received.values():
                    consumed.discard((owner, producer_id))
    for peer_id in set(received) - inside:
        del received[peer_id]
    for peer_id, consumed in received.items():  # with a peer go their producers
        received[peer_id] = {key for key in consumed if key[0] in inside}


def send_away(clients: dict[str, RoomSnapshot], outcome: Outcome) -> None:
    """Whoever is removed is not here any more, and hears nothing of it by events."""
    for effect in outcome.effects:
        if isinstance(effect, SendAway):
            clients.pop(effect.peer_id, None)
        elif isinstance(effect, SendAllAway):
            assert set(effect.display_names) == set(clients)
            clients.clear()


def random_command(chance: random.Random) -> Command:
    """Any command, with values that often make sense."""
    people = ["ada", "bob", "cyd", "dan"]
    one, other = chance.choice(people), chance.choice(people)
    yes = chance.random() < 0.5
    source = chance.choice(sorted(KIND_OF_SOURCE))
    device = DEVICE_OF_SOURCE[source]
    language = chance.choice(["de", "de", "fr"])
    newcomer = entry(
        one,
        proof="link",
        display_name=chance.choice(["", "A"]),
        name_fixed=chance.random() < 0.2,
        video_codecs=frozenset(chance.sample(sorted(EVERYTHING), 2)),
        role=chance.choice(["participant", "participant", "moderator", "interpreter"]),
        viewer=chance.random() < 0.7,
        hand_enabled=yes,
        chat_disabled=chance.random() < 0.2,
        waiting_room=chance.random() < 0.2,
        max_broadcasters=chance.choice([0, 1]),
        video_url=chance.choice(["", "https://a.example/"]),
        language=language,
        preselected=chance.choice(["", "de", "fr"]),
    )
    choices: list[Command] = [
        newcomer,
        newcomer,
        Exit(one, chance.choice(["left", "lost", "replaced"])),
        Wait(one, "K"),
        GiveUp(one),
        By(other, Admit(one, yes)),
        By(one, SetDisplayName(chance.choice("ABC"))),
        AddProducer(one, source, source, yes),
        By(one, (PauseProducer if yes else ResumeProducer)(source)),
        By(one, CloseProducer(source)),
        By(one, SetAbsent(yes)),
        SetQuality(one, chance.choice(["unknown", "good", "fair", "poor"])),
        SetDominantSpeaker(chance.choice([None, one])),
        By(one, RaiseHand(yes)),
        By(one, RaiseHand(yes)),
        By(other, LowerHand(one)),
        By(one, SendChat("x")),
        By(chance.choice([None, other]), ClearChat()),
        By(other, RemoveMessage(chance.randint(1, 5))),
        By(other, chance.choice([StopTrack(one, device), StopAllTracks(device)])),
        By(other, Allow(one, device, yes)),
        By(other, Allow(one, device, yes)),
        By(other, AllowAll(device, yes)),
        By(None, AllowAll(device, yes)),
        By(other, AskToTurnOn(one, device)),
        By(other, AdmitAll(yes)),
        By(other, SetWaitingRoom(yes)),
        By(other, SetLocked(yes and chance.random() < 0.5)),
        By(other, Kick(one)),
        By(None, LetBack(one)),
        By(other, LowerAllHands()),
        By(other, StopVideo()),
        *([By(other, EndMeeting())] if chance.random() < 0.1 else []),
        By(other, SetOnStage(one, yes)),
        By(other, SetOnStage(one, yes)),
        By(other, SetMaxBitrate(chance.choice([0, 100_000]))),
        By(one, ChooseLanguage(chance.choice(["", language]))),
        By(one, ChooseLanguage(language)),
        By(other, SetInterpretation(yes or chance.random() < 0.5)),
        By(one, (OfferHandover if yes else RequestHandover)(chance.choice([0, 1]))),
        By(one, AcceptHandover()),
        By(one, CancelHandover()),
        LanguageExpired(language),
        HandoverEnded(language),
    ]
    return chance.choice(choices)


class TestThePromise:
    @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
    @given(beginnings, st.lists(commands, min_size=20, max_size=50))
    def test_for_everybody_an_old_snapshot_and_the_events_they_hear_make_a_fresh_snapshot(
        self, beginning: list[Command], sequence: list[Command]
    ) -> None:
        check_the_promise([*beginning, *sequence])

    @pytest.mark.parametrize("seed", range(40))
    def test_it_holds_on_long_ways_too(self, seed: int) -> None:
        """hypothesis makes short sequences well; here people come and go more seldom than they do things."""
        chance = random.Random(seed)  # noqa: S311 - reproducible on purpose
        check_the_promise(
            [moderator("ada", hand_enabled=True), viewer("bob"), *(random_command(chance) for _ in range(300))]
        )

    @settings(deadline=None)
    @given(beginnings, st.lists(commands, max_size=30))
    def test_a_snapshot_and_an_event_are_copies_that_later_commands_do_not_change(
        self, beginning: list[Command], sequence: list[Command]
    ) -> None:
        state = RoomState("room", CODECS)
        told: list[tuple[Message, bytes]] = []
        for command in [*beginning, *sequence]:
            try:
                outcome = state.apply(command, NOW_MS)
            except Refused:
                continue
            messages: list[Message] = [event.message for event in outcome.events]
            messages += [state.snapshot(peer_id) for peer_id in ("ada", "bob") if peer_id in state]
            told += [(message, msgspec.json.encode(message)) for message in messages]
        assert all(msgspec.json.encode(message) == encoded for message, encoded in told)

    @settings(deadline=None)
    @given(beginnings, st.lists(commands, max_size=40))
    def test_viewers_are_counted_and_not_listed_and_send_nothing(
        self, beginning: list[Command], sequence: list[Command]
    ) -> None:
        state = RoomState("room", CODECS)
        everybody: set[str] = set()
        for command in [*beginning, *sequence]:
            try:
                state.apply(command, NOW_MS)
            except Refused:
                continue
            everybody = {one for one in ("ada", "bob", "cyd", "dan", "eve") if one in state}
            watching = {one for one in everybody if state.snapshot(one).me.viewer}
            assert set(state.tiles) == everybody - watching
            assert state.viewer_count == len(watching)
            assert {peer_id for peer_id, _ in state.producers_of_others("")} <= everybody - watching
            for one in everybody:
                snapshot = state.snapshot(one)
                assert {peer.id for peer in snapshot.peers} == everybody - watching
                if not snapshot.me.permissions.moderate:
                    assert (snapshot.waiting, snapshot.viewer_hands) == ([], [])


class TestPeers:
    def test_a_newcomer_is_announced_to_the_others_and_consumes_what_there_is(self) -> None:
        state = room("ada")
        outcome = state.apply(entry("bob"), NOW_MS)
        joined = protocol.PeerJoined(protocol.PeerInfo("bob", "Bob", "participant", NOW_MS, []))
        assert heard(state, outcome, "ada") == [joined]
        assert heard(state, outcome, "bob") == []
        assert outcome.effects == []

    def test_nobody_enters_twice(self) -> None:
        assert refused(room("ada"), entry("ada")) == "alreadyJoined"

    def test_everybody_hears_a_new_name_also_who_has_it(self) -> None:
        state = room("ada", "bob")
        outcome = state.apply(By("ada", SetDisplayName("Countess")), NOW_MS)
        assert heard(state, outcome, "ada") == heard(state, outcome, "bob") == [protocol.PeerRenamed("ada", "Countess")]

    def test_a_name_from_the_link_stays(self) -> None:
        assert refused(room(entry("ada", name_fixed=True)), By("ada", SetDisplayName("Countess"))) == "nameFixed"

    @pytest.mark.parametrize(
        "command",
        [
            Exit("bob", "left"),
            By("bob", SetDisplayName("B")),
            By("bob", CloseProducer("p")),
            By("bob", SetAbsent(absent=True)),
            By("bob", RaiseHand(raised=True)),
            By("bob", SendChat("hello")),
        ],
    )
    def test_who_is_not_there_can_do_nothing(self, command: Command) -> None:
        assert refused(room("ada"), command) == "notFound"

    def test_absence_is_told_once(self) -> None:
        state = room("ada", "bob")
        outcome = state.apply(By("ada", SetAbsent(absent=True)), NOW_MS)
        assert heard(state, outcome, "bob") == [protocol.AbsenceChanged("ada", absent=True)]
        assert state.apply(By("ada", SetAbsent(absent=True)), NOW_MS).events == []
        assert state.snapshot("bob").peers[0].absent

    def test_quality_is_told_when_it_changes(self) -> None:
        state = room("ada", "bob")
        outcome = state.apply(SetQuality("ada", "poor"), NOW_MS)
        assert heard(state, outcome, "bob") == [protocol.QualityChanged("ada", "poor")]
        assert state.apply(SetQuality("ada", "poor"), NOW_MS).events == []


class TestDominantSpeaker:
    def test_everybody_hears_of_it_once_viewers_and_latecomers_too(self) -> None:
        state = room("ada", "bob", viewer("vic"))
        outcome = state.apply(SetDominantSpeaker("ada"), NOW_MS)
        for peer_id in ("ada", "bob", "vic"):
            assert heard(state, outcome, peer_id) == [protocol.DominantSpeakerChanged("ada")]
        assert state.apply(SetDominantSpeaker("ada"), NOW_MS).events == []
        state.apply(entry("cyd"), NOW_MS)
        assert state.snapshot("cyd").dominant_speaker == "ada"

    def test_it_is_nobody_once_they_have_left_or_only_watch(self) -> None:
        state = room("ada", moderator(), viewer("vic"))
        state.apply(SetDominantSpeaker("ada"), NOW_MS)
        outcome = state.apply(Exit("ada", "left"), NOW_MS)
        assert protocol.DominantSpeakerChanged(None) in heard(state, outcome, "mod")
        state.apply(By("mod", SetOnStage("vic", on_stage=True)), NOW_MS)
        state.apply(SetDominantSpeaker("vic"), NOW_MS)
        outcome = state.apply(By("mod", SetOnStage("vic", on_stage=False)), NOW_MS)
        assert protocol.DominantSpeakerChanged(None) in heard(state, outcome, "mod")
        assert state.snapshot("mod").dominant_speaker is None

    def test_who_has_left_meanwhile_or_only_watches_does_not_dominate(self) -> None:
        state = room("ada", viewer("vic"))
        for gone in ("bob", "vic"):
            assert state.apply(SetDominantSpeaker(gone), NOW_MS).events == []

    def test_microphones_are_listened_to_but_an_interpreters_takes_no_part(self) -> None:
        state = room("ada", interpreter("ida"), moderator())
        outcome = state.apply(AddProducer("ada", "m", "mic", paused=True), NOW_MS)
        assert outcome.effects[0] == ListenTo("ada", "m", on=False, takes_part=True)
        outcome = state.apply(AddProducer("ida", "i", "mic", paused=False), NOW_MS)
        assert outcome.effects[0] == ListenTo("ida", "i", on=True, takes_part=False)
        assert state.apply(SetDominantSpeaker("ida"), NOW_MS).events == []
        for source in ("screenAudio", "screen", "camera"):
            effects = state.apply(AddProducer("ada", source, source, paused=False), NOW_MS).effects
            assert [type(effect) for effect in effects] == [ConsumeProducer]


class TestProducers:
    def test_a_producer_is_announced_to_everybody_and_consumed_by_the_others(self) -> None:
        state = room("ada", "bob")
        outcome = state.apply(AddProducer("ada", "p", "screen", paused=False), NOW_MS)
        info = protocol.ProducerInfo("p", "video", "screen", paused=False)
        assert heard(state, outcome, "ada") == heard(state, outcome, "bob") == [protocol.ProducerAdded("ada", info)]
        assert outcome.effects == [ConsumeProducer("ada", info)]

    def test_each_source_exists_once_a_peer(self) -> None:
        state = room("ada", "bob")
        state.apply(AddProducer("ada", "p", "mic", paused=False), NOW_MS)
        state.apply(AddProducer("bob", "q", "mic", paused=False), NOW_MS)
        assert refused(state, AddProducer("ada", "r", "mic", paused=False)) == "notAllowed"

    @pytest.mark.parametrize(
        ("source", "kind"), [("mic", "video"), ("screenAudio", "video"), ("camera", "audio"), ("screen", "audio")]
    )
    def test_a_source_of_the_wrong_kind_is_refused(self, source: Source, kind: Any) -> None:
        with pytest.raises(Refused) as caught:
            room("ada").check_produce("ada", kind, source, paused=False)
        assert caught.value.info.code == "invalidData"

    def test_pausing_what_is_paused_does_nothing(self) -> None:
        state = room("ada")
        state.apply(AddProducer("ada", "p", "mic", paused=True), NOW_MS)
        outcome = state.apply(By("ada", PauseProducer("p")), NOW_MS)
        assert (outcome.events, outcome.effects) == ([], [])
        outcome = state.apply(By("ada", ResumeProducer("p")), NOW_MS)
        assert outcome.effects == [PauseMedia("ada", "p", paused=False)]

    def test_a_producer_that_is_removed_is_closed(self) -> None:
        state = room("ada")
        state.apply(AddProducer("ada", "p", "mic", paused=False), NOW_MS)
        outcome = state.apply(By("ada", CloseProducer("p")), NOW_MS)
        assert outcome.effects == [CloseProducerMedia("ada", "p")]
        assert state.producers_of_others("") == []

    def test_nobody_touches_a_producer_of_somebody_else(self) -> None:
        state = room(moderator(), "bob")
        state.apply(AddProducer("mod", "p", "mic", paused=False), NOW_MS)
        for command in (By("bob", PauseProducer("p")), By("bob", CloseProducer("p"))):
            assert refused(state, command) == "notFound"


class TestCodecs:
    def test_a_room_begins_with_the_most_wanted_codec(self) -> None:
        assert room().video_codec == "video/VP8"

    def test_the_codec_is_the_first_that_everybody_can_decode(self) -> None:
        state = room("ada")
        outcome = state.apply(entry("bob", video_codecs=frozenset({"video/h264"})), NOW_MS)
        assert state.video_codec == "video/H264"
        assert heard(state, outcome, "ada")[-1] == protocol.VideoCodecChanged("video/H264")
        assert heard(state, outcome, "bob") == []
        assert state.snapshot("bob").video_codec == "video/H264"

    def test_a_viewers_codecs_count_too(self) -> None:
        state = room("ada", viewer("bob", video_codecs=frozenset({"video/vp9"})))
        assert state.video_codec == "video/VP9"

    def test_the_codec_comes_back_when_who_could_not_decode_it_has_left(self) -> None:
        state = room("ada", entry("bob", video_codecs=frozenset({"video/vp9"})))
        assert state.video_codec == "video/VP9"
        outcome = state.apply(Exit("bob", "lost"), NOW_MS)
        assert outcome.events[-1].message == protocol.VideoCodecChanged("video/VP8")

    def test_without_a_common_codec_the_most_wanted_one_is_used(self) -> None:
        state = room(entry("ada", video_codecs=frozenset({"video/h264"})), entry("bob", video_codecs=frozenset()))
        assert state.video_codec == "video/VP8"

    def test_what_somebody_can_receive_is_all_video_but_rtx(self) -> None:
        codecs = [
            RtpCodecCapability("audio/opus", "audio", 48000),
            RtpCodecCapability("video/VP8", "video", 90000),
            RtpCodecCapability("video/rtx", "video", 90000),
        ]
        assert receivable_video(RtpCapabilities(codecs)) == {"video/vp8"}
