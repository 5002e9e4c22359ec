// Microphone and camera that come and go while they are on: what is told of it, and that they go on.

import { type Devices, mediaErrorOf } from "../rtc/devices.js";
import type { Clock } from "../signal/clock.js";
import { RequestRefused } from "../signal/failures.js";
import type { Source } from "../signal/shapes.js";
import { type Captured, LostDevices } from "./lostDevices.js";
import type { LocalSource } from "./state.js";

/** What became of a microphone or camera that stopped by itself, or gives nothing. */
export type DeviceNews = "replaced" | "gone" | "denied" | "taken" | "back";

/** Why nothing took the place of a lost device. */
export function newsOf(error: unknown): DeviceNews {
  switch (mediaErrorOf(error)) {
    case "denied":
      return "denied";
    case "busy":
      return "taken";
    default:
      return "gone";
  }
}

/** A device that gives nothing for so long is told of; a phone call that is refused at once is not. */
export const STARVED_MS = 2_000;
/** After a phone call, a device that goes on by itself has done so within this time of the page being seen again. */
export const GOES_ON_MS = 1_000;

export interface DeviceWatchEvents {
  /** Whether a source shall be on. */
  isOn(source: Captured): boolean;
  /** Turn a source on again, as far as it may be. */
  turnOn(source: Captured): Promise<void>;
  /** Capture it anew, from the device that was chosen. */
  captureAnew(source: Captured): Promise<void>;
  tell(source: Captured, news: DeviceNews): void;
  /** It is no longer taken. */
  untell(source: Captured): void;
}

/** Gives nothing, though it is captured. */
interface Starving {
  cancelNotice(): void;
  /**
   * Since before the page was seen again, or shortly before it was hidden: a phone call then. What begins before one's eyes
   * is a switch at the device or in the system, and captured anew it would give as little.
   */
  unseen: boolean;
}

export class DeviceWatch {
  readonly #clock: Clock;
  readonly #hidden: () => boolean;
  readonly #events: DeviceWatchEvents;
  readonly #devices = new LostDevices();
  readonly #starving = new Map<Captured, Starving>();
  #cancelLook: () => void = () => {};

  constructor(clock: Clock, hidden: () => boolean, events: DeviceWatchEvents) {
    this.#clock = clock;
    this.#hidden = hidden;
    this.#events = events;
  }

  /** A device has stopped by itself; another one is tried. */
  lost(source: Captured, deviceId: string): void {
    this.#endStarving(source);
    this.#devices.lost(source, deviceId, this.#clock.now());
  }

  /** What the page sees of a source has changed: perhaps another device has taken the place of a lost one. */
  changed(source: Source, before: LocalSource, after: LocalSource): void {
    if (isCaptured(source) && before.stream === null && after.stream !== null && this.#devices.has(source)) {
      this.#events.tell(source, "replaced");
    }
  }

  /** A source has turned itself off; whether that was for want of a device, which is told. */
  failed(source: Source, error: unknown): boolean {
    if (
      !isCaptured(source) ||
      !this.#devices.wentOff(source, this.#hidden()) ||
      error instanceof RequestRefused
    ) {
      return false;
    }
    this.#events.tell(source, newsOf(error));
    return true;
  }

  /** Somebody has turned a source on or off, or chosen its device. */
  decided(source: Source): void {
    if (isCaptured(source)) {
      this.#devices.forget(source);
    }
  }

  /** The meeting is over for who is here: whatever was lost or taken before, nothing comes on by itself. */
  stop(): void {
    this.#cancelLook();
    for (const source of ["mic", "camera"] as const) {
      this.decided(source);
      this.#endStarving(source);
    }
  }

  /** A source's device gives nothing, or gives something again. */
  starved(source: Captured, starved: boolean): void {
    this.#endStarving(source);
    if (!starved) {
      this.#events.untell(source);
      return;
    }
    const entry = { unseen: this.#hidden(), cancelNotice: () => {} };
    entry.cancelNotice = this.#clock.after(STARVED_MS, () => {
      if (this.#hidden()) {
        entry.unseen = true;
      } else if (this.#events.isOn(source)) {
        this.#events.tell(source, "taken");
      }
    });
    this.#starving.set(source, entry);
  }

  #endStarving(source: Captured): void {
    this.#starving.get(source)?.cancelNotice();
    this.#starving.delete(source);
  }

  /**
   * The page is seen again: a phone call, or another app, that has taken devices may be over. What gives nothing since
   * then is captured anew, and what had to go off is tried again.
   */
  shown(): void {
    this.#cancelLook();
    this.#cancelLook = this.#clock.after(GOES_ON_MS, () => {
      if (this.#hidden()) return;
      const off = this.#devices.shown(this.#clock.now());
      for (const [source, { unseen }] of [...this.#starving]) {
        if (unseen && this.#events.isOn(source)) {
          this.#devices.lost(source, "", this.#clock.now());
          void this.#again(source, this.#events.captureAnew(source));
        }
      }
      for (const source of off) {
        void this.#again(source, this.#events.turnOn(source));
      }
    });
  }

  async #again(source: Captured, tried: Promise<void>): Promise<void> {
    await tried;
    if (this.#events.isOn(source)) {
      this.#devices.forget(source);
      this.#tellBack(source);
    }
  }

  /** Devices have come or gone: what was lost may be among them. */
  async listed(devices: Devices): Promise<void> {
    for (const { source, how } of this.#devices.returned(devices, this.#clock.now())) {
      await (how === "turnOn" ? this.#events.turnOn(source) : this.#events.captureAnew(source));
      this.#tellBack(source);
    }
  }

  #tellBack(source: Captured): void {
    if (this.#events.isOn(source) && !this.#starving.has(source)) {
      this.#events.tell(source, "back");
    }
  }
}

function isCaptured(source: Source): source is Captured {
  return source === "mic" || source === "camera";
}
