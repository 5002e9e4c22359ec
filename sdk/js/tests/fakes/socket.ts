import type { Socket } from "../../src/signal/client";
import type { EventName, RtpCapabilities } from "../../src/signal/shapes";
import type { NotificationMap } from "../../src/wire/protocol";

export interface Request {
  id: number;
  method: string;
  data: Record<string, unknown>;
}

type Listener = (event: never) => void;

/** The server's end of a socket, in the same process. `onRequest` hears what the client sends. */
export class FakeSocket implements Socket {
  readonly requests: Request[] = [];
  onRequest: ((request: Request) => void) | null = null;
  closed = false;
  readyState = 1;
  readonly #listeners: Record<"message" | "close", Listener[]> = { message: [], close: [] };

  constructor(
    readonly url: string,
    readonly subprotocol: string,
  ) {}

  addEventListener(type: "message" | "close", listener: Listener): void {
    this.#listeners[type].push(listener);
  }

  send(text: string): void {
    const request = JSON.parse(text) as Request;
    this.requests.push(request);
    this.onRequest?.(request);
  }

  close(): void {
    this.closed = true;
  }

  /** The methods that were asked for, without pings. */
  get methods(): string[] {
    return this.requests.map(({ method }) => method).filter((method) => method !== "ping");
  }

  requestsOf(method: string): Request[] {
    return this.requests.filter((request) => request.method === method);
  }

  /** As the server: send anything. */
  deliver(text: string): void {
    this.#tell("message", { data: text });
  }

  answer(id: number, data: unknown = {}): void {
    this.deliver(JSON.stringify({ id, ok: true, data }));
  }

  refuse(id: number, code: string, message = "No."): void {
    this.deliver(JSON.stringify({ id, ok: false, error: { code, message, data: { why: 1 } } }));
  }

  notify<E extends EventName>(event: E, data: NotificationMap[E]): void {
    this.deliver(JSON.stringify({ event, data }));
  }

  greet(routerRtpCapabilities: RtpCapabilities = {}): void {
    this.notify("hello", { version: 1, routerRtpCapabilities });
  }

  /** As the server or the network: end it. */
  drop(code = 1006, reason = ""): void {
    this.closed = true;
    this.readyState = 3;
    this.#tell("close", { code, reason });
  }

  #tell(type: "message" | "close", event: unknown): void {
    for (const listener of this.#listeners[type]) {
      (listener as (event: unknown) => void)(event);
    }
  }
}
