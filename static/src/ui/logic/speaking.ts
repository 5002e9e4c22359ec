// Decides from loudness whether somebody speaks. Pure; the caller brings the time.

/** Loudness (0 to 1) that starts the ring, the lower one that keeps it, and how long silence may last in ms. */
const START = 0.06;
const KEEP = 0.03;
const HOLD_MS = 600;

export interface Speaking {
  on: boolean;
  heardAt: number;
}

export const SILENT: Speaking = { on: false, heardAt: Number.NEGATIVE_INFINITY };

/** The next state after a sample; a ring that is on stays on over the gaps between words. */
export function hear(before: Speaking, level: number, now: number): Speaking {
  const heard = level >= (before.on ? KEEP : START);
  if (heard) return { on: true, heardAt: now };
  return before.on && now - before.heardAt >= HOLD_MS ? SILENT : before;
}
