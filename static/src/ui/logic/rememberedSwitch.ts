// Switches of the settings that are on until somebody turns them off; remembered in this browser.

import { type ReadonlySignal, signal } from "@preact/signals";

interface RememberedSwitch {
  readonly on: ReadonlySignal<boolean>;
  set(on: boolean): void;
}

function rememberedSwitch(key: string): RememberedSwitch {
  const on = signal(remembered(key));
  return {
    on,
    set(wanted) {
      on.value = wanted;
      try {
        localStorage.setItem(key, wanted ? "on" : "off");
      } catch {
        // No storage in this frame: it counts until the page is gone.
      }
    },
  };
}

/** Whether new messages are shown in short while the chat is closed. */
export const chatPreviews = rememberedSwitch("meet.chatPreviews");

/** Whether who speaks has the stage where not everybody fits on one page. */
export const speakerOnStage = rememberedSwitch("meet.speakerOnStage");

function remembered(key: string): boolean {
  try {
    return localStorage.getItem(key) !== "off";
  } catch {
    return true;
  }
}
