// What the page knows about the meeting, and what it can do. The user interface reads `MeetingState` and calls
// `Meeting`; it never talks to the server or to WebRTC itself.

import type { ReadonlySignal } from "@preact/signals";
import type {
  Device,
  DeviceKind,
  Devices,
  Figures,
  Importance,
  InterpreterActions,
  Listenable,
  MediaError,
  Moderator,
  QualityFigures,
  RoomEvents,
  RoomState,
  Size,
  Source,
  Switchable,
} from "meet-client";
import type { Brand } from "../wire/boot";

export type {
  Asked,
  Channel,
  Ended,
  EndingReason,
  Handover,
  Interpretation,
  InterpreterActions,
  LocalSource,
  Moderator,
  Peer,
  Phase,
  RemoteTrack,
  RoomEvents,
  Rules,
} from "meet-client";
export type { Device, DeviceKind, Devices, MediaError };

/** A short message for people that goes away by itself. `key` is a translation key. */
export interface Notice {
  id: number;
  level: "info" | "warning" | "error";
  key: string;
  values: Record<string, string>;
}

/** The room, and what only this page knows and shows. */
export interface MeetingState extends RoomState {
  brand: Brand | null;
  /** Whom to ask about this room; may be empty. */
  contact: string;
  notices: Notice[];
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
  readonly events: Listenable<RoomEvents>;
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
