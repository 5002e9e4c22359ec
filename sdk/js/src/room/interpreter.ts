// What interpreters of one language agree on, as requests to the server.

import type { Ask } from "./moderator.js";

/**
 * One takes over from another, so many seconds after both want it: then both turn their own microphones on and off. All of
 * these reject as `Room.request` does.
 */
export interface InterpreterActions {
  /** I am live, and offer it to the others. */
  offerHandover(seconds: number): Promise<void>;
  /** Another one is live, and I ask to take over. */
  requestHandover(seconds: number): Promise<void>;
  acceptHandover(): Promise<void>;
  cancelHandover(): Promise<void>;
}

export function interpreterBy(ask: Ask): InterpreterActions {
  return {
    offerHandover: async (seconds) => void (await ask("offerHandover", { seconds })),
    requestHandover: async (seconds) => void (await ask("requestHandover", { seconds })),
    acceptHandover: async () => void (await ask("acceptHandover", {})),
    cancelHandover: async () => void (await ask("cancelHandover", {})),
  };
}
