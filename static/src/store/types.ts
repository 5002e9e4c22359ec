// What the page knows about the meeting, and what it can do. The user interface reads `MeetingState` and calls
// `Meeting`; it never talks to the server or to WebRTC itself.

import type { ReadonlySignal } from "@preact/signals";
import type { Source } from "../signal/types";

/** Where this page stands. `closed` is the server's or the network's decision, `left` the participant's own. */
export type Phase = "welcome" | "joining" | "joined" | "reconnecting" | "left" | "closed";

/** Something a peer sends. `stream` is null until its consumer is there (or for a codec we cannot decode). */
export interface RemoteTrack {
  producerId: string;
  consumerId: string | null;
  kind: "audio" | "video";
  source: Source;
  /** The sender has it off (muted), or stopped forwarding it. */
  paused: boolean;
  stream: MediaStream | null;
  /** The spatial layer being received; null while none is. */
  spatialLayer: number | null;
}

/** Another participant, in the order of joining. */
export interface Peer {
  id: string;
  displayName: string;
  /** Unix time in ms. */
  joinedAt: number;
  tracks: Partial<Record<Source, RemoteTrack>>;
}

/** One of my own sources. `error` tells why it could not be started. */
export interface LocalSource {
  status: "off" | "starting" | "on";
  stream: MediaStream | null;
  error: MediaError | null;
}

/** Why a device gave nothing: after the DOMException names of getUserMedia, with `insecure` for plain http. */
export type MediaError = "denied" | "missing" | "busy" | "insecure" | "failed";

export type DeviceKind = "microphone" | "camera" | "speaker";

export interface Device {
  id: string;
  label: string;
}

export interface Devices {
  microphone: Device[];
  camera: Device[];
  speaker: Device[];
  selected: Record<DeviceKind, string | null>;
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
  me: { peerId: string; displayName: string; nameFixed: boolean };
  peers: Peer[];
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
  setDisplayName(name: string): Promise<void>;
  chooseDevice(kind: DeviceKind, id: string): Promise<void>;
  /** Ask the browser again which devices there are (also happens by itself on `devicechange`). */
  refreshDevices(): Promise<void>;
  /**
   * What the page shows of a video: its size in CSS pixels times the device's pixel ratio, or null for not visible.
   * The page then receives the smallest layer that fills it, or nothing.
   */
  show(peerId: string, source: Source, size: { width: number; height: number } | null): void;
  dismissNotice(id: number): void;
  /** Loudness of a stream, 0 to 1, sampled by the caller per animation frame; null if there is no audio in it. */
  level(stream: MediaStream): (() => number) | null;
}
