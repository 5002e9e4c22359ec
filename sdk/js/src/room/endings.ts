// What the end of a meeting was, for whoever decides whether to offer another try. Pure.

import type { Ended, EndingReason } from "./state.js";

/** Ends that are no refusal, by the code of `RoomState.closed`. */
const REASONS: Readonly<Record<string, EndingReason>> = {
  kicked: "removed",
  meetingEnded: "ended",
  peerReplaced: "replaced",
  connectionLost: "lost",
  serverClosing: "lost",
  internalError: "lost",
};

/** Refusals that pass: another try by the person may succeed. */
const PASSING: ReadonlySet<string> = new Set([
  "notAdmitted",
  "roomFull",
  "serverBusy",
  "roomLocked",
  "tooManyRequests",
  "tooEarly",
  "accessLocked",
  "accessCheckFailed",
  "accessBusy",
  "tokenNotYet",
  "noNode",
]);

/** The participant's own wish. */
export const LEFT: Ended = {
  reason: "left",
  code: "left",
  message: "The participant has left.",
  canJoinAgain: true,
};

/** Every code that names no other end is a refusal. */
export function endedBy({ code, message }: { code: string; message: string }): Ended {
  const reason = REASONS[code] ?? "refused";
  return { reason, code, message, canJoinAgain: reason === "lost" || PASSING.has(code) };
}
