// What can go wrong: MeetError, with a stable `code` for programs and a sentence for people
//   SignalError        a request came to nothing
//     RequestRefused   the server answered, and said no
//     NoAnswer         the connection stands, but the answer did not come in time
//     ConnectionLost   there is no answer, and there will be none on this connection
//   LinkInvalid, TicketRefused, TicketUnavailable, Unsupported, DeviceError, MeetingOver stand where they are made

import type { Closing, ErrorCode } from "../wire/protocol.js";

/** Base of all errors of this package. */
export class MeetError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: { cause: unknown },
  ) {
    super(message, options);
    this.name = "MeetError"; // a class's own name does not survive minifying; `code` does
  }
}

/** Base of everything that a request is rejected with. */
export class SignalError extends MeetError {}

/** The server refused a request; `message` is a full sentence for people. */
export class RequestRefused extends SignalError {
  declare readonly code: ErrorCode;

  constructor(
    code: ErrorCode,
    message: string,
    readonly data: Record<string, unknown> = {},
  ) {
    super(code, message);
  }
}

/** A request's time ran out. */
export class NoAnswer extends SignalError {
  constructor(message: string) {
    super("noAnswer", message);
  }
}

/** The connection ended before an answer came. */
export class ConnectionLost extends SignalError {
  constructor() {
    super("connectionLost", "The connection to the server is lost.");
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
