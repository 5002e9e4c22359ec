// One connection to a node: requests with their answers, notifications, and a verdict when the line is dead.

import {
  type Closing,
  type ErrorInfo,
  type Hello,
  type NotificationMap,
  SUBPROTOCOL,
} from "../wire/protocol.js";
import type { Clock } from "./clock.js";
import { type CloseInfo, ConnectionLost, NoAnswer, RequestRefused } from "./failures.js";
import type { EventName, Method, Notification, RequestData, ResponseData } from "./shapes.js";

/** What we need of a WebSocket. */
export interface Socket {
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  addEventListener(type: "close", listener: (event: { code: number; reason: string }) => void): void;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  readonly readyState: number;
}

/** Opens a socket; may throw for an address that is none. */
export type OpenSocket = (url: string, subprotocol: string) => Socket;

export const REQUEST_TIMEOUT_MS = 10_000;
/** Connecting and `hello` must be done by then. */
export const HELLO_TIMEOUT_MS = 8_000;
/** A ping this often; one that nothing at all has followed by the time of the next means that the line is dead. */
export const PING_INTERVAL_MS = 4_000;
/** Where there is reason to doubt the line, something must come so soon: after some of its round trips, within this. */
export const MIN_DOUBT_MS = 1_000;
export const MAX_DOUBT_MS = 2_000;
const DOUBT_ROUND_TRIPS = 6;
/** A timer that is so late ran on a machine that slept. */
const SLEPT_MS = 2_000;

/** `readyState` of a socket that takes messages; one that the server has begun to close takes none, and says so later. */
const OPEN = 1;
const NORMAL_CLOSURE = 1000;
const ABNORMAL_CLOSURE = 1006;

interface Waiting {
  resolve(data: unknown): void;
  reject(error: Error): void;
  cancelTimeout(): void;
}

/** Connects at once. Ends once: `closed` then resolves, and whatever was asked is rejected with `ConnectionLost`. */
export class SignalClient {
  /** The server's greeting; rejects with `ConnectionLost` if it never comes. */
  readonly hello: Promise<Hello>;
  /** Resolves when the connection has ended; never rejects. */
  readonly closed: Promise<CloseInfo>;

  readonly #clock: Clock;
  readonly #socket: Socket | null;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Map<EventName, Set<(data: never) => void>>();
  readonly #everyListener = new Set<(notification: Notification) => void>();
  #lastId = 0;
  #open = false;
  #ended = false;
  #closing: Closing | null = null;
  #silent = false;
  #doubted = false;
  #tellQuiet: () => void = () => {};
  /** When it was asked for last: first a connection with its greeting, then pings. */
  #askedAtMs: number;
  /** The longest lately. */
  #roundTripMs = 0;
  #cancelTimer: () => void;
  #greet: (hello: Hello) => void = () => {};
  #missGreeting: (error: Error) => void = () => {};
  #tellClosed: (info: CloseInfo) => void = () => {};

  constructor(url: string, openSocket: OpenSocket, clock: Clock) {
    this.#clock = clock;
    this.#askedAtMs = clock.now();
    this.hello = new Promise((resolve, reject) => {
      this.#greet = resolve;
      this.#missGreeting = reject;
    });
    this.hello.catch(() => {}); // who does not wait for it need not hear of it
    this.closed = new Promise((resolve) => {
      this.#tellClosed = resolve;
    });
    this.#cancelTimer = clock.after(HELLO_TIMEOUT_MS, () =>
      this.#end({ code: ABNORMAL_CLOSURE, by: "silence" }),
    );
    try {
      this.#socket = openSocket(url, SUBPROTOCOL);
    } catch {
      this.#socket = null;
      this.#end({ code: ABNORMAL_CLOSURE, by: "server" });
      return;
    }
    this.#socket.addEventListener("message", (event) => this.#receive(event.data));
    this.#socket.addEventListener("close", ({ code, reason }) => this.#end({ code, reason, by: "server" }));
  }

  /** Whether requests can be made: greeted, and neither ended nor about to end. */
  get usable(): boolean {
    return this.#open && !this.#ended && this.#socket?.readyState === OPEN;
  }

  /** Ask for something. Rejects with `RequestRefused`, `ConnectionLost`, or `NoAnswer` after `timeoutMs` (if any). */
  request<M extends Method>(
    method: M,
    data: RequestData<M>,
    timeoutMs: number | null = REQUEST_TIMEOUT_MS,
  ): Promise<ResponseData<M>> {
    if (!this.usable) {
      return Promise.reject(new ConnectionLost());
    }
    const id = ++this.#lastId;
    const answer = new Promise<unknown>((resolve, reject) => {
      const giveUp = () => {
        this.#waiting.delete(id);
        reject(new NoAnswer(`The server did not answer ${method} in time.`));
      };
      const cancelTimeout = timeoutMs === null ? () => {} : this.#clock.after(timeoutMs, giveUp);
      this.#waiting.set(id, { resolve, reject, cancelTimeout });
    });
    this.#socket?.send(JSON.stringify({ id, method, data }));
    return answer as Promise<ResponseData<M>>;
  }

  /** Ask for something whose answer nobody waits for. */
  tell<M extends Method>(method: M, data: RequestData<M>): void {
    this.request(method, data).catch(() => {}); // a lost connection is noticed by `closed`
  }

  /** Hear one kind of notification; returns what ends it. */
  on<E extends EventName>(event: E, listener: (data: NotificationMap[E]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Hear all notifications, before those that `on` added; returns what ends it. */
  onEvery(listener: (notification: Notification) => void): () => void {
    this.#everyListener.add(listener);
    return () => this.#everyListener.delete(listener);
  }

  /**
   * Something happened that may have cut the line (another network, media that stopped, a machine that slept): ask at
   * once whether anybody is there. Without a sign soon who called `onQuiet` is told; the line itself is given up no earlier
   * than ever, for all clients of a server that is busy for seconds have quiet lines. Nothing while it is in doubt.
   */
  doubt(): void {
    if (!this.usable || this.#doubted) {
      return;
    }
    this.#doubted = true;
    this.#cancelTimer();
    this.#ping();
    const doubtMs = Math.min(MAX_DOUBT_MS, Math.max(MIN_DOUBT_MS, DOUBT_ROUND_TRIPS * this.#roundTripMs));
    this.#cancelTimer = this.#clock.after(doubtMs, () => {
      this.#awaitSign(PING_INTERVAL_MS - doubtMs);
      if (this.#silent) {
        this.#tellQuiet();
      }
    });
  }

  /** Call `listener` when a line in doubt is quiet. */
  onQuiet(listener: () => void): void {
    this.#tellQuiet = listener;
  }

  /** End a line that is quiet, because another one is not; does nothing where something has come since. */
  giveUpQuiet(): void {
    if (this.#doubted && this.#silent) {
      this.#end({ code: ABNORMAL_CLOSURE, by: "silence" });
    }
  }

  /** End the connection. Idempotent. */
  close(): void {
    this.#end({ code: NORMAL_CLOSURE, by: "us" });
  }

  #receive(text: unknown): void {
    if (this.#ended) {
      return;
    }
    this.#silent = false;
    const frame = parse(text);
    if (frame === null) {
      return;
    }
    if (Array.isArray(frame.events)) {
      for (const each of frame.events as Notification[]) {
        this.#notify(each);
      }
    } else if (typeof frame.event === "string") {
      this.#notify({ event: frame.event, data: frame.data } as Notification);
    } else if (typeof frame.id === "number") {
      this.#answer(frame.id, frame);
    }
  }

  #notify(notification: Notification): void {
    if (notification.event === "hello" && !this.#open) {
      this.#open = true;
      this.#cancelTimer();
      this.#measured();
      this.#schedulePing();
      this.#greet(notification.data);
    } else if (notification.event === "closing") {
      this.#closing = notification.data;
    }
    for (const listener of this.#everyListener) {
      listener(notification);
    }
    for (const listener of this.#listeners.get(notification.event) ?? []) {
      listener(notification.data as never);
    }
  }

  #answer(id: number, frame: Frame): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) {
      return; // its time had run out
    }
    this.#waiting.delete(id);
    waiting.cancelTimeout();
    if (frame.ok === true) {
      waiting.resolve(frame.data);
    } else {
      const { code, message, data } = frame.error as ErrorInfo;
      waiting.reject(new RequestRefused(code, message, data));
    }
  }

  #schedulePing(): void {
    this.#ping();
    this.#awaitSign(PING_INTERVAL_MS);
  }

  #ping(): void {
    this.#silent = true;
    this.#askedAtMs = this.#clock.now();
    this.request("ping", {}).then(
      () => this.#measured(),
      () => {}, // a lost connection is noticed by `closed`
    );
  }

  #awaitSign(intervalMs: number): void {
    const dueMs = this.#clock.now() + intervalMs;
    this.#cancelTimer = this.#clock.after(intervalMs, () => {
      this.#doubted = false;
      // Not a question of the clock: a page that slept for an hour, its answer long there, has done no wrong. But what
      // it was connected to has most likely forgotten it.
      if (this.#silent) {
        this.#end({ code: ABNORMAL_CLOSURE, by: "silence" });
      } else if (this.#clock.now() - dueMs >= SLEPT_MS) {
        this.doubt();
      } else {
        this.#schedulePing();
      }
    });
  }

  /** What was asked for last has come. A round trip that was long counts for a while. */
  #measured(): void {
    this.#roundTripMs = Math.max(this.#clock.now() - this.#askedAtMs, this.#roundTripMs / 2);
  }

  #end(how: { code: number; reason?: string; by: CloseInfo["by"] }): void {
    if (this.#ended) {
      return;
    }
    this.#ended = true;
    this.#cancelTimer();
    this.#missGreeting(new ConnectionLost());
    for (const waiting of this.#waiting.values()) {
      waiting.cancelTimeout();
      waiting.reject(new ConnectionLost());
    }
    this.#waiting.clear();
    if (how.by !== "server") {
      this.#socket?.close(NORMAL_CLOSURE);
    }
    this.#tellClosed({ code: how.code, reason: how.reason ?? "", closing: this.#closing, by: how.by });
  }
}

interface Frame {
  id?: unknown;
  ok?: unknown;
  event?: unknown;
  /** Several notifications in order, where many are in the room. */
  events?: unknown;
  data?: unknown;
  error?: unknown;
}

function parse(text: unknown): Frame | null {
  try {
    const frame: unknown = JSON.parse(String(text));
    return typeof frame === "object" && frame !== null ? frame : null;
  } catch {
    return null; // not ours: the server sends JSON only
  }
}
