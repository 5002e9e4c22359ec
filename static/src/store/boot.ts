// What the server put into the page (`meet/views/pages.py`, by `json_script`).

import type { Role } from "../signal/shapes";

/** How to get in: a ticket for one peer in one room on one node, and that node's WebSocket address. */
export interface Admission {
  ticket: string;
  peerId: string;
  /** This page's secret: shown for another ticket, it is for the same participant. */
  identity: string;
  nodeUrl: string;
}

/** The link's attributes that concern this page only (`for_page` in `meet/attributes.py`), by their own names. */
export interface PageAttributes {
  autoplayWithoutAudioTrack: boolean;
  controlsDisabled: boolean;
  hideIndicators: boolean;
  /** What others are invited with; empty for the room's bare link. */
  inviteUrl: string;
  lang: string;
  minimizeTiles: boolean;
  nameScreenDisabled: boolean;
  sortPeers: boolean;
  startWithFS: boolean;
}

/** Whose meetings these are; each is empty where there is none. */
export interface Brand {
  name: string;
  logoUrl: string;
}

/** Everything a room's page starts with. `ticketUrl` gives another `Admission`. */
export interface Boot extends Admission {
  roomId: string;
  interface: "call" | "webinar";
  displayName: string;
  nameFixed: boolean;
  /** What the server will say on entering, known before for the sake of the welcome screen. */
  role: Role;
  viewer: boolean;
  attributes: PageAttributes;
  /** A language's code, such as `de`: the link's, else the browser's. */
  language: string;
  /** What is wrong with the link, in sentences for those who made it. */
  warnings: string[];
  /** Whether the room's bare link lets people in: no token is required, and nobody is asked about them. */
  opensBare: boolean;
  ticketUrl: string;
  /** Where I find the recordings that I may see; missing where there are none for me. */
  recordingsUrl?: string;
  /** Whom to ask about this room: an address, a number, a name. */
  contact?: string;
  brand?: Brand | null;
}
