import { describe, expect, it } from "vitest";
import { announcement, readFromPage, readFromRoom, sealed } from "../../src/bridge/messages";
import { anything, damaged, numbers } from "./random";

const SESSION = "0123456789abcdef0123456789abcdef";
const FROM_PAGE = [
  sealed(SESSION, { type: "hello", roomId: "team42" }),
  sealed(SESSION, { type: "request", id: 1, method: "join", data: { constraints: { video: true } } }),
  sealed(SESSION, { type: "request", id: 2, method: "enableMic", data: undefined }),
  sealed(SESSION, { type: "bye" }),
];
const FROM_ROOM = [
  announcement(),
  sealed(SESSION, { type: "welcome", pageId: "ab12", roomId: "team42" }),
  sealed(SESSION, { type: "refusal", problem: { code: "versionMismatch", message: "No." } }),
  sealed(SESSION, { type: "response", id: 1, ok: true, result: { peerId: "a" } }),
  sealed(SESSION, { type: "response", id: 1, ok: false, problem: { code: "notJoined", message: "No." } }),
  sealed(SESSION, { type: "event", name: "join", data: { peerId: "a", displayName: "Ada" } }),
];

describe("what the page says", () => {
  it.each(FROM_PAGE)("is read as it was sent: $type", (message) => {
    expect(readFromPage(structuredClone(message))).toEqual(message);
  });

  it("is nothing without its envelope", () => {
    const [hello] = FROM_PAGE;
    for (const wrong of [
      { ...hello, protocol: "other" },
      { ...hello, protocol: undefined },
      { ...hello, session: "short" },
      { ...hello, session: "NOT-HEXADECIMAL-BUT-LONG" },
      { ...hello, version: "1" },
      { ...hello, type: "welcome" },
      [hello],
      JSON.stringify(hello),
      null,
    ]) {
      expect(readFromPage(wrong)).toBeNull();
    }
  });

  it("of another version is a hello to refuse, or nothing", () => {
    const [hello, request] = FROM_PAGE;
    expect(readFromPage({ ...hello, version: 2 })).toEqual({ type: "foreignHello", session: SESSION });
    expect(readFromPage({ ...request, version: 2 })).toBeNull();
  });

  it.each([0, -1, 1.5, Number.NaN, 2 ** 53, "1", null])("takes no request with the id %s", (id) => {
    expect(readFromPage({ ...FROM_PAGE[1], id })).toBeNull();
  });

  it("carries nothing that we did not ask for", () => {
    const read = readFromPage({ ...FROM_PAGE[3], data: "more", constructor: "x" });
    expect(Object.keys(read ?? {}).sort()).toEqual(["protocol", "session", "type", "version"]);
  });
});

describe("what the room says", () => {
  it.each(FROM_ROOM)("is read as it was sent: $type", (message) => {
    expect(readFromRoom(structuredClone(message))).toEqual(message);
  });

  it("is a refusal in any version", () => {
    expect(readFromRoom({ ...FROM_ROOM[2], version: 9 })).toMatchObject({ type: "refusal" });
    expect(readFromRoom({ ...FROM_ROOM[1], version: 9 })).toBeNull();
  });

  it("is no response without a result or a problem", () => {
    expect(readFromRoom(sealed(SESSION, { type: "response", id: 1, ok: "true" }))).toBeNull();
    expect(readFromRoom(sealed(SESSION, { type: "response", id: 1, ok: false, problem: "No." }))).toBeNull();
  });
});

describe("hostile messages", () => {
  it("never throw and never come out in a shape that was not agreed on", () => {
    const random = numbers(20260601);
    const all: object[] = [...FROM_PAGE, ...FROM_ROOM];
    for (let count = 0; count < 20_000; count++) {
      const base = all[Math.floor(random() * all.length)] ?? {};
      const message = random() < 0.2 ? anything(random) : damaged(base, random);
      const said = readFromPage(message);
      if (said !== null) {
        expect(said.session).toMatch(/^[0-9a-f]{16,64}$/);
        expect(["hello", "request", "bye", "foreignHello"]).toContain(said.type);
        if (said.type === "request") {
          expect(said.id).toBeGreaterThan(0);
          expect(said.method.length).toBeLessThanOrEqual(64);
        }
      }
      const heard = readFromRoom(message);
      if (heard?.type === "response" && !heard.ok) expect(typeof heard.problem.message).toBe("string");
      if (heard?.type === "event") expect(typeof heard.data).toBe("object");
      expect(Object.prototype).not.toHaveProperty("type");
    }
  });
});
