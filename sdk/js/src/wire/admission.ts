// Generated from meet/views/boot.py by `make generate`. Do not edit.

/** How to get in: a ticket for one peer in one room on one node, and that node's WebSocket address. */
export interface Admission {
  ticket: string;
  peerId: string;
  identity: string;
  nodeUrl: string;
  iceServers: IceServer[];
}

/** A TURN server's addresses (RFC 7065) and credentials, as W3C's RTCIceServer has them; they expire. */
export interface IceServer {
  urls: string[];
  username: string;
  credential: string;
}

/** What a page sends for a new ticket: its interface, its own query string, and the identity that it was given. */
export interface TicketRequest {
  interface: string;
  query: string;
  identity?: string;
  page?: boolean;
}
