// What the server put into the page (`meet/views/pages.py`, by `json_script`).

/** How to get in: a ticket for one peer in one room on one node, and that node's WebSocket address. */
export interface Admission {
  ticket: string;
  peerId: string;
  nodeUrl: string;
}

/** Everything a room's page starts with. `ticketUrl` gives another `Admission`. */
export interface Boot extends Admission {
  roomId: string;
  interface: "call" | "webinar";
  displayName: string;
  nameFixed: boolean;
  nameScreenDisabled: boolean;
  ticketUrl: string;
}
