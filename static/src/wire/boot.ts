// Generated from meet/views/boot.py by `make generate`. Do not edit.

/** Everything that a room's page starts with; at `ticketUrl` there is another `Admission`. */
export interface Boot {
  ticket: string;
  peerId: string;
  identity: string;
  nodeUrl: string;
  iceServers: IceServer[];
  roomId: string;
  interface: "call" | "webinar";
  displayName: string;
  nameFixed: boolean;
  role: "participant" | "moderator" | "interpreter";
  viewer: boolean;
  attributes: PageAttributes;
  language: string;
  warnings: string[];
  opensBare: boolean;
  ticketUrl: string;
  recordingsUrl?: string;
  contact: string;
  brand: Brand | null;
}

/** A TURN server's addresses (RFC 7065) and credentials, as W3C's RTCIceServer has them; they expire. */
export interface IceServer {
  urls: string[];
  username: string;
  credential: string;
}

/** The link's attributes that concern the page only, by their own names. */
export interface PageAttributes {
  autoplayWithoutAudioTrack: boolean;
  controlsDisabled: boolean;
  hideIndicators: boolean;
  inviteUrl: string;
  lang: string;
  minimizeTiles: boolean;
  nameScreenDisabled: boolean;
  sortPeers: boolean;
  startWithFS: boolean;
}

/** Shown instead of ours; one of the two may be empty. */
export interface Brand {
  logoUrl: string;
  name: string;
}

/** How to get in: a ticket for one peer in one room on one node, and that node's WebSocket address. */
export interface Admission {
  ticket: string;
  peerId: string;
  identity: string;
  nodeUrl: string;
  iceServers: IceServer[];
}

/** What a page sends for a new ticket: its interface, its own query string, and the identity that it was given. */
export interface TicketRequest {
  interface: string;
  query: string;
  identity?: string;
  page?: boolean;
}
