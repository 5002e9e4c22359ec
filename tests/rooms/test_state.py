"""The room's state machine, and the promise that all clients live by: old snapshot + events = fresh snapshot."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.parameters import RtpCapabilities, RtpCodecCapability
from rooms import protocol
from rooms.errors import Refused
from rooms.protocol import Message, RoomSnapshot, Source
from rooms.state import (
    KIND_OF_SOURCE,
    AddProducer,
    CloseProducerMedia,
    Command,
    ConsumeEverything,
    ConsumeProducer,
    Enter,
    Exit,
    PauseMedia,
    RemoveProducer,
    Rename,
    RoomState,
    SetProducerPaused,
    receivable_video,
)

CODECS = ("video/VP8", "video/H264", "video/VP9")
NOW_MS = 1_700_000_000_000
EVERYTHING = frozenset(codec.lower() for codec in CODECS)


def room(*peers: str, codecs: frozenset[str] = EVERYTHING) -> RoomState:
    state = RoomState("room", CODECS)
    for peer in peers:
        state.apply(Enter(peer, peer.title(), name_fixed=False, video_codecs=codecs), NOW_MS)
    return state


def replay(snapshot: RoomSnapshot, event: Message) -> None:
    """What a client does with an event."""
    peers = {peer.id: peer for peer in snapshot.peers}
    match event:
        case protocol.PeerJoined(peer):
            assert peer.id not in peers
            snapshot.peers.append(peer)
        case protocol.PeerLeft(peer_id):
            snapshot.peers.remove(peers[peer_id])
        case protocol.PeerRenamed(peer_id, name):
            peers[peer_id].display_name = name
        case protocol.ProducerAdded(peer_id, producer):
            peers[peer_id].producers.append(producer)
        case protocol.ProducerPaused(peer_id, producer_id, paused):
            next(p for p in peers[peer_id].producers if p.id == producer_id).paused = paused
        case protocol.ProducerRemoved(peer_id, producer_id):
            peers[peer_id].producers = [p for p in peers[peer_id].producers if p.id != producer_id]
        case protocol.VideoCodecChanged(mime_type):
            snapshot.video_codec = mime_type
        case _:
            raise AssertionError(event)


def copy(snapshot: RoomSnapshot) -> RoomSnapshot:
    return msgspec.json.decode(msgspec.json.encode(snapshot), type=RoomSnapshot)


peer_ids = st.sampled_from(["ada", "bob", "cyd", "dan"])
producer_ids = st.sampled_from([f"p{number}" for number in range(6)])
commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(
        Enter,
        peer_id=peer_ids,
        display_name=st.text(max_size=3),
        name_fixed=st.booleans(),
        video_codecs=st.frozensets(st.sampled_from(sorted(EVERYTHING))),
    ),
    st.builds(Exit, peer_id=peer_ids, reason=st.sampled_from(["left", "lost", "replaced"])),
    st.builds(Rename, peer_id=peer_ids, display_name=st.text(max_size=3)),
    st.builds(
        AddProducer,
        peer_id=peer_ids,
        producer_id=producer_ids,
        source=st.sampled_from(sorted(KIND_OF_SOURCE)),
        paused=st.booleans(),
    ),
    st.builds(SetProducerPaused, peer_id=peer_ids, producer_id=producer_ids, paused=st.booleans()),
    st.builds(RemoveProducer, peer_id=peer_ids, producer_id=producer_ids),
)


class TestThePromise:
    @given(st.lists(commands, max_size=40))
    def test_an_old_snapshot_and_the_events_make_a_fresh_snapshot_for_everybody(self, sequence: list[Command]) -> None:
        state = RoomState("room", CODECS)
        clients: dict[str, RoomSnapshot] = {}
        for command in sequence:
            before = copy(state.snapshot())
            try:
                outcome = state.apply(command, NOW_MS)
            except Refused:
                assert state.snapshot() == before
                continue
            if isinstance(command, Exit):
                del clients[command.peer_id]
            for peer_id, snapshot in clients.items():
                for event in outcome.events:
                    if event.but != peer_id:
                        replay(snapshot, msgspec.structs.replace(event.message))
            if isinstance(command, Enter):
                clients[command.peer_id] = copy(state.snapshot())
            for snapshot in clients.values():
                assert snapshot == state.snapshot()
            assert state.empty == (not clients)
            assert all(peer_id in state for peer_id in clients)

    @given(st.lists(commands, max_size=30))
    def test_a_snapshot_and_an_event_are_copies_that_later_commands_do_not_change(
        self, sequence: list[Command]
    ) -> None:
        state = RoomState("room", CODECS)
        told: list[tuple[Message, bytes]] = []
        for command in sequence:
            try:
                outcome = state.apply(command, NOW_MS)
            except Refused:
                continue
            messages = [state.snapshot(), *(event.message for event in outcome.events)]
            told += [(message, msgspec.json.encode(message)) for message in messages]
        assert all(msgspec.json.encode(message) == encoded for message, encoded in told)


class TestPeers:
    def test_a_newcomer_is_announced_to_the_others_and_consumes_what_there_is(self) -> None:
        outcome = room("ada").apply(Enter("bob", "Bob", name_fixed=False, video_codecs=EVERYTHING), NOW_MS)
        assert [event.but for event in outcome.events] == ["bob"]
        assert outcome.events[0].message == protocol.PeerJoined(protocol.PeerInfo("bob", "Bob", NOW_MS, []))
        assert outcome.effects == [ConsumeEverything("bob")]

    def test_nobody_enters_twice(self) -> None:
        with pytest.raises(Refused) as caught:
            room("ada").apply(Enter("ada", "Ada", name_fixed=False, video_codecs=EVERYTHING), NOW_MS)
        assert caught.value.info.code == "alreadyJoined"

    def test_everybody_hears_a_new_name_also_who_has_it(self) -> None:
        outcome = room("ada").apply(Rename("ada", "Countess"), NOW_MS)
        assert [(event.message, event.but) for event in outcome.events] == [
            (protocol.PeerRenamed("ada", "Countess"), None)
        ]

    def test_a_name_from_the_link_stays(self) -> None:
        state = room()
        state.apply(Enter("ada", "Ada", name_fixed=True, video_codecs=EVERYTHING), NOW_MS)
        with pytest.raises(Refused) as caught:
            state.apply(Rename("ada", "Countess"), NOW_MS)
        assert caught.value.info.code == "nameFixed"

    @pytest.mark.parametrize("command", [Exit("bob", "left"), Rename("bob", "B"), RemoveProducer("bob", "p")])
    def test_who_is_not_there_can_do_nothing(self, command: Command) -> None:
        with pytest.raises(Refused) as caught:
            room("ada").apply(command, NOW_MS)
        assert caught.value.info.code == "notFound"


class TestProducers:
    def test_a_producer_is_announced_to_everybody_and_consumed_by_the_others(self) -> None:
        outcome = room("ada", "bob").apply(AddProducer("ada", "p", "screen", paused=False), NOW_MS)
        info = protocol.ProducerInfo("p", "video", "screen", paused=False)
        assert [(event.message, event.but) for event in outcome.events] == [(protocol.ProducerAdded("ada", info), None)]
        assert outcome.effects == [ConsumeProducer("ada", info)]

    def test_each_source_exists_once_a_peer(self) -> None:
        state = room("ada", "bob")
        state.apply(AddProducer("ada", "p", "mic", paused=False), NOW_MS)
        state.apply(AddProducer("bob", "q", "mic", paused=False), NOW_MS)
        with pytest.raises(Refused) as caught:
            state.apply(AddProducer("ada", "r", "mic", paused=False), NOW_MS)
        assert caught.value.info.code == "notAllowed"

    @pytest.mark.parametrize(
        ("source", "kind"), [("mic", "video"), ("screenAudio", "video"), ("camera", "audio"), ("screen", "audio")]
    )
    def test_a_source_of_the_wrong_kind_is_refused(self, source: Source, kind: str) -> None:
        with pytest.raises(Refused) as caught:
            room("ada").check_produce("ada", kind, source)  # type: ignore[arg-type]
        assert caught.value.info.code == "invalidData"

    def test_pausing_what_is_paused_does_nothing(self) -> None:
        state = room("ada")
        state.apply(AddProducer("ada", "p", "mic", paused=True), NOW_MS)
        outcome = state.apply(SetProducerPaused("ada", "p", paused=True), NOW_MS)
        assert (outcome.events, outcome.effects) == ([], [])
        outcome = state.apply(SetProducerPaused("ada", "p", paused=False), NOW_MS)
        assert outcome.effects == [PauseMedia("ada", "p", paused=False)]

    def test_a_producer_that_is_removed_is_closed(self) -> None:
        state = room("ada")
        state.apply(AddProducer("ada", "p", "mic", paused=False), NOW_MS)
        outcome = state.apply(RemoveProducer("ada", "p"), NOW_MS)
        assert outcome.effects == [CloseProducerMedia("ada", "p")]
        assert state.producers_of_others("") == []

    def test_nobody_touches_a_producer_of_somebody_else(self) -> None:
        state = room("ada", "bob")
        state.apply(AddProducer("ada", "p", "mic", paused=False), NOW_MS)
        for command in (SetProducerPaused("bob", "p", paused=True), RemoveProducer("bob", "p")):
            with pytest.raises(Refused) as caught:
                state.apply(command, NOW_MS)
            assert caught.value.info.code == "notFound"


class TestCodecs:
    def test_a_room_begins_with_the_most_wanted_codec(self) -> None:
        assert room().video_codec == "video/VP8"

    def test_the_codec_is_the_first_that_everybody_can_decode(self) -> None:
        state = room("ada")
        outcome = state.apply(Enter("bob", "", name_fixed=False, video_codecs=frozenset({"video/h264"})), NOW_MS)
        assert state.video_codec == "video/H264"
        assert (outcome.events[-1].message, outcome.events[-1].but) == (protocol.VideoCodecChanged("video/H264"), "bob")
        assert state.snapshot().video_codec == "video/H264"

    def test_the_codec_comes_back_when_who_could_not_decode_it_has_left(self) -> None:
        state = room("ada")
        state.apply(Enter("bob", "", name_fixed=False, video_codecs=frozenset({"video/vp9"})), NOW_MS)
        assert state.video_codec == "video/VP9"
        outcome = state.apply(Exit("bob", "lost"), NOW_MS)
        assert outcome.events[-1].message == protocol.VideoCodecChanged("video/VP8")

    def test_without_a_common_codec_the_most_wanted_one_is_used(self) -> None:
        state = room("ada", codecs=frozenset({"video/h264"}))
        state.apply(Enter("bob", "", name_fixed=False, video_codecs=frozenset()), NOW_MS)
        assert state.video_codec == "video/VP8"

    def test_what_somebody_can_receive_is_all_video_but_rtx(self) -> None:
        codecs = [
            RtpCodecCapability("audio/opus", "audio", 48000),
            RtpCodecCapability("video/VP8", "video", 90000),
            RtpCodecCapability("video/rtx", "video", 90000),
        ]
        assert receivable_video(RtpCapabilities(codecs)) == {"video/vp8"}
