// Tries to enter until it succeeds, is refused for good, or has taken too long; time at the door does not count.

import type { Clock } from "../signal/clock.js";
import { RequestRefused } from "../signal/failures.js";
import type { Entered, Entrance } from "./entrance.js";
import { afterFailure, CONNECTION_LOST, delayMs, type Ending, RECONNECT_WINDOW_MS } from "./reconnect.js";

export interface EnteringOwner {
  entrance: Entrance;
  clock: Clock;
  /** From 0 to 1. */
  random(): number;
  displayName(): string;
  /** Whether it is still wanted: nothing is told of what isn't. */
  wanted(): boolean;
  /** At the door. */
  onWaiting(): void;
}

/** What an entry has come to; `void` is one that was no longer wanted. */
export type Entry =
  | { kind: "in"; entered: Entered }
  | { kind: "over"; ending: Ending }
  | { kind: "void"; entered?: Entered };

/** One entry, first or `back` after a lost connection, with as many attempts as `windowMs` has time for. */
export class Entering {
  readonly #owner: EnteringOwner;
  #endWait: () => void = () => {};

  constructor(owner: EnteringOwner) {
    this.#owner = owner;
  }

  /** Don't wait for the next attempt any longer. */
  hurry(): void {
    this.#endWait();
  }

  async run(windowMs: number, back: boolean): Promise<Entry> {
    const { entrance, clock, random, displayName, wanted, onWaiting } = this.#owner;
    let startedAtMs = clock.now();
    let leftMs = windowMs;
    let waited = false;
    let newTicket = back; // the room may live on another node by now
    let tookMs = 0;
    let refusals = 0;
    for (let attempt = 0; ; attempt++) {
      if (back || attempt > 0) {
        await this.#wait(delayMs(back ? attempt : attempt - 1, random(), tookMs));
      }
      if (!wanted()) {
        return { kind: "void" };
      }
      const begunAtMs = clock.now();
      try {
        const entered = await entrance.enter(displayName(), newTicket, () => {
          if (wanted()) {
            waited = true;
            onWaiting();
          }
        });
        return { kind: wanted() ? "in" : "void", entered };
      } catch (error) {
        if (!wanted()) {
          return { kind: "void" };
        }
        const verdict = afterFailure(error, refusals, back);
        refusals += error instanceof RequestRefused ? 1 : 0;
        if (verdict.kind === "over") {
          return verdict;
        }
        newTicket = verdict.newTicket;
        tookMs = clock.now() - begunAtMs;
        if (waited) {
          waited = false;
          startedAtMs = clock.now();
          leftMs = RECONNECT_WINDOW_MS;
        }
      }
      if (clock.now() - startedAtMs >= leftMs) {
        return { kind: "over", ending: CONNECTION_LOST };
      }
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#owner.clock.after(ms, resolve);
      this.#endWait = () => {
        cancel();
        resolve();
      };
    });
  }
}
