"""What a client asks for, and the answers. `RESPONSES` lists both."""

from __future__ import annotations

from media.ortc.parameters import (
    ConsumerLayers,
    DtlsParameters,
    IceParameters,
    MediaKind,
    RtpCapabilities,
    RtpParameters,
    SctpStreamParameters,
    TransportOptions,
)
from rooms.protocol.notifications import ConsumerCreated
from rooms.protocol.shapes import (
    Bitrate,
    ChatText,
    Device,
    Id,
    Label,
    Message,
    MessageId,
    Name,
    Offset,
    RoomSnapshot,
    Source,
    TicketText,
    ViewerInfo,
)


class Join(Message):
    """Enter the room that the ticket names. Must be the first request but `ping`."""

    ticket: TicketText
    rtp_capabilities: RtpCapabilities
    display_name: Name = ""


class Joined(Message):
    """Answer to `join`: the room as it stands, both transports ready to connect, and a consumer for all that is sent.

    The consumers come along so that they can be negotiated at once; later ones come as `consumerCreated`.

    Where a moderator has to let people in, it comes only then; `waiting` tells so.

    `identity` is this page's secret: shown where tickets are given, it brings the page back as the same participant.
    """

    peer_id: str
    identity: str
    room: RoomSnapshot
    send_transport: TransportOptions
    recv_transport: TransportOptions
    consumers: list[ConsumerCreated]


class Leave(Message):
    """Leave on purpose; the server closes the socket afterwards with code 1000."""


class Ping(Message):
    """Ask whether the server is still there; answered at once, also before `join`."""


class ConnectTransport(Message):
    """Give the client's DTLS parameters for one of its transports."""

    transport_id: Id
    dtls_parameters: DtlsParameters


class RestartIce(Message):
    """Ask for new ICE credentials on one transport (RFC 8445 section 9)."""

    transport_id: Id


class IceRestarted(Message):
    """Answer to `restartIce`."""

    ice_parameters: IceParameters


class Produce(Message):
    """Start sending one track on the send transport."""

    kind: MediaKind
    source: Source
    rtp_parameters: RtpParameters
    paused: bool = False


class Produced(Message):
    """Answer to `produce`."""

    producer_id: str


class PauseProducer(Message):
    """Stop forwarding one of my producers (mic off)."""

    producer_id: Id


class ResumeProducer(Message):
    """Forward one of my producers again."""

    producer_id: Id


class CloseProducer(Message):
    """End one of my producers."""

    producer_id: Id


class PauseConsumer(Message):
    """Stop receiving one consumer, for example because its tile is not visible."""

    consumer_id: Id


class ResumeConsumer(Message):
    """Receive one consumer; new consumers start paused and wait for this."""

    consumer_id: Id


class SetPreferredLayers(Message):
    """Ask for at most these layers of a simulcast or SVC consumer."""

    consumer_id: Id
    layers: ConsumerLayers


class RequestKeyFrame(Message):
    """Ask the producer behind a video consumer for a keyframe."""

    consumer_id: Id


class ProduceData(Message):
    """Announce a data channel that the client opened on its send transport."""

    sctp_stream_parameters: SctpStreamParameters
    label: Label = ""
    protocol: Label = ""


class DataProduced(Message):
    """Answer to `produceData`."""

    data_producer_id: str


class SetDisplayName(Message):
    """Change my name, where it is not fixed by the ticket."""

    display_name: Name


class SetAbsent(Message):
    """I am looking elsewhere (the page is hidden), or here again."""

    absent: bool


class RaiseHand(Message):
    """Raise my hand or take it down."""

    raised: bool


class SendChat(Message):
    """Say something to everybody in writing."""

    text: ChatText


class LowerHand(Message):
    """Moderators: take somebody's hand down."""

    peer_id: Id


class StopTrack(Message):
    """Moderators: turn somebody's microphone or camera off, or end their screen share."""

    peer_id: Id
    device: Device


class StopAllTracks(Message):
    """Moderators: turn everybody's microphone or camera off, or end all screen shares, but not my own."""

    device: Device


class Allow(Message):
    """Moderators: allow or forbid one participant a device, whatever the room's rules say. Forbidding stops it."""

    peer_id: Id
    device: Device
    allowed: bool


class AllowAll(Message):
    """Moderators: allow or forbid everybody but moderators a device; what was decided for single ones is forgotten."""

    device: Device
    allowed: bool


class AskToTurnOn(Message):
    """Moderators: ask somebody to turn a device on; it is theirs to decide."""

    peer_id: Id
    device: Device


class ListViewers(Message):
    """Moderators: who watches a webinar, in the order of coming, those whose name has the words in it."""

    words: Label = ""
    offset: Offset = 0


class ViewerList(Message):
    """Answer to `listViewers`: 50 at most from the place that was asked for, and how many there are in all."""

    viewers: list[ViewerInfo]
    total: int


class RemoveMessage(Message):
    """Moderators: take one message of the chat away from everybody."""

    message_id: MessageId


class SetOnStage(Message):
    """Moderators: give a webinar's viewer a tile and devices, or take them away again."""

    peer_id: Id
    on_stage: bool


class Admit(Message):
    """Moderators: let somebody in who waits, or turn them away."""

    peer_id: Id
    admitted: bool


class AdmitAll(Message):
    """Moderators: let everybody in who waits, or turn them all away."""

    admitted: bool


class SetWaitingRoom(Message):
    """Moderators: make newcomers wait, or not; then those who wait come in."""

    enabled: bool


class SetLocked(Message):
    """Moderators: let nobody in any more but moderators and those who were in before, or open the room again."""

    locked: bool


class LowerAllHands(Message):
    """Moderators: take everybody's hand down."""


class StopVideo(Message):
    """Moderators: take the player away that everybody watches together."""


class Kick(Message):
    """Moderators: remove somebody, inside or at the door, who then can't come back under this id."""

    peer_id: Id


class LetBack(Message):
    """Moderators: somebody who was removed may come back."""

    peer_id: Id


class EndMeeting(Message):
    """Moderators: send everybody away and end the meeting, also for those at the door."""


class StartRecording(Message):
    """Moderators with `canRecord`: have the meeting recorded from now on."""


class StopRecording(Message):
    """Moderators with `canRecord`: end the recording."""


class SetMaxBitrate(Message):
    """Moderators: let nobody send video with more bits/s than this; 0 for no limit."""

    bitrate_bps: Bitrate


class Done(Message):
    """The empty answer."""


# Each request with its answer; the method on the wire is the class's name in camelCase.
RESPONSES: dict[type[Message], type[Message]] = {
    Join: Joined,
    Leave: Done,
    Ping: Done,
    ConnectTransport: Done,
    RestartIce: IceRestarted,
    Produce: Produced,
    PauseProducer: Done,
    ResumeProducer: Done,
    CloseProducer: Done,
    PauseConsumer: Done,
    ResumeConsumer: Done,
    SetPreferredLayers: Done,
    RequestKeyFrame: Done,
    ProduceData: DataProduced,
    SetDisplayName: Done,
    SetAbsent: Done,
    RaiseHand: Done,
    SendChat: Done,
    LowerHand: Done,
    StopTrack: Done,
    StopAllTracks: Done,
    SetOnStage: Done,
    ListViewers: ViewerList,
    RemoveMessage: Done,
    Admit: Done,
    AdmitAll: Done,
    Allow: Done,
    AllowAll: Done,
    AskToTurnOn: Done,
    SetWaitingRoom: Done,
    SetLocked: Done,
    LowerAllHands: Done,
    StopVideo: Done,
    Kick: Done,
    LetBack: Done,
    EndMeeting: Done,
    StartRecording: Done,
    StopRecording: Done,
    SetMaxBitrate: Done,
}
