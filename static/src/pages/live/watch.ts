// Keeps what a page shows up to date, for as long as somebody looks at it.

import { type ReadonlySignal, signal } from "@preact/signals";
import { ask, Failure } from "./ask";

const PAUSE_MS = 2500;
const LIMIT_MS = 10_000;

export interface Watched<T> {
  /** The newest state; null before the first. */
  readonly state: ReadonlySignal<T | null>;
  /** Why there is nothing newer; null while all is well. */
  readonly problem: ReadonlySignal<string | null>;
  /** Ask at once. What is being asked for already is of before, and doesn't count any more. */
  refresh(): Promise<void>;
}

/** Ask for `url` every few seconds, and not while the page is hidden. */
export function watch<T>(url: string): Watched<T> {
  const state = signal<T | null>(null);
  const problem = signal<string | null>(null);
  let asking: AbortController | null = null;
  let timer: ReturnType<typeof setTimeout>;

  async function refresh(): Promise<void> {
    clearTimeout(timer);
    asking?.abort();
    const mine = new AbortController();
    asking = mine;
    const limit = setTimeout(() => mine.abort(), LIMIT_MS);
    try {
      const answer = await ask<T>(url, { signal: mine.signal });
      if (asking !== mine) return;
      state.value = answer;
      problem.value = null;
    } catch (error) {
      if (asking !== mine) return;
      problem.value = error instanceof Failure ? error.message : "The server takes too long. Trying again …";
    } finally {
      clearTimeout(limit);
    }
    asking = null;
    if (!document.hidden) timer = setTimeout(refresh, PAUSE_MS);
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) clearTimeout(timer);
    else void refresh();
  });
  void refresh();
  return { state, problem, refresh };
}
