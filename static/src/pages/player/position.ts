// Remembers how far somebody has watched a video, in this browser.

/** Who has seen less, or nearly all, begins at the beginning. */
const EDGE_S = 10;

export interface Memory {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** Where to go on; 0 for the beginning. */
export function rememberedS(memory: () => Memory, id: number, durationS: number): number {
  try {
    const timeS = Number(memory().getItem(key(id)));
    return worthS(timeS, durationS) ? timeS : 0;
  } catch {
    return 0; // in somebody else's page a browser may forbid it
  }
}

export function remember(memory: () => Memory, id: number, timeS: number, durationS: number): void {
  try {
    if (worthS(timeS, durationS)) memory().setItem(key(id), String(Math.floor(timeS)));
    else memory().removeItem(key(id));
  } catch {
    // as above, or it is full
  }
}

function key(id: number): string {
  return `meet.video.${id}`;
}

function worthS(timeS: number, durationS: number): boolean {
  return timeS >= EDGE_S && timeS <= durationS - EDGE_S;
}
