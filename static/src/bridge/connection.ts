// The embedding page's end of the wire: greets the iframe until it answers, keeps calls until then, gives each call
// exactly one ending. Knows windows and clocks only through `Surroundings`.

import { ASK_A_PERSON, type Problem } from "./api";
import { MeetBridgeError } from "./errors";
import { type FromPage, type Request, readFromRoom, sealed, type Welcome } from "./messages";

/** Until the next greeting: at first, and at most. */
export const GREETING_INTERVAL_MS = 250;
export const GREETING_INTERVAL_MAX_MS = 2_000;
/** A page that has talked to us and leaves so many greetings unanswered is another page by now. */
const GREETINGS_TO_KNOWN = 8;
/**
 * How long a call waits for a room that does not answer. Where the room says that a person is being asked, the call
 * waits for that person as long as the room's page is there.
 */
export const CONNECT_TIMEOUT_MS = 20_000;
export const CALL_TIMEOUT_MS = 15_000;
/** For rooms that don't say so: they were loaded before their server learnt to. */
export const PATIENT_TIMEOUT_MS = 180_000;
/** Calls for which the browser wants a click in the room's own page, and the name under which ours can be lent. */
const DELEGATED: Readonly<Record<string, string>> = {
  enableShare: "display-capture",
  enableFullscreen: "fullscreen",
};
const MAX_WAITING = 1000;
/** What browsers call the origin of a page in a sandbox (HTML, "serialization of an origin"). */
const OPAQUE = "null";

export interface Surroundings {
  /** The origin of the room's page, or null while the iframe has no address yet. */
  target(): string | null;
  /** Send to the iframe's window, if it shows a page of that origin. `delegate` lends it a user gesture. */
  post(message: FromPage, origin: string, delegate: string | undefined): void;
  /** Calls back after that time; gives a function that prevents it. */
  after(ms: number, callback: () => void): () => void;
  newSession(): string;
}

export interface Listener {
  onWelcome(welcome: Welcome): void;
  onEvent(name: string, data: Record<string, unknown>): void;
  /** There is a room, and it can't be talked to. */
  onRefused(problem: Problem): void;
}

interface Call {
  request: Request;
  resolve(result: unknown): void;
  reject(error: MeetBridgeError): void;
  /** Before: the time to connect; then: the time for the answer. */
  endTimeout(): void;
}

const GONE: Problem = { code: "destroyed", message: "The bridge has been destroyed." };
const RELOADED: Problem = {
  code: "reloaded",
  message: "The room's page was loaded anew before it answered.",
};
const SANDBOXED: Problem = {
  code: "sandboxed",
  message:
    "The iframe's sandbox attribute lacks allow-same-origin: without it the room can't reach its server.",
};
const CROWDED: Problem = {
  code: "tooManyRequests",
  message: `More than ${MAX_WAITING} calls are waiting for an answer.`,
};

export class Connection {
  readonly #around: Surroundings;
  readonly #listener: Listener;
  readonly #roomId: string;
  readonly #session: string;
  readonly #calls = new Map<number, Call>();
  /** The iframe's page that we talk to: its id, and the origin that it answered from. */
  #peer: { pageId: string; origin: string } | null = null;
  #refusal: Problem | null = null;
  /** The last refusal that the listener heard of: each page is told of once, however often it is greeted. */
  #toldOf = "";
  #destroyed = false;
  #lastId = 0;
  #greetings = 0;
  #endGreeting: () => void = () => {};

  constructor(around: Surroundings, listener: Listener, roomId: string) {
    this.#around = around;
    this.#listener = listener;
    this.#roomId = roomId;
    this.#session = around.newSession();
    this.#greet();
  }

  /** Whether the room has answered. */
  get connected(): boolean {
    return this.#peer !== null;
  }

  /** Call a method. Rejects with `MeetBridgeError`; always ends. */
  call(method: string, data: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const problem = this.#destroyed ? GONE : this.#calls.size >= MAX_WAITING ? CROWDED : this.#refusal;
      if (problem !== null) {
        reject(new MeetBridgeError(problem));
        return;
      }
      const id = ++this.#lastId;
      const request = sealed(this.#session, { type: "request", id, method, data });
      const call: Call = { request, resolve, reject, endTimeout: () => {} };
      this.#calls.set(id, call);
      if (this.#peer !== null) {
        this.#send(call, this.#peer.origin);
      } else {
        call.endTimeout = this.#around.after(CONNECT_TIMEOUT_MS, () => this.#fail(call, this.#noRoom()));
      }
    });
  }

  /** Whatever the iframe's window has sent, with the origin that the browser says it came from. */
  received(message: unknown, origin: string): void {
    if (this.#destroyed) return;
    const said = readFromRoom(message);
    if (said === null) return;
    if (origin === OPAQUE && said.type === "announce" && this.#around.target() !== null) {
      this.#refused(SANDBOXED);
      return;
    }
    if (origin !== (this.#peer?.origin ?? this.#around.target())) return;
    if (said.type === "announce") {
      if (this.#peer !== null) this.#leftAlone(); // a page announces itself once: this is a new one
      this.#refusal = null;
      this.loaded();
      return;
    }
    if (said.session !== this.#session) return;
    switch (said.type) {
      case "welcome":
        this.#welcomed(said, origin);
        break;
      case "refusal":
        this.#refused(said.problem);
        break;
      case "pending":
        if (this.#peer !== null) this.#calls.get(said.id)?.endTimeout();
        break;
      case "response": {
        const call = this.#peer === null ? undefined : this.#calls.get(said.id);
        if (call === undefined) return;
        if (said.ok) {
          this.#over(call);
          call.resolve(said.result);
        } else {
          this.#fail(call, said.problem);
        }
        break;
      }
      case "event":
        if (this.#peer !== null) this.#listener.onEvent(said.name, said.data);
        break;
    }
  }

  /** The iframe has (perhaps) another page now: greet it. The one that we know answers again, nothing is lost. */
  loaded(): void {
    if (this.#destroyed || this.#refusal === SANDBOXED) return; // nothing that is said reaches such a page
    if (this.#peer !== null && this.#peer.origin !== this.#around.target()) this.#leftAlone();
    this.#refusal = null;
    this.#greetings = 0;
    this.#greet();
  }

  destroy(): void {
    if (this.#destroyed) return;
    if (this.#peer !== null) {
      this.#around.post(sealed(this.#session, { type: "bye" }), this.#peer.origin, undefined);
    }
    this.#destroyed = true;
    this.#endGreeting();
    this.#failAll(GONE);
  }

  #greet(): void {
    this.#endGreeting();
    if (this.#peer !== null && this.#greetings >= GREETINGS_TO_KNOWN) this.#leftAlone();
    const origin = this.#around.target();
    if (origin !== null) {
      const hello = sealed(this.#session, { type: "hello", roomId: this.#roomId });
      this.#around.post(hello, origin, undefined);
    }
    const pauseMs = Math.min(GREETING_INTERVAL_MS * 1.3 ** this.#greetings++, GREETING_INTERVAL_MAX_MS);
    this.#endGreeting = this.#around.after(pauseMs, () => this.#greet());
  }

  #welcomed(welcome: Welcome, origin: string): void {
    if (this.#roomId !== "" && welcome.roomId !== "" && welcome.roomId !== this.#roomId) {
      this.#refused({
        code: "wrongRoom",
        message: `The bridge was made for the room ${this.#roomId}, and the iframe shows the room ${welcome.roomId}.`,
      });
      return;
    }
    this.#endGreeting();
    this.#refusal = null;
    if (this.#peer?.pageId === welcome.pageId) return;
    if (this.#peer !== null) this.#leftAlone();
    this.#peer = { pageId: welcome.pageId, origin };
    this.#toldOf = "";
    this.#listener.onWelcome(welcome);
    for (const call of [...this.#calls.values()]) {
      this.#send(call, origin);
    }
  }

  #refused(problem: Problem): void {
    this.#endGreeting();
    this.#peer = null;
    this.#refusal = problem;
    this.#failAll(problem);
    if (problem.message === this.#toldOf) return;
    this.#toldOf = problem.message;
    this.#listener.onRefused(problem);
  }

  /** The page that had our calls is gone, and their answers with it. */
  #leftAlone(): void {
    this.#peer = null;
    this.#failAll(RELOADED);
  }

  #send(call: Call, origin: string): void {
    const { method, id } = call.request;
    call.endTimeout();
    const limitMs = ASK_A_PERSON.has(method) ? PATIENT_TIMEOUT_MS : CALL_TIMEOUT_MS;
    call.endTimeout = this.#around.after(limitMs, () =>
      this.#fail(call, {
        code: "noAnswer",
        message: `The room did not answer ${method} in ${limitMs / 1000} s.`,
      }),
    );
    try {
      this.#around.post(call.request, origin, DELEGATED[method]);
    } catch (error) {
      // What can't be cloned (a function, a DOM node) can't be sent.
      if (this.#calls.has(id)) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#fail(call, { code: "invalidData", message: `The data of ${method} can't be sent: ${reason}` });
      }
    }
  }

  #noRoom(): Problem {
    const origin = this.#around.target();
    return {
      code: "notConnected",
      message:
        origin === null
          ? "The iframe has no address of a room."
          : `No room answered from ${origin} in ${CONNECT_TIMEOUT_MS / 1000} s: is the iframe's page a room?`,
    };
  }

  #fail(call: Call, problem: Problem): void {
    this.#over(call);
    call.reject(new MeetBridgeError(problem));
  }

  #failAll(problem: Problem): void {
    for (const call of [...this.#calls.values()]) this.#fail(call, problem);
  }

  #over(call: Call): void {
    call.endTimeout();
    this.#calls.delete(call.request.id);
  }
}
