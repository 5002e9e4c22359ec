// What somebody has in hand who wants to come into a room.

import type { Role } from "../signal/shapes.js";
import type { Admission } from "../wire/admission.js";
import type { NewTicket } from "./tickets.js";

/** What is known of a participant before they are in, as far as it is known. */
export interface Opening {
  roomId: string;
  interface: "call" | "webinar";
  peerId: string;
  displayName: string;
  nameFixed: boolean;
  role: Role;
  viewer: boolean;
}

/**
 * A ticket, and where there are more of them, for who says this query and shows the identity of the one before: from
 * `newTicket`, else from an address. Without both the first one is all there is.
 */
export interface Way extends Admission, Opening {
  ticketUrl: string | null;
  query: string;
  newTicket?: NewTicket | undefined;
}
