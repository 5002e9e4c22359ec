"""A room, as one participant has it: what this package is for."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import parse_qs, urlsplit
from weakref import WeakSet

from meet_participant import events
from meet_participant.endings import (
    ENTRY_WINDOW_S,
    LEFT,
    LOST,
    RECONNECT_WINDOW_S,
    after_close,
    delay_s,
    ended_by,
    is_curable,
)
from meet_participant.errors import (
    Behind,
    ConnectionLost,
    MeetingOver,
    NoAnswer,
    ParticipantError,
    RequestRefused,
    TicketRefused,
)
from meet_participant.events import Event, Peer
from meet_participant.feeds import Feed
from meet_participant.frames import SAMPLE_RATE, SAMPLES, AudioFrame, Pieces, VideoFrame
from meet_participant.links import read_link
from meet_participant.session import Incoming, Session
from meet_participant.sources import Camera, Microphone

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from aiortc import MediaStreamTrack

    from meet_participant.events import Device, Ended, Source
    from meet_participant.wire import Admission, ChatMessage, EventName, PeerInfo, ProducerInfo, RoomSnapshot

# Events and pictures that wait for a loop.
MAX_EVENTS: Final = 1_000
# So many videos can be asked for.
MAX_WATCHED: Final = 100
MAX_PICTURES: Final = 2


TrackT = TypeVar("TrackT", Microphone, Camera)


class _Given:
    """A ticket that somebody else has got. It counts for ten minutes."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission

    async def ticket(self, _identity: str) -> Admission:
        return self._admission


class _Sounds(Feed[AudioFrame]):
    def __init__(self, peer_id: str | None, wait_s: float) -> None:
        super().__init__(max(1, round(wait_s * SAMPLE_RATE / SAMPLES)))
        self._peer_id = peer_id

    def wants(self, created: Any) -> bool:
        return not self.closed and created["kind"] == "audio" and self._peer_id in (None, created["peerId"])


class _Pictures(Feed[VideoFrame]):
    def __init__(self, peer_id: str, source: Source, layer: int | None) -> None:
        super().__init__(MAX_PICTURES)
        self._of = (peer_id, source)
        self.layer = layer

    def wants(self, created: Any) -> bool:
        return not self.closed and (created["peerId"], created["source"]) == self._of


class Room:
    """Made by `join`. It connects again by itself; `ended` is None until it is over."""

    def __init__(self, door: Any, display_name: str, on_waiting: Callable[[], None]) -> None:
        self._door = door
        self._name = display_name
        self._on_waiting = on_waiting
        self._identity = ""
        self._session: Session | None = None
        self._living: asyncio.Task[None] | None = None
        self._tracks: dict[Source, MediaStreamTrack] = {}
        self._off: set[Source] = set()
        self._backlog: deque[Event] | None = deque(maxlen=MAX_EVENTS)
        self._events: WeakSet[Feed[Event]] = WeakSet()
        self._feeds: WeakSet[_Sounds | _Pictures] = WeakSet()
        self._pieces: dict[str, Pieces] = {}
        # Who sends it, by its id.
        self._producers: dict[str, tuple[str, ProducerInfo]] = {}
        self._over = asyncio.Event()
        self.me = Peer("", display_name)
        self.peers: dict[str, Peer] = {}
        self.chat: list[events.Chat] = []
        self.room_id = ""
        self.ended: Ended | None = None

    # --- what happens -------------------------------------------------------------------------------

    def events(self) -> Feed[Event]:
        """What happens from now on; the first time, since `join`. Ends after `Ended`. The loop may raise `Behind`."""
        feed: Feed[Event] = Feed(MAX_EVENTS, Behind("More than 1,000 events waited to be looked at."))
        if self._backlog is not None:
            feed.put_all(self._backlog)
            self._backlog = None
        self._events.add(feed)
        if self.ended is not None:
            feed.close()
        return feed

    def audio(self, peer_id: str | None = None, wait_s: float = 1.0) -> Feed[AudioFrame]:
        """What everybody else, or one of them, says (and the sound of shared screens), in frames of 20 ms.

        So much of it may wait for a loop that is late; the oldest is dropped then.
        """
        feed = _Sounds(peer_id, wait_s)
        self._add(feed)
        return feed

    def video(self, peer_id: str, source: Source = "camera", layer: int | None = None) -> Feed[VideoFrame]:
        """Somebody's pictures, whenever they send some; `layer` 0 is the smallest of up to three sizes."""
        feed = _Pictures(peer_id, source, layer)
        self._add(feed)
        return feed

    async def wait_ended(self) -> Ended:
        """Wait until it is over, and why."""
        await self._over.wait()
        assert self.ended is not None  # noqa: S101 - set before `_over`
        return self.ended

    # --- what this participant does -----------------------------------------------------------------

    async def enable_mic(self) -> Microphone:
        """Send sound: write it to what this returns, the same one each time. Raises `RequestRefused`."""
        return await self._enable("mic", Microphone)

    async def disable_mic(self) -> None:
        """Mute."""
        await self._disable("mic")

    async def enable_webcam(self) -> Camera:
        """Send pictures: show them to what this returns, the same one each time. Raises `RequestRefused`."""
        return await self._enable("camera", Camera)

    async def disable_webcam(self) -> None:
        """Turn the camera off."""
        await self._disable("camera")

    async def enable_share(self) -> Camera:
        """Send pictures as a shared screen. Raises `RequestRefused`."""
        return await self._enable("screen", Camera)

    async def disable_share(self) -> None:
        """Share no longer."""
        if self._tracks.pop("screen", None) is not None:
            await self._here().stop("screen")

    async def send_chat(self, text: str) -> None:
        """Say something to everybody in writing, 4,000 characters at most. Raises `RequestRefused`."""
        await self._here().connection.request("sendChat", {"text": text})

    async def raise_hand(self, *, raised: bool = True) -> None:
        """Raise the hand, or take it down. Raises `RequestRefused`."""
        await self._here().connection.request("raiseHand", {"raised": raised})

    async def change_display_name(self, name: str) -> None:
        """Take another name, unless it came with the link. Raises `RequestRefused`."""
        await self._here().connection.request("setDisplayName", {"displayName": name})
        self._name = name

    async def leave(self) -> None:
        """Leave for good. Idempotent."""
        if self._living is None:
            return
        living, self._living = self._living, None
        living.cancel()
        await asyncio.wait((living,))
        session, self._session = self._session, None
        if session is not None:
            with contextlib.suppress(ParticipantError):
                await session.connection.request("leave", timeout_s=1)
            await session.close()
        self._finish(LEFT)

    # --- staying in ---------------------------------------------------------------------------------

    async def _enter(self, window_s: float) -> Session:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + window_s
        attempt = refusals = 0
        while True:
            try:
                admission = await self._door.ticket(self._identity)
                session = Session(admission, self._on_waiting, self._take)
                await session.enter(self._name)
            except ParticipantError as error:
                refusals += isinstance(error, RequestRefused)
                delay = delay_s(attempt, random.random())  # noqa: S311 - spreads clients, guards nothing
                if not is_curable(error, refusals, back=window_s > ENTRY_WINDOW_S) or loop.time() + delay > deadline:
                    raise
                attempt += 1
                await asyncio.sleep(delay)
            else:
                return session

    async def _begin(self) -> None:
        session = await self._enter(ENTRY_WINDOW_S)
        self._install(session)
        self._living = asyncio.create_task(self._live(session))

    def _install(self, session: Session) -> None:
        """From now on this is the session; what has changed since the last one is told."""
        self._session = session
        self._identity = session.joined["identity"]
        self._pieces.clear()
        self._compare(session.joined["room"])
        session.start(self._hear)
        for incoming in session.incoming.values():
            self._offer(incoming)
        self._watch()

    async def _live(self, session: Session) -> None:
        ended: Ended | None = None
        while ended is None:
            ended = after_close(await session.over())
            self._session = None
            await session.close()
            if ended is not None:
                break
            self._tell(events.Disconnected())
            try:
                session = await self._enter(RECONNECT_WINDOW_S)
            except (RequestRefused, TicketRefused) as error:
                ended = ended_by(error.code, str(error))
            except MeetingOver as error:
                ended = error.ended
            except ParticipantError:
                ended = LOST
            else:
                self._install(session)
                await self._send_again(session)
                self._tell(events.Reconnected())
        self._finish(ended)

    async def _send_again(self, session: Session) -> None:
        for source, track in self._tracks.items():
            if source not in self._off:
                try:
                    await _produce(session, source, track)
                except RequestRefused:
                    self._off.add(source)  # forbidden meanwhile
                except (ConnectionLost, NoAnswer):
                    return  # the session is over again

    def _finish(self, ended: Ended) -> None:
        if self.ended is not None:
            return
        self.ended = ended
        self._tell(ended)
        for feed in (*self._events, *self._feeds):
            feed.close()
        self._over.set()

    def _here(self) -> Session:
        if self.ended is not None:
            raise MeetingOver(self.ended)
        if self._session is None:
            raise ConnectionLost
        return self._session

    # --- sending ------------------------------------------------------------------------------------

    async def _enable(self, source: Source, make: type[TrackT]) -> TrackT:
        session = self._here()
        track = self._tracks.get(source)
        if not isinstance(track, make):
            track = make()
        if source in self._off or source not in session.outgoing:
            await _produce(session, source, track)
        self._off.discard(source)
        self._tracks[source] = track
        return track

    async def _disable(self, source: Source) -> None:
        session = self._here()
        if source in self._tracks and source not in self._off:
            self._off.add(source)
            await session.pause(source)

    # --- receiving ----------------------------------------------------------------------------------

    def _add(self, feed: _Sounds | _Pictures) -> None:
        self._feeds.add(feed)
        if self.ended is not None:
            feed.close()
        elif self._session is not None:
            for incoming in self._session.incoming.values():
                self._offer(incoming)
            self._watch()

    def _watch(self, new: str = "") -> None:
        """Ask for pictures that are wanted and don't come by themselves, as where many cameras are on."""
        if self._session is None:
            return
        come = {incoming.created["producerId"] for incoming in self._session.incoming.values()}
        wanted = [
            producer_id
            for producer_id, (peer_id, producer) in self._producers.items()
            if producer["kind"] == "video"
            and any(feed.wants({"peerId": peer_id, "source": producer["source"]}) for feed in self._pictures)
        ]
        if set(wanted[:MAX_WATCHED]) - come and (not new or new in wanted):
            self._session.watch(wanted[:MAX_WATCHED])

    @property
    def _pictures(self) -> list[_Pictures]:
        return [feed for feed in self._feeds if isinstance(feed, _Pictures)]

    def _wanting(self, incoming: Incoming) -> list[_Sounds | _Pictures]:
        return [feed for feed in self._feeds if feed.wants(incoming.created)]

    def _offer(self, incoming: Incoming) -> None:
        feeds = self._wanting(incoming)
        if feeds and self._session is not None:
            layers = [feed.layer for feed in feeds if isinstance(feed, _Pictures)]
            self._session.want(incoming, None if None in layers else max(layers, default=None))  # type: ignore[type-var]

    def _take(self, incoming: Incoming, decoded: Any) -> bool:
        feeds = self._wanting(incoming)
        created = incoming.created
        peer_id, source = created["peerId"], created["source"]
        if created["kind"] == "video":
            picture = VideoFrame(peer_id, source, decoded.width, decoded.height, decoded)
            for feed in feeds:
                feed.put(picture)  # type: ignore[arg-type]
        else:
            pieces = self._pieces.setdefault(created["consumerId"], Pieces())
            for samples in pieces.take(decoded):
                for feed in feeds:
                    feed.put(AudioFrame(peer_id, source, samples))  # type: ignore[arg-type]
        return bool(feeds)

    # --- what is heard ------------------------------------------------------------------------------

    def _tell(self, event: Event) -> None:
        if self._backlog is not None:
            self._backlog.append(event)
        for feed in self._events:
            feed.put(event)

    def _compare(self, snapshot: RoomSnapshot) -> None:
        """Take over a snapshot, and tell what it has that was not known."""
        first = self.room_id == ""
        self.room_id = snapshot["roomId"]
        me = snapshot["me"]
        self.me.peer_id, self.me.display_name, self.me.role = me["peerId"], me["displayName"], me["role"]
        self.me.hand_raised, self.me.on = me["handRaisedAt"] is not None, set()
        self._producers.clear()
        before, self.peers = self.peers, {}
        for info in snapshot["peers"]:
            peer = self._peer_of(info, before)
            if peer is not self.me and peer.peer_id not in before and not first:
                self._tell(events.NewPeer(peer))
        for peer in before.values():
            if peer.peer_id not in self.peers:
                self._tell(events.PeerClosed(peer, "left"))
        known = self.chat[-1].message_id if self.chat else 0
        for message in snapshot["chat"]:
            if message["id"] > known:
                self._write(message, tell=not first)

    def _peer_of(self, info: PeerInfo, before: dict[str, Peer]) -> Peer:
        if info["id"] == self.me.peer_id:
            peer = self.me
        else:
            peer = self.peers[info["id"]] = before.get(info["id"]) or Peer(info["id"], info["displayName"])
        peer.display_name, peer.role = info["displayName"], info["role"]
        peer.hand_raised, peer.on = info.get("handRaisedAt") is not None, set()
        for producer in info["producers"]:
            self._producers[producer["id"]] = (info["id"], producer)
            if not producer["paused"]:
                peer.on.add(producer["source"])
        return peer

    def _write(self, message: ChatMessage, *, tell: bool = True) -> None:
        line = events.Chat(message["id"], message["peerId"], message["displayName"], message["text"], message["at"])
        self.chat.append(line)
        if tell:
            self._tell(line)

    def _who(self, peer_id: str) -> Peer | None:
        return self.me if peer_id == self.me.peer_id else self.peers.get(peer_id)

    def _switch(self, peer_id: str, source: Source, *, on: bool) -> None:
        peer = self._who(peer_id)
        if peer is None or on == (source in peer.on):
            return
        if on:
            peer.on.add(source)
        else:
            peer.on.discard(source)
        self._tell(events.SwitchOn(peer, source) if on else events.SwitchOff(peer, source))

    def _hear(self, event: EventName, data: Any) -> None:  # noqa: C901, PLR0912 - one case an event
        match event:
            case "peerJoined":
                peer = self._peer_of(data["peer"], {})
                if peer is not self.me:
                    self._tell(events.NewPeer(peer))
            case "peerLeft":
                gone = self.peers.pop(data["peerId"], None)
                if gone is not None:
                    self._tell(events.PeerClosed(gone, data["reason"]))
            case "peerRenamed":
                renamed = self._who(data["peerId"])
                if renamed is not None:
                    renamed.display_name = data["displayName"]
                    self._tell(events.PeerRenamed(renamed))
            case "producerAdded":
                producer: ProducerInfo = data["producer"]
                self._producers[producer["id"]] = (data["peerId"], producer)
                self._switch(data["peerId"], producer["source"], on=not producer["paused"])
                self._watch(producer["id"])
            case "producerPaused":
                changed = self._producers.get(data["producerId"])
                if changed is not None:
                    self._switch(data["peerId"], changed[1]["source"], on=not data["paused"])
            case "producerRemoved":
                removed = self._producers.pop(data["producerId"], None)
                if removed is not None:
                    self._switch(data["peerId"], removed[1]["source"], on=False)
            case "handChanged":
                owner, raised = self._who(data["peerId"]), data["raisedAt"] is not None
                if owner is not None:
                    owner.hand_raised = raised
                self._tell(events.HandChanged(data["peerId"], data["displayName"], raised))
            case "chatAdded":
                self._write(data["message"])
            case "chatCleared":
                self.chat.clear()
            case "chatRemoved":
                self.chat[:] = [line for line in self.chat if line.message_id != data["messageId"]]
            case "trackStopped":
                self._stopped(data["device"])
            case "consumerCreated" if self._session is not None:
                self._offer(self._session.incoming[data["consumerId"]])
            case "consumerClosed":
                self._pieces.pop(data["consumerId"], None)
            case "producerLayersWanted":
                self._layers_wanted(data["producerId"], data["spatialLayers"])

    def _stopped(self, device: Device) -> None:
        if device in self._tracks:
            self._off.add(device)
            if self._session is not None and device in self._session.outgoing:
                self._session.outgoing[device].sender.replaceTrack(None)
        self._tell(events.TrackStopped(device))

    def _layers_wanted(self, producer_id: str, layers: int) -> None:
        if self._session is None:
            return
        for source, outgoing in self._session.outgoing.items():
            track = self._tracks.get(source)
            if outgoing.producer_id == producer_id and isinstance(track, Camera):
                track.want(wanted=layers > 0)


async def _produce(session: Session, source: Source, track: MediaStreamTrack) -> None:
    if isinstance(track, Camera):
        track.want(wanted=True)  # until the room says that nobody looks
    await session.produce(source, track)


@asynccontextmanager
async def join(
    link: str | Admission, *, display_name: str | None = None, on_waiting: Callable[[], None] | None = None
) -> AsyncIterator[Room]:
    """Be in a room for the time of an `async with`, and leave at its end.

    `link` has a room's attributes and its token; or it is the answer of `/tickets/` that somebody else has got, which
    counts for ten minutes. `display_name` is used instead of the link's. Coming in takes as long as a moderator lets
    wait (`on_waiting` is called then). Raises `LinkInvalid`, `TicketRefused`, `RequestRefused`, `ConnectionLost`.
    """
    if isinstance(link, str):
        door: Any = read_link(link, display_name)
        (name,) = parse_qs(urlsplit(link).query).get("displayName", [""])[:1]
    else:
        door, name = _Given(link), ""
    room = Room(door, display_name if display_name is not None else name, on_waiting or (lambda: None))
    await room._begin()  # noqa: SLF001 - of this module
    try:
        yield room
    finally:
        await room.leave()
