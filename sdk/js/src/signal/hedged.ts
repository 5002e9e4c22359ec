// Asking again without giving up what was asked before: what the network swallowed would be waited for in vain.
//
// A connection that was begun, or a request that was sent, while there was no network is repeated by TCP after 1, 2, 4 …
// seconds (RFC 6298), and by the time that the network is back the next repetition may be far away. A fresh one gets
// through at once. "Hedged requests": Dean and Barroso, "The Tail at Scale", 2013.

import type { Clock } from "./clock.js";

/** Asked again after so long without an answer; what takes long is asked for less and less often. */
export const HEDGE_MS = 2_000;
const GROWTH = 1.5;
/** So many are under way at the same time, the newest ones, and so many are begun in all. */
export const MOST_AT_ONCE = 3;
export const MOST_BEGUN = 6;
/** Not everybody behind a network that is back asks at the same moment. */
const RETURN_SPREAD_MS = 400;

/** Something that has been begun. `cancel` is called once something else has won, and may be called after its end. */
export interface Begun<T> {
  result: Promise<T>;
  cancel(): void;
}

export interface HedgeOptions<T> {
  begin(): Begun<T>;
  clock: Clock;
  /** From 0 to 1. */
  random(): number;
  /** Hear that there is a network again; returns what ends it. */
  onNetwork(listener: () => void): () => void;
}

/**
 * The first result. Another one is begun after `HEDGE_MS` (give or take a quarter), then after longer and longer, and
 * soon after there is a network again. Rejects with the last failure when none is under way any more.
 */
export function hedged<T>({ begin, clock, random, onNetwork }: HedgeOptions<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const running = new Set<Begun<T>>();
    let begun = 0;
    let over = false;
    let cancelTimer = () => {};

    const finish = (settle: () => void, winner: Begun<T> | null) => {
      if (over) {
        return;
      }
      over = true;
      cancelTimer();
      stopListening();
      for (const one of running) {
        if (one !== winner) {
          one.cancel();
        }
      }
      settle();
    };
    const beginOne = () => {
      const [oldest] = running;
      if (running.size >= MOST_AT_ONCE && oldest !== undefined) {
        running.delete(oldest);
        oldest.cancel();
      }
      const one = begin();
      begun += 1;
      running.add(one);
      one.result.then(
        (value) => (over ? one.cancel() : finish(() => resolve(value), one)),
        (error: unknown) => {
          if (running.delete(one) && running.size === 0) {
            finish(() => reject(error), null);
          }
        },
      );
      beginAfter(HEDGE_MS * GROWTH ** Math.max(0, begun - 2) * (0.75 + random() / 2));
    };
    const beginAfter = (delayMs: number) => {
      cancelTimer();
      if (begun < MOST_BEGUN) {
        cancelTimer = clock.after(delayMs, beginOne);
      }
    };
    const stopListening = onNetwork(() => beginAfter(random() * RETURN_SPREAD_MS));
    beginOne();
  });
}
