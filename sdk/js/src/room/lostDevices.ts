// A microphone or camera that stopped by itself (pulled out, empty, switched off): when it is worth another try. Pure.

import type { DeviceKind, Devices } from "../rtc/devices.js";

export type Captured = "mic" | "camera";

/** Who has gone on without a microphone for longer than this isn't heard all of a sudden because a headset is back. */
export const TURN_ON_WITHIN_MS = 60_000;
/** Names of Chromium for whatever the system uses: they are always there. */
const NOT_A_DEVICE: ReadonlySet<string> = new Set(["", "default", "communications"]);

const KINDS: Record<Captured, Exclude<DeviceKind, "speaker">> = { mic: "microphone", camera: "camera" };

interface Lost {
  deviceId: string;
  atMs: number;
  /** Nothing took its place. */
  off: boolean;
  /** Nobody could see that it went off. */
  unseen: boolean;
}

/** `turnOn`: it went off for want of a device. `goBack`: another device stands in for one that is there again. */
export interface Return {
  source: Captured;
  how: "turnOn" | "goBack";
}

export class LostDevices {
  readonly #lost = new Map<Captured, Lost>();

  /** The device that a source was captured from stopped by itself. */
  lost(source: Captured, deviceId: string, nowMs: number): void {
    this.#lost.set(source, { deviceId, atMs: nowMs, off: false, unseen: false });
  }

  /** Whether a source has lost a device that can be named, and is not back. */
  has(source: Captured): boolean {
    return (this.#lost.get(source)?.deviceId ?? "") !== "";
  }

  /**
   * A source has turned itself off, while nobody saw the page or somebody did; true where that is because nothing took the
   * place of a lost device.
   */
  wentOff(source: Captured, hidden = false): boolean {
    const lost = this.#lost.get(source);
    if (lost === undefined) {
      return false;
    }
    lost.off = true;
    lost.unseen = hidden;
    return true;
  }

  /**
   * The page is seen again: which sources to try once more, for what took their devices, such as a phone call, may be over.
   * Who saw them go off longer ago isn't heard by surprise.
   */
  shown(nowMs: number): Captured[] {
    return [...this.#lost]
      .filter(([, { off, unseen, atMs }]) => off && (unseen || nowMs - atMs <= TURN_ON_WITHIN_MS))
      .map(([source]) => source);
  }

  /** Somebody has decided about the source: what was before is over. */
  forget(source: Captured): void {
    this.#lost.delete(source);
  }

  /** What to do now that there are these devices; each thing is said once. */
  returned(devices: Devices, nowMs: number): Return[] {
    const returns: Return[] = [];
    for (const [source, { deviceId, atMs, off }] of this.#lost) {
      const there = devices[KINDS[source]];
      if (off) {
        if (nowMs - atMs > TURN_ON_WITHIN_MS) {
          this.#lost.delete(source);
        } else if (there.length > 0) {
          this.#lost.delete(source);
          returns.push({ source, how: "turnOn" });
        }
      } else if (!NOT_A_DEVICE.has(deviceId) && there.some(({ id }) => id === deviceId)) {
        this.#lost.delete(source);
        returns.push({ source, how: "goBack" });
      }
    }
    return returns;
  }
}
