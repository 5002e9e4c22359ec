// One of my own sources from the switch to the wire: what is wanted, what is, and the one next step between them.

import { ConnectionLost } from "../signal/failures.js";
import type { Source } from "../signal/shapes.js";

/** One producer, as a source needs it. Requests reject as `SignalClient.request` does. */
export interface Outgoing {
  pause(): Promise<void>;
  resume(): Promise<void>;
  replace(track: MediaStreamTrack): Promise<void>;
  close(): Promise<void>;
}

/** Where tracks can be sent to. */
export interface Uplink {
  produce(source: Source, track: MediaStreamTrack, videoCodec: string | null): Promise<Outgoing>;
}

/**
 * What shall be. `allowed`: the room wants to have it; else nothing of it may stay. `uplink` and `codec` are compared
 * by identity; `device` counts changes of the chosen device.
 */
export interface Wanted {
  on: boolean;
  allowed: boolean;
  uplink: Uplink | null;
  codec: string | null;
  device: number;
}

/** What is. `track` is what is being captured; `producer.track` what the producer was last given. */
export interface Actual {
  track: { device: number } | null;
  producer: { uplink: Uplink; codec: string | null; track: unknown; paused: boolean } | null;
}

export type Step =
  | "capture"
  | "release"
  | "produce"
  | "replace"
  | "pause"
  | "resume"
  | "close"
  | "forget"
  | null;

/**
 * How a source is off. `mute`: the capture goes on, silent, for an instant return (microphone). `pause`: the capture
 * stops, the light goes off, the producer waits (camera). `close`: nothing stays (screen).
 */
export type OffMode = "mute" | "pause" | "close";

/** The next step from `actual` towards `wanted`; null when there is none to take. */
export function nextStep(wanted: Wanted, actual: Actual, off: OffMode): Step {
  const { track, producer } = actual;
  const on = wanted.on && wanted.allowed;
  if (producer !== null && producer.uplink !== wanted.uplink) {
    return "forget";
  }
  if (track !== null && track.device !== wanted.device) {
    return "release";
  }
  if (!on) {
    // The light first: it must not wait for an answer from the server.
    if (track !== null && (off !== "mute" || producer === null || !wanted.allowed)) {
      return "release";
    }
    if (producer === null) {
      return null;
    }
    if (off === "close" || !wanted.allowed || producer.codec !== wanted.codec) {
      return "close";
    }
    return producer.paused ? null : "pause";
  }
  if (track === null) {
    return "capture";
  }
  if (wanted.uplink === null) {
    return null;
  }
  if (producer === null) {
    return "produce";
  }
  if (producer.codec !== wanted.codec) {
    return "close";
  }
  if (producer.track !== track) {
    return "replace";
  }
  return producer.paused ? "resume" : null;
}

/** A track that ends by itself this often without the switch being touched is not captured again. */
const MAX_ENDINGS = 3;

/** What a source tells its owner; both come after the change. */
export interface SourceEvents {
  onChanged(source: OwnSource): void;
  /** It has turned itself off, because of `source.error`. */
  onFailed(source: OwnSource): void;
  /** Its device has stopped by itself while it was on; another one is tried. */
  onLost(source: OwnSource, deviceId: string): void;
  /** Its device gives nothing although it is on, or gives something again. */
  onStarved(source: OwnSource, starved: boolean): void;
}

interface Captured {
  device: number;
  track: MediaStreamTrack;
  stopListening: () => void;
}

interface Sent {
  outgoing: Outgoing;
  uplink: Uplink;
  codec: string | null;
  track: Captured;
  paused: boolean;
}

/** Where a source's tracks come from: `capture` rejects if there is none, `release` is for one that isn't used any more. */
export interface Supply {
  capture(): Promise<MediaStreamTrack>;
  release(track: MediaStreamTrack): void;
}

/** Runs the steps of one source, one at a time, until there is none left. */
export class OwnSource {
  readonly source: Source;
  readonly #off: OffMode;
  readonly #supply: Supply;
  readonly #events: SourceEvents;
  readonly #wanted: Wanted = { on: false, allowed: true, uplink: null, codec: null, device: 0 };
  #captured: Captured | null = null;
  #sent: Sent | null = null;
  #running: Promise<void> | null = null;
  #endings = 0;
  #error: unknown = null;

  constructor(source: Source, off: OffMode, supply: Supply, events: SourceEvents) {
    this.source = source;
    this.#off = off;
    this.#supply = supply;
    this.#events = events;
  }

  /** Whether it shall be on. */
  get on(): boolean {
    return this.#wanted.on;
  }

  /** Why it turned itself off; null when it did not. */
  get error(): unknown {
    return this.#error;
  }

  /** The live track; null while off. */
  get track(): MediaStreamTrack | null {
    return this.#wanted.on ? (this.#captured?.track ?? null) : null;
  }

  /** Turn it on or off. Resolves when that is done, or has failed. It does not go on while it is not allowed. */
  set(wish: boolean): Promise<void> {
    const on = wish && this.#wanted.allowed;
    this.#endings = 0;
    if (this.#wanted.on !== on) {
      this.#wanted.on = on;
      this.#error = null;
      if (this.#captured !== null) {
        this.#captured.track.enabled = on; // silent from this moment, not from the next step on
      }
      this.#events.onChanged(this);
    }
    return this.#settle();
  }

  /** Whether it may be on from now on. If not, it goes off, and its producer with it. */
  allow(allowed: boolean): Promise<void> {
    this.#wanted.allowed = allowed;
    return allowed ? this.#settle() : this.set(false);
  }

  /** Send it here from now on; null for nowhere. What was made for another uplink is forgotten. */
  attach(uplink: Uplink | null, videoCodec: string | null): Promise<void> {
    this.#wanted.uplink = uplink;
    this.#wanted.codec = this.source === "camera" || this.source === "screen" ? videoCodec : null;
    return this.#settle();
  }

  /** Capture anew: another device has been chosen. */
  deviceChanged(): Promise<void> {
    this.#wanted.device += 1;
    return this.#settle();
  }

  #settle(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // so that `#running` is set before it can be reset
    try {
      for (;;) {
        const step = nextStep(this.#wanted, this.#actual(), this.#off);
        if (step === null || !(await this.#survive(step))) {
          return;
        }
      }
    } finally {
      this.#running = null;
    }
  }

  /** Take a step; false if the next one has to wait for another uplink. */
  async #survive(step: Exclude<Step, null>): Promise<boolean> {
    const uplink = this.#wanted.uplink;
    try {
      await this.#take(step);
    } catch (error) {
      const uplinkGone = this.#wanted.uplink !== uplink;
      if (step !== "capture" && (uplinkGone || error instanceof ConnectionLost)) {
        return uplinkGone; // else it is about to go, and `attach` brings the next one
      }
      this.#fail(error);
    }
    return true;
  }

  #fail(error: unknown): void {
    const { allowed } = this.#wanted;
    this.#wanted.on = false;
    this.#error = allowed ? error : null; // that it was refused is no news then
    this.#sent?.outgoing.close().catch(() => {}); // whatever state it is in, we do not want it
    this.#sent = null;
    this.#events.onChanged(this);
    if (allowed) {
      this.#events.onFailed(this);
    }
  }

  #actual(): Actual {
    return { track: this.#captured, producer: this.#sent };
  }

  async #take(step: Exclude<Step, null>): Promise<void> {
    const captured = this.#captured;
    const sent = this.#sent;
    switch (step) {
      case "capture":
        await this.#captureTrack();
        break;
      case "release":
        this.#release();
        break;
      case "produce":
        if (captured !== null && this.#wanted.uplink !== null) {
          const { uplink, codec } = this.#wanted;
          const outgoing = await uplink.produce(this.source, captured.track, codec);
          this.#sent = { outgoing, uplink, codec, track: captured, paused: false };
        }
        break;
      case "replace":
        if (captured !== null && sent !== null) {
          await sent.outgoing.replace(captured.track);
          sent.track = captured;
        }
        break;
      case "pause":
      case "resume":
        if (sent !== null) {
          await (step === "pause" ? sent.outgoing.pause() : sent.outgoing.resume());
          sent.paused = step === "pause";
        }
        break;
      case "close":
        this.#sent = null;
        await sent?.outgoing.close();
        break;
      case "forget":
        this.#sent = null;
        break;
    }
  }

  async #captureTrack(): Promise<void> {
    const device = this.#wanted.device;
    const track = await this.#supply.capture();
    const ended = () => this.#ended(track);
    // Not a moderator's or a participant's: the system gives nothing of the device, as during a phone call.
    const muted = () => this.#events.onStarved(this, true);
    const unmuted = () => this.#events.onStarved(this, false);
    track.addEventListener("ended", ended);
    track.addEventListener("mute", muted);
    track.addEventListener("unmute", unmuted);
    track.enabled = this.#wanted.on;
    const stopListening = () => {
      track.removeEventListener("ended", ended);
      track.removeEventListener("mute", muted);
      track.removeEventListener("unmute", unmuted);
    };
    this.#captured = { device, track, stopListening };
    this.#events.onChanged(this);
    if (track.muted) {
      muted(); // from the beginning, which no event tells
    }
  }

  #release(): void {
    const captured = this.#captured;
    if (captured !== null) {
      captured.stopListening();
      this.#supply.release(captured.track);
      this.#captured = null;
      if (captured.track.muted) {
        this.#events.onStarved(this, false); // which nothing tells any more
      }
      this.#events.onChanged(this);
    }
  }

  /** The device was unplugged, or "stop sharing" was pressed: try another device, but a screen is over. */
  #ended(track: MediaStreamTrack): void {
    if (this.#captured?.track !== track) {
      return;
    }
    if (this.#wanted.on && this.#off !== "close") {
      this.#events.onLost(this, track.getSettings().deviceId ?? "");
    }
    this.#release();
    this.#endings += 1;
    if (this.#off === "close") {
      this.#wanted.on = false;
      this.#events.onChanged(this);
    } else if (this.#endings >= MAX_ENDINGS) {
      this.#fail(new Error("The device stops again and again."));
    }
    this.#settle();
  }
}
