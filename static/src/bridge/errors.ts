import type { Problem } from "./api";

/** Why a method of the bridge came to nothing. `code` is stable, `message` is a sentence for people. */
export class MeetBridgeError extends Error {
  readonly code: string;

  constructor({ code, message }: Problem) {
    super(message);
    this.name = "MeetBridgeError";
    this.code = code;
  }
}
