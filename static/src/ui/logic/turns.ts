// Whether a camera has one that looks the other way beside it: that is so on phones and tablets. Pure.

import { type Device, facingOf, otherCamera } from "meet-client/rtc/devices";

/** Whether what this stream shows can be turned round, to another of these cameras. */
export function canTurn(stream: MediaStream | null, cameras: readonly Device[]): boolean {
  const settings = stream?.getVideoTracks()[0]?.getSettings();
  return settings !== undefined && facingOf(settings) !== null && otherCamera(settings, cameras) !== null;
}
