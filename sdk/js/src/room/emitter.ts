// Events by name, each with data of its own type.

/** What can be listened to; `M` maps the names of events to their data. */
export interface Listenable<M> {
  /** Hear one kind of event; returns what ends it. */
  on<E extends keyof M>(name: E, handler: (data: M[E]) => void): () => void;
}

/** Tells handlers in the order in which they came. One that comes or goes meanwhile counts from the next event on. */
export class Emitter<M> implements Listenable<M> {
  readonly #handlers = new Map<keyof M, Set<(data: never) => void>>();

  on<E extends keyof M>(name: E, handler: (data: M[E]) => void): () => void {
    const one = (data: M[E]) => handler(data); // the same handler twice is two
    const handlers = this.#handlers.get(name) ?? new Set();
    this.#handlers.set(name, handlers);
    handlers.add(one);
    return () => handlers.delete(one);
  }

  /** A handler that throws is reported, and keeps nothing from the others. */
  emit<E extends keyof M>(name: E, data: M[E]): void {
    for (const handler of [...(this.#handlers.get(name) ?? [])]) {
      try {
        handler(data as never);
      } catch (error) {
        report(error);
      }
    }
  }
}

/** As what nobody has caught: the console's, or the end of a program that wants it so. */
function report(error: unknown): void {
  const { reportError } = globalThis as { reportError?: (error: unknown) => void };
  if (reportError !== undefined) {
    reportError(error);
  } else {
    setTimeout(() => {
      throw error;
    });
  }
}
