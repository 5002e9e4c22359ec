// Whether new messages are shown in short while the chat is closed; remembered in this browser.

import { signal } from "@preact/signals";

const KEY = "meet.chatPreviews";

export const chatPreviews = signal(remembered());

export function setChatPreviews(on: boolean): void {
  chatPreviews.value = on;
  try {
    localStorage.setItem(KEY, on ? "on" : "off");
  } catch {
    // No storage in this frame: it counts until the page is gone.
  }
}

function remembered(): boolean {
  try {
    return localStorage.getItem(KEY) !== "off";
  } catch {
    return true;
  }
}
