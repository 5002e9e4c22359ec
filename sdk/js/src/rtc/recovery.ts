// Gets one transport's path back: ICE restarts with patience, and in the end the admission that it is gone.

import type { Clock } from "../signal/clock.js";

/** What is watched, after RTCPeerConnectionState. */
export type ConnectionState = "new" | "connecting" | "connected" | "disconnected" | "failed" | "closed";

/** A path that is `disconnected` often comes back by itself within this time; browsers have waited for some seconds. */
export const PATIENCE_MS = 1_000;
/** A first connection that takes longer than this is probably blocked. */
export const FIRST_CONNECTION_MS = 8_000;
/** How long a restart may take until the next one. */
export const RESTART_TIMEOUT_MS = 6_000;
/** Restarts in a row until a transport that once worked is given up. */
export const MAX_RESTARTS = 3;

export interface RecoveryEvents {
  /** Ask for new credentials and use them; a rejection counts as a restart that did not help. */
  restartIce(): Promise<void>;
  /** A path that had been there does not come back: begin anew. */
  onGivenUp(): void;
  /** There is no first path yet, after `FIRST_CONNECTION_MS`: something blocks it. Said once; trials go on. */
  onUnreachable(): void;
}

export class Recovery {
  readonly #clock: Clock;
  readonly #events: RecoveryEvents;
  #state: ConnectionState = "new";
  #everConnected = false;
  #toldUnreachable = false;
  #restarts = 0;
  #cancelTimer: (() => void) | null = null;
  #stopped = false;

  constructor(clock: Clock, events: RecoveryEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  /** The browser's view has changed. */
  stateChanged(state: ConnectionState): void {
    this.#state = state;
    if (state === "connected") {
      this.#everConnected = true;
      this.#restarts = 0;
      this.#wait(null);
    } else if (state === "failed" && this.#restarts === 0) {
      this.#restart();
    } else if (this.#cancelTimer === null && state === "disconnected") {
      this.#wait(PATIENCE_MS);
    } else if (this.#cancelTimer === null && state === "connecting" && !this.#everConnected) {
      this.#wait(FIRST_CONNECTION_MS);
    }
  }

  /** The server hears nothing from us any more, whatever the browser thinks. */
  consentLost(): void {
    if (this.#restarts === 0) {
      this.#restart();
    }
  }

  /** Watch no longer. Idempotent. */
  stop(): void {
    this.#stopped = true;
    this.#wait(null);
  }

  #restart(): void {
    if (this.#stopped) {
      return;
    }
    if (this.#everConnected && this.#restarts >= MAX_RESTARTS) {
      this.stop();
      this.#events.onGivenUp();
      return;
    }
    if (!this.#everConnected && !this.#toldUnreachable) {
      this.#toldUnreachable = true;
      this.#events.onUnreachable();
    }
    this.#restarts += 1;
    this.#wait(RESTART_TIMEOUT_MS);
    this.#events.restartIce().catch(() => {}); // the timer that runs already decides what follows
  }

  #wait(delayMs: number | null): void {
    this.#cancelTimer?.();
    this.#cancelTimer =
      delayMs === null
        ? null
        : this.#clock.after(delayMs, () => {
            this.#cancelTimer = null;
            if (this.#state === "connected") {
              this.#restarts = 0;
            } else {
              this.#restart();
            }
          });
  }
}
