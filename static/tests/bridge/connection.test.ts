import { describe, expect, it } from "vitest";
import { settled } from "../../../sdk/js/tests/fakes/clock";
import {
  CALL_TIMEOUT_MS,
  CONNECT_TIMEOUT_MS,
  GREETING_INTERVAL_MAX_MS,
  PATIENT_TIMEOUT_MS,
} from "../../src/bridge/connection";
import type { MeetBridgeError } from "../../src/bridge/errors";
import { announcement, sealed } from "../../src/bridge/messages";
import { Pair, ROOM_ORIGIN } from "./pair";

const SESSION = "0123456789abcdef0123456789abcdef";
const never = () => new Promise<never>(() => {});

/** The code of the error that a call ends with, or its result. */
function outcome(call: Promise<unknown>): Promise<unknown> {
  return call.catch((error: MeetBridgeError) => error.code);
}

describe("the handshake", () => {
  it("reaches a room that is there already", async () => {
    const pair = new Pair();
    pair.load("one");
    await pair.clock.advance(GREETING_INTERVAL_MAX_MS);
    expect(pair.connection.connected).toBe(true);
    expect(pair.clock.waiting).toBe(0); // no more greetings
  });

  it("waits for a room that comes late, and keeps calls until then, in order", async () => {
    const pair = new Pair();
    const calls = Promise.all([
      pair.connection.call("enableMic", undefined),
      pair.connection.call("setVolume", 3),
    ]);
    await pair.clock.advance(7_000);
    const room = pair.load("one");
    await pair.clock.advance(GREETING_INTERVAL_MAX_MS);
    expect(await calls).toEqual([true, true]);
    expect(room.performed).toEqual([
      ["enableMic", undefined],
      ["setVolume", 3],
    ]);
  });

  it("waits for an iframe without an address", async () => {
    const pair = new Pair(null);
    const call = outcome(pair.connection.call("enableMic", undefined));
    await pair.clock.advance(5_000);
    expect(pair.posted).toEqual([]);
    pair.target = ROOM_ORIGIN;
    pair.load("one");
    await pair.clock.advance(GREETING_INTERVAL_MAX_MS);
    expect(await call).toBe(true);
  });

  it("tells a late bridge what still holds, once", async () => {
    const pair = new Pair();
    pair.load("one", (room) => {
      room.standing = [
        { name: "ready", data: {} },
        { name: "readyToJoin", data: {} },
      ];
    });
    await pair.clock.advance(GREETING_INTERVAL_MAX_MS);
    pair.connection.loaded();
    await pair.clock.advance(GREETING_INTERVAL_MAX_MS);
    expect(pair.events.map(([name]) => name)).toEqual(["ready", "readyToJoin"]);
    expect(pair.room?.counts).toEqual([1]);
  });

  it("happens again with a page that was loaded anew, and calls that the old one had fail", async () => {
    const pair = new Pair();
    pair.load("one", (room) => {
      room.perform = never;
    });
    await pair.clock.advance(GREETING_INTERVAL_MAX_MS);
    const call = outcome(pair.connection.call("enableMic", undefined));
    pair.load("two");
    expect(await call).toBe("reloaded");
    await settled();
    expect(pair.welcomes).toBe(2);
    expect(await outcome(pair.connection.call("enableMic", undefined))).toBe(true);
  });

  it("does not lose calls that are made while a new page comes up", async () => {
    const pair = new Pair();
    pair.load("one");
    await settled();
    pair.room = null;
    pair.connection.received(announcement(), ROOM_ORIGIN);
    const call = outcome(pair.connection.call("enableMic", undefined));
    pair.load("two");
    await pair.clock.advance(GREETING_INTERVAL_MAX_MS);
    expect(await call).toBe(true);
  });

  it("gives up on a page that does not greet back any more", async () => {
    const pair = new Pair();
    pair.load("one");
    await settled();
    pair.room = null; // the iframe shows something else now
    pair.connection.loaded();
    await pair.clock.advance(15_000);
    expect(pair.connection.connected).toBe(false);
  });

  it("ends with an error when the room speaks another version", async () => {
    const pair = new Pair();
    const call = outcome(pair.connection.call("enableMic", undefined));
    const problem = { code: "versionMismatch", message: "No." };
    pair.connection.received(sealed(SESSION, { type: "refusal", problem }), ROOM_ORIGIN);
    expect(await call).toBe("versionMismatch");
    expect(await outcome(pair.connection.call("enableMic", undefined))).toBe("versionMismatch");
  });
});

describe("a room that can't be talked to", () => {
  it("refuses calls at once when it is another one than the bridge was made for, and says so once", async () => {
    const pair = new Pair(ROOM_ORIGIN, "team43");
    const call = outcome(pair.connection.call("enableMic", undefined));
    const room = pair.load("one");
    await pair.clock.advance(GREETING_INTERVAL_MAX_MS);
    expect(await call).toBe("wrongRoom");
    pair.connection.loaded();
    await pair.clock.advance(GREETING_INTERVAL_MAX_MS);
    expect(await outcome(pair.connection.call("enableMic", undefined))).toBe("wrongRoom");
    expect(pair.refusals).toEqual(["wrongRoom"]);
    expect(room.performed).toEqual([]);
  });

  it("is taken as it is where the bridge names none", async () => {
    const pair = new Pair(ROOM_ORIGIN, "");
    pair.load("one");
    await settled();
    expect(await outcome(pair.connection.call("enableMic", undefined))).toBe(true);
  });

  it("refuses calls at once in a sandbox that takes its origin, also after the iframe's load", async () => {
    const pair = new Pair();
    const call = outcome(pair.connection.call("enableMic", undefined));
    pair.connection.received(announcement(), "null");
    expect(await call).toBe("sandboxed");
    pair.connection.loaded();
    expect(await outcome(pair.connection.call("enableMic", undefined))).toBe("sandboxed");
    expect(pair.refusals).toEqual(["sandboxed"]);
    pair.load("two"); // without the sandbox
    await pair.clock.advance(GREETING_INTERVAL_MAX_MS);
    expect(await outcome(pair.connection.call("enableMic", undefined))).toBe(true);
  });
});

describe("a call", () => {
  it("that waits for a person has no limit, and ends with the page that it waits in", async () => {
    const pair = new Pair();
    pair.load("one", (room) => {
      room.perform = never;
    });
    await settled();
    const calls = ["join", "enableMic", "enableWebcam", "enableShare", "changeDevice", "otherCamera"].map(
      (method) => outcome(pair.connection.call(method, undefined)),
    );
    await pair.clock.advance(10 * PATIENT_TIMEOUT_MS);
    await expect(Promise.race([...calls, Promise.resolve("waiting")])).resolves.toBe("waiting");
    pair.load("two");
    expect(await Promise.all(calls)).toEqual(calls.map(() => "reloaded"));
  });

  it.each([
    ["enableMic", PATIENT_TIMEOUT_MS],
    ["setVolume", CALL_TIMEOUT_MS],
  ])("%s that a room leaves without a word fails in the end", async (method, limitMs) => {
    const pair = new Pair();
    pair.load("one");
    await settled();
    pair.room = null;
    const call = outcome(pair.connection.call(method, undefined));
    await pair.clock.advance(limitMs - 1);
    await expect(Promise.race([call, Promise.resolve("waiting")])).resolves.toBe("waiting");
    await pair.clock.advance(1);
    expect(await call).toBe("noAnswer");
  });

  it("to nobody fails in the end", async () => {
    const pair = new Pair();
    const call = outcome(pair.connection.call("enableMic", undefined));
    await pair.clock.advance(CONNECT_TIMEOUT_MS);
    expect(await call).toBe("notConnected");
  });

  it("that the room refuses rejects with its code and sentence", async () => {
    const pair = new Pair();
    pair.load("one", (room) => {
      room.perform = () => Promise.reject(new Error("Not you."));
    });
    await settled();
    await expect(pair.connection.call("disableAllMics", undefined)).rejects.toMatchObject({
      name: "MeetBridgeError",
      code: "refused",
      message: "Not you.",
    });
  });

  it("with something that can't be sent fails at once", async () => {
    const pair = new Pair();
    pair.load("one");
    await settled();
    expect(await outcome(pair.connection.call("join", { constraints: () => {} }))).toBe("invalidData");
    expect(pair.clock.waiting).toBe(0);
  });

  it("after the end, or pending at the end, fails", async () => {
    const pair = new Pair();
    const room = pair.load("one", (made) => {
      made.perform = never;
    });
    await settled();
    const call = outcome(pair.connection.call("enableMic", undefined));
    pair.connection.destroy();
    pair.connection.destroy();
    expect(await call).toBe("destroyed");
    expect(await outcome(pair.connection.call("enableMic", undefined))).toBe("destroyed");
    await settled();
    expect(room.counts).toEqual([1, 0]);
    pair.tell("ready", {});
    await settled();
    expect(pair.events).toEqual([]);
    expect(pair.clock.waiting).toBe(0);
  });

  it("lends the room a click where the browser wants one", async () => {
    const pair = new Pair();
    pair.load("one");
    await settled();
    for (const method of ["enableShare", "enableFullscreen", "enableMic"]) {
      await pair.connection.call(method, undefined);
    }
    const requests = pair.posted.filter(({ message }) => message.type === "request");
    expect(requests.map(({ delegate }) => delegate)).toEqual(["display-capture", "fullscreen", undefined]);
  });
});

describe("strangers", () => {
  it("are not heard: another origin, another session, an answer to nothing", async () => {
    const pair = new Pair();
    pair.load("one");
    await settled();
    const event = (session: string) => sealed(session, { type: "event", name: "join", data: {} });
    pair.connection.received(event(SESSION), "https://evil.example");
    pair.connection.received(event("f".repeat(32)), ROOM_ORIGIN);
    pair.connection.received(sealed(SESSION, { type: "response", id: 99, ok: true, result: 1 }), ROOM_ORIGIN);
    expect(pair.events).toEqual([]);
    pair.connection.received(event(SESSION), ROOM_ORIGIN);
    expect(pair.events).toHaveLength(1);
  });

  it("can't pretend to be the room before it has answered", async () => {
    const pair = new Pair();
    pair.connection.received(sealed(SESSION, { type: "event", name: "join", data: {} }), ROOM_ORIGIN);
    pair.connection.received(
      sealed(SESSION, { type: "welcome", pageId: "x", roomId: "team42" }),
      "https://evil.example",
    );
    expect(pair.events).toEqual([]);
    expect(pair.connection.connected).toBe(false);
  });
});
