// Why a connection is called what it is called: whose fault it is, in an order that helps. Pure.

import type { TrackFigures } from "meet-client/rtc/statistics";
import type { DirectionReport, QualityFigures } from "meet-client/wire/protocol";

/** From here on something is a cause; shares of packets and of pictures, and milliseconds there and back. */
export const LOSSY = 0.03;
export const DROPPING = 0.2;
export const SLOW_MS = 300;
/** More than two at once help nobody. */
const MAX_CAUSES = 2;

export type CauseName =
  | "paused"
  | "yourUpload"
  | "yourUploadNarrow"
  | "yourDownload"
  | "yourMachine"
  | "yourDelay"
  | "theirUpload"
  | "theirUploadNarrow"
  | "theirDownload"
  | "theirMachine"
  | "theirDelay"
  | "unclear";

/** `value` is a share from 0 to 1 or milliseconds, 0 where the words have none. */
export interface Cause {
  name: CauseName;
  value: number;
  unit: "share" | "ms";
}

export type Advice = "network" | "machine" | "theirs";

/** What is known at the moment; null for what is not. */
export interface Evidence {
  /** It is about oneself. */
  self: boolean;
  /** What the node judged the person by whom it is about. */
  judged: QualityFigures | null;
  /** What my own browser counts. */
  up: DirectionReport | null;
  down: DirectionReport | null;
  /** How I receive their video. */
  track: TrackFigures | null;
  /** The node sends me none of it, since my link does not carry it. */
  exceedsLink: boolean;
}

/** What is wrong, the likeliest to be seen or heard first; never empty. */
export function diagnose(evidence: Evidence): Cause[] {
  const causes = evidence.self ? aboutMe(evidence) : aboutThem(evidence);
  return causes.length > 0 ? causes.slice(0, MAX_CAUSES) : [cause("unclear")];
}

/** What helps against the first cause; null where nothing is wrong. */
export function adviceFor(causes: readonly Cause[]): Advice | null {
  const first = causes[0]?.name ?? "unclear";
  if (first === "unclear") return null;
  if (first.startsWith("their")) return "theirs";
  return first === "yourMachine" ? "machine" : "network";
}

/** The few numbers beside the words: of a person's video as I send or receive it, and of their way to the server. */
export function figuresOf({ self, judged, up, track }: Evidence) {
  const picture = self ? up : track;
  return {
    width: picture?.width ?? 0,
    height: picture?.height ?? 0,
    frameRate: picture?.frameRate ?? 0,
    loss: larger(judged?.uploadLoss, picture?.loss),
    roundTripMs: larger(judged?.roundTripMs, self ? up?.roundTripMs : null),
  };
}

function aboutMe({ judged, up, down }: Evidence): Cause[] {
  const limitedBy = up?.limitedBy ?? judged?.limitedBy ?? "none";
  return [
    ...lossy("yourUpload", larger(judged?.uploadLoss, up?.loss)),
    ...(limitedBy === "bandwidth" ? [cause("yourUploadNarrow")] : []),
    ...(limitedBy === "cpu" || exceeds(down?.dropped, DROPPING) ? [cause("yourMachine")] : []),
    ...lossy("yourDownload", larger(judged?.downloadLoss, down?.loss)),
    ...slow("yourDelay", larger(judged?.roundTripMs, larger(up?.roundTripMs, down?.roundTripMs))),
  ];
}

function aboutThem({ judged, down, track, exceedsLink }: Evidence): Cause[] {
  return [
    ...(exceedsLink ? [cause("paused")] : []),
    ...lossy("theirUpload", judged?.uploadLoss ?? null),
    ...(judged?.limitedBy === "bandwidth" ? [cause("theirUploadNarrow")] : []),
    ...(judged?.limitedBy === "cpu" ? [cause("theirMachine")] : []),
    ...lossy("yourDownload", larger(track?.loss, down?.loss)),
    ...(exceeds(track?.dropped ?? down?.dropped, DROPPING) ? [cause("yourMachine")] : []),
    ...lossy("theirDownload", judged?.downloadLoss ?? null),
    ...slow("theirDelay", judged?.roundTripMs ?? null),
  ];
}

function lossy(name: CauseName, share: number | null): Cause[] {
  return exceeds(share, LOSSY) ? [{ name, value: share ?? 0, unit: "share" }] : [];
}

function slow(name: CauseName, milliseconds: number | null): Cause[] {
  return exceeds(milliseconds, SLOW_MS) ? [{ name, value: milliseconds ?? 0, unit: "ms" }] : [];
}

function cause(name: CauseName): Cause {
  return { name, value: 0, unit: "share" };
}

function exceeds(value: number | null | undefined, limit: number): boolean {
  return typeof value === "number" && value > limit;
}

function larger(one: number | null | undefined, other: number | null | undefined): number | null {
  return one == null ? (other ?? null) : other == null ? one : Math.max(one, other);
}
