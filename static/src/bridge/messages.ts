// The messages between the embedding page and the room in its iframe: what is sent by `postMessage`, and reading it.
//
//   page → room   hello      "I would like to talk", repeated until it is answered
//                 request    call a method; answered by one response with the same id
//                 bye        no more of this
//   room → page   announce   "a room is here now", to whoever embeds it; says nothing else
//                 welcome    answers hello: from now on both talk to this window and origin only
//                 refusal    answers a hello of another version
//                 pending    the request with that id has come, and its answer waits for a person
//                 response   the result or the problem of a request
//                 event      something happened
//
// All but `announce` carry the session, a random text that the page chose. Whoever reads a message has checked the
// sending window and its origin before; here only the shape is checked, and everything unexpected is null.

import type { Problem } from "./api";

export const PROTOCOL = "meet-bridge";
export const VERSION = 1;

/** Longer texts than a name of ours are none. */
const MAX_NAME = 64;
const SESSION = /^[0-9a-f]{16,64}$/;

interface Envelope {
  protocol: typeof PROTOCOL;
  version: typeof VERSION;
  session: string;
}

export type Hello = Envelope & { type: "hello"; roomId: string };
export type Request = Envelope & { type: "request"; id: number; method: string; data: unknown };
export type Bye = Envelope & { type: "bye" };
export type FromPage = Hello | Request | Bye;

export type Announce = Omit<Envelope, "session"> & { type: "announce" };
/** `pageId` is another one after each load of the iframe. */
export type Welcome = Envelope & { type: "welcome"; pageId: string; roomId: string };
export type Refusal = Envelope & { type: "refusal"; problem: Problem };
export type Response = Envelope & { type: "response"; id: number } & (
    | { ok: true; result: unknown }
    | { ok: false; problem: Problem }
  );
export type Pending = Envelope & { type: "pending"; id: number };
export type RoomEvent = Envelope & { type: "event"; name: string; data: Record<string, unknown> };
export type FromRoom = Announce | Welcome | Refusal | Pending | Response | RoomEvent;

/** A hello that is well formed but of a version that we don't speak. */
export interface ForeignHello {
  type: "foreignHello";
  session: string;
}

/** `body` in an envelope. */
export function sealed<const B extends { type: string }>(session: string, body: B): Envelope & B {
  return { protocol: PROTOCOL, version: VERSION, session, ...body };
}

export function announcement(): Announce {
  return { protocol: PROTOCOL, version: VERSION, type: "announce" };
}

/** What the embedding page said; null for anything that is none of it. */
export function readFromPage(message: unknown): FromPage | ForeignHello | null {
  const fields = opened(message);
  if (fields === null || !isSession(fields.session)) return null;
  const { session, version, type } = fields;
  if (version !== VERSION) {
    return type === "hello" && Number.isSafeInteger(version) ? { type: "foreignHello", session } : null;
  }
  switch (type) {
    case "hello":
      return typeof fields.roomId === "string" ? sealed(session, { type, roomId: fields.roomId }) : null;
    case "request":
      return isId(fields.id) && isName(fields.method)
        ? sealed(session, { type, id: fields.id, method: fields.method, data: fields.data })
        : null;
    case "bye":
      return sealed(session, { type });
    default:
      return null;
  }
}

/** What the room said; null for anything that is none of it. */
export function readFromRoom(message: unknown): FromRoom | null {
  const fields = opened(message);
  if (fields === null) return null;
  const { session, version, type } = fields;
  if (type === "refusal") {
    // The one message that a room of another version sends too.
    const problem = problemOf(fields.problem);
    return isSession(session) && problem !== null ? sealed(session, { type: "refusal", problem }) : null;
  }
  if (version !== VERSION) return null;
  if (type === "announce") return announcement();
  if (!isSession(session)) return null;
  switch (type) {
    case "welcome":
      return isName(fields.pageId) && typeof fields.roomId === "string"
        ? sealed(session, { type, pageId: fields.pageId, roomId: fields.roomId })
        : null;
    case "pending":
      return isId(fields.id) ? sealed(session, { type, id: fields.id }) : null;
    case "response":
      return responseOf(session, fields);
    case "event":
      return isName(fields.name) && isRecord(fields.data)
        ? sealed(session, { type, name: fields.name, data: fields.data })
        : null;
    default:
      return null;
  }
}

function responseOf(session: string, fields: Record<string, unknown>): Response | null {
  const { id, ok } = fields;
  if (!isId(id)) return null;
  if (ok === true) return sealed(session, { type: "response", id, ok, result: fields.result });
  const problem = problemOf(fields.problem);
  return ok === false && problem !== null ? sealed(session, { type: "response", id, ok, problem }) : null;
}

function problemOf(value: unknown): Problem | null {
  if (!isRecord(value)) return null;
  const { code, message } = value;
  return isName(code) && typeof message === "string" ? { code, message } : null;
}

function opened(message: unknown): Record<string, unknown> | null {
  return isRecord(message) && message.protocol === PROTOCOL ? message : null;
}

/** A plain object. Structured cloning leaves no getters and no proxies. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSession(value: unknown): value is string {
  return typeof value === "string" && SESSION.test(value);
}

function isId(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0;
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= MAX_NAME;
}
