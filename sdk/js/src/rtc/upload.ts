// What an upload carries, as the browser finds it, and what of it is for videos. Pure; time is passed in.

import { narrowedBps } from "./limits.js";

/** A browser finds no more of an upload than some times what is sent; after this long it has looked for more. */
const FOUND_AFTER_MS = 2_000;
/** What it finds anyway beyond what is sent. */
const BEYOND = 1.5;

export class Upload {
  /** In bits/s; 0 for not known. */
  #availableBps = 0;
  #takenBps = 0;
  #grewAtMs = Number.NEGATIVE_INFINITY;
  #narrowBps = 0;

  /** What the browser has found that the upload carries, in bits/s; 0 where it can't tell. */
  found(availableBps: number, nowMs: number): void {
    const told = this.#narrowBps > 0 || nowMs - this.#grewAtMs >= FOUND_AFTER_MS;
    this.#availableBps = told ? availableBps : 0;
  }

  /** What there is for videos that take so much together from now on, in bits/s; 0 where there is enough for all. */
  share(takenBps: number, nowMs: number): number {
    if (takenBps > BEYOND * this.#takenBps && this.#narrowBps === 0) {
      this.#availableBps = 0; // as much as was sent
      this.#grewAtMs = nowMs;
    }
    this.#takenBps = takenBps;
    this.#narrowBps = narrowedBps(this.#availableBps, takenBps, this.#narrowBps > 0);
    return this.#narrowBps;
  }
}
