// Who this page is in its room: a text of the server's that brings it back as the same participant.

/** Where a page keeps who it is: the browser's storages; in some iframes even touching them throws. */
export interface IdentityStorage {
  /** The tab's own, which a duplicated tab gets a copy of. */
  tab(): KeyValues;
  browser(): KeyValues;
}

/** As a `Storage` has it. */
export interface KeyValues {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/**
 * Keeps an identity over a reload, and after a removal. In the tab it lies only while no page is there to use it:
 * two tabs with the same would throw each other out.
 */
export class IdentityKeeper {
  readonly #storage: IdentityStorage;
  readonly #keptKey: string;
  readonly #removedKey: string;

  constructor(storage: IdentityStorage, roomId: string) {
    this.#storage = storage;
    this.#keptKey = `meet.identity.${roomId}`;
    this.#removedKey = `meet.removed.${roomId}`;
  }

  /** What this page was before it was loaded anew, or else what was removed from the room; null if nothing is kept. */
  take(): string | null {
    return this.takeKept() ?? attempt(() => this.#storage.browser().getItem(this.#removedKey));
  }

  /** What this tab's page was before it was loaded anew; null if nothing is kept. */
  takeKept(): string | null {
    const kept = attempt(() => this.#storage.tab().getItem(this.#keptKey));
    this.forget();
    return kept;
  }

  /** The page goes away, perhaps to be loaded anew. */
  leave(identity: string): void {
    attempt(() => this.#storage.tab().setItem(this.#keptKey, identity));
  }

  /** The page is there again. */
  forget(): void {
    attempt(() => this.#storage.tab().removeItem(this.#keptKey));
  }

  /** Somebody was removed: until they are let back, this browser comes as who was removed. */
  removed(identity: string): void {
    attempt(() => this.#storage.browser().setItem(this.#removedKey, identity));
  }

  /** Somebody is in, so they are not removed. */
  welcome(): void {
    attempt(() => this.#storage.browser().removeItem(this.#removedKey));
  }
}

function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null; // storage is off: then a reload makes somebody new of this page
  }
}
