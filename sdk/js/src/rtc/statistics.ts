// What a browser counts (W3C webrtc-stats) as figures of the time between two looks. Pure.

import type { DirectionReport } from "../wire/protocol.js";

/** As much as is used of one entry of an `RTCStatsReport`. */
export type Entry = { id: string; type: string } & Record<string, unknown>;

/** An `RTCStatsReport` in plain objects, by id. */
export type Counts = ReadonlyMap<string, Entry>;

/** How one video is received. Shares are from 0 to 1; null for not known. */
export interface TrackFigures {
  width: number;
  height: number;
  frameRate: number;
  loss: number | null;
  /** Pictures that came and were not shown: a device that can't keep up. */
  dropped: number | null;
}

/** Fewer packets or pictures than this say nothing. */
const MIN_PACKETS = 20;
const MIN_FRAMES = 10;

/** What is sent, between two looks that are `passedMs` apart; null where nothing is. */
export function upFigures(before: Counts, after: Counts, passedMs: number): DirectionReport | null {
  const sent = ofType(after, "outbound-rtp");
  if (sent.length === 0 || passedMs <= 0) return null;
  const reported = ofType(after, "remote-inbound-rtp");
  const packets = sum(sent, (entry) => grown(before, entry, "packetsSent"));
  const lost = sum(reported, (entry) => grown(before, entry, "packetsLost"));
  const path = pathOf(after);
  const limits = sent.map(({ qualityLimitationReason }) => qualityLimitationReason);
  return {
    bitrateBps: bitrate(before, sent, "bytesSent", passedMs),
    loss: packets >= MIN_PACKETS ? Math.min(lost / packets, 1) : null,
    roundTripMs: milliseconds(
      largest([...reported.map(({ roundTripTime }) => roundTripTime), path?.currentRoundTripTime]),
    ),
    jitterMs: milliseconds(largest(reported.map(({ jitter }) => jitter))),
    availableBps: numberOr(path?.availableOutgoingBitrate, null),
    ...pictureOf(sent.filter((entry) => grown(before, entry, "framesEncoded") > 0)),
    limitedBy: (["cpu", "bandwidth", "other"] as const).find((reason) => limits.includes(reason)) ?? "none",
  };
}

/** What is received, likewise. */
export function downFigures(before: Counts, after: Counts, passedMs: number): DirectionReport | null {
  const received = ofType(after, "inbound-rtp");
  if (received.length === 0 || passedMs <= 0) return null;
  const all = (name: string) => sum(received, (entry) => grown(before, entry, name));
  const path = pathOf(after);
  const [packets, lost, frames, samples] = [
    all("packetsReceived"),
    all("packetsLost"),
    all("framesReceived"),
    all("totalSamplesReceived"),
  ];
  // Silence that is made up where nobody speaks is not heard as a fault.
  const concealed = all("concealedSamples") - all("silentConcealedSamples");
  return {
    bitrateBps: bitrate(before, received, "bytesReceived", passedMs),
    loss: share(lost, packets + lost, MIN_PACKETS),
    roundTripMs: milliseconds(numberOr(path?.currentRoundTripTime, null)),
    jitterMs: milliseconds(largest(received.map(({ jitter }) => jitter))),
    availableBps: numberOr(path?.availableIncomingBitrate, null),
    ...pictureOf(received.filter((entry) => grown(before, entry, "framesDecoded") > 0)),
    freezes: all("freezeCount"),
    // A video that was not wanted for a while counts as frozen for all of it.
    frozenMs: Math.min(1000 * all("totalFreezesDuration"), passedMs),
    concealed: share(concealed, samples, MIN_PACKETS),
    dropped: share(all("framesDropped"), frames, MIN_FRAMES),
  };
}

/** How each video is received, by the id of its track. */
export function trackFigures(before: Counts, after: Counts): Map<string, TrackFigures> {
  const found = new Map<string, TrackFigures>();
  for (const entry of ofType(after, "inbound-rtp")) {
    if (entry.kind !== "video" || typeof entry.trackIdentifier !== "string") continue;
    const lost = grown(before, entry, "packetsLost");
    found.set(entry.trackIdentifier, {
      width: numberOr(entry.frameWidth, 0),
      height: numberOr(entry.frameHeight, 0),
      frameRate: numberOr(entry.framesPerSecond, 0),
      loss: share(lost, grown(before, entry, "packetsReceived") + lost, MIN_PACKETS),
      dropped: share(
        grown(before, entry, "framesDropped"),
        grown(before, entry, "framesReceived"),
        MIN_FRAMES,
      ),
    });
  }
  return found;
}

/** A report as plain objects, which stay as they are. */
export function countsOf(report: RTCStatsReport): Counts {
  const found = new Map<string, Entry>();
  report.forEach((entry: Entry) => {
    found.set(entry.id, entry);
  });
  return found;
}

/** The entries of one type. */
export function ofType(counts: Counts, type: string): Entry[] {
  return [...counts.values()].filter((entry) => entry.type === type);
}

/** The pair of candidates that media goes by. */
export function pathOf(counts: Counts): Entry | undefined {
  const pairs = ofType(counts, "candidate-pair");
  const chosen = ofType(counts, "transport")[0]?.selectedCandidatePairId;
  return pairs.find(({ id }) => id === chosen) ?? pairs.find(({ nominated }) => nominated === true);
}

/** How much a counter has grown; one that was not there before has grown from nothing, and none shrinks. */
export function grown(before: Counts, entry: Entry, name: string): number {
  return Math.max(0, numberOr(entry[name], 0) - numberOr(before.get(entry.id)?.[name], 0));
}

function bitrate(before: Counts, entries: Entry[], name: string, passedMs: number): number {
  return Math.round((8000 * sum(entries, (entry) => grown(before, entry, name))) / passedMs);
}

/** Size and rate of the largest video. */
function pictureOf(entries: Entry[]): Pick<DirectionReport, "width" | "height" | "frameRate"> {
  const videos = entries.filter(({ kind, frameWidth }) => kind === "video" && numberOr(frameWidth, 0) > 0);
  const [video] = videos.sort((a, b) => numberOr(b.frameWidth, 0) - numberOr(a.frameWidth, 0));
  if (video === undefined) return {};
  return {
    width: numberOr(video.frameWidth, null),
    height: numberOr(video.frameHeight, null),
    frameRate: numberOr(video.framesPerSecond, null),
  };
}

function share(part: number, whole: number, atLeast: number): number | null {
  return whole >= atLeast ? Math.min(Math.max(part, 0) / whole, 1) : null;
}

function sum(entries: Entry[], value: (entry: Entry) => number): number {
  return entries.reduce((total, entry) => total + value(entry), 0);
}

function largest(values: unknown[]): number | null {
  const known = values.filter((value): value is number => typeof value === "number");
  return known.length > 0 ? Math.max(...known) : null;
}

function milliseconds(seconds: number | null): number | null {
  return seconds === null ? null : Math.round(1000 * seconds);
}

export function numberOr<T>(value: unknown, otherwise: T): number | T {
  return typeof value === "number" && Number.isFinite(value) ? value : otherwise;
}
