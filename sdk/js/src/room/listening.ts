// The language that somebody listens to, kept through lost connections. The server keeps it, too, but a room may come
// back on another node, and its interpreters later than its listeners.

import type { Clock } from "../signal/clock.js";

/** So long a language that was heard before is waited for; the server keeps one without interpreters as long. */
export const AWAITED_MS = 30_000;

export interface ListeningEvents {
  /** It is there: choose it again. */
  choose(tag: string): void;
  /** It has not come back in time. */
  lost(tag: string): void;
}

export class Listening {
  readonly #clock: Pick<Clock, "after">;
  readonly #events: ListeningEvents;
  /** By tag, of all languages that there were: one that has gone is still talked of. */
  readonly #names = new Map<string, string>();
  #awaited: string | null = null;
  #cancelTimer: () => void = () => {};

  constructor(clock: Pick<Clock, "after">, events: ListeningEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  /** The language that is waited for; empty for none. */
  get awaited(): string {
    return this.#awaited ?? "";
  }

  /** I am in again, and hear the original only, where I heard a language before. */
  missed(tag: string): void {
    this.settled();
    this.#awaited = tag;
    this.#cancelTimer = this.#clock.after(AWAITED_MS, () => {
      this.#awaited = null;
      this.#events.lost(tag);
    });
  }

  /** These languages can be chosen. */
  available(languages: readonly { tag: string; name: string }[]): void {
    for (const { tag, name } of languages) {
      this.#names.set(tag, name);
    }
    const awaited = this.#awaited;
    if (awaited !== null && languages.some(({ tag }) => tag === awaited)) {
      this.settled();
      this.#events.choose(awaited);
    }
  }

  /** The name of a language that is or was there. */
  nameOf(tag: string): string {
    return this.#names.get(tag) ?? tag;
  }

  /** What I hear has been decided, or I am out: nothing is waited for. */
  settled(): void {
    this.#awaited = null;
    this.#cancelTimer();
    this.#cancelTimer = () => {};
  }
}
