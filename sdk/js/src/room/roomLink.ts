// A room's link, and the way into the room that the server gives for it.

import { MeetError } from "../signal/failures.js";
import type { Admission } from "../wire/admission.js";
import type { Platform } from "./platform.js";
import { fetchTicket, TICKET_TIMEOUT_MS } from "./tickets.js";
import type { Way } from "./way.js";

/** This is no link of a room. */
export class LinkInvalid extends MeetError {
  constructor(message: string) {
    super("linkInvalid", message);
  }
}

/** Where tickets are given, and what the page of a link would send there. */
export interface RoomLink {
  ticketUrl: string;
  interface: "call" | "webinar";
  query: string;
  roomId: string;
  displayName: string;
}

/** Read `https://HOST/call/?roomId=…`. `displayName` is the link's, unless given. Throws `LinkInvalid`. */
export function readLink(link: string, displayName?: string): RoomLink {
  const [, origin, before = "", kind] =
    /^(https?:\/\/[^/?#\s]+)((?:\/[^/?#\s]+)*)\/(call|webinar)\/?(?:[?#]|$)/.exec(link) ?? [];
  if (origin === undefined) {
    throw new LinkInvalid(
      "A room's link begins with http:// or https:// and has the path /call/ or /webinar/.",
    );
  }
  let query = (/\?([^#]*)/.exec(link)?.[1] ?? "").split("&").filter(Boolean);
  const value = (name: string) => query.filter((pair) => nameOf(pair) === name).map(textOf)[0];
  if (value("roomId") === undefined && value("token") === undefined) {
    throw new LinkInvalid("A room's link has a roomId, or a token with one.");
  }
  if (displayName !== undefined) {
    query = query.filter((pair) => nameOf(pair) !== "displayName");
    query.push(`displayName=${encodeURIComponent(displayName)}`);
  }
  return {
    ticketUrl: `${origin}${before}/tickets/`,
    interface: kind as RoomLink["interface"],
    query: query.join("&"),
    roomId: value("roomId") ?? "",
    displayName: value("displayName") ?? "",
  };
}

// React Native's URLSearchParams reads nothing in some of its versions.

function nameOf(pair: string): string {
  return decoded(pair.split("=")[0] ?? "");
}

function textOf(pair: string): string {
  return decoded(pair.split("=").slice(1).join("="));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text; // a % that begins no octet
  }
}

/** Ask for a first ticket. Rejects with `LinkInvalid`, `TicketRefused` or `TicketUnavailable`. */
export async function wayOf(
  link: string,
  displayName: string | undefined,
  { clock, fetch }: Pick<Platform, "clock" | "fetch">,
): Promise<Way> {
  const read = readLink(link, displayName);
  const controller = new AbortController();
  const cancelTimeout = clock.after(TICKET_TIMEOUT_MS, () => controller.abort());
  try {
    return { ...(await fetchTicket(read, "", fetch, controller.signal)), ...unknown(), ...read };
  } finally {
    cancelTimeout();
  }
}

/** By a ticket that somebody else has got: the only one there is. */
export function wayBy(admission: Admission, displayName = ""): Way {
  return {
    ...admission,
    ...unknown(),
    displayName,
    interface: "call",
    roomId: "",
    ticketUrl: null,
    query: "",
  };
}

/** What the room says on entering. */
function unknown(): Pick<Way, "nameFixed" | "role" | "viewer"> {
  return { nameFixed: false, role: "participant", viewer: false };
}
