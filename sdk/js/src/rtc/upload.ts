// What an upload carries, as the browser finds it, and what of it is for videos. Pure; time is passed in.

import { narrowedBps } from "./limits.js";

/** A browser finds no more of an upload than some times what is sent; after this long it has looked for more. */
const FOUND_AFTER_MS = 2_000;
/** What it finds anyway beyond what is sent. */
const BEYOND = 1.5;
/** So long an upload is taken to be as narrow as it was, though little was sent meanwhile. */
const NARROW_FOR_MS = 30_000;

export class Upload {
  /** In bits/s; 0 for not known. */
  #availableBps = 0;
  #takenBps = 0;
  #grewAtMs = Number.NEGATIVE_INFINITY;
  #narrowBps = 0;
  /** What it carried when it was narrow last, and when that was. */
  #carriedBps = 0;
  #carriedAtMs = Number.NEGATIVE_INFINITY;

  /** What the browser has found that the upload carries, in bits/s; 0 where it can't tell. */
  found(availableBps: number, nowMs: number): void {
    if (nowMs - this.#grewAtMs >= FOUND_AFTER_MS) this.#availableBps = availableBps;
  }

  /** What there is for videos that take so much together from now on, in bits/s; 0 where there is enough for all. */
  share(takenBps: number, nowMs: number): number {
    const before = { takenBps: this.#takenBps, narrow: this.#narrowBps > 0 };
    if (takenBps > BEYOND * before.takenBps && !before.narrow) {
      // What was found is as much as was sent.
      this.#availableBps = nowMs - this.#carriedAtMs < NARROW_FOR_MS ? this.#carriedBps : 0;
      this.#grewAtMs = nowMs;
    }
    this.#takenBps = takenBps;
    this.#narrowBps = narrowedBps(this.#availableBps, takenBps, before.narrow);
    if (this.#narrowBps > 0) {
      this.#carriedBps = this.#availableBps;
      this.#carriedAtMs = nowMs;
    } else if (before.narrow && takenBps >= before.takenBps) {
      this.#carriedBps = 0; // it carries more by now
    }
    return this.#narrowBps;
  }
}
