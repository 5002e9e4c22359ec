import type { Way } from "../../src/room/way";

/** Into a call, as anybody. */
export const WAY: Way = {
  ticket: "first ticket",
  peerId: "me",
  identity: "first identity",
  nodeUrl: "ws://node",
  iceServers: [],
  roomId: "room",
  interface: "call",
  displayName: "",
  nameFixed: false,
  role: "participant",
  viewer: false,
  ticketUrl: "/tickets/",
  query: "?roomId=room",
};
