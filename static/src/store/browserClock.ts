// Time in a page that may be hidden.

import { type Clock, systemClock } from "meet-client/signal/clock";
import type { TimerRequest } from "./timers.worker";

/** What we need of a `Worker` that runs `timers.worker.ts`. */
export interface TimerWorker {
  postMessage(request: TimerRequest): void;
  onmessage: ((event: MessageEvent<number>) => void) | null;
}

/**
 * The browser's own time. In a page that nobody sees, browsers let timers run once a second and later once a minute:
 * too seldom to tell the server that we are still there. Timers that start there count in a worker.
 */
export class BrowserClock implements Clock {
  readonly #hidden: () => boolean;
  readonly #makeWorker: () => TimerWorker;
  readonly #waiting = new Map<number, () => void>();
  #worker: TimerWorker | null = null;
  #lastId = 0;

  constructor(hidden: () => boolean, makeWorker: () => TimerWorker) {
    this.#hidden = hidden;
    this.#makeWorker = makeWorker;
  }

  now(): number {
    return systemClock.now();
  }

  after(delayMs: number, run: () => void): () => void {
    if (!this.#hidden()) {
      return systemClock.after(delayMs, run);
    }
    const id = ++this.#lastId;
    this.#waiting.set(id, run);
    this.#open().postMessage([id, delayMs]);
    return () => this.#waiting.delete(id);
  }

  #open(): TimerWorker {
    if (this.#worker === null) {
      this.#worker = this.#makeWorker();
      this.#worker.onmessage = ({ data: id }) => {
        const run = this.#waiting.get(id);
        this.#waiting.delete(id);
        run?.();
      };
    }
    return this.#worker;
  }
}
