// Which simulcast layers of a video to send, and with how much each: those that somebody receives, within a limit of
// bit rate. The one place that decides `active`. Pure but for `limit`.

import type { Source } from "../signal/shapes.js";

/** What a sender does with one layer. */
export interface LayerLimit {
  active: boolean;
  maxBitrate: number;
}

/** What we need of an `RTCRtpSender`. */
export type LimitedSender = Pick<RTCRtpSender, "getParameters" | "setParameters">;

/**
 * With less than this part of its good bit rate, a layer looks worse than the next smaller one stretched. A screen
 * still tells more in all its pixels, though they come slowly.
 */
const WORTHWHILE = 0.4;
const WORTHWHILE_OF_SCREEN = 0.1;
/** An upload that carries less than this part of what all would take is narrow, until it carries all of it. */
const NARROW_BELOW = 0.85;
/**
 * So much of its good bit rate is the least that Chromium gives a layer: 150 kbit/s for 640 x 360, and 600 kbit/s for
 * 1280 x 720. It begins to send one with so many times that.
 */
const LEAST = 0.3;
const LARGE_LEAST = 0.4;
const LARGE_BPS = 900_000;
const BEGINS = 1.2;
/** What sound takes of an upload, about. */
const SOUND_BPS = 60_000;

/**
 * How to send the layers of one video within `limitBps` altogether (0 for no limit). `goodBps` is what each layer
 * would have without, the smallest first; of them `wanted` are received by anybody, and none who does can use more than
 * `capsBps` of each (0, or none, for no limit). The largest layers go first, the rest shares what there is.
 */
export function limitLayers(
  source: Source,
  goodBps: readonly number[],
  limitBps: number,
  wanted: number = goodBps.length,
  capsBps: readonly number[] = [],
): LayerLimit[] {
  const usableBps = layersBps(source, goodBps, capsBps);
  const worthwhile = source === "screen" ? WORTHWHILE_OF_SCREEN : WORTHWHILE;
  let layers = Math.min(wanted, goodBps.length);
  while (limitBps > 0 && layers > 1 && limitBps < worthwhile * sum(goodBps.slice(0, layers))) {
    layers -= 1;
  }
  const total = sum(usableBps.slice(0, layers));
  const available = limitBps > 0 ? Math.min(total, limitBps) : total;
  return usableBps.map((usable, layer) => ({
    active: layer < layers,
    maxBitrate: layer < layers ? Math.floor((usable * available) / total) : usable,
  }));
}

/**
 * Which bits/s there are for videos on an upload that carries `availableBps` (0 for not known) and has been `narrow`
 * or not, where they take `wantedBps` together; 0 where there is enough for all.
 */
export function narrowedBps(availableBps: number, wantedBps: number, narrow: boolean): number {
  const left = availableBps - SOUND_BPS;
  return availableBps > 0 && left < (narrow ? 1 : NARROW_BELOW) * wantedBps ? Math.max(1, left) : 0;
}

/**
 * With how much to send each of the `wanted` layers of one video where its upload carries `uploadBps` (0 for enough), at
 * most: 0 for no limit, as the largest that can be sent has. A browser gives the smallest all that it can use before it
 * gives the next anything, and takes the largest out each time that it thinks too little of the upload.
 */
export function uploadCaps(
  goodBps: readonly number[],
  uploadBps: number,
  wanted: number = goodBps.length,
): number[] {
  let largest = Math.min(wanted, goodBps.length) - 1;
  const needed = (good: number) => WORTHWHILE * sum(goodBps.slice(0, largest)) + BEGINS * leastBps(good);
  while (largest > 0 && needed(goodBps[largest] ?? 0) > uploadBps) {
    largest -= 1;
  }
  return goodBps.map((good, layer) => (uploadBps > 0 && layer < largest ? Math.floor(WORTHWHILE * good) : 0));
}

/** What of `limitBps` (0 for no limit) falls to each of several videos that are good at `goodBps`. */
export function shareLimit(goodBps: readonly number[], limitBps: number): number[] {
  const all = sum(goodBps) || 1;
  return goodBps.map((good) => Math.ceil((good / all) * limitBps));
}

/** The stricter of two limits, 0 being none. */
export function stricter(one: number, other: number): number {
  return Math.min(one || other, other || one);
}

/**
 * What each layer of a video is encoded with under these caps (0, or none, for no limit). One of several of a camera has
 * no less than Chromium gives it by itself: from below that each raise, however small, would start its encoder anew, and
 * a keyframe with the pictures after it takes 100 kB.
 */
export function layersBps(source: Source, goodBps: readonly number[], capsBps: readonly number[]): number[] {
  const simulcast = source === "camera" && goodBps.length > 1;
  return goodBps.map((good, layer) => {
    const cap = capsBps[layer] ?? 0;
    return stricter(good, simulcast && cap > 0 ? Math.max(cap, leastBps(good)) : cap);
  });
}

/** The least that Chromium gives a layer that is good at `good`. */
function leastBps(good: number): number {
  return Math.ceil((good < LARGE_BPS ? LEAST : LARGE_LEAST) * good);
}

/** Make a sender keep to it. */
export async function limit(sender: LimitedSender, layers: readonly LayerLimit[]): Promise<void> {
  const parameters = sender.getParameters();
  parameters.encodings.forEach((encoding, index) => {
    Object.assign(encoding, layers[index]);
  });
  await sender.setParameters(parameters);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
