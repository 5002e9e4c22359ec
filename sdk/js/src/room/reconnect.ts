// When to try again, and when it is over: the policy, without any waiting.

import { type CloseInfo, MeetError, RequestRefused } from "../signal/failures.js";
import { TicketRefused, TicketUnavailable } from "./tickets.js";

/** A first entry is given up after this long, a lost connection after `RECONNECT_WINDOW_MS`. */
export const ENTRY_WINDOW_MS = 20_000;
export const RECONNECT_WINDOW_MS = 120_000;

/** When there is a network again, everybody behind it comes within this time, and not at the same moment. */
export const RETURN_SPREAD_MS = 400;

const FIRST_DELAY_MS = 300;
/** A node that died is noticed within 5 seconds, and one that was killed starts again: so long, attempts are frequent. */
const LONGEST_EARLY_DELAY_MS = 2_000;
const EARLY_ATTEMPTS = 8;
const LONGEST_DELAY_MS = 5_000;

/** Why a meeting is over. */
export interface Ending {
  code: string;
  message: string;
}

export const CONNECTION_LOST: Ending = {
  code: "connectionLost",
  message: "The connection to the meeting was lost.",
};

/** What to do after a connection has ended or an attempt to enter has failed. */
export type Verdict = { kind: "retry"; newTicket: boolean } | { kind: "over"; ending: Ending };

/**
 * The wait in ms before attempt number `attempt` (from 0), when the one before took `tookMs`: what took long has waited
 * already. `random` from 0 to 1 spreads clients out.
 */
export function delayMs(attempt: number, random: number, tookMs = 0): number {
  const most = attempt < EARLY_ATTEMPTS ? LONGEST_EARLY_DELAY_MS : LONGEST_DELAY_MS;
  const longest = Math.min(most, FIRST_DELAY_MS * 2 ** Math.min(attempt, 10));
  const spread = 0.5 + random / 2;
  return Math.round(Math.max(FIRST_DELAY_MS * spread, longest * spread - tookMs));
}

// WebSocket close codes of `rooms/protocol/errors.py` after which trying again would end the same way.
const FINAL_CLOSE_CODES = new Map<number, Ending>([
  [4400, { code: "outdatedPage", message: "The server has been updated. Please load the page again." }],
  [4409, { code: "peerReplaced", message: "Someone joined into the room with your ID" }],
  [4411, { code: "kicked", message: "You were removed from this meeting." }],
  [4412, { code: "meetingEnded", message: "The meeting has ended." }],
  [4429, { code: "tooManyRequests", message: "Too many requests." }],
]);

const PASSING = new Set(["serverClosing", "internalError"]);

/** What the end of a connection means for somebody who wants to stay in. */
export function afterClose(info: CloseInfo): Verdict {
  if (info.closing !== null) {
    return PASSING.has(info.closing.code) ? { kind: "retry", newTicket: true } : over(info.closing);
  }
  const final = FINAL_CLOSE_CODES.get(info.code);
  return final === undefined ? { kind: "retry", newTicket: true } : over(final);
}

/** A node that refuses so many tickets in a row will refuse the next one, too. */
const MAX_REFUSALS = 5;

const CURABLE_BY_TICKET = new Set(["ticketExpired", "ticketInvalid", "wrongNode", "serverBusy"]);

/** The next ticket may be for a node that has less to do; more than that would only give a full one more to do. */
const MAX_BUSY_REFUSALS = 1;

/**
 * What a failed attempt to enter means; any error but a refusal is the network's. The node has refused us `refusals`
 * times before, with other tickets: how often nobody answered does not count, for a node may take its time to start. Who
 * comes `back` after a lost connection is patient, for there is a place for them.
 */
export function afterFailure(error: unknown, refusals: number, back = false): Verdict {
  if (error instanceof Unsupported) {
    return over({ code: "unsupported", message: error.message });
  }
  if (error instanceof TicketRefused) {
    return over({ code: error.code, message: error.message });
  }
  if (error instanceof RequestRefused) {
    const most = error.code === "serverBusy" && !back ? MAX_BUSY_REFUSALS : MAX_REFUSALS;
    const curable = PASSING.has(error.code) || (CURABLE_BY_TICKET.has(error.code) && refusals < most);
    return curable ? { kind: "retry", newTicket: true } : over({ code: error.code, message: error.message });
  }
  // While `web` is being restarted, the ticket we have may still open the node's door.
  return { kind: "retry", newTicket: !(error instanceof TicketUnavailable) };
}

/** This browser, or whatever runs this, cannot do what a meeting needs. */
export class Unsupported extends MeetError {
  constructor(message: string, options?: { cause: unknown }) {
    super("unsupported", message, options);
  }
}

function over({ code, message }: Ending): Verdict {
  return { kind: "over", ending: { code, message } };
}
