// Tells the server what of each remote video is wanted, after what the page shows of it. Sound is always wanted.

import type { SignalClient } from "../signal/client.js";
import type { Clock } from "../signal/clock.js";
import type { Source } from "../signal/shapes.js";
import {
  ASSUMED_SHOWN,
  assumedCapture,
  type Importance,
  ORDINARY,
  type Size,
  type Subscription,
  subscriptionFor,
} from "./layers.js";

/** Sizes change in bursts (a window being dragged, a list being scrolled): what lasts this long counts. */
export const SETTLE_MS = 150;

/** A consumer that has just been made, and is paused. */
export interface Arrival {
  consumerId: string;
  peerId: string;
  source: Source;
  track: MediaStreamTrack;
  spatialLayers: number;
}

interface Watched extends Arrival {
  key: string;
  told: Subscription;
  toldImportance: Importance;
}

/** Keeps what is shown across sessions; `reset` forgets one session's consumers. */
export class Viewer {
  readonly #clock: Clock;
  readonly #shown = new Map<string, Size | null>();
  readonly #importance = new Map<string, Importance>();
  readonly #watched = new Map<string, Watched>();
  readonly #unsettled = new Set<string>();
  #client: Pick<SignalClient, "tell"> | null = null;
  #cancelTimer: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From now on, talk to this connection about the consumers to come. */
  reset(client: Pick<SignalClient, "tell"> | null): void {
    this.#client = client;
    this.#watched.clear();
    this.#unsettled.clear();
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  /** Start to receive a new consumer, as far as it is wanted. */
  arrived(arrival: Arrival): void {
    if (arrival.track.kind === "audio") {
      this.#client?.tell("resumeConsumer", { consumerId: arrival.consumerId });
      return;
    }
    const watched: Watched = {
      ...arrival,
      key: keyOf(arrival.peerId, arrival.source),
      told: { paused: true },
      toldImportance: ORDINARY,
    };
    this.#watched.set(arrival.consumerId, watched);
    this.#tell(watched);
  }

  /** The server sends another layer of a consumer now: with the first one the shape of the picture shows. */
  layerChanged(consumerId: string): void {
    const watched = this.#watched.get(consumerId);
    if (watched !== undefined) {
      this.#unsettled.add(watched.key);
      this.#settleLater();
    }
  }

  /** A consumer is gone. */
  gone(consumerId: string): void {
    this.#watched.delete(consumerId);
  }

  /** The page shows a video at this size in device pixels, or not at all, and it matters that much. */
  show(peerId: string, source: Source, size: Size | null, importance: Importance = ORDINARY): void {
    const key = keyOf(peerId, source);
    this.#shown.set(key, size);
    this.#importance.set(key, importance);
    const watched = this.#watchedBy(key);
    if (watched?.told.paused && size !== null) {
      this.#tell(watched); // somebody waits for a picture
    } else {
      this.#unsettled.add(key);
      this.#settleLater();
    }
  }

  #settleLater(): void {
    this.#cancelTimer ??= this.#clock.after(SETTLE_MS, () => {
      this.#cancelTimer = null;
      for (const key of this.#unsettled) {
        const watched = this.#watchedBy(key);
        if (watched !== undefined) {
          this.#tell(watched);
        }
      }
      this.#unsettled.clear();
    });
  }

  #watchedBy(key: string): Watched | undefined {
    return [...this.#watched.values()].find((watched) => watched.key === key);
  }

  #tell(watched: Watched): void {
    const { consumerId, spatialLayers, told } = watched;
    const shown = this.#shown.get(watched.key);
    const wanted = subscriptionFor(
      shown === undefined ? ASSUMED_SHOWN : shown,
      assumedCapture(watched.source, spatialLayers, watched.track.getSettings()),
      spatialLayers,
      watched.source === "screen" ? "contain" : "cover",
    );
    watched.told = wanted;
    if (wanted.paused) {
      if (!told.paused) {
        this.#client?.tell("pauseConsumer", { consumerId });
      }
      return;
    }
    const sameLayer = spatialLayers < 2 || (!told.paused && told.spatialLayer === wanted.spatialLayer);
    const importance = this.#importance.get(watched.key) ?? ORDINARY;
    const { onStage, priority } = watched.toldImportance;
    if (!sameLayer || importance.onStage !== onStage || importance.priority !== priority) {
      watched.toldImportance = importance;
      this.#client?.tell("setPreferredLayers", {
        consumerId,
        layers: { spatialLayer: wanted.spatialLayer },
        ...importance,
      });
    }
    if (told.paused) {
      this.#client?.tell("resumeConsumer", { consumerId });
    }
  }
}

function keyOf(peerId: string, source: Source): string {
  return `${source} ${peerId}`;
}
