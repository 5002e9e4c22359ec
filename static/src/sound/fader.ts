// Loudness that changes without a jump. Decides by the clock that it is given; what it tells is somebody else's to do.

import type { Clock } from "meet-client/signal/clock";

/** Short enough to miss no word, long enough to be no click. */
export const FADE_MS = 120;
/** The steps of a fade are no longer than this: their jumps are too small to hear. */
export const STEP_MS = 10;

/** The gain of a fade that began `elapsedMs` ago. */
export function fadedGain(from: number, to: number, elapsedMs: number): number {
  return elapsedMs >= FADE_MS ? to : from + ((to - from) * Math.max(0, elapsedMs)) / FADE_MS;
}

/** Tells a gain (0 to 1) in small steps until it is the wanted one. */
export class Fader {
  readonly #clock: Pick<Clock, "now" | "after">;
  readonly #apply: (gain: number) => void;
  #gain: number | null = null;
  #target = 0;
  #cancelStep: () => void = () => {};

  constructor(clock: Pick<Clock, "now" | "after">, apply: (gain: number) => void) {
    this.#clock = clock;
    this.#apply = apply;
  }

  /** Go to this gain; the first one is there at once. */
  fadeTo(target: number): void {
    if (this.#gain === null) {
      this.#target = target;
      this.#set(target);
    } else if (target !== this.#target) {
      this.#target = target;
      this.#cancelStep();
      this.#step(this.#gain, this.#clock.now());
    }
  }

  /** Stay as it is. */
  stop(): void {
    this.#cancelStep();
  }

  #step(from: number, begunAtMs: number): void {
    this.#set(fadedGain(from, this.#target, this.#clock.now() - begunAtMs));
    this.#cancelStep =
      this.#gain === this.#target ? () => {} : this.#clock.after(STEP_MS, () => this.#step(from, begunAtMs));
  }

  #set(gain: number): void {
    this.#gain = gain;
    this.#apply(gain);
  }
}
