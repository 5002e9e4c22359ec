// What happens in a room, for those who react to changes. Names are those of the bridge where it has the same.

import type { MediaError } from "../rtc/devices.js";
import type { ChatMessage, ListeningReason, Source, Switchable } from "../signal/shapes.js";
import type { RecordingFailed } from "../wire/protocol.js";
import type { DeviceNews } from "./deviceWatch.js";
import type { Captured } from "./lostDevices.js";
import type { Ended } from "./state.js";

export interface Person {
  peerId: string;
  displayName: string;
}

type Nothing = Record<string, never>;

/** Each event with its data. Fired after the state changed. */
export interface RoomEvents {
  /** I am in, also after a connection was lost. */
  join: Person;
  /** I am at the door, and a moderator has to open it. */
  waiting: Person;
  /** It is over for me; comes before all other events that tell so. */
  ended: Ended;
  /** `viewer`: they only watch, and the account wants that told while few do; how many there are is told always. */
  newPeer: Person & { viewer?: true };
  peerClosed: Person & { viewer?: true };
  viewersChanged: { count: number };
  /** Somebody has another name, raised a hand or lowered it; perhaps me. */
  peerRenamed: Person;
  handChanged: Person & { raised: boolean };
  /** Somebody, perhaps I, wrote something. */
  chat: ChatMessage;
  /** Mine or another's microphone, camera or shared screen is on or off; `errorGet…` only mine. */
  switchOnMic: Person;
  switchOffMic: Person;
  errorGetMic: Person & { error: MediaError };
  switchOnCamera: Person;
  switchOffCamera: Person;
  errorGetCamera: Person & { error: MediaError };
  switchOnShare: Person;
  switchOffShare: Person;
  errorGetShare: Person & { error: MediaError };
  /** Something that another sends can be received, or can no longer. */
  track: Person & { source: Source; track: MediaStreamTrack; stream: MediaStream };
  trackEnded: { stream: MediaStream };
  /** One of my sources went off by itself or could not be turned on, for whatever reason. */
  sourceFailed: { source: Source; error: unknown };
  /** What became of my microphone or camera that stopped by itself, or gives nothing (`taken`, and null when over). */
  deviceNews: { source: Captured; news: DeviceNews | null };
  /** A moderator has turned mine off: for now, or until they give it back; or asks me to turn it on. */
  trackStopped: { device: Switchable };
  permissionsChanged: { taken: Switchable[]; given: Switchable[] };
  askedToTurnOn: { device: Switchable; displayName: string };
  /** To moderators. */
  recordingFailed: { problem: RecordingFailed["problem"] };
  recordingResumed: Nothing;
  /** Other languages can be chosen; also told when I come in and there are some. */
  interpretationLanguages: { languages: { code: string; name: string }[] };
  /** I hear another language, or (empty) the original only; `name` is that of the language that it is about. */
  interpretationLanguage: { code: string; reason: ListeningReason; name: string };
  /** The first connection could not be made; a connection was lost that may come back; I left; something was refused. */
  connectionFailed: Nothing;
  disconnected: Nothing;
  connectionClosed: Nothing;
  connectionError: { peerId: string; code: string; message: string };
  /** Media does not get through, though signalling does. */
  mediaBlocked: Nothing;
}
