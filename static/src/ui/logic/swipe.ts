// Whether a finger's way over the screen leafs through pages. Pure.

/** Shorter or slower ones, and those that go up or down rather than across, mean something else. */
const LEAST_PX = 48;
const LONGEST_MS = 800;
const ACROSS = 1.5;

/** 1 for the next page (to the left), -1 for the one before, 0 for neither; `x` and `y` in CSS pixels. */
export function pageStep(x: number, y: number, passedMs: number): -1 | 0 | 1 {
  const across = Math.abs(x) >= LEAST_PX && Math.abs(x) >= ACROSS * Math.abs(y);
  if (!across || passedMs > LONGEST_MS) return 0;
  return x < 0 ? 1 : -1;
}
