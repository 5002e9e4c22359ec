import type { MediaDevicesApi } from "../../src/rtc/devices";
import { asTrack, FakeTrack, fakeStream } from "./tracks";

/** An error with a DOMException's name, as getUserMedia rejects. */
export function domError(name: string, message = ""): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}

/** Gives tracks, or the errors that a test has put into `failures`. */
export class FakeMediaDevices implements MediaDevicesApi {
  readonly asked: MediaStreamConstraints[] = [];
  readonly tracks: FakeTrack[] = [];
  readonly failures: Error[] = [];
  /** Whether getDisplayMedia gives sound too. */
  screenWithSound = true;
  infos: MediaDeviceInfo[] = [];
  /** As with a switch at the device: what is captured gives nothing. */
  mutedFromTheBeginning = false;

  async getUserMedia(constraints: MediaStreamConstraints = {}): Promise<MediaStream> {
    this.asked.push(constraints);
    const failure = this.failures.shift();
    if (failure !== undefined) {
      throw failure;
    }
    return fakeStream([asTrack(this.#make(constraints.audio ? "audio" : "video"))]);
  }

  async getDisplayMedia(): Promise<MediaStream> {
    const failure = this.failures.shift();
    if (failure !== undefined) {
      throw failure;
    }
    const kinds: ("audio" | "video")[] = this.screenWithSound ? ["video", "audio"] : ["video"];
    return fakeStream(kinds.map((kind) => asTrack(this.#make(kind))));
  }

  async enumerateDevices(): Promise<MediaDeviceInfo[]> {
    return this.infos;
  }

  #onChange = () => {};

  addEventListener(_type: string, listener: unknown): void {
    this.#onChange = listener as () => void;
  }

  removeEventListener(): void {
    this.#onChange = () => {};
  }

  /** These microphones and cameras are there from now on. */
  plug(...infos: { deviceId: string; kind: MediaDeviceKind }[]): void {
    this.infos = infos.map((info) => ({ ...info, label: info.deviceId, groupId: "" }) as MediaDeviceInfo);
    this.#onChange();
  }

  /** The tracks that are still being captured, by kind. */
  get live(): string[] {
    return this.tracks.filter(({ readyState }) => readyState === "live").map(({ kind }) => kind);
  }

  #make(kind: "audio" | "video"): FakeTrack {
    const settings = kind === "video" ? { width: 1280, height: 720 } : {};
    const track = new FakeTrack(kind, `${kind}-${this.tracks.length}`, settings);
    track.muted = this.mutedFromTheBeginning;
    this.tracks.push(track);
    return track;
  }
}
