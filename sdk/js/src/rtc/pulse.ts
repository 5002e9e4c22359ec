// Whether what others send still comes: the first sign of a lost network, seconds before the browser tells of one.

import type { Clock } from "../signal/clock.js";

/** Looked at this often. */
export const PULSE_MS = 250;
/** Nothing new for so long means that it has stopped. Frames of a slow screen share and of silence are closer together. */
export const STOPPED_MS = 750;

/** What we need of an `RTCRtpReceiver`. */
export type Receiver = Pick<RTCRtpReceiver, "getSynchronizationSources">;

/** When the newest frame of all these came, in ms of the browser's own time; null for none yet. */
export function latestOf(receivers: readonly (Receiver | undefined)[]): number | null {
  const times = receivers.flatMap((receiver) =>
    (receiver?.getSynchronizationSources?.() ?? []).map(({ timestamp }) => timestamp),
  );
  return times.length === 0 ? null : Math.max(...times);
}

/**
 * Calls `onStopped` once when `latest` grows no more, and again only after it has grown. That everybody else has turned
 * off microphone and camera looks the same, so it is a reason to ask, not a finding.
 */
export class Pulse {
  readonly #clock: Clock;
  readonly #latest: () => number | null;
  readonly #onStopped: () => void;
  #last: number | null = null;
  #sinceMs: number;
  #told = true;
  #cancelTimer: () => void = () => {};

  constructor(clock: Clock, latest: () => number | null, onStopped: () => void) {
    this.#clock = clock;
    this.#latest = latest;
    this.#onStopped = onStopped;
    this.#sinceMs = clock.now();
    this.#later();
  }

  /** Whether something came lately. */
  get beats(): boolean {
    return !this.#told;
  }

  /** Look no more. Idempotent. */
  stop(): void {
    this.#cancelTimer();
    this.#cancelTimer = () => {};
  }

  #later(): void {
    this.#cancelTimer = this.#clock.after(PULSE_MS, () => {
      this.#later();
      this.#look();
    });
  }

  #look(): void {
    const latest = this.#latest();
    const nowMs = this.#clock.now();
    if (latest !== null && (this.#last === null || latest > this.#last)) {
      this.#last = latest;
      this.#sinceMs = nowMs;
      this.#told = false;
    } else if (!this.#told && nowMs - this.#sinceMs >= STOPPED_MS) {
      this.#told = true;
      this.#onStopped();
    }
  }
}
