// How loud the original is beside an interpreter; remembered in this browser.

import { signal } from "@preact/signals";

const KEY = "meet.floorVolume";
/** Soft enough to follow the interpreter, loud enough to hear that and how somebody speaks. */
export const USUAL_FLOOR_VOLUME = 15;

/** A stored text as 0 (off) to 100. */
export function floorVolumeOf(stored: string | null): number {
  const volume = stored === null || stored.trim() === "" ? Number.NaN : Number(stored);
  return volume >= 0 && volume <= 100 ? volume : USUAL_FLOOR_VOLUME;
}

const volume = signal(floorVolumeOf(remembered()));

export const floorVolume = {
  /** 0 (off) to 100; whatever renders with it renders again when it changes. */
  get value(): number {
    return volume.value;
  },
  set(wanted: number): void {
    volume.value = Math.min(100, Math.max(0, wanted));
    try {
      localStorage.setItem(KEY, String(volume.value));
    } catch {
      // No storage in this frame: it counts until the page is gone.
    }
  },
};

function remembered(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
