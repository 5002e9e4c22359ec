// Generated from meet/views/check.py by `make generate`. Do not edit.

/** What the page of a check starts with. `roomId` is empty where the link names no room. */
export interface CheckBoot {
  language: string;
  roomId: string;
  ticketUrl: string;
  contact: string;
  brand: Brand | null;
}

/** Shown instead of ours; one of the two may be empty. */
export interface Brand {
  logoUrl: string;
  name: string;
}

/** What opens one measurement on one node. */
export interface CheckTicket {
  ticket: string;
  nodeUrl: string;
  iceServers: IceServer[];
}

/** A TURN server's addresses (RFC 7065) and credentials, as W3C's RTCIceServer has them; they expire. */
export interface IceServer {
  urls: string[];
  username: string;
  credential: string;
}

/** What the page sends for each measurement; the room that the person is going to, if any. */
export interface CheckTicketRequest {
  roomId?: string;
}
