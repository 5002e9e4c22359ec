// Generated from rooms/live/ by `make generate`. Do not edit.

/** The page of all live rooms: where its state is, and whether rooms of several accounts can be in it. */
export interface RoomsBoot {
  stateUrl: string;
  accounts: boolean;
}

/** The page of one room: which it is, where its state is, and where orders go. */
export interface RoomBoot {
  room: string;
  account: string;
  roomsUrl: string;
  stateUrl: string;
  actUrl: string;
}

/** All live rooms, the oldest first; rooms of `silentNodes` are missing. */
export interface RoomsState {
  now: number;
  rooms: ListedRoom[];
  silentNodes: string[];
}

/** A live room in the list, with its account's name and its page. */
export interface ListedRoom {
  accountId: number;
  roomId: string;
  node: string;
  openedAt: number;
  peers: number;
  viewers: number;
  waiting: number;
  people: string[];
  account: string;
  url: string;
}

/** One room, null where nobody is in it; of `viewers` not all are among its peers. */
export interface RoomState {
  now: number;
  room: LiveRoom | null;
  viewers: number;
}

/** A live room with everybody in it; it is being recorded since `recordingSince`, or not (None). */
export interface LiveRoom {
  accountId: number;
  roomId: string;
  node: string;
  openedAt: number;
  locked: boolean;
  waitingRoom: boolean;
  recordingSince: number | null;
  peers: LivePeer[];
  waiting: LiveWaiting[];
  removed: LiveRemoved[];
  elsewhere?: Record<string, number>;
}

/** A participant inside; a viewer has no tile. `language` is the one into which an interpreter interprets. */
export interface LivePeer {
  peerId: string;
  displayName: string;
  role: "participant" | "moderator" | "interpreter";
  viewer: boolean;
  joinedAt: number;
  handRaised: boolean;
  quality: "unknown" | "good" | "fair" | "poor";
  estimateBps?: number | null;
  producers: LiveProducer[];
  language?: string;
}

/** Something that somebody sends; `bitrateBps` is what arrives at the moment. */
export interface LiveProducer {
  id: string;
  source: "mic" | "camera" | "screen" | "screenAudio";
  mimeType: string;
  paused: boolean;
  bitrateBps: number;
}

/** A participant in the waiting room. */
export interface LiveWaiting {
  peerId: string;
  displayName: string;
  since: number;
}

/** A participant who was removed and can't come back. */
export interface LiveRemoved {
  peerId: string;
  displayName: string;
  at: number;
}

/** Moderators: turn somebody's microphone or camera off, or end their screen share. */
export interface StopTrack {
  peerId: string;
  device: "mic" | "camera" | "screen";
}

/** Moderators: turn everybody's microphone or camera off, or end all screen shares, but not my own. */
export interface StopAllTracks {
  device: "mic" | "camera" | "screen";
}

/** Moderators: allow or forbid one participant a device, whatever the room's rules say. Forbidding stops it. */
export interface Allow {
  peerId: string;
  device: "mic" | "camera" | "screen";
  allowed: boolean;
}

/** Moderators: allow or forbid everybody but moderators a device; what was decided for single ones is forgotten. */
export interface AllowAll {
  device: "mic" | "camera" | "screen";
  allowed: boolean;
}

/** Moderators: ask somebody to turn a device on; it is theirs to decide. */
export interface AskToTurnOn {
  peerId: string;
  device: "mic" | "camera" | "screen";
}

/** Moderators: give a webinar's viewer a tile and devices, or take them away again. */
export interface SetOnStage {
  peerId: string;
  onStage: boolean;
}

/** Moderators: let somebody in who waits, or turn them away. */
export interface Admit {
  peerId: string;
  admitted: boolean;
}

/** Moderators: let everybody in who waits, or turn them all away. */
export interface AdmitAll {
  admitted: boolean;
}

/** Moderators: make newcomers wait, or not; then those who wait come in. */
export interface SetWaitingRoom {
  enabled: boolean;
}

/** Moderators: let nobody in any more but moderators and those who were in before, or open the room again. */
export interface SetLocked {
  locked: boolean;
}

/** Moderators: take everybody's hand down. */
export type LowerAllHands = Record<string, never>;

/** Moderators: take the player away that everybody watches together. */
export type StopVideo = Record<string, never>;

/** Moderators: remove somebody, inside or in the waiting room, who then can't come back under this id. */
export interface Kick {
  peerId: string;
}

/** Moderators: somebody who was removed may come back. */
export interface LetBack {
  peerId: string;
}

/** Moderators: send everybody away and end the meeting, also for those in the waiting room. */
export type EndMeeting = Record<string, never>;

/** Moderators with `canRecord`: have the meeting recorded from now on. */
export type StartRecording = Record<string, never>;

/** Moderators with `canRecord`: end the recording. */
export type StopRecording = Record<string, never>;

/** Moderators: let nobody send video with more bits/s than this; 0 for no limit. */
export interface SetMaxBitrate {
  bitrateBps: number;
}

/** Remove somebody, inside or in the waiting room, who may come again. */
export interface RemovePeer {
  peerId: string;
}

/** Take everything that was written away from everybody. */
export type ClearChat = Record<string, never>;

export type LiveBoot = RoomsBoot | RoomBoot;

export interface OrderMap {
  stopTrack: StopTrack;
  stopAllTracks: StopAllTracks;
  allow: Allow;
  allowAll: AllowAll;
  askToTurnOn: AskToTurnOn;
  setOnStage: SetOnStage;
  admit: Admit;
  admitAll: AdmitAll;
  setWaitingRoom: SetWaitingRoom;
  setLocked: SetLocked;
  lowerAllHands: LowerAllHands;
  stopVideo: StopVideo;
  kick: Kick;
  letBack: LetBack;
  endMeeting: EndMeeting;
  startRecording: StartRecording;
  stopRecording: StopRecording;
  setMaxBitrate: SetMaxBitrate;
  removePeer: RemovePeer;
  clearChat: ClearChat;
}
