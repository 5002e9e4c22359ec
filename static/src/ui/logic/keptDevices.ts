// Microphone and camera as they were, for the page that comes after this one in the same tab and room.

import type { MeetingState } from "../../store/types";

const KEY = "meet.devices";

export interface KeptDevices {
  mic: boolean;
  camera: boolean;
}

const USUAL: KeptDevices = { mic: true, camera: true };

type State = Pick<MeetingState, "phase" | "roomId" | "local">;

/** Remember what is on, if somebody is in; a page that they have left has nothing to remember. */
export function keepDevices({ phase, roomId, local }: State, storage: () => Storage): void {
  const inside = phase === "joined" || phase === "reconnecting";
  const kept = { roomId, mic: local.mic.status !== "off", camera: local.camera.status !== "off" };
  try {
    if (inside) storage().setItem(KEY, JSON.stringify(kept));
    else storage().removeItem(KEY);
  } catch {
    // No storage in this frame: everything is offered anew.
  }
}

/** What was on when the room's page before this one ended; both where nothing is known. */
export function keptDevices(roomId: string, storage: () => Storage): KeptDevices {
  try {
    const kept = JSON.parse(storage().getItem(KEY) ?? "null") as (KeptDevices & { roomId: string }) | null;
    if (kept?.roomId === roomId) return { mic: kept.mic === true, camera: kept.camera === true };
  } catch {
    // No storage, or somebody else's words in it.
  }
  return USUAL;
}
