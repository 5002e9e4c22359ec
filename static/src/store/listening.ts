// The language that somebody listens to, kept through lost connections. The server keeps it, too, but a room may come
// back on another node, and its interpreters later than its listeners.

import type { Clock } from "../signal/clock";

/** So long a language that was heard before is waited for; the server keeps one without interpreters as long. */
export const AWAITED_MS = 30_000;

interface Heard {
  tag: string;
  name: string;
}

export interface ListeningEvents {
  /** It is there: choose it again. */
  choose(tag: string): void;
  /** It has not come back in time. */
  lost(heard: Heard): void;
}

export class Listening {
  readonly #clock: Pick<Clock, "after">;
  readonly #events: ListeningEvents;
  #awaited: Heard | null = null;
  #cancelTimer: () => void = () => {};

  constructor(clock: Pick<Clock, "after">, events: ListeningEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  /** I am in again, and hear the original only, where I heard a language before. */
  missed(heard: Heard): void {
    this.settled();
    this.#awaited = heard;
    this.#cancelTimer = this.#clock.after(AWAITED_MS, () => {
      this.#awaited = null;
      this.#events.lost(heard);
    });
  }

  /** These languages can be chosen. */
  available(tags: readonly string[]): void {
    const awaited = this.#awaited;
    if (awaited !== null && tags.includes(awaited.tag)) {
      this.settled();
      this.#events.choose(awaited.tag);
    }
  }

  /** What I hear has been decided, or I am out: nothing is waited for. */
  settled(): void {
    this.#awaited = null;
    this.#cancelTimer();
    this.#cancelTimer = () => {};
  }
}
