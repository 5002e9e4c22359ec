// One clock for everything that follows loudness, so that a hundred tiles cost one animation frame.

type Listener = (now: number) => void;

/** Fifteen times a second is as fast as an eye wants to see a ring or a bar move. */
const INTERVAL_MS = 66;
const listeners = new Set<Listener>();
let handle = 0;
let last = 0;

function frame(now: number): void {
  handle = requestAnimationFrame(frame);
  if (now - last < INTERVAL_MS) return;
  last = now;
  for (const listener of listeners) listener(now);
}

/** Call `listener` with the time in ms about 15 times a second while the page is visible; gives back how to stop. */
export function onFrame(listener: Listener): () => void {
  listeners.add(listener);
  if (!handle) handle = requestAnimationFrame(frame);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      cancelAnimationFrame(handle);
      handle = 0;
    }
  };
}
