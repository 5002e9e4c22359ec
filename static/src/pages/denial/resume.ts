// Who was in and loads the page anew after the end of their token comes back: a page's address says nothing about who
// loads it, but this tab's page has left its identity here.

import type { IdentityKeeper } from "meet-client/room/identity";
import type { Boot, TicketRequest } from "../../wire/boot";

/** Refusals that the server takes back for who was in, as long as the account says. */
const ENDED: ReadonlySet<string> = new Set(["tokenExpired", "tokenOver"]);
const TIMEOUT_MS = 8_000;

/** What of the page's address and of the server's answer is needed. */
interface Page {
  code: string;
  ticketUrl: string;
  interface: string;
  search: string;
}

/**
 * What the room's page starts with for who was in from this tab; null for everybody else, and where the server says no.
 * The identity stays where the room's page looks for it, and where the server can't be reached for another try.
 */
export async function resume(
  page: Page,
  keeper: IdentityKeeper,
  fetch: typeof window.fetch,
): Promise<Boot | null> {
  if (!ENDED.has(page.code)) return null;
  const identity = keeper.takeKept();
  if (identity === null) return null;
  const body = JSON.stringify({
    interface: page.interface,
    query: page.search,
    identity,
    page: true,
  } satisfies TicketRequest);
  try {
    const response = await fetch(page.ticketUrl, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body,
      cache: "no-store",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok && response.status < 500) return null;
    keeper.leave(identity);
    return response.ok ? ((await response.json()) as Boot) : null;
  } catch {
    keeper.leave(identity);
    return null;
  }
}
