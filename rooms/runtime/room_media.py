"""A room's media: what participants ask of it, and what follows for it from what the room's state says.

Media calls are synchronous. What media reports (a dominant speaker, a new track) goes to the state as a command.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rooms import protocol
from rooms.protocol.errors import Refused
from rooms.runtime.consuming import Consuming
from rooms.runtime.media_limits import check_dtls_parameters, check_layers, check_rtp_parameters
from rooms.runtime.receiver_rate import ReceiverRate
from rooms.runtime.sparing import Sparing
from rooms.runtime.speakers import Speakers
from rooms.state.commands import AddProducer, SetDominantSpeaker
from rooms.state.outcome import (
    CloseDataMedia,
    CloseProducerMedia,
    ConsumeProducer,
    LimitVideo,
    ListenTo,
    PauseMedia,
    StopConsuming,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from media.producer import Producer
    from rooms.protocol import Message, Request
    from rooms.runtime.member import Member
    from rooms.state.commands import Command
    from rooms.state.machine import RoomState
    from rooms.turn import TurnServers

    MediaEffect = (
        CloseDataMedia | CloseProducerMedia | ConsumeProducer | LimitVideo | ListenTo | PauseMedia | StopConsuming
    )


class RoomMedia:
    """`members` are all who are in. `later` does something when it is its turn, `apply` tells the state.

    `consuming` is who receives what, `speakers` who leads the conversation, `sparing` what a busy node leaves out.
    """

    def __init__(
        self,
        members: Mapping[str, Member],
        state: RoomState,
        later: Callable[[Callable[[], None]], None],
        apply: Callable[[Command], None],
        turn: TurnServers,
        now_ms: Callable[[], int],
        all_microphones_up_to: int,
    ) -> None:
        """`now_ms` is Unix time in ms. With 0 for `all_microphones_up_to` all are always forwarded."""
        self._members = members
        self._state = state
        self._apply = apply
        self._turn = turn
        self._now_ms = now_ms
        self._loop = asyncio.get_running_loop()
        self.sparing = Sparing(members)
        self._receiver_rate = ReceiverRate()
        self.consuming = Consuming(members, state, later, all_microphones_up_to)
        self.speakers = Speakers(
            all_microphones_up_to,
            self._dominates,
            self._loop,
            on_loud=self.consuming.loud,
        )

    # --- who comes and goes ---

    def admit(self, member: Member) -> None:
        """A participant comes in: the room's limit is theirs, too."""
        if self._state.max_bitrate_bps:
            member.send_transport.limit_video(self._state.max_bitrate_bps)

    def consume_data(self, member: Member) -> None:
        """A participant is in: they get the others' data."""
        for other in self._members.values():
            if other is not member:
                for data_producer in other.data_producers:
                    member.consume_data(other.peer_id, data_producer)

    def forget(self, peer_id: str) -> None:
        """Somebody is out: nothing comes from them. Unknown ones are ignored."""
        self.speakers.forget(peer_id)
        self.consuming.gone(peer_id)
        self.sparing.forget(peer_id)

    def close(self) -> None:
        """Listen no more; transports are the router's to close. Idempotent."""
        self.speakers.close()

    def packets_per_receiver(self) -> float | None:
        """How many packets a second somebody gets who is in; None where that isn't known yet."""
        producers = (one for member in self._members.values() for one in member.send_transport.producers.values())
        return self._receiver_rate.measure(producers, self._loop.time())

    # --- what participants ask for ---

    def carry_out(self, member: Member, request: Request) -> Message:  # noqa: C901 - one case a request
        """Do what somebody who is in asks of media; the answer. Raises `Refused` and `MediaError`."""
        match request:
            case protocol.ConnectTransport():
                check_dtls_parameters(request.dtls_parameters)
                member.transport(request.transport_id).connect(request.dtls_parameters)
            case protocol.RestartIce():
                parameters = member.transport(request.transport_id).restart_ice()
                servers = self._turn.ice_servers(self._now_ms() / 1000, member.address)
                return protocol.IceRestarted(parameters, servers)
            case protocol.Produce():
                return self._produce(member, request)
            case protocol.PauseConsumer():
                member.consumer(request.consumer_id).pause()
            case protocol.ResumeConsumer():
                member.consumer(request.consumer_id).resume()
            case protocol.SetPreferredLayers():
                check_layers(request.layers, request.priority)
                consumer = member.consumer(request.consumer_id)
                consumer.set_importance(request.priority, on_stage=request.on_stage)
                consumer.set_preferred_layers(request.layers)
            case protocol.Watch():
                self.consuming.watch(member, request.producer_ids)
            case protocol.ReportStatistics():
                member.gathering.report(request, self._loop.time())
            case protocol.ExplainQuality():
                return self._explain_quality(request.peer_id)
            case protocol.RequestKeyFrame():
                member.consumer(request.consumer_id).request_key_frame()
            case protocol.ProduceData():
                return self._produce_data(member, request)
            case _:
                raise Refused("notAllowed", "This request makes no sense inside a room.")
        return protocol.Done()

    def _explain_quality(self, peer_id: str) -> protocol.QualityFigures:
        member = self._members.get(peer_id)
        if member is None or peer_id not in self._state.tiles:
            raise Refused("notFound", "Nobody with a tile has this id.")
        return member.quality_figures()

    def _produce(self, member: Member, request: protocol.Produce) -> protocol.Produced:
        self._state.check_produce(member.peer_id, request.kind, request.source, paused=request.paused)
        check_rtp_parameters(request.rtp_parameters)
        producer = member.send_transport.produce(request.kind, request.rtp_parameters, paused=request.paused)
        self.sparing.begin(member.peer_id, producer, request.source)
        self._apply(AddProducer(member.peer_id, producer.id, request.source, request.paused))
        return protocol.Produced(producer.id)

    def _dominates(self, peer_id: str) -> None:
        self._apply(SetDominantSpeaker(peer_id))
        self.sparing.speaks(peer_id)

    def _produce_data(self, member: Member, request: protocol.ProduceData) -> protocol.DataProduced:
        self._state.check_produce_data(member.peer_id)
        producer = member.produce_data(request)
        for other in self._members.values():
            if other is not member:
                other.consume_data(member.peer_id, producer)
        return protocol.DataProduced(producer.id)

    # --- what the state says ---

    def perform(self, effect: MediaEffect) -> None:
        """Do with media what follows from what has happened."""
        match effect:
            case ListenTo(peer_id, producer_id, on, takes_part):
                self.speakers.listen(peer_id, self._sent(peer_id, producer_id), on=on, takes_part=takes_part)
            case ConsumeProducer():
                self.consuming.begin(effect)
            case StopConsuming():
                self.consuming.end(effect)
            case PauseMedia(peer_id, producer_id, paused):
                self.speakers.turn(producer_id, on=not paused)
                self.consuming.turned(producer_id, on=not paused)
                producer = self._sent(peer_id, producer_id)
                (producer.pause if paused else producer.resume)()
                self.sparing.turned(producer_id, on=not paused)
            case CloseProducerMedia(peer_id, producer_id):
                self.speakers.remove(producer_id)
                self.consuming.ended(producer_id)
                self._sent(peer_id, producer_id).close()
                self.sparing.ended(producer_id)
            case CloseDataMedia(peer_id):
                self._members[peer_id].close_data()
            case LimitVideo(bitrate_bps):
                for everybody in self._members.values():
                    everybody.send_transport.limit_video(bitrate_bps)

    def _sent(self, peer_id: str, producer_id: str) -> Producer:
        return self._members[peer_id].send_transport.producers[producer_id]
