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
  /** I hear one from the beginning: my link asks for it. */
  preselected(tag: string): void;
}

export class Listening {
  readonly #clock: Pick<Clock, "after">;
  readonly #events: ListeningEvents;
  /** By tag, of all languages that there were: one that has gone is still talked of. */
  readonly #names = new Map<string, string>();
  #awaited: string | null = null;
  /** What I listened to when the connection was lost; empty for the original only. */
  #heard = "";
  #cancelTimer: () => void = () => {};

  constructor(clock: Pick<Clock, "after">, events: ListeningEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  /** The connection is lost while I hear this language (empty for none). */
  interrupted(listening: string): void {
    const heard = listening || (this.#awaited ?? "");
    this.forget();
    this.#heard = heard;
  }

  /**
   * I am in, perhaps again, and hear this language (empty for none): the one that I heard before, as the server knows it
   * itself as a rule, or the one that my link asks for.
   */
  entered(listening: string, languages: readonly { tag: string; name: string }[]): void {
    const heard = this.#heard;
    this.forget();
    if (heard !== "" && listening === "") {
      this.#missed(heard);
    }
    this.available(languages);
    if (heard === "" && listening !== "") {
      this.#events.preselected(listening);
    }
  }

  #missed(tag: string): void {
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

  /** I am out, or have chosen myself: what was before is over. */
  forget(): void {
    this.settled();
    this.#heard = "";
  }

  /** What I hear has been decided: nothing is waited for. */
  settled(): void {
    this.#awaited = null;
    this.#cancelTimer();
    this.#cancelTimer = () => {};
  }
}
