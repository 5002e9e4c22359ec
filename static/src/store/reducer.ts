// The page's whole state as a fold over what the server and the page itself report. Pure.

import type { Joined, PeerInfo, ProducerInfo } from "../signal/protocol";
import type { Notification, Source } from "../signal/types";
import type { Boot } from "./boot";
import type { Devices, LocalSource, MeetingState, Notice, Peer, Phase, RemoteTrack } from "./types";

/** The contract's state, and what only the client's core needs. */
export interface StoreState extends MeetingState {
  /** The MIME type that video is sent with; null before the first entry. */
  videoCodec: string | null;
}

/** What happened: a notification from the server, or something of this page's own. */
export type Action =
  | { type: "notified"; notification: Notification }
  | { type: "entered"; joined: Joined }
  | { type: "phaseChanged"; phase: Exclude<Phase, "closed"> }
  | { type: "closed"; code: string; message: string }
  | { type: "nameChosen"; displayName: string }
  | { type: "streamChanged"; consumerId: string; stream: MediaStream | null }
  | { type: "localChanged"; source: Source; local: LocalSource }
  | { type: "devicesChanged"; devices: Devices }
  | { type: "noticed"; notice: Notice }
  | { type: "noticeDismissed"; id: number };

const OFF: LocalSource = { status: "off", stream: null, error: null };

/** A page that has just been opened. */
export function initialState(boot: Boot): StoreState {
  return {
    phase: "welcome",
    roomId: boot.roomId,
    interface: boot.interface,
    me: { peerId: boot.peerId, displayName: boot.displayName, nameFixed: boot.nameFixed },
    peers: [],
    local: { mic: OFF, camera: OFF, screen: OFF, screenAudio: OFF },
    devices: {
      microphone: [],
      camera: [],
      speaker: [],
      selected: { microphone: null, camera: null, speaker: null },
    },
    notices: [],
    closed: null,
    videoCodec: null,
  };
}

/** The state after `action`; the same object if nothing has changed. */
export function reduce(state: StoreState, action: Action): StoreState {
  switch (action.type) {
    case "notified":
      return notified(state, action.notification);
    case "entered":
      return entered(state, action.joined);
    case "phaseChanged":
      return {
        ...state,
        phase: action.phase,
        closed: null,
        peers: action.phase === "left" ? [] : state.peers,
      };
    case "closed":
      return { ...state, phase: "closed", closed: { code: action.code, message: action.message }, peers: [] };
    case "nameChosen":
      return { ...state, me: { ...state.me, displayName: action.displayName } };
    case "streamChanged":
      return withConsumer(state, action.consumerId, (track) => ({ ...track, stream: action.stream }));
    case "localChanged":
      return { ...state, local: { ...state.local, [action.source]: action.local } };
    case "devicesChanged":
      return { ...state, devices: action.devices };
    case "noticed":
      return { ...state, notices: [...state.notices, action.notice] };
    case "noticeDismissed":
      return { ...state, notices: state.notices.filter((notice) => notice.id !== action.id) };
  }
}

/** The snapshot in an answer to `join`, as state. */
function entered(state: StoreState, joined: Joined): StoreState {
  const mine = joined.room.peers.find((peer) => peer.id === joined.peerId);
  return {
    ...state,
    phase: "joined",
    closed: null,
    me: { ...state.me, peerId: joined.peerId, displayName: mine?.displayName ?? state.me.displayName },
    peers: joined.room.peers.filter((peer) => peer.id !== joined.peerId).map(peerOf),
    videoCodec: joined.room.videoCodec,
  };
}

function notified(state: StoreState, { event, data }: Notification): StoreState {
  switch (event) {
    case "peerJoined":
      return {
        ...state,
        peers: [...state.peers.filter((peer) => peer.id !== data.peer.id), peerOf(data.peer)],
      };
    case "peerLeft":
      return { ...state, peers: state.peers.filter((peer) => peer.id !== data.peerId) };
    case "peerRenamed":
      return data.peerId === state.me.peerId
        ? { ...state, me: { ...state.me, displayName: data.displayName } }
        : withPeer(state, data.peerId, (peer) => ({ ...peer, displayName: data.displayName }));
    case "producerAdded":
      return withPeer(state, data.peerId, (peer) => ({
        ...peer,
        tracks: { ...peer.tracks, [data.producer.source]: trackOf(data.producer) },
      }));
    case "producerPaused":
      return withProducer(state, data.producerId, (track) => ({ ...track, paused: data.paused }));
    case "producerRemoved":
      return withProducer(state, data.producerId, () => null);
    case "videoCodecChanged":
      return { ...state, videoCodec: data.mimeType };
    case "consumerCreated":
      return withProducer(state, data.producerId, (track) => ({
        ...track,
        consumerId: data.consumerId,
        paused: data.producerPaused,
        stream: null,
        spatialLayer: null,
      }));
    case "consumerClosed":
      return withConsumer(state, data.consumerId, (track) => ({
        ...track,
        consumerId: null,
        stream: null,
        spatialLayer: null,
      }));
    case "consumerLayersChanged":
      return withConsumer(state, data.consumerId, (track) => ({
        ...track,
        spatialLayer: data.layers?.spatialLayer ?? null,
      }));
    case "hello":
    case "dataConsumerCreated":
    case "transportFailed":
    case "closing":
      return state; // the connection's business; what comes of it is an action of its own
  }
}

function peerOf(info: PeerInfo): Peer {
  const tracks: Peer["tracks"] = {};
  for (const producer of info.producers) {
    tracks[producer.source] = trackOf(producer);
  }
  return { id: info.id, displayName: info.displayName, joinedAt: info.joinedAt, tracks };
}

function trackOf(producer: ProducerInfo): RemoteTrack {
  return {
    producerId: producer.id,
    consumerId: null,
    kind: producer.kind,
    source: producer.source,
    paused: producer.paused,
    stream: null,
    spatialLayer: null,
  };
}

function withPeer(state: StoreState, peerId: string, change: (peer: Peer) => Peer): StoreState {
  if (!state.peers.some((peer) => peer.id === peerId)) {
    return state;
  }
  return { ...state, peers: state.peers.map((peer) => (peer.id === peerId ? change(peer) : peer)) };
}

function withProducer(
  state: StoreState,
  producerId: string,
  change: (track: RemoteTrack) => RemoteTrack | null,
): StoreState {
  return withTrack(state, (track) => track.producerId === producerId, change);
}

function withConsumer(
  state: StoreState,
  consumerId: string,
  change: (track: RemoteTrack) => RemoteTrack,
): StoreState {
  return withTrack(state, (track) => track.consumerId === consumerId, change);
}

/** Change the one track that `matches`, or take it away with null. */
function withTrack(
  state: StoreState,
  matches: (track: RemoteTrack) => boolean,
  change: (track: RemoteTrack) => RemoteTrack | null,
): StoreState {
  for (const peer of state.peers) {
    const track = Object.values(peer.tracks).find(matches);
    if (track !== undefined) {
      const { [track.source]: _previous, ...others } = peer.tracks;
      const changed = change(track);
      const tracks = changed === null ? others : { ...others, [track.source]: changed };
      return withPeer(state, peer.id, () => ({ ...peer, tracks }));
    }
  }
  return state;
}
