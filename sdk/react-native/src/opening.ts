// A room for as long as somebody wants it: opened, and in the end closed for good.

import { type MeetError, openRoom, type Room, type RoomOptions } from "meet-client";

export interface OpenedRoom {
  /** Null until the server has let the link in. */
  room: Room | null;
  /** Why it did not. */
  error: MeetError | null;
}

/** Opens a room's link and tells what came of it. Returns what ends it: the room is left, and nothing of it stays. */
export function opening(link: string, options: RoomOptions, tell: (opened: OpenedRoom) => void): () => void {
  let over = false;
  const opened = openRoom(link, options);
  opened.then(
    (room) => over || tell({ room, error: null }),
    (error: MeetError) => over || tell({ room: null, error }),
  );
  return () => {
    over = true;
    opened.then((room) => room.close()).catch(() => {}); // one that did not come needs no end
  };
}
