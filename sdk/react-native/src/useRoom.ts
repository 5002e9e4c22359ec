// A room for as long as a component is shown.

import { type MeetError, openRoom, type Room, type RoomOptions, type RoomState } from "meet-client";
import { useEffect, useState, useSyncExternalStore } from "react";
import { ownPlatform } from "./native";

export interface OpenedRoom {
  /** Null until the server has let the link in. */
  room: Room | null;
  /** Why it did not. */
  error: MeetError | null;
}

/**
 * Opens a room's link; nobody is in it before `room.join()`. It is left when the component goes, or has another link.
 * What else `options` says counts as it was when the link came.
 */
export function useRoom(link: string, options: RoomOptions = {}): OpenedRoom {
  const [opened, setOpened] = useState<OpenedRoom>({ room: null, error: null });
  // biome-ignore lint/correctness/useExhaustiveDependencies: an object made anew for each drawing must not end a call
  useEffect(() => {
    const stay = { gone: false };
    const opening = openRoom(link, { ...ownPlatform(), ...options });
    opening.then(
      (room) => stay.gone || setOpened({ room, error: null }),
      (error: MeetError) => stay.gone || setOpened({ room: null, error }),
    );
    return () => {
      stay.gone = true;
      setOpened({ room: null, error: null });
      opening.then((room) => room.leave()).catch(() => {});
    };
  }, [link]);
  return opened;
}

const NEVER = () => () => {};

/** What is known of a room, drawn anew with each change; null without one. */
export function useRoomState(room: Room | null): RoomState | null {
  return useSyncExternalStore(
    room === null ? NEVER : (changed) => room.subscribe(changed),
    () => room?.state ?? null,
  );
}
