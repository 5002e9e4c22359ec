// Another participant as the page knows them.

import type { Peer } from "../../src/room/state";

/** A regular participant who sends nothing, with what a test wants otherwise. */
export function peer(more: Partial<Peer> = {}): Peer {
  return {
    id: "p",
    displayName: "P",
    joinedAt: 0,
    role: "participant",
    language: "",
    handRaisedAt: null,
    absent: false,
    quality: "good",
    overrides: { mic: null, camera: null, screen: null },
    tracks: {},
    ...more,
  };
}
