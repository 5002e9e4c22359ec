// Asks for the videos that the page shows and has no consumer of: of many cameras only the first come unasked.

import { SETTLE_MS } from "../rtc/viewer.js";
import type { Clock } from "../signal/clock.js";
import type { Source } from "../signal/shapes.js";
import type { Peer } from "./state.js";

/** The server takes no more at a time, and a page shows no more. */
const MOST = 100;

const VIDEOS = ["camera", "screen"] as const;

export interface Watched {
  /** The others, with what they send. */
  peers(): readonly Peer[];
  /** Ask for these producers, all that are shown. */
  watch(producerIds: string[]): void;
}

/** Looks a moment after something has changed: most consumers come by themselves. */
export class Watching {
  readonly #clock: Clock;
  readonly #room: Watched;
  readonly #shown = new Set<string>();
  /** What was asked for and has not come: a second time would not help. */
  #asked = new Set<string>();
  #cancelTimer: (() => void) | null = null;

  constructor(clock: Clock, room: Watched) {
    this.#clock = clock;
    this.#room = room;
  }

  /** The page shows a video, or does not any more. */
  show(peerId: string, source: Source, seen: boolean): void {
    const key = keyOf(peerId, source);
    if (seen !== this.#shown.has(key)) {
      this.#shown[seen ? "add" : "delete"](key);
      this.changed();
    }
  }

  /** Something has changed in what others send, or in what of it is received. */
  changed(): void {
    this.#cancelTimer ??= this.#clock.after(SETTLE_MS, () => {
      this.#cancelTimer = null;
      this.#look();
    });
  }

  /** Another stay: nothing was asked for. */
  reset(): void {
    this.#asked.clear();
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  #look(): void {
    const shown = this.#room
      .peers()
      .flatMap((peer) => VIDEOS.flatMap((source) => this.#track(peer, source)))
      .slice(0, MOST);
    const missing = shown.filter(({ consumerId }) => consumerId === null).map(({ producerId }) => producerId);
    const anyNew = missing.some((producerId) => !this.#asked.has(producerId));
    this.#asked = new Set(missing);
    if (anyNew) {
      this.#room.watch(shown.map(({ producerId }) => producerId));
    }
  }

  #track(peer: Peer, source: "camera" | "screen") {
    const track = peer.tracks[source];
    return track !== undefined && !track.paused && this.#shown.has(keyOf(peer.id, source)) ? [track] : [];
  }
}

function keyOf(peerId: string, source: Source): string {
  return `${source} ${peerId}`;
}
