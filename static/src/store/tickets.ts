// Tickets grow old, and the room may move to another node: a new one comes from `ticketUrl`.

import type { Admission, Boot, TicketRequest } from "../wire/boot";

/** The server honours a ticket for ten minutes; we ask for a new one with some time in hand. */
export const TICKET_FRESH_MS = 8 * 60_000;

/** How long to wait for one; on a slow network it takes some seconds. */
export const TICKET_TIMEOUT_MS = 8_000;

/** `ticketUrl` said no: `code` is an error code, the message for people. */
export class TicketRefused extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Nobody answered at `ticketUrl`, or not in a way that says no. */
export class TicketUnavailable extends Error {}

/** Whether a ticket of this age (ms) may still be used. */
export function isFresh(ageMs: number): boolean {
  return ageMs < TICKET_FRESH_MS;
}

/** Ask for a new ticket for who has this identity, until `signal` says not to wait any longer. Throws `TicketRefused` or `TicketUnavailable`. */
export async function fetchTicket(
  boot: Boot,
  search: string,
  identity: string,
  fetch: typeof window.fetch,
  signal: AbortSignal,
): Promise<Admission> {
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(boot.ticketUrl, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ interface: boot.interface, query: search, identity } satisfies TicketRequest),
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
