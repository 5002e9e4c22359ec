// Tells the room when the participant looks elsewhere, and not for a glance at another tab.

import type { Clock } from "../signal/clock.js";

/** A page counts as hidden, or as seen again, once it has been so for this long. */
export const GLANCE_MS = 2_000;

export interface PresenceOwner {
  /** Whether the page is hidden at the moment. */
  hidden(): boolean;
  /** What the room believes; null while it has no interest. */
  absent(): boolean | null;
  tell(absent: boolean): void;
}

export class Presence {
  readonly #clock: Clock;
  readonly #owner: PresenceOwner;
  #cancel: () => void = () => {};

  constructor(clock: Clock, owner: PresenceOwner) {
    this.#clock = clock;
    this.#owner = owner;
  }

  /** Something has changed: the page's visibility, or what the room can believe. */
  changed(): void {
    this.#cancel();
    this.#cancel = this.#clock.after(GLANCE_MS, () => {
      const hidden = this.#owner.hidden();
      const absent = this.#owner.absent();
      if (absent !== null && absent !== hidden) {
        this.#owner.tell(hidden);
      }
    });
  }
}
