// What a check has found, what that means for a meeting, and one remedy for each problem. Pure.

import type { CheckedDevice, CheckResult, CheckVerdict } from "../../bridge/api";

/** The encodings of a 720p camera with its smaller layers, and what others send at the same time. */
export const HD_BPS = 1_500_000;
/** One small picture and sound each way. */
export const VIDEO_BPS = 300_000;
/** Opus with what goes around it. */
export const AUDIO_BPS = 50_000;
/** Shares of packets, both ways: repaired without being seen, and beyond repair. */
export const LOSS_SEEN = 0.05;
export const LOSS_BAD = 0.2;
/** People begin to talk at the same time beyond this. */
export const ROUND_TRIP_LONG_MS = 400;

/** Of the texts `remedy.…` and `problem.…`. */
export type CheckProblem =
  | `camera.${Exclude<CheckedDevice, "ok" | "skipped" | "silent" | "notHeard">}`
  | `microphone.${Exclude<CheckedDevice, "ok" | "skipped" | "notHeard">}`
  | "speakers.notHeard"
  | "signalling"
  | "udp"
  | "busy"
  | "slow"
  | "slowUp"
  | "slowDown"
  | "loss"
  | "delay";

/** What will work. */
export function verdictOf({ connection, bandwidth }: Omit<CheckResult, "verdict">): CheckVerdict {
  if (connection === null) {
    return "unknown";
  }
  if (!connection.signalling || connection.protocol === null) {
    return "nothing";
  }
  const loss = Math.max(connection.lossUp ?? 0, connection.lossDown ?? 0);
  if (bandwidth === null) {
    return "unknown";
  }
  const least = Math.min(bandwidth.upBps, bandwidth.downBps);
  if (least < AUDIO_BPS) {
    return "nothing";
  }
  if (least < VIDEO_BPS || loss >= LOSS_BAD) {
    return "audio";
  }
  return least >= HD_BPS && loss < LOSS_SEEN ? "hd" : "video";
}

/** What is in the way, the worst first. `busy`: the server measured nothing, as too many wanted it to. */
export function problemsOf(result: Omit<CheckResult, "verdict">, busy: boolean): CheckProblem[] {
  const { camera, microphone, speakers, connection, bandwidth } = result;
  const problems: CheckProblem[] = [];
  if (connection !== null && !connection.signalling && !busy) {
    problems.push("signalling");
  } else if (connection?.signalling && connection.protocol === null) {
    problems.push("udp");
  }
  if (busy) {
    problems.push("busy");
  }
  if (microphone !== "ok" && microphone !== "skipped" && microphone !== "notHeard") {
    problems.push(`microphone.${microphone}`);
  }
  if (camera !== "ok" && camera !== "skipped" && camera !== "notHeard" && camera !== "silent") {
    problems.push(`camera.${camera}`);
  }
  if (speakers === "notHeard") {
    problems.push("speakers.notHeard");
  }
  if (bandwidth !== null) {
    const slowUp = bandwidth.upBps < HD_BPS;
    const slowDown = bandwidth.downBps < HD_BPS;
    // What comes back is what went up: a slow way up says nothing about the way down.
    if (slowUp) {
      problems.push(bandwidth.upBps < VIDEO_BPS ? "slow" : "slowUp");
    } else if (slowDown) {
      problems.push("slowDown");
    }
  }
  if (connection !== null) {
    if (Math.max(connection.lossUp ?? 0, connection.lossDown ?? 0) >= LOSS_SEEN) {
      problems.push("loss");
    }
    if ((connection.roundTripMs ?? 0) > ROUND_TRIP_LONG_MS) {
      problems.push("delay");
    }
  }
  return problems;
}
