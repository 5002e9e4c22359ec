// What is known of a meeting, for whoever draws it: plain values, replaced and never changed.

import type { Devices, MediaError } from "../rtc/devices.js";
import type {
  ChatMessage,
  InterpreterProblem,
  KickedPeer,
  Permissions,
  Quality,
  Role,
  Source,
  Switchable,
  ViewerHand,
  WaitingPeer,
} from "../signal/shapes.js";

/**
 * Where this participant stands. `waiting`: a moderator has to open the door. `closed` is the server's or the network's
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
  /** None is, because the server has too much to do; it comes back by itself. */
  serverBusy: boolean;
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

export interface RoomState {
  phase: Phase;
  roomId: string;
  interface: "call" | "webinar";
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
  /** Why the meeting is over, while `phase` is `closed`: a code from the protocol, or `connectionLost`. */
  closed: { code: string; message: string } | null;
}

/**
 * Why a meeting is over for a participant: they left, were removed, the meeting was ended for everybody, another
 * connection with the same id took over, the server did not let them in, or the connection could not be had (again).
 */
export type EndingReason = "left" | "removed" | "ended" | "replaced" | "refused" | "lost";

/** `code` is `left` or that of `RoomState.closed`; `canJoinAgain`: another try may be offered to the person. */
export interface Ended {
  reason: EndingReason;
  code: string;
  message: string;
  canJoinAgain: boolean;
}
