// Why a request came to nothing: SignalError
//   RequestRefused   the server answered, and said no
//   NoAnswer         the connection stands, but the answer did not come in time
//   ConnectionLost   there is no answer, and there will be none on this connection

import type { Closing, ErrorCode } from "../wire/protocol";

/** Base of everything that a request is rejected with. */
export class SignalError extends Error {}

/** The server refused a request; `message` is a full sentence for people. */
export class RequestRefused extends SignalError {
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly data: Record<string, unknown> = {},
  ) {
    super(message);
  }
}

/** A request's time ran out. */
export class NoAnswer extends SignalError {}

/** The connection ended before an answer came. */
export class ConnectionLost extends SignalError {
  constructor() {
    super("The connection to the server is lost.");
  }
}

/**
 * How a connection ended. `code` is the WebSocket close code (1006 where there was none), `closing` what the server
 * said before, `by` who ended it: we ourselves, the server (or the network, by its close), or silence.
 */
export interface CloseInfo {
  code: number;
  reason: string;
  closing: Closing | null;
  by: "us" | "server" | "silence";
}
