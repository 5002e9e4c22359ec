import type { Clock } from "../../src/signal/clock";

interface Timer {
  atMs: number;
  run: () => void;
}

/** A clock that stands still until `advance` is called. */
export class FakeClock implements Clock {
  #nowMs = 1_000_000;
  #timers: Timer[] = [];

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Let time pass; what is due runs in order, and so do the promises that hang on it. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settled();
    for (;;) {
      const due = this.#timers.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) {
        break;
      }
      this.#timers = this.#timers.filter((timer) => timer !== due);
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      due.run();
      await settled();
    }
    this.#nowMs = untilMs;
  }

  /** Time passes, and nothing runs: a machine that is closed. What was due runs with the next `advance`. */
  sleep(ms: number): void {
    this.#nowMs += ms;
  }

  /** How many timers are waiting. */
  get waiting(): number {
    return this.#timers.length;
  }
}

/** All promises that can go on without time passing have gone on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve)); // setTimeout would wait for a ms, which adds up
}
