// Microphones, cameras, loudspeakers and screens: which there are, which was chosen, and tracks from them.

import { MeetError } from "../signal/failures.js";
import type { Source } from "../signal/shapes.js";

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

/** Where a camera of a phone looks: at its user, or away (Media Capture and Streams, `facingMode`). */
export type Facing = "user" | "environment";

/** The camera to change to: one that looks the other way, or, where cameras don't tell, the next one. */
export type OtherCamera = { facing: Facing } | { id: string };

/** What we need of `navigator.mediaDevices`, which is missing on pages served over plain http. */
export interface MediaDevicesApi {
  getUserMedia(constraints: CaptureConstraints): Promise<MediaStream>;
  getDisplayMedia(constraints: CaptureConstraints): Promise<MediaStream>;
  enumerateDevices(): Promise<DeviceInfo[]>;
  addEventListener(type: "devicechange", listener: () => void): void;
  removeEventListener?(type: "devicechange", listener: () => void): void;
}

/** As `MediaStreamConstraints` has it, as far as it is used here. */
export interface CaptureConstraints {
  audio?: boolean | Record<string, unknown>;
  video?: boolean | Record<string, unknown>;
}

/** As `MediaDeviceInfo` has it. */
export interface DeviceInfo {
  readonly deviceId: string;
  readonly kind: "audioinput" | "audiooutput" | "videoinput";
  readonly label: string;
}

/** What we need of `localStorage`; in some iframes even touching it throws. */
export interface ChoiceStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/** A shared screen's tracks. */
export interface ScreenTracks {
  video: MediaStreamTrack;
  audio: MediaStreamTrack | null;
}

type Selected = Record<DeviceKind, string | null>;

const STORAGE_KEY = "meet.devices";
const KINDS: Record<DeviceInfo["kind"], DeviceKind> = {
  audioinput: "microphone",
  videoinput: "camera",
  audiooutput: "speaker",
};

const VOICE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const HD = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
const SCREEN: CaptureConstraints = {
  video: { frameRate: { ideal: 15, max: 30 } },
  audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
};

/** There is no `mediaDevices` here: browsers give it to secure pages only, and not everything is a browser. */
export class NoMediaDevices extends Error {}

/** A microphone, a camera or a screen gave nothing; `cause` is the platform's error. */
export class DeviceError extends MeetError {
  declare readonly code: MediaError;

  constructor(cause: unknown) {
    super(mediaErrorOf(cause), messageOf(cause), { cause });
  }
}

/** Why getUserMedia or getDisplayMedia gave nothing. */
export function mediaErrorOf(error: unknown): MediaError {
  if (error instanceof NoMediaDevices) {
    return "insecure";
  }
  switch (nameOf(error)) {
    case "NotAllowedError":
    case "SecurityError":
      return "denied";
    case "NotFoundError":
    case "OverconstrainedError":
      return "missing";
    case "NotReadableError":
    case "AbortError":
      return "busy";
    default:
      return "failed";
  }
}

/** Whether somebody closed the choice of screens, which is no error; a refusal by the system or the iframe is one. */
export function isCancelled(error: unknown, source: Source): boolean {
  const ofScreen = source === "screen" || source === "screenAudio";
  return ofScreen && nameOf(error) === "NotAllowedError" && !/system|policy/i.test((error as Error).message);
}

/**
 * The requests to make for a device, from the one that is wanted to the ones that are better than nothing. A way to look
 * (for a camera) comes before a device: of several cameras on one side, the system knows the main one.
 */
export function constraintsFor(
  kind: "microphone" | "camera",
  deviceId: string | null,
  facing: Facing | null = null,
): CaptureConstraints[] {
  const wishes = kind === "microphone" ? VOICE : HD;
  const turned = facing === null ? [] : [{ ...wishes, facingMode: { exact: facing } }];
  const chosen = deviceId === null ? [] : [{ ...wishes, deviceId: { exact: deviceId } }];
  return [...turned, ...chosen, wishes, true].map((request) =>
    kind === "microphone" ? { audio: request } : { video: request },
  );
}

/** What a track of a camera says of it. */
export interface CameraSettings {
  deviceId?: string;
  facingMode?: string;
}

/** Which way a camera looks; null where it does not say, as most that stand on a desk. */
export function facingOf({ facingMode }: CameraSettings): Facing | null {
  return facingMode === "user" || facingMode === "environment" ? facingMode : null;
}

/** The camera to change to from one with these settings; null where there is no other. */
export function otherCamera(settings: CameraSettings, cameras: readonly Device[]): OtherCamera | null {
  const facing = facingOf(settings);
  if (cameras.length < 2) {
    return null;
  }
  if (facing !== null) {
    return { facing: facing === "user" ? "environment" : "user" };
  }
  const next = cameras[(cameras.findIndex(({ id }) => id === settings.deviceId) + 1) % cameras.length];
  return next === undefined ? null : { id: next.id };
}

/** The browser's list in our words. Before permission there are no ids; such entries can't be chosen. */
export function devicesOf(infos: readonly DeviceInfo[], remembered: Selected): Devices {
  const lists: Record<DeviceKind, Device[]> = { microphone: [], camera: [], speaker: [] };
  for (const info of infos) {
    if (info.deviceId !== "" && info.deviceId !== "communications") {
      lists[KINDS[info.kind]].push({ id: info.deviceId, label: info.label });
    }
  }
  const selected = (kind: DeviceKind) =>
    lists[kind].some((device) => device.id === remembered[kind])
      ? remembered[kind]
      : (lists[kind][0]?.id ?? null);
  return {
    ...lists,
    selected: {
      microphone: selected("microphone"),
      camera: selected("camera"),
      speaker: selected("speaker"),
    },
  };
}

/** The devices of this page. `storage` is a function because getting at it may throw. */
export class DeviceAccess {
  readonly #api: MediaDevicesApi | undefined;
  readonly #storage: () => ChoiceStorage;
  readonly #remembered: Selected;
  #facing: Facing | null = null;

  constructor(api: MediaDevicesApi | undefined, storage: () => ChoiceStorage) {
    this.#api = api;
    this.#storage = storage;
    this.#remembered = this.#recall();
  }

  /** Which devices there are. */
  async list(): Promise<Devices> {
    try {
      return devicesOf((await this.#api?.enumerateDevices()) ?? [], this.#remembered);
    } catch {
      return devicesOf([], this.#remembered); // forbidden by the page's policy: as good as none
    }
  }

  /** Call `listener` when a device is plugged in or out; returns what ends it. */
  onChange(listener: () => void): () => void {
    this.#api?.addEventListener("devicechange", listener);
    return () => this.#api?.removeEventListener?.("devicechange", listener);
  }

  /** Use this device from now on, in later meetings too. */
  choose(kind: DeviceKind, id: string): void {
    this.#remembered[kind] = id;
    if (kind === "camera") {
      this.#facing = null;
    }
    try {
      this.#storage().setItem(STORAGE_KEY, JSON.stringify(this.#remembered));
    } catch {
      // forbidden or full: then the choice holds for this page only
    }
  }

  /** Use the camera that looks this way from now on, until another is chosen; the next meeting begins as this one did. */
  face(facing: Facing): void {
    this.#facing = facing;
  }

  /** Which way the camera was last turned; null if it never was. */
  get facing(): Facing | null {
    return this.#facing;
  }

  /** A track of the chosen device, or of another one. Rejects as getUserMedia does, or with `NoMediaDevices`. */
  async capture(kind: "microphone" | "camera"): Promise<MediaStreamTrack> {
    const api = this.#required();
    let failure: unknown;
    const facing = kind === "camera" ? this.#facing : null;
    for (const constraints of constraintsFor(kind, this.#remembered[kind], facing)) {
      try {
        const [track] = (await api.getUserMedia(constraints)).getTracks();
        if (track !== undefined) {
          if (facing !== null) {
            this.#remembered.camera = track.getSettings().deviceId ?? null;
          }
          return track;
        }
      } catch (error) {
        failure ??= error;
        if (mediaErrorOf(error) === "denied") {
          throw error; // asking again would only ask the participant again
        }
      }
    }
    throw failure;
  }

  /** A screen, a window or a tab, with its sound where the browser gives it. Rejects as getDisplayMedia does. */
  async captureScreen(): Promise<ScreenTracks> {
    const api = this.#required();
    if (typeof api.getDisplayMedia !== "function") {
      throw notFound("This browser shares no screens."); // as those of phones
    }
    const stream = await api.getDisplayMedia(SCREEN);
    const [video] = stream.getVideoTracks();
    if (video === undefined) {
      throw notFound("The browser gave no picture of the screen.");
    }
    video.contentHint = "detail";
    return { video, audio: stream.getAudioTracks()[0] ?? null };
  }

  #required(): MediaDevicesApi {
    if (this.#api === undefined) {
      throw new NoMediaDevices(
        "There is no mediaDevices here, as in a page that was not loaded over https: give tracks of your own.",
      );
    }
    return this.#api;
  }

  #recall(): Selected {
    const selected: Selected = { microphone: null, camera: null, speaker: null };
    try {
      const stored: unknown = JSON.parse(this.#storage().getItem(STORAGE_KEY) ?? "{}");
      for (const kind of Object.values(KINDS)) {
        const id = (stored as Partial<Selected> | null)?.[kind];
        selected[kind] = typeof id === "string" ? id : null;
      }
    } catch {
      // forbidden or not ours: nothing is remembered
    }
    return selected;
  }
}

/** An error as the browser's own for a device that there is not. */
export function notFound(message: string): Error {
  return Object.assign(new Error(message), { name: "NotFoundError" });
}

/** A `DOMException` is no `Error` everywhere. */
function nameOf(error: unknown): string {
  const { name } = (error ?? {}) as { name?: unknown };
  return typeof name === "string" ? name : "";
}

function messageOf(error: unknown): string {
  const { message } = (error ?? {}) as { message?: unknown };
  return typeof message === "string" && message !== "" ? message : "The device gave nothing.";
}
