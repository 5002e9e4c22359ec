// Tickets grow old, and the room may move to another node: a new one comes from `ticketUrl`.

import { MeetError } from "../signal/failures.js";
import type { Admission, TicketRequest } from "../wire/admission.js";
import type { Way } from "./way.js";

/** The server honours a ticket for ten minutes; we ask for a new one with some time in hand. */
export const TICKET_FRESH_MS = 8 * 60_000;

/** How long to wait for one; on a slow network it takes some seconds. */
export const TICKET_TIMEOUT_MS = 8_000;

/** `ticketUrl` said no: `code` is an error code, the message for people. */
export class TicketRefused extends MeetError {}

/** Nobody answered at `ticketUrl`, or not in a way that says no. */
export class TicketUnavailable extends MeetError {
  constructor(message: string, options?: { cause: unknown }) {
    super("connectionLost", message, options);
  }
}

/**
 * Gives a new ticket for who has this identity, as whoever gave the first one can. Rejects with `TicketRefused` where there
 * is to be none; after any other failure it is asked again.
 */
export type NewTicket = (identity: string) => Promise<Admission>;

/** What we need of `fetch`. */
export type Fetch = (
  url: string,
  options: {
    method: string;
    headers: Record<string, string>;
    body: string;
    cache: "no-store";
    signal: AbortSignal;
  },
) => Promise<{ readonly ok: boolean; readonly status: number; json(): Promise<unknown> }>;

/** Whether a ticket of this age (ms) may still be used. */
export function isFresh(ageMs: number): boolean {
  return ageMs < TICKET_FRESH_MS;
}

/**
 * Ask for a new ticket for who has this identity, until `signal` says not to wait any longer. Rejects with `TicketRefused`
 * or `TicketUnavailable`.
 */
export async function fetchTicket(
  way: Pick<Way, "ticketUrl" | "interface" | "query">,
  identity: string,
  fetch: Fetch,
  signal: AbortSignal,
): Promise<Admission> {
  if (way.ticketUrl === null) {
    throw new TicketRefused(
      "ticketExpired",
      "The ticket is too old, and without a link there is no other one.",
    );
  }
  let response: Awaited<ReturnType<Fetch>>;
  let body: unknown;
  try {
    response = await fetch(way.ticketUrl, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ interface: way.interface, query: way.query, identity } satisfies TicketRequest),
      cache: "no-store",
      signal,
    });
    body = await response.json();
  } catch (cause) {
    throw new TicketUnavailable("The server cannot be reached.", { cause });
  }
  if (response.ok) {
    return body as Admission;
  }
  const refusal = (body as { error?: { code: string; message: string } }).error;
  if (refusal === undefined || response.status >= 500) {
    throw new TicketUnavailable(`The server answered with ${response.status}.`);
  }
  throw new TicketRefused(refusal.code, refusal.message);
}

/** Likewise, from who gave the first ticket: an answer of `/tickets/`, or what comes to the same. */
export async function askForTicket(
  newTicket: NewTicket,
  identity: string,
  signal: AbortSignal,
): Promise<Admission> {
  const late = new Promise<never>((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(new Error("No new ticket came in time.")));
  });
  let admission: Partial<Admission> | null | undefined;
  try {
    admission = await Promise.race([newTicket(identity), late]);
  } catch (cause) {
    if (cause instanceof TicketRefused) {
      throw cause;
    }
    throw new TicketUnavailable("Whoever gives new tickets has given none.", { cause });
  }
  const { ticket, nodeUrl } = admission ?? {};
  if (typeof ticket !== "string" || typeof nodeUrl !== "string") {
    throw new TicketUnavailable(
      "`newTicket` must resolve with an answer of /tickets/, and gave something else.",
    );
  }
  return admission as Admission;
}
