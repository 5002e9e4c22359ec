// The Client API's library for the page that embeds a room: `new MeetIframeBridge.default({ element, roomId })`.
// Works before and after the iframe has loaded, and after it has loaded again.

import type { EventName, Events, MethodName, Methods } from "./api";
import { Connection, type Surroundings } from "./connection";
import { MeetBridgeError } from "./errors";
import { enterFullscreen, isFullscreen, leaveFullscreen } from "./fullscreen";
import type { FromPage } from "./messages";

export interface Options {
  /** The iframe with the room in it. Its `src` tells whom to talk to. */
  element: HTMLIFrameElement;
  /** The room that the iframe shows. With another one in it, calls fail with `wrongRoom`. */
  roomId: string;
}

/** What a callback gets when the method has failed. */
export interface Failure {
  error: { code: string; message: string };
}

/** A method's name, its data where it takes some, and who wants to know how it went. */
export interface Call<M extends MethodName> {
  name: M;
  data?: Methods[M]["data"];
  callback?: (result: Methods[M]["result"] | Failure) => unknown;
}

type Handler<E extends EventName> = (data: Events[E]) => unknown;
type AnyHandler = (data: never) => unknown;

/** Events that tell what still holds: handlers that come later hear of them, too. */
const LASTING: ReadonlySet<string> = new Set(["ready", "readyToJoin", "waiting", "ended"]);
/** Steps of a page's way into a meeting and out of it: each ends what the others told. */
const STEPS: ReadonlySet<string> = new Set(["readyToJoin", "waiting", "join", "ended"]);

export default class MeetIframeBridge {
  static readonly MeetBridgeError = MeetBridgeError;

  readonly #element: HTMLIFrameElement;
  readonly #connection: Connection;
  readonly #handlers = new Map<string, Set<AnyHandler>>();
  readonly #lasting = new Map<string, Record<string, unknown>>();
  readonly #onMessage: (event: MessageEvent) => void;
  readonly #onLoad: () => void;

  /** Throws `TypeError` if `element` is no iframe. */
  constructor({ element, roomId }: Options) {
    if (!isIframe(element)) {
      throw new TypeError("MeetIframeBridge: `element` must be the iframe that shows the room.");
    }
    const room = String(roomId ?? "").trim();
    if (room === "") {
      console.warn(
        "MeetIframeBridge: give the `roomId`, so that the bridge can tell whether it talks to the right room.",
      );
    }
    this.#element = element;
    this.#connection = new Connection(
      surroundingsOf(element),
      {
        onWelcome: () => this.#lasting.clear(),
        onEvent: (name, data) => this.#happened(name, data),
        onRefused: ({ code, message }) => {
          console.error(`MeetIframeBridge: ${message}`);
          this.#happened("ended", { reason: "refused", code, message, canJoinAgain: false });
        },
      },
      room,
    );
    this.#onMessage = (event) => {
      if (event.source !== null && event.source === element.contentWindow) {
        this.#connection.received(event.data, event.origin);
      }
    };
    this.#onLoad = () => this.#connection.loaded();
    window.addEventListener("message", this.#onMessage);
    element.addEventListener("load", this.#onLoad);
  }

  /**
   * Call a method of the room. Both the promise and `callback` tell the result; on failure the promise rejects with a
   * `MeetBridgeError` and `callback` gets `{ error: { code, message } }`.
   */
  method<M extends MethodName>({ name, data, callback }: Call<M>): Promise<Methods[M]["result"]> {
    const outcome = this.#do(name, data) as Promise<Methods[M]["result"]>;
    if (callback !== undefined) {
      // Whoever has a callback need not look at the promise.
      outcome.then(
        (result) => inform(callback, result),
        ({ code, message }: MeetBridgeError) => inform(callback, { error: { code, message } }),
      );
    }
    return outcome;
  }

  /**
   * Call `handler` whenever this event happens. Latecomers are told `ready`, `readyToJoin`, `waiting` and `ended` as well,
   * as long as they hold.
   */
  on<E extends EventName>(event: E, handler: Handler<E>): this {
    const handlers = this.#handlers.get(event) ?? new Set();
    this.#handlers.set(event, handlers.add(handler));
    const happened = this.#lasting.get(event);
    if (happened !== undefined) {
      queueMicrotask(() => {
        if (handlers.has(handler)) inform(handler as AnyHandler, happened);
      });
    }
    return this;
  }

  /** Without `handler`: none of them is called any more. */
  off<E extends EventName>(event: E, handler?: Handler<E>): this {
    if (handler === undefined) this.#handlers.delete(event);
    else this.#handlers.get(event)?.delete(handler);
    return this;
  }

  /** Let go of the room: no more events, calls without an answer fail. The meeting itself goes on. */
  destroy(): void {
    window.removeEventListener("message", this.#onMessage);
    this.#element.removeEventListener("load", this.#onLoad);
    this.#handlers.clear();
    this.#connection.destroy();
  }

  async #do(name: string, data: unknown): Promise<unknown> {
    switch (name) {
      case "enableFullscreen":
        return enterFullscreen(this.#element, this.#connection.call(name, data));
      case "disableFullscreen":
        await this.#connection.call(name, data);
        return leaveFullscreen(this.#element);
      case "isFullscreenEnabled":
        return (await this.#connection.call(name, data)) === true || isFullscreen(this.#element);
      default:
        return this.#connection.call(name, data);
    }
  }

  #happened(name: string, data: Record<string, unknown>): void {
    if (STEPS.has(name)) for (const step of STEPS) this.#lasting.delete(step);
    if (LASTING.has(name)) this.#lasting.set(name, data);
    for (const handler of [...(this.#handlers.get(name) ?? [])]) inform(handler, data);
  }
}

/** Call back; what is thrown there is the caller's own, and ends in the console like any other error of theirs. */
function inform(handler: (value: never) => unknown, value: unknown): void {
  try {
    handler(value as never);
  } catch (error) {
    setTimeout(() => {
      throw error;
    });
  }
}

/** Also for elements of other windows, where `instanceof` is of no use. */
function isIframe(element: unknown): element is HTMLIFrameElement {
  return (element as Element | null | undefined)?.nodeName === "IFRAME";
}

function surroundingsOf(element: HTMLIFrameElement): Surroundings {
  return {
    target: () => originOf(element),
    post: (message, origin, delegate) => post(element, message, origin, delegate),
    after: (ms, callback) => {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
    newSession: () =>
      [...crypto.getRandomValues(new Uint8Array(16))]
        .map((byte) => byte.toString(16).padStart(2, "0"))
        .join(""),
  };
}

function originOf(element: HTMLIFrameElement): string | null {
  if (!element.src) return null;
  const { protocol, origin } = new URL(element.src, element.ownerDocument.baseURI);
  return protocol === "https:" || protocol === "http:" ? origin : null;
}

function post(
  element: HTMLIFrameElement,
  message: FromPage,
  origin: string,
  delegate: string | undefined,
): void {
  const target = element.contentWindow;
  if (target === null || isBlank(element)) return;
  if (delegate !== undefined) {
    try {
      // Capability Delegation, https://wicg.github.io/capability-delegation/spec.html: refused without a click.
      target.postMessage(message, { targetOrigin: origin, delegate } as WindowPostMessageOptions);
      return;
    } catch (error) {
      if ((error as Error).name === "DataCloneError") throw error;
    }
  }
  target.postMessage(message, origin);
}

/** Whether the iframe still shows the empty page that every iframe begins with: nobody to talk to is there. */
function isBlank(element: HTMLIFrameElement): boolean {
  try {
    return element.contentDocument?.URL === "about:blank";
  } catch {
    return false;
  }
}
