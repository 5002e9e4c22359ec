import { effect, type ReadonlySignal } from "@preact/signals";

/** Resolves with the first value, from now on, that satisfies. */
export type Until = <T>(signal: ReadonlySignal<T>, satisfies: (value: T) => boolean) => Promise<T>;

export const until: Until = (signal, satisfies) =>
  new Promise((resolve) => {
    let over = false;
    const end = effect(() => {
      const { value } = signal;
      if (over || !satisfies(value)) return;
      over = true;
      resolve(value);
      queueMicrotask(() => end());
    });
  });
