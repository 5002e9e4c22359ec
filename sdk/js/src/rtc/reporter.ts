// Looks every few seconds at what the browser counts, tells the node, and keeps the newest figures for the page.

import type { SignalClient } from "../signal/client.js";
import type { Clock } from "../signal/clock.js";
import type { DirectionReport } from "../wire/protocol.js";
import {
  type Counts,
  countsOf,
  downFigures,
  type TrackFigures,
  trackFigures,
  upFigures,
} from "./statistics.js";

/** How often a page looks: once for each transport. A room may have thousands of viewers, so they look less often. */
export const REPORT_MS = 5_000;
export const VIEWER_REPORT_MS = 15_000;

/** What the newest look has shown. */
export interface Figures {
  up: DirectionReport | null;
  down: DirectionReport | null;
  /** Of each video that is received, by the id of its track. */
  tracks: ReadonlyMap<string, TrackFigures>;
}

export const NO_FIGURES: Figures = { up: null, down: null, tracks: new Map() };

/** Where statistics come from: a session. Null for a transport that there is not. */
export interface Counting {
  statistics(): Promise<{ send: RTCStatsReport | null; recv: RTCStatsReport | null }>;
}

interface Look {
  atMs: number;
  send: Counts;
  recv: Counts;
}

/** Between `start` and `stop`; one session follows another. */
export class Reporter {
  readonly #clock: Clock;
  readonly #viewer: () => boolean;
  #figures = NO_FIGURES;
  #cancel: () => void = () => {};
  /** Counts starts: what began under another number is void. */
  #run = 0;

  constructor(clock: Clock, viewer: () => boolean) {
    this.#clock = clock;
    this.#viewer = viewer;
  }

  /** The newest. */
  get figures(): Figures {
    return this.#figures;
  }

  /** Look at a session from now on, and tell its node. */
  start(session: Counting, client: Pick<SignalClient, "tell">): void {
    this.stop();
    this.#wait(this.#run, session, client, null);
  }

  /** Look no more. Idempotent. */
  stop(): void {
    this.#run += 1;
    this.#cancel();
    this.#figures = NO_FIGURES;
  }

  #wait(run: number, session: Counting, client: Pick<SignalClient, "tell">, before: Look | null): void {
    this.#cancel = this.#clock.after(this.#viewer() ? VIEWER_REPORT_MS : REPORT_MS, () => {
      void this.#look(session).then((look) => {
        if (run !== this.#run) return;
        if (before !== null && look !== null) {
          this.#tell(client, before, look);
        }
        this.#wait(run, session, client, look ?? before);
      });
    });
  }

  async #look(session: Counting): Promise<Look | null> {
    try {
      const { send, recv } = await session.statistics();
      return { atMs: this.#clock.now(), send: countsOrNone(send), recv: countsOrNone(recv) };
    } catch {
      return null; // the transports are closed, and others are about to come
    }
  }

  #tell(client: Pick<SignalClient, "tell">, before: Look, after: Look): void {
    const passedMs = after.atMs - before.atMs;
    const up = upFigures(before.send, after.send, passedMs);
    const down = downFigures(before.recv, after.recv, passedMs);
    this.#figures = { up, down, tracks: trackFigures(before.recv, after.recv) };
    if (up !== null || down !== null) {
      client.tell("reportStatistics", { up, down });
    }
  }
}

function countsOrNone(report: RTCStatsReport | null): Counts {
  return report === null ? new Map() : countsOf(report);
}
