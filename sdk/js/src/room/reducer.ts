// The whole state as a fold over what the server and this client itself report. Pure.

import type { Devices } from "../rtc/devices.js";
import type { Notification, Source, Switchable, ViewerHand } from "../signal/shapes.js";
import type * as wire from "../wire/protocol.js";
import { handoverOf, interpretationOf, NO_INTERPRETATION } from "./interpretation.js";
import { expected } from "./permitted.js";
import type { LocalSource, Peer, Phase, RemoteTrack, RoomState, Rules } from "./state.js";
import type { Opening } from "./way.js";

/** The state, and what only the room itself needs. */
export interface StoreState extends RoomState {
  /** The MIME type that video is sent with; null before the first entry. */
  videoCodec: string | null;
  /** What nobody in the room may exceed with their video, in bits/s; 0 for no limit. */
  maxBitrateBps: number;
}

/** So much of the chat is kept; the server gives newcomers no more of it either (`rooms/state/chat.py`). */
export const CHAT_HISTORY = 500;

/** What happened: a notification from the server, or something of this page's own. */
export type Action =
  | { type: "notified"; notification: Notification }
  | { type: "entered"; joined: wire.Joined }
  | { type: "phaseChanged"; phase: Exclude<Phase, "closed"> }
  | { type: "closed"; code: string; message: string }
  | { type: "nameChosen"; displayName: string }
  | { type: "streamChanged"; consumerId: string; stream: MediaStream | null }
  | { type: "localChanged"; source: Source; local: LocalSource }
  | { type: "devicesChanged"; devices: Devices }
  | { type: "answered"; device: Switchable };

const OFF: LocalSource = { status: "off", stream: null, error: null };

/** What others notice of me, while there is nothing to notice. */
const UNREMARKABLE = { handRaisedAt: null, absent: false, quality: "unknown" } as const;

/** I hear the original, and speak for nobody but myself. */
const NO_LANGUAGE = { listening: "", language: "", interpreterProblem: "" } as const;

const NO_RULES: Rules = { waitingRoom: false, locked: false, mic: true, camera: true, screen: true };

/** The room as it looks from outside. */
const NOBODY = {
  peers: [],
  viewers: 0,
  rules: NO_RULES,
  asked: [],
  viewerHands: [],
  waiting: [],
  kicked: [],
  chat: [],
  videoUrl: "",
  recordingSince: null,
  interpretation: NO_INTERPRETATION,
  handover: null,
  dominantSpeaker: null,
};

/** Before the first entry. */
export function initialState(opening: Opening): StoreState {
  return {
    phase: "welcome",
    roomId: opening.roomId,
    interface: opening.interface,
    me: {
      peerId: opening.peerId,
      displayName: opening.displayName,
      nameFixed: opening.nameFixed,
      role: opening.role,
      viewer: opening.viewer,
      permissions: expected(opening.role, opening.viewer),
      ...UNREMARKABLE,
      ...NO_LANGUAGE,
    },
    ...NOBODY,
    local: { mic: OFF, camera: OFF, screen: OFF, screenAudio: OFF },
    devices: {
      microphone: [],
      camera: [],
      speaker: [],
      selected: { microphone: null, camera: null, speaker: null },
    },
    closed: null,
    videoCodec: null,
    maxBitrateBps: 0,
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
      return action.phase === "left"
        ? { ...outside(state), phase: "left", closed: null }
        : { ...state, phase: action.phase, closed: null };
    case "closed": {
      const { code, message } = action;
      return { ...outside(state), phase: "closed", closed: { code, message } };
    }
    case "nameChosen":
      return withMe(state, { displayName: action.displayName });
    case "streamChanged":
      return withConsumer(state, action.consumerId, (track) => ({ ...track, stream: action.stream }));
    case "localChanged":
      return withoutPointlessAsked({ ...state, local: { ...state.local, [action.source]: action.local } });
    case "devicesChanged":
      return { ...state, devices: action.devices };
    case "answered":
      return { ...state, asked: state.asked.filter(({ device }) => device !== action.device) };
  }
}

function outside(state: StoreState): StoreState {
  return { ...state, ...NOBODY, me: { ...state.me, ...UNREMARKABLE, ...NO_LANGUAGE } };
}

/** A consumer for something that a peer sends; its stream follows. */
function consumed(state: StoreState, created: wire.ConsumerCreated): StoreState {
  return withProducer(state, created.producerId, (track) => ({
    ...track,
    consumerId: created.consumerId,
    paused: created.producerPaused,
    stream: null,
    spatialLayer: null,
    exceedsLink: false,
    serverBusy: false,
  }));
}

/** An answer to `join`, as state. */
function entered(state: StoreState, { room, consumers }: wire.Joined): StoreState {
  return consumers.reduce(consumed, withRoom(state, room));
}

function withRoom(state: StoreState, room: wire.RoomSnapshot): StoreState {
  const { peerId, displayName, role, viewer, permissions, handRaisedAt } = room.me;
  return {
    ...state,
    phase: "joined",
    roomId: room.roomId,
    closed: null,
    me: {
      ...state.me,
      ...standingOf(room, peerId),
      peerId,
      displayName,
      role,
      viewer,
      permissions,
      handRaisedAt,
      listening: room.me.listening ?? "",
      language: room.me.language ?? "",
      interpreterProblem: room.me.interpreterProblem ?? "",
    },
    peers: room.peers.filter((peer) => peer.id !== peerId).map(peerOf),
    viewers: room.viewers,
    rules: { ...NO_RULES, ...room.rules },
    asked: [],
    viewerHands: inOrder(room.viewerHands),
    waiting: room.waiting,
    kicked: room.kicked,
    chat: room.chat,
    videoUrl: room.videoUrl,
    videoCodec: room.videoCodec,
    maxBitrateBps: room.maxBitrateBps,
    recordingSince: room.recordingSince,
    interpretation: interpretationOf(room.interpretation),
    handover: handoverOf(room.handover),
    dominantSpeaker: room.dominantSpeaker,
  };
}

/** What others see of me, if I have a tile. */
function standingOf(room: wire.RoomSnapshot, peerId: string) {
  const { absent = false, quality = "unknown" } = room.peers.find((peer) => peer.id === peerId) ?? {};
  return { absent, quality };
}

function notified(state: StoreState, { event, data }: Notification): StoreState {
  switch (event) {
    case "peerJoined":
      return peerJoined(state, data.peer);
    case "peerLeft":
      return data.peerId === state.me.peerId
        ? withMe(state, { absent: false, quality: "unknown" }) // my tile is gone, I am still here
        : { ...state, peers: state.peers.filter((peer) => peer.id !== data.peerId) };
    case "peerRenamed":
      return withPerson(state, data.peerId, { displayName: data.displayName });
    case "absenceChanged":
      return withPerson(state, data.peerId, { absent: data.absent });
    case "qualityChanged":
      return withPerson(state, data.peerId, { quality: data.quality });
    case "handChanged":
      return handChanged(state, data);
    case "permissionsChanged":
      return withoutPointlessAsked(withMe(state, { permissions: data.permissions, viewer: data.viewer }));
    case "rulesChanged":
      return { ...state, rules: { ...NO_RULES, ...data.rules } };
    case "overridesChanged":
      return withPeer(state, data.peerId, (peer) => ({ ...peer, overrides: overridesOf(data.overrides) }));
    case "askedToTurnOn":
      return askedToTurnOn(state, data);
    case "viewersChanged":
      return { ...state, viewers: data.count };
    case "chatAdded":
      return { ...state, chat: [...state.chat, data.message].slice(-CHAT_HISTORY) };
    case "chatRemoved": {
      const chat = state.chat.filter(({ id }) => id !== data.messageId);
      return chat.length === state.chat.length ? state : { ...state, chat };
    }
    case "viewerJoined":
    case "viewerLeft":
      return state; // says who; `viewersChanged` says how many
    case "chatCleared":
      return { ...state, chat: [] };
    case "videoUrlChanged":
      return { ...state, videoUrl: data.url };
    case "maxBitrateChanged":
      return { ...state, maxBitrateBps: data.bitrateBps };
    case "recordingChanged":
      return { ...state, recordingSince: data.since };
    case "interpretationChanged":
      return { ...state, interpretation: interpretationOf(data.interpretation) };
    case "listeningChanged":
      return withMe(state, { listening: data.language });
    case "handoverChanged":
      return { ...state, handover: handoverOf(data.handover) };
    case "handoverDue":
      return { ...state, handover: null };
    case "dominantSpeakerChanged":
      return { ...state, dominantSpeaker: data.peerId };
    case "waiting":
      return { ...outside(state), phase: "waiting", closed: null };
    case "knocked":
      return { ...state, waiting: withListed(state.waiting, data.peer) };
    case "knockEnded":
      return { ...state, waiting: state.waiting.filter(({ peerId }) => peerId !== data.peerId) };
    case "kicked":
      return { ...state, kicked: withListed(state.kicked, data.peer) };
    case "kickEnded":
      return { ...state, kicked: state.kicked.filter(({ peerId }) => peerId !== data.peerId) };
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
      return consumed(state, data);
    case "consumerClosed":
      return withConsumer(state, data.consumerId, (track) => ({
        ...track,
        consumerId: null,
        stream: null,
        spatialLayer: null,
        exceedsLink: false,
        serverBusy: false,
      }));
    case "consumerLayersChanged":
      return withConsumer(state, data.consumerId, (track) => ({
        ...track,
        spatialLayer: data.layers?.spatialLayer ?? null,
        exceedsLink: data.exceedsLink ?? false,
        serverBusy: data.serverBusy ?? false,
      }));
    case "trackStopped": // the pause is told for itself; that my switch goes off is the meeting's business
    case "hello":
    case "dataConsumerCreated":
    case "producerLayersWanted":
    case "recordingFailed":
    case "recordingResumed":
    case "transportFailed":
    case "closing":
      return state; // the connection's business; what comes of it is an action of its own
    default:
      event satisfies never; // An event of that name needs a case above, also where it changes nothing here.
      return state;
  }
}

function peerJoined(state: StoreState, info: wire.PeerInfo): StoreState {
  if (info.id === state.me.peerId) {
    const { handRaisedAt = null, absent = false, quality = "unknown" } = info;
    return withMe(state, { handRaisedAt, absent, quality }); // brought on stage
  }
  const others = state.peers.filter((peer) => peer.id !== info.id);
  return { ...state, peers: [...others, peerOf(info)] };
}

/** Hands of viewers are a list of their own, which moderators see; everybody else's are at their tiles. */
function handChanged(state: StoreState, data: wire.HandChanged): StoreState {
  const { peerId, displayName, viewer, raisedAt } = data;
  if (!viewer || peerId === state.me.peerId) {
    return withPerson(state, peerId, { handRaisedAt: raisedAt });
  }
  const others = state.viewerHands.filter((hand) => hand.peerId !== peerId);
  const hands = raisedAt === null ? others : [...others, { peerId, displayName, raisedAt }];
  return { ...state, viewerHands: inOrder(hands) };
}

function inOrder(hands: readonly ViewerHand[]): ViewerHand[] {
  return [...hands].sort((a, b) => a.raisedAt - b.raisedAt || (a.peerId < b.peerId ? -1 : 1));
}

/** Who is in the list already (they knock again, for their connection was lost) keeps their place. */
function withListed<T extends { peerId: string }>(list: T[], peer: T): T[] {
  return list.some(({ peerId }) => peerId === peer.peerId)
    ? list.map((other) => (other.peerId === peer.peerId ? peer : other))
    : [...list, peer];
}

/** The last one who asks for a device counts; what is on already needs no asking. */
function askedToTurnOn(state: StoreState, asked: wire.AskedToTurnOn): StoreState {
  const others = state.asked.filter(({ device }) => device !== asked.device);
  return withoutPointlessAsked({ ...state, asked: [...others, asked] });
}

/** Without what I was asked for and have turned on, or may not turn on any more. */
function withoutPointlessAsked(state: StoreState): StoreState {
  const { local, me, asked } = state;
  const open = asked.filter(({ device }) => local[device].status !== "on" && me.permissions[device]);
  return open.length === asked.length ? state : { ...state, asked: open };
}

function overridesOf({ mic = null, camera = null, screen = null }: wire.Overrides): Peer["overrides"] {
  return { mic, camera, screen };
}

function peerOf(info: wire.PeerInfo): Peer {
  const tracks: Peer["tracks"] = {};
  for (const producer of info.producers) {
    tracks[producer.source] = trackOf(producer);
  }
  const { id, displayName, joinedAt, role, language = "" } = info;
  const { handRaisedAt = null, absent = false, quality = "unknown" } = info;
  const overrides = overridesOf(info.overrides ?? {});
  return { id, displayName, joinedAt, role, language, handRaisedAt, absent, quality, overrides, tracks };
}

function trackOf(producer: wire.ProducerInfo): RemoteTrack {
  return {
    producerId: producer.id,
    consumerId: null,
    kind: producer.kind,
    source: producer.source,
    language: producer.language ?? "",
    paused: producer.paused,
    stream: null,
    spatialLayer: null,
    exceedsLink: false,
    serverBusy: false,
  };
}

function withMe(state: StoreState, changed: Partial<StoreState["me"]>): StoreState {
  return { ...state, me: { ...state.me, ...changed } };
}

/** Change what there is to know of a person, be it me or another with a tile. */
function withPerson(
  state: StoreState,
  peerId: string,
  changed: Partial<Pick<Peer, "displayName" | "handRaisedAt" | "absent" | "quality">>,
): StoreState {
  return peerId === state.me.peerId
    ? withMe(state, changed)
    : withPeer(state, peerId, (peer) => ({ ...peer, ...changed }));
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
