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
  const usableBps = goodBps.map((good, layer) => stricter(good, capsBps[layer] ?? 0));
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

/** What of `limitBps` (0 for no limit) falls to each of several videos that are good at `goodBps`. */
export function shareLimit(goodBps: readonly number[], limitBps: number): number[] {
  const all = sum(goodBps) || 1;
  return goodBps.map((good) => Math.ceil((good / all) * limitBps));
}

/** The stricter of two limits, 0 being none. */
export function stricter(one: number, other: number): number {
  return Math.min(one || other, other || one);
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
