// A room for as long as a component is shown.

import type { Room, RoomOptions, RoomState } from "meet-client";
import { useEffect, useState, useSyncExternalStore } from "react";
import { ownPlatform } from "./native";
import { type OpenedRoom, opening } from "./opening";

/**
 * Opens a room's link; nobody is in it before `room.join()`. It is left and closed when the component goes, or has another
 * link. What else `options` says counts as it was when the link came.
 */
export function useRoom(link: string, options: RoomOptions = {}): OpenedRoom {
  const [opened, setOpened] = useState<OpenedRoom>({ room: null, error: null });
  // biome-ignore lint/correctness/useExhaustiveDependencies: an object made anew for each drawing must not end a call
  useEffect(() => {
    const end = opening(link, { ...ownPlatform(), ...options }, setOpened);
    return () => {
      setOpened({ room: null, error: null });
      end();
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
