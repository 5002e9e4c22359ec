// My four sources together: how each is captured and goes off, and what of them the page gets to see.

import { isCancelled, mediaErrorOf, notFound, type ScreenTracks } from "../rtc/devices.js";
import { type OffMode, OwnSource, type SourceEvents, type Uplink } from "../rtc/sources.js";
import { RequestRefused } from "../signal/failures.js";
import { type Permissions, SOURCES, type Source } from "../signal/shapes.js";
import type { Captured } from "./lostDevices.js";
import type { LocalSource } from "./state.js";

/** What we need of `DeviceAccess`. */
export interface Capturing {
  capture(kind: "microphone" | "camera"): Promise<MediaStreamTrack>;
  captureScreen(): Promise<ScreenTracks>;
}

export interface OwnSourcesEvents {
  /** What the page shows of a source has changed. */
  onChanged(source: Source, local: LocalSource): void;
  /** A track has begun: with the first one the browser tells the names of devices. */
  onCaptured(): void;
  /** A source has turned itself off because of an error (closing the choice of screens is none). */
  onFailed(source: Source, error: unknown): void;
  /** A microphone or camera has stopped by itself; another one is tried. */
  onLost(source: Captured, deviceId: string): void;
  /** A microphone or camera that is on gives nothing, or gives something again. */
  onStarved(source: Captured, starved: boolean): void;
}

/** Which permission a source needs. */
const PERMISSIONS = {
  mic: "mic",
  camera: "camera",
  screen: "screen",
  screenAudio: "screen",
} as const satisfies Record<Source, keyof Permissions>;

/** Whether somebody with these permissions may send a source. */
export function maySend(source: Source, permissions: Permissions): boolean {
  return permissions[PERMISSIONS[source]];
}

export class OwnSources {
  readonly #events: OwnSourcesEvents;
  readonly #newStream: (track: MediaStreamTrack) => MediaStream;
  readonly #sources: Record<Source, OwnSource>;
  readonly #streams = new WeakMap<MediaStreamTrack, MediaStream>();
  /** Tracks that somebody has made themselves, which are sent instead of a device's; and all that are not ours to stop. */
  readonly #given = new Map<Source, MediaStreamTrack>();
  readonly #foreign = new WeakSet<MediaStreamTrack>();
  #screenAudio: MediaStreamTrack | null = null;

  constructor(
    devices: Capturing,
    newStream: (track: MediaStreamTrack) => MediaStream,
    events: OwnSourcesEvents,
  ) {
    this.#events = events;
    this.#newStream = newStream;
    const listener: SourceEvents = {
      onChanged: (source) => this.#changed(source),
      onFailed: (source) => {
        if (source.source !== "screenAudio" && !isCancelled(source.error, source.source)) {
          events.onFailed(source.source, source.error);
        }
      },
      onLost: ({ source }, deviceId) => {
        if (source === "mic" || source === "camera") {
          events.onLost(source, deviceId);
        }
      },
      onStarved: ({ source }, starved) => {
        if (source === "mic" || source === "camera") {
          events.onStarved(source, starved);
        }
      },
    };
    const source = (name: Source, off: OffMode, capture: () => Promise<MediaStreamTrack>) => {
      const supply = {
        capture,
        release: (track: MediaStreamTrack) => {
          if (!this.#foreign.has(track)) {
            track.stop();
          }
        },
      };
      return new OwnSource(name, off, supply, listener);
    };
    this.#sources = {
      mic: source("mic", "mute", async () => this.#givenTo("mic") ?? devices.capture("microphone")),
      camera: source("camera", "pause", async () => this.#givenTo("camera") ?? devices.capture("camera")),
      screen: source("screen", "close", () => this.#captureScreen(devices)),
      screenAudio: source("screenAudio", "close", () => this.#takeScreenAudio()),
    };
  }

  /**
   * Send this track from now on, instead of a device's, whenever the source is on, until it ends; null for none. A
   * screen's sound comes and goes with its picture.
   */
  async give(source: Source, track: MediaStreamTrack | null): Promise<void> {
    if ((this.#given.get(source) ?? null) === track) {
      return;
    }
    if (track === null) {
      this.#given.delete(source);
    } else {
      this.#given.set(source, track);
      this.#foreign.add(track);
    }
    await this.#sources[source === "screenAudio" ? "screen" : source].deviceChanged();
  }

  /** Why a source turned itself off; null when it did not. */
  error(source: Source): unknown {
    return this.#sources[source].error;
  }

  /** Whether a source shall be on. */
  isOn(source: Source): boolean {
    return this.#sources[source].on;
  }

  /** Turn a source on or off; resolves when that is done, or has failed. */
  async set(source: Source, on: boolean): Promise<void> {
    await this.#sources[source].set(on);
  }

  /** What may be on from now on; what may not goes off. */
  allow(permissions: Permissions): void {
    for (const source of SOURCES) {
      this.#sources[source].allow(maySend(source, permissions));
    }
  }

  /** Send everything there, or nowhere with null. */
  attach(uplink: Uplink | null, videoCodec: string | null): void {
    for (const source of SOURCES) {
      this.#sources[source].attach(uplink, videoCodec);
    }
  }

  /** Another microphone or camera has been chosen, or is there again. */
  async deviceChanged(source: "mic" | "camera"): Promise<void> {
    await this.#sources[source].deviceChanged();
  }

  #givenTo(source: Source): MediaStreamTrack | null {
    const track = this.#given.get(source);
    return track !== undefined && track.readyState === "live" ? track : null;
  }

  async #captureScreen(devices: Capturing): Promise<MediaStreamTrack> {
    const given = this.#givenTo("screen");
    const { video, audio } =
      given === null ? await devices.captureScreen() : { video: given, audio: this.#givenTo("screenAudio") };
    this.#screenAudio = audio;
    this.#sources.screenAudio.deviceChanged(); // what came with an earlier picture goes
    this.#sources.screenAudio.set(audio !== null);
    return video;
  }

  async #takeScreenAudio(): Promise<MediaStreamTrack> {
    const track = this.#screenAudio;
    this.#screenAudio = null;
    if (track === null) {
      throw notFound("The sound of the screen is captured with its picture only.");
    }
    return track;
  }

  #changed(source: OwnSource): void {
    const { on, track, error } = source;
    // What the server refused is nothing that the device could be blamed for.
    const ofDevice =
      error !== null && !(error instanceof RequestRefused) && !isCancelled(error, source.source);
    const stream = track === null ? null : this.#streamOf(track);
    this.#events.onChanged(source.source, {
      status: !on ? "off" : track === null ? "starting" : "on",
      stream,
      error: ofDevice ? mediaErrorOf(error) : null,
    });
    if (source.source === "screen" && !on) {
      this.#sources.screenAudio.set(false);
    }
  }

  #streamOf(track: MediaStreamTrack): MediaStream {
    let stream = this.#streams.get(track);
    if (stream === undefined) {
      stream = this.#newStream(track);
      this.#streams.set(track, stream);
      this.#events.onCaptured();
    }
    return stream;
  }
}
