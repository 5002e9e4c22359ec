import type { Boot } from "../../src/wire/boot";

/** What a call's page starts with. */
export const BOOT: Boot = {
  roomId: "room",
  interface: "call",
  displayName: "",
  nameFixed: false,
  role: "participant",
  viewer: false,
  attributes: {
    autoplayWithoutAudioTrack: false,
    controlsDisabled: false,
    hideIndicators: false,
    inviteUrl: "",
    lang: "",
    minimizeTiles: false,
    nameScreenDisabled: false,
    sortPeers: false,
    startWithFS: false,
  },
  language: "en",
  warnings: [],
  opensBare: true,
  ticketUrl: "/tickets/",
  contact: "",
  brand: null,
  ticket: "first ticket",
  peerId: "me",
  identity: "first identity",
  nodeUrl: "ws://node",
  iceServers: [],
};
