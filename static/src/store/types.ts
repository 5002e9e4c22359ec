// What the page knows about the meeting, and what it can do. The user interface reads `MeetingState` and calls
// `Meeting`; it never talks to the server or to WebRTC itself.

import type { ReadonlySignal } from "@preact/signals";
import type { Device, DeviceKind, Devices, MediaError } from "../rtc/devices";
import type { Importance, Size } from "../rtc/layers";
import type { Figures } from "../rtc/reporter";
import type {
  ChatMessage,
  InterpreterProblem,
  KickedPeer,
  ListeningReason,
  Permissions,
  Quality,
  Role,
  Source,
  Switchable,
  ViewerHand,
  ViewerList,
  WaitingPeer,
} from "../signal/shapes";
import type { Brand } from "../wire/boot";
import type { QualityFigures } from "../wire/protocol";
import type { Listenable } from "./emitter";

export type { Device, DeviceKind, Devices, MediaError };

/**
 * Where this page stands. `waiting`: a moderator has to open the door. `closed` is the server's or the network's
 * decision, `left` the participant's own.
 */
export type Phase = "welcome" | "joining" | "waiting" | "joined" | "reconnecting" | "left" | "closed";

/** Something a peer sends. `stream` is null until its consumer is there (or for a codec we cannot decode). */
export interface RemoteTrack {
  producerId: string;
  consumerId: string | null;
  kind: "audio" | "video";
  source: Source;
  /** The language that an interpreter speaks; empty for what is of the original. */
  language: string;
  /** The sender has it off (muted), or stopped forwarding it. */
  paused: boolean;
  stream: MediaStream | null;
  /** The spatial layer being received; null while none is. */
  spatialLayer: number | null;
  /** None is, because my connection does not carry it; it comes back by itself. */
  exceedsLink: boolean;
}

/** Another participant, in the order of joining. */
export interface Peer {
  id: string;
  displayName: string;
  /** Unix time in ms. */
  joinedAt: number;
  role: Role;
  /** Into which an interpreter interprets; empty for everybody else. */
  language: string;
  /** Unix time in ms since when the hand is up; null for no hand. */
  handRaisedAt: number | null;
  /** Looks elsewhere: their page is hidden. */
  absent: boolean;
  quality: Quality;
  /** What a moderator has decided for them beside the room's rules; null where those count. */
  overrides: Record<Switchable, boolean | null>;
  tracks: Partial<Record<Source, RemoteTrack>>;
}

/** What moderators have set for the whole room: who waits at the door, whether it is locked, what may be sent. */
export interface Rules extends Record<Switchable, boolean> {
  waitingRoom: boolean;
  locked: boolean;
}

/** A language into which somebody interprets, with its name in that language. */
export interface Channel {
  /** BCP 47. */
  tag: string;
  name: string;
  /** Peer ids, in the order of coming; perhaps mine. */
  interpreters: string[];
  /** When it goes if no interpreter comes back until then, in Unix ms; null while there is one. */
  expiresAt: number | null;
}

/** What there is to choose from, in the order of appearance. */
export interface Interpretation {
  enabled: boolean;
  languages: Channel[];
}

/**
 * One interpreter of my language takes over from another, who is live; the empty one is not found yet. Times are Unix ms:
 * an offer that nobody accepts counts until `expiresAt`, an accepted one is carried out at `dueAt`.
 */
export interface Handover {
  giver: string;
  taker: string;
  seconds: number;
  expiresAt: number;
  dueAt: number | null;
}

/** A moderator has asked me to turn something on. */
export interface Asked {
  device: Switchable;
  /** The moderator's. */
  displayName: string;
}

/** One of my own sources. `error` tells why it could not be started. */
export interface LocalSource {
  status: "off" | "starting" | "on";
  stream: MediaStream | null;
  error: MediaError | null;
}

/** A short message for people that goes away by itself. `key` is a translation key. */
export interface Notice {
  id: number;
  level: "info" | "warning" | "error";
  key: string;
  values: Record<string, string>;
}

export interface MeetingState {
  phase: Phase;
  roomId: string;
  interface: "call" | "webinar";
  brand: Brand | null;
  /** Whom to ask about this room; may be empty. */
  contact: string;
  me: {
    peerId: string;
    displayName: string;
    nameFixed: boolean;
    role: Role;
    /** A webinar's viewer: no tile, no devices. */
    viewer: boolean;
    permissions: Permissions;
    handRaisedAt: number | null;
    absent: boolean;
    quality: Quality;
    /** The language whose interpreters I hear beside the original; empty for the original only. */
    listening: string;
    /** Into which I interpret; empty for who doesn't. */
    language: string;
    /** Why I can't interpret though that is my role; empty where I can. */
    interpreterProblem: InterpreterProblem;
  };
  /** All others with a tile; viewers are only counted. */
  peers: Peer[];
  viewers: number;
  rules: Rules;
  /** What I have been asked and not answered yet, for each device at most once. */
  asked: Asked[];
  /** For moderators: viewers with raised hands, and people at the door; in the order of coming. */
  viewerHands: ViewerHand[];
  waiting: WaitingPeer[];
  /** For moderators: who was removed and can't come back; the last one last. */
  kicked: KickedPeer[];
  /** Oldest first, mine included. */
  chat: ChatMessage[];
  /** The player that everybody watches together; empty for none. */
  videoUrl: string;
  /** Since when the meeting is being recorded, in Unix ms; null while it is not. */
  recordingSince: number | null;
  interpretation: Interpretation;
  /** For interpreters: the one among those of my language. */
  handover: Handover | null;
  /** Who dominates the conversation, as the server hears it: me, another, or null before anybody has spoken. */
  dominantSpeaker: string | null;
  local: Record<Source, LocalSource>;
  devices: Devices;
  notices: Notice[];
  /** Why the meeting is over, while `phase` is `closed`: a code from the protocol, or `connectionLost`. */
  closed: { code: string; message: string } | null;
}

/** Everything the user interface can do. Failures end up in `state` (an `error` or a notice), never as a throw. */
export interface Meeting {
  readonly state: ReadonlySignal<MeetingState>;
  /** Join, or join again after `left` or `closed`. */
  join(displayName: string): Promise<void>;
  leave(): Promise<void>;
  /** Before joining: turns the preview on or off. After it: starts, pauses or resumes the producer. */
  setMic(on: boolean): Promise<void>;
  setCamera(on: boolean): Promise<void>;
  setScreen(on: boolean): Promise<void>;
  /** Do what a moderator asked for, or don't; nobody hears of it. */
  answer(device: Switchable, on: boolean): Promise<void>;
  setDisplayName(name: string): Promise<void>;
  /** Whether it was sent; where not, a notice says why. */
  sendChat(text: string): Promise<boolean>;
  raiseHand(raised: boolean): Promise<void>;
  /** Hear the interpreters of this language beside the original, or (empty) the original only. */
  chooseLanguage(tag: string): Promise<void>;
  /** What interpreters of one language agree on. */
  readonly interpreter: InterpreterActions;
  /** Limits what I send of video, in bits/s, 0 for no limit; a moderator's limit counts for everybody in the room. */
  setMaxBitrate(bitrateBps: number): Promise<void>;
  /** What happens, for those who do not draw the state but react to changes. */
  readonly events: Listenable<MeetingEvents>;
  /** What only moderators may do; for others each is refused. */
  readonly moderator: Moderator;
  chooseDevice(kind: DeviceKind, id: string): Promise<void>;
  /** Change to the camera that looks the other way, or the next one; resolves with whether there is another. */
  otherCamera(): Promise<boolean>;
  /** Ask the browser again which devices there are (also happens by itself on `devicechange`). */
  refreshDevices(): Promise<void>;
  /**
   * What the page shows of a video: its size in CSS pixels times the device's pixel ratio, or null for not visible.
   * The page then receives the smallest layer that fills it, or nothing.
   */
  show(peerId: string, source: Source, size: Size | null, importance?: Importance): void;
  /** What the browser counted in the last seconds. */
  readonly figures: Figures;
  /** What the node knows of somebody's connection; null where it can't tell. */
  explainQuality(peerId: string): Promise<QualityFigures | null>;
  dismissNotice(id: number): void;
  /** Loudness of a stream, 0 to 1, sampled by the caller per animation frame; null if there is no audio in it. */
  level(stream: MediaStream): (() => number) | null;
}

/**
 * One takes over from another, so many seconds after both want it: then the pages of both turn their own microphones on
 * and off. Failures end up in a notice.
 */
export interface InterpreterActions {
  /** I am live, and offer it to the others. */
  offerHandover(seconds: number): Promise<void>;
  /** Another one is live, and I ask to take over. */
  requestHandover(seconds: number): Promise<void>;
  acceptHandover(): Promise<void>;
  cancelHandover(): Promise<void>;
}

/** All of these reject with `RequestRefused` (code `notModerator` and others) or `ConnectionLost`. */
export interface Moderator {
  stopTrack(peerId: string, device: Switchable): Promise<void>;
  stopAllTracks(device: Switchable): Promise<void>;
  allow(peerId: string, device: Switchable, allowed: boolean): Promise<void>;
  allowAll(device: Switchable, allowed: boolean): Promise<void>;
  askToTurnOn(peerId: string, device: Switchable): Promise<void>;
  lowerHand(peerId: string): Promise<void>;
  lowerAllHands(): Promise<void>;
  stopVideo(): Promise<void>;
  setOnStage(peerId: string, onStage: boolean): Promise<void>;
  admit(peerId: string, admitted: boolean): Promise<void>;
  admitAll(admitted: boolean): Promise<void>;
  setWaitingRoom(enabled: boolean): Promise<void>;
  setLocked(locked: boolean): Promise<void>;
  kick(peerId: string): Promise<void>;
  /** A page of those who only watch: whose name has the words in it, from that place on. */
  viewers(words: string, offset: number): Promise<ViewerList>;
  removeMessage(messageId: number): Promise<void>;
  letBack(peerId: string): Promise<void>;
  endMeeting(): Promise<void>;
  startRecording(): Promise<void>;
  stopRecording(): Promise<void>;
  /** For the whole room; off counts until a moderator says otherwise. */
  setInterpretation(enabled: boolean): Promise<void>;
}

/**
 * Why a meeting is over for this page: the participant left, was removed, the meeting was ended for everybody, another
 * connection with the same id took over, the server did not let them in, or the connection could not be had (again).
 */
export type EndingReason = "left" | "removed" | "ended" | "replaced" | "refused" | "lost";

/** `code` is `left` or that of `MeetingState.closed`; `canJoinAgain`: another try may be offered to the person. */
export interface Ended {
  reason: EndingReason;
  code: string;
  message: string;
  canJoinAgain: boolean;
}

/** What happens to whom, for those who watch the meeting from outside (the bridge). Fired after the state changed. */
export interface MeetingEvents {
  joined: { peerId: string; displayName: string };
  /** Somebody who only watches, where the account wants that told and few do; how many there are is told always. */
  viewerJoined: { peerId: string; displayName: string };
  viewerLeft: { peerId: string; displayName: string };
  viewersChanged: { count: number };
  /** Other languages can be chosen; also told when I come in and there are some. */
  languagesChanged: { languages: { tag: string; name: string }[] };
  /** I hear another language, or (empty) the original only; `reason` is who or what decided it. */
  listeningChanged: { language: string; reason: ListeningReason };
  /** I am at the door, and a moderator has to open it. */
  waiting: { peerId: string; displayName: string };
  /** It is over for this page; comes before all other events that tell so. */
  ended: Ended;
  peerJoined: { peerId: string; displayName: string };
  peerLeft: { peerId: string; displayName: string };
  /** Mine or another's; `error` only mine. */
  sourceOn: { peerId: string; displayName: string; source: Source };
  sourceOff: { peerId: string; displayName: string; source: Source };
  sourceError: { peerId: string; displayName: string; source: Source; error: MediaError };
  /** The first connection could not be made; a connection was lost that may come back; I left; something was refused. */
  connectionFailed: Record<string, never>;
  disconnected: Record<string, never>;
  connectionClosed: Record<string, never>;
  error: { peerId: string; code: string; message: string };
}
