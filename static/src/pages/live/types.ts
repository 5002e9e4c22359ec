// What the pages of live rooms are told; `rooms/control/shapes.py` and `rooms/live/views.py` say what it means.

import type { Quality, Role, Source } from "../../signal/shapes";

/** What the page itself says: where its state is, and on a room's page which room it is. */
export type Boot =
  | { state: string; accounts: boolean }
  | { room: string; account: string; list: string; state: string; act: string };

export interface RoomsState {
  now: number;
  rooms: RoomSummary[];
  silentNodes: string[];
}

export interface RoomSummary {
  accountId: number;
  account: string;
  roomId: string;
  url: string;
  node: string;
  openedAt: number;
  peers: number;
  viewers: number;
  waiting: number;
  people: string[];
}

/** `room` is null where nobody is in it; of `viewers` not all are among its peers. */
export interface RoomState {
  now: number;
  room: LiveRoom | null;
  viewers: number;
}

export interface LiveRoom {
  roomId: string;
  node: string;
  openedAt: number;
  locked: boolean;
  waitingRoom: boolean;
  peers: LivePeer[];
  waiting: LiveWaiting[];
}

export interface LivePeer {
  peerId: string;
  displayName: string;
  role: Role;
  viewer: boolean;
  joinedAt: number;
  handRaised: boolean;
  quality: Quality;
  producers: LiveProducer[];
}

export interface LiveProducer {
  id: string;
  source: Source;
  mimeType: string;
  paused: boolean;
  bitrateBps: number;
}

export interface LiveWaiting {
  peerId: string;
  displayName: string;
  since: number;
}
