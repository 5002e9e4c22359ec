// A method of the bridge that was not done, and what the page that called it is told of any failure.

import { RequestRefused, SignalError } from "meet-client/signal/failures";
import type { Problem } from "../bridge/api";

/** A method that was not done; `code` and `message` go to the page that called. */
export class Refused extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** What the calling page is told of a failure. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Refused || error instanceof RequestRefused) {
    return { code: error.code, message: error.message };
  }
  if (error instanceof SignalError) {
    return { code: "connectionLost", message: error.message };
  }
  return { code: "internalError", message: "The room's page made an error; its console tells more." };
}
