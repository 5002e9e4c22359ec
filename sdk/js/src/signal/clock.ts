// Time as a parameter: everything that waits takes a `Clock`, so that tests need not.

/** `now` in ms since the epoch. `after` runs something once, and returns what cancels it. */
export interface Clock {
  now(): number;
  after(delayMs: number, run: () => void): () => void;
}

/** The platform's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};
