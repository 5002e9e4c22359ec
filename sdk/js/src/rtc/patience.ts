// How long each video waits for packets that are sent again.
//
// Two browsers that call each other know the round trip, and their jitter buffers wait for repairs where packets get lost.
// A browser that only receives does not: each repair comes too late, and half of the pictures are left out.

import { type Counts, grown, numberOr, ofType, pathOf } from "./statistics.js";

/** What we need of an `RTCRtpReceiver`; not all browsers have it. */
export type Patient = Pick<RTCRtpReceiver, "track"> & { jitterBufferTarget?: number | null };

/** A packet that is lost is asked for at once, and half as long again leaves time for the answer's own way. */
const ROUND_TRIPS = 1.5;
const SLACK_MS = 50;
/** A talk becomes hard beyond this. */
const MOST_MS = 500;
/** With a smaller share of packets asked for again nobody waits for them. */
const LEAST_REPAIRS = 0.005;
const MIN_PACKETS = 20;
/**
 * With so many pictures left out nevertheless it was not long enough: the loss is farther away, at the sender. So much is
 * tried then, and from there ever longer.
 */
const DROPPED = 0.03;
const FAR_MS = 250;
const LONGER = 1.5;
/** What is left of the wait after a look without a loss; a short one is none. */
const KEPT = 0.8;
const LEAST_MS = 60;
/**
 * A browser has the next picture wait for all of a longer wait: told at once, pictures stand still for so long. In steps,
 * they move a little slower for a moment. With a shorter one it leaves out pictures that are late by more than 5 ms then,
 * and all that need them.
 */
const LONGER_MS = 40;
const SHORTER_MS = 5;
/** Between two steps: three pictures of a video with 15 a second. */
export const STEP_EVERY_MS = 200;

/** Of one transport that receives. */
export class Patience {
  #before: Counts = new Map();
  /** In ms, by the id of the track: what is to be waited, and what its receiver has been told. */
  #waits = new Map<string, number>();
  #told = new Map<string, number>();
  /** What they had been told at the last look. */
  #toldBefore = new Map<string, number>();

  /**
   * See how long receivers of video should wait, by what was counted since the last look. Whether one of them is to wait
   * for longer than before, or is still being told to: then another look soon tells whether that is enough. `step`
   * tells them.
   */
  look(counts: Counts): boolean {
    let soon = false;
    const roundTripMs = 1000 * numberOr(pathOf(counts)?.currentRoundTripTime, 0);
    const waits = new Map<string, number>();
    for (const entry of ofType(counts, "inbound-rtp")) {
      if (entry.kind !== "video" || typeof entry.trackIdentifier !== "string") continue;
      const gained = (name: string) => grown(this.#before, entry, name);
      const before = this.#waits.get(entry.trackIdentifier) ?? 0;
      const told = this.#told.get(entry.trackIdentifier) ?? 0;
      const toldBefore = this.#toldBefore.get(entry.trackIdentifier) ?? 0;
      // What a shorter wait left out says nothing of one that has not been told in full.
      const inForce = Math.min(told, toldBefore) >= before;
      const wait = waitMs(before, roundTripMs, {
        packets: gained("packetsReceived"),
        repairs: Math.max(gained("packetsLost"), gained("nackCount")),
        frames: gained("framesReceived"),
        dropped: inForce ? gained("framesDropped") : 0,
      });
      soon ||= wait > before || (wait === before && told > toldBefore);
      if (wait > 0) {
        waits.set(entry.trackIdentifier, wait);
      }
    }
    this.#waits = waits;
    this.#toldBefore = this.#told;
    this.#before = counts;
    return soon;
  }

  /** Tell receivers to wait for as long as they should, or a little nearer to it. Whether more is to follow. */
  step(receivers: Iterable<Patient>): boolean {
    let follows = false;
    const told = new Map<string, number>();
    for (const receiver of receivers) {
      if (!("jitterBufferTarget" in receiver)) continue;
      const { id } = receiver.track;
      const [wait, before] = [this.#waits.get(id) ?? 0, this.#told.get(id) ?? 0];
      const next = Math.min(before + LONGER_MS, Math.max(before - SHORTER_MS, wait));
      const taken = next === before || takes(receiver, next);
      if (taken ? next > 0 : before > 0) {
        told.set(id, taken ? next : before);
      }
      follows ||= taken && next !== wait;
    }
    this.#told = told;
    return follows;
  }
}

/** Whether a receiver has been told to wait for so long: one that refuses is asked again after the next look. */
function takes(receiver: Patient, ms: number): boolean {
  try {
    receiver.jitterBufferTarget = ms || null;
    return true;
  } catch {
    return false;
  }
}

/** What of one video was counted between two looks. */
export interface Gained {
  packets: number;
  /** How many were lost, or asked for again. */
  repairs: number;
  frames: number;
  /** How many came and were left out. */
  dropped: number;
}

/** For how many ms a video is to wait that waited for `beforeMs`; 0 for as little as the browser likes. */
export function waitMs(beforeMs: number, roundTripMs: number, seen: Gained): number {
  if (seen.packets < MIN_PACKETS) {
    return beforeMs;
  }
  if (seen.repairs < LEAST_REPAIRS * seen.packets) {
    const rest = Math.round(KEPT * beforeMs);
    return rest < LEAST_MS ? 0 : rest;
  }
  const late = seen.dropped > DROPPED * seen.frames;
  const wait = Math.max(
    ROUND_TRIPS * roundTripMs + SLACK_MS,
    late ? Math.max(LONGER * beforeMs, FAR_MS) : beforeMs,
  );
  return Math.round(Math.min(wait, MOST_MS));
}
