"""What can be asked of a room, with everything that is to be known of each request, and the answers.

A request's facts stand on its class; the method on the wire is the class's name in camelCase. The tables at the end,
who may ask (`RoomState.apply`), what it costs (`rooms.runtime.request_budget`), the control API's list and the
generated types all derive from them.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final

import msgspec
from msgspec import Meta

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
    DirectionReport,
    HandoverSeconds,
    IceServer,
    Id,
    Label,
    LanguageTag,
    Limitation,
    Message,
    MessageId,
    Name,
    Offset,
    RoomSnapshot,
    Source,
    TicketText,
    ViewerInfo,
    wire_name,
)

# So many videos a page shows at most.
MAX_WATCHED: Final = 100


class Done(Message):
    """The empty answer."""


class _WithFacts(msgspec.StructMeta):
    """Takes a request's facts as keywords of its class; msgspec's own metaclass knows only its own."""

    def __new__(
        mcs: type[_WithFacts],
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        answer: type[Message] = Done,
        moderator: bool = False,
        heard_by_all: bool = False,
        looks_at_all: bool = False,
        makes_media: bool = False,
        by_clients: bool = True,
        by_server: bool = False,
        **options: Any,
    ) -> Any:
        """See `Request`."""
        facts = {
            "answer": answer,
            "moderator": moderator,
            "heard_by_all": heard_by_all,
            "looks_at_all": looks_at_all,
            "makes_media": makes_media,
            "by_clients": by_clients,
            "by_server": by_server,
        }
        return super().__new__(mcs, name, bases, {**namespace, **facts}, **options)


class Request(Message, metaclass=_WithFacts):
    """Base of all that can be asked of a room, with the facts of a class, which are given as its keywords.

    `answer`        what a client is answered with
    `moderator`     only a moderator may ask, or the account's own server
    `heard_by_all`  everybody in the room hears of it, so it costs more
    `looks_at_all`  it goes through everybody in the room, so it costs as much
    `makes_media`   tracks are made for it, many maybe, so it costs most
    `by_clients`    a method of the signalling
    `by_server`     a command of the control API, in the name of the account's own server
    """

    answer: ClassVar[type[Message]]
    moderator: ClassVar[bool]
    heard_by_all: ClassVar[bool]
    looks_at_all: ClassVar[bool]
    makes_media: ClassVar[bool]
    by_clients: ClassVar[bool]
    by_server: ClassVar[bool]


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


class Join(Request, answer=Joined):
    """Enter the room that the ticket names. Must be the first request but `ping`.

    With `gathered`, several events may come in one frame (`{"events": […]}`), as they do in rooms of many. `watches`
    says that I ask for the videos that I show (`watch`): where many cameras are on, only some come with the answer.
    """

    ticket: TicketText
    rtp_capabilities: RtpCapabilities
    display_name: Name = ""
    gathered: bool = False
    watches: bool = False


class Leave(Request):
    """Leave on purpose; the server closes the socket afterwards with code 1000."""


class Ping(Request):
    """Ask whether the server is still there; answered at once, also before `join`."""


class ConnectTransport(Request):
    """Give the client's DTLS parameters for one of its transports."""

    transport_id: Id
    dtls_parameters: DtlsParameters


class IceRestarted(Message):
    """Answer to `restartIce`; `ice_servers` are TURN servers with fresh credentials, none where there are none."""

    ice_parameters: IceParameters
    ice_servers: list[IceServer]


class RestartIce(Request, answer=IceRestarted):
    """Ask for new ICE credentials on one transport (RFC 8445 section 9)."""

    transport_id: Id


class Produced(Message):
    """Answer to `produce`."""

    producer_id: str


class Produce(Request, answer=Produced, heard_by_all=True, makes_media=True):
    """Start sending one track on the send transport."""

    kind: MediaKind
    source: Source
    rtp_parameters: RtpParameters
    paused: bool = False


class PauseProducer(Request, heard_by_all=True):
    """Stop forwarding one of my producers (mic off)."""

    producer_id: Id


class ResumeProducer(Request, heard_by_all=True):
    """Forward one of my producers again."""

    producer_id: Id


class CloseProducer(Request, heard_by_all=True):
    """End one of my producers."""

    producer_id: Id


class PauseConsumer(Request):
    """Stop receiving one consumer, for example because its tile is not visible."""

    consumer_id: Id


class ResumeConsumer(Request):
    """Receive one consumer; new consumers start paused and wait for this."""

    consumer_id: Id


class SetPreferredLayers(Request):
    """Ask for at most these layers of a video, and tell how much it matters where the link doesn't carry everything.

    What is on the stage (pinned, speaking, large) comes first, then a higher `priority`, from 0 to 100.
    """

    consumer_id: Id
    layers: ConsumerLayers
    priority: int = 0
    on_stage: bool = False


class Watch(Request, makes_media=True):
    """Receive these videos, all that are shown at the moment; what there was no consumer of comes as `consumerCreated`.

    Where many cameras are on, who has never asked gets the 25 that have been on for longest or, having joined with
    `watches`, the first nine of them. Of more than 100 cameras those asked for longest ago end; shared screens stay.
    """

    producer_ids: Annotated[list[Id], Meta(max_length=MAX_WATCHED)]


class RequestKeyFrame(Request):
    """Ask the producer behind a video consumer for a keyframe."""

    consumer_id: Id


class ReportStatistics(Request):
    """Tell what my browser measured since the last time; one a second counts at most."""

    up: DirectionReport | None = None
    down: DirectionReport | None = None


class QualityFigures(Message):
    """Answer to `explainQuality`: what somebody's badge was judged by, null where it is not known.

    `upload_loss` and `download_loss` are shares from 0 to 1; `limited_by` is what their browser says of its sending.
    """

    upload_loss: float | None
    download_loss: float | None
    round_trip_ms: float | None
    limited_by: Limitation


class ExplainQuality(Request, answer=QualityFigures):
    """Ask why somebody's connection is called what it is called."""

    peer_id: Id


class DataProduced(Message):
    """Answer to `produceData`."""

    data_producer_id: str


class ProduceData(Request, answer=DataProduced, heard_by_all=True):
    """Announce a data channel that the client opened on its send transport."""

    sctp_stream_parameters: SctpStreamParameters
    label: Label = ""
    protocol: Label = ""


class SetDisplayName(Request, heard_by_all=True):
    """Change my name, where it is not fixed by the ticket."""

    display_name: Name


class SetAbsent(Request, heard_by_all=True):
    """I am looking elsewhere (the page is hidden), or here again."""

    absent: bool


class RaiseHand(Request, heard_by_all=True):
    """Raise my hand or take it down."""

    raised: bool


class SendChat(Request, heard_by_all=True):
    """Say something to everybody in writing."""

    text: ChatText


class ChooseLanguage(Request, makes_media=True):
    """Hear the interpreters of a language beside the original, or (empty) the original only.

    For everybody, viewers too; an interpreter hears another language so, and interprets from it.
    """

    language: LanguageTag


class OfferHandover(Request):
    """Interpreters who are live: offer the others of my language to take over, so many seconds after they accept."""

    seconds: HandoverSeconds = 10


class RequestHandover(Request):
    """Interpreters: ask who is live in my language to let me take over, so many seconds after they accept."""

    seconds: HandoverSeconds = 10


class AcceptHandover(Request):
    """Interpreters: accept what another one of my language offers or asks for."""


class CancelHandover(Request):
    """Interpreters: call off the handover of my language, mine or another's, accepted or not."""


class SetInterpretation(Request, moderator=True, heard_by_all=True):
    """Moderators: turn interpretation on for this room, or off until a moderator turns it on again."""

    enabled: bool


class LowerHand(Request, moderator=True, heard_by_all=True):
    """Moderators: take somebody's hand down."""

    peer_id: Id


class StopTrack(Request, moderator=True, heard_by_all=True, by_server=True):
    """Moderators: turn somebody's microphone or camera off, or end their screen share."""

    peer_id: Id
    device: Device


class StopAllTracks(Request, moderator=True, heard_by_all=True, by_server=True):
    """Moderators: turn everybody's microphone or camera off, or end all screen shares, but not my own."""

    device: Device


class Allow(Request, moderator=True, heard_by_all=True, by_server=True):
    """Moderators: allow or forbid one participant a device, whatever the room's rules say. Forbidding stops it."""

    peer_id: Id
    device: Device
    allowed: bool


class AllowAll(Request, moderator=True, heard_by_all=True, by_server=True):
    """Moderators: allow or forbid everybody but moderators a device; what was decided for single ones is forgotten."""

    device: Device
    allowed: bool


class AskToTurnOn(Request, moderator=True, heard_by_all=True, by_server=True):
    """Moderators: ask somebody to turn a device on; it is theirs to decide."""

    peer_id: Id
    device: Device


class ViewerList(Message):
    """Answer to `listViewers`: 50 at most from the place that was asked for, and how many there are in all."""

    viewers: list[ViewerInfo]
    total: int


class ListViewers(Request, answer=ViewerList, moderator=True, looks_at_all=True):
    """Moderators: who watches a webinar, in the order of coming, those whose name has the words in it."""

    words: Label = ""
    offset: Offset = 0


class RemoveMessage(Request, moderator=True, heard_by_all=True):
    """Moderators: take one message of the chat away from everybody."""

    message_id: MessageId


class SetOnStage(Request, moderator=True, heard_by_all=True, by_server=True):
    """Moderators: give a webinar's viewer a tile and devices, or take them away again."""

    peer_id: Id
    on_stage: bool


class Admit(Request, moderator=True, by_server=True):
    """Moderators: let somebody in who waits, or turn them away."""

    peer_id: Id
    admitted: bool


class AdmitAll(Request, moderator=True, heard_by_all=True, by_server=True):
    """Moderators: let everybody in who waits, or turn them all away."""

    admitted: bool


class SetWaitingRoom(Request, moderator=True, heard_by_all=True, by_server=True):
    """Moderators: make newcomers wait, or not; then those who wait come in."""

    enabled: bool


class SetLocked(Request, moderator=True, heard_by_all=True, by_server=True):
    """Moderators: let nobody in any more but moderators and those who were in before, or open the room again."""

    locked: bool


class LowerAllHands(Request, moderator=True, heard_by_all=True, by_server=True):
    """Moderators: take everybody's hand down."""


class StopVideo(Request, moderator=True, heard_by_all=True, by_server=True):
    """Moderators: take the player away that everybody watches together."""


class Kick(Request, moderator=True, heard_by_all=True, by_server=True):
    """Moderators: remove somebody, inside or in the waiting room, who then can't come back under this id."""

    peer_id: Id


class LetBack(Request, moderator=True, heard_by_all=True, by_server=True):
    """Moderators: somebody who was removed may come back."""

    peer_id: Id


class EndMeeting(Request, moderator=True, by_server=True):
    """Moderators: send everybody away and end the meeting, also for those in the waiting room."""


class StartRecording(Request, moderator=True, by_server=True):
    """Moderators with `canRecord`: have the meeting recorded from now on."""


class StopRecording(Request, moderator=True, by_server=True):
    """Moderators with `canRecord`: end the recording."""


class SetMaxBitrate(Request, moderator=True, heard_by_all=True, by_server=True):
    """Moderators: let nobody send video with more bits/s than this; 0 for no limit."""

    bitrate_bps: Bitrate


class RemovePeer(Request, moderator=True, heard_by_all=True, by_clients=False, by_server=True):
    """Remove somebody, inside or in the waiting room, who may come again."""

    peer_id: Id


class ClearChat(Request, moderator=True, heard_by_all=True, by_clients=False, by_server=True):
    """Take everything that was written away from everybody."""


# What clients may ask for by the method on the wire, and its answers; both in the order of this module.
REQUESTS: Final[dict[str, type[Request]]] = {
    wire_name(request): request for request in Request.__subclasses__() if request.by_clients
}
RESPONSES: Final[dict[type[Request], type[Message]]] = {request: request.answer for request in REQUESTS.values()}
# What the account's own server may ask for over the control API, by the name of its class.
SERVER_REQUESTS: Final[dict[str, type[Request]]] = {
    request.__name__: request for request in Request.__subclasses__() if request.by_server
}
