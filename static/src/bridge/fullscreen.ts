// Filling the screen with the iframe. The room asks for it itself where the browser lends it our click; elsewhere we
// ask for the iframe, which needs no more than that click. Either way the iframe is our document's full screen element.

import { MeetBridgeError } from "./errors";

export function isFullscreen(element: HTMLIFrameElement): boolean {
  return element.ownerDocument.fullscreenElement === element;
}

/** `viaRoom` is the room's own attempt. Rejects with its error when ours fails as well. */
export async function enterFullscreen(element: HTMLIFrameElement, viaRoom: Promise<unknown>): Promise<true> {
  try {
    await viaRoom;
  } catch (error) {
    if (!(error instanceof MeetBridgeError) || error.code !== "gestureRequired") throw error;
    try {
      await element.requestFullscreen();
    } catch {
      throw error;
    }
  }
  return true;
}

export async function leaveFullscreen(element: HTMLIFrameElement): Promise<true> {
  if (isFullscreen(element)) await element.ownerDocument.exitFullscreen();
  return true;
}
