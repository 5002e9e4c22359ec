import { describe, expect, it } from "vitest";
import { settled } from "../../../sdk/js/tests/fakes/clock";
import { sealed } from "../../src/bridge/messages";
import { FakeRoomPage, PAGE_ORIGIN } from "./pair";
import { anything, damaged, numbers } from "./random";

const SESSION = "0123456789abcdef0123456789abcdef";
const OTHER = "fedcba9876543210fedcba9876543210";
const EVIL = "https://evil.example";

const hello = (session: string) => sealed(session, { type: "hello", roomId: "team42" });
const request = (session: string, id = 1) =>
  sealed(session, { type: "request", id, method: "disableMic", data: undefined });

function greeted(...sessions: string[]): FakeRoomPage {
  const room = new FakeRoomPage("one", () => {});
  for (const session of sessions) room.sessions.received(hello(session), PAGE_ORIGIN);
  room.posted.length = 0;
  return room;
}

describe("the room", () => {
  it("announces itself without saying anything, then talks to the first one's origin only", async () => {
    const room = new FakeRoomPage("one", () => {});
    expect(room.posted).toEqual([
      { message: { protocol: "meet-bridge", version: 1, type: "announce" }, origin: "*" },
    ]);
    room.sessions.received(hello(SESSION), PAGE_ORIGIN);
    room.sessions.received(request(SESSION), PAGE_ORIGIN);
    await settled();
    expect(room.posted.slice(1).map(({ origin }) => origin)).toEqual([PAGE_ORIGIN, PAGE_ORIGIN]);
  });

  it("ignores everything from another origin once it knows its page", async () => {
    const room = greeted(SESSION);
    room.sessions.received(hello(OTHER), EVIL);
    room.sessions.received(request(SESSION), EVIL);
    room.sessions.received(sealed(SESSION, { type: "bye" }), EVIL);
    await settled();
    expect(room.posted).toEqual([]);
    expect(room.performed).toEqual([]);
    expect(room.counts).toEqual([1]);
  });

  it("does nothing for who has not said hello", async () => {
    const room = greeted(SESSION);
    room.sessions.received(request(OTHER), PAGE_ORIGIN);
    await settled();
    expect(room.performed).toEqual([]);
  });

  it("tells every bridge of its page, until it says bye", () => {
    const room = greeted(SESSION, OTHER);
    const heard = () => room.posted.splice(0).map(({ message }) => (message as { session: string }).session);
    room.sessions.tell({ name: "disconnected", data: {} });
    expect(heard()).toEqual([SESSION, OTHER]);
    room.sessions.received(sealed(SESSION, { type: "bye" }), PAGE_ORIGIN);
    room.sessions.tell({ name: "disconnected", data: {} });
    expect(heard()).toEqual([OTHER]);
  });

  it("forgets the oldest bridges of a page that makes ever more", () => {
    const many = Array.from({ length: 20 }, (_, place) => place.toString(16).padStart(16, "0"));
    const room = greeted(...many);
    room.sessions.tell({ name: "disconnected", data: {} });
    expect(room.posted).toHaveLength(8);
  });

  it("refuses another version in words", () => {
    const room = new FakeRoomPage("one", () => {});
    room.sessions.received({ ...hello(SESSION), version: 2 }, PAGE_ORIGIN);
    expect(room.posted.at(-1)?.message).toMatchObject({
      type: "refusal",
      problem: { code: "versionMismatch" },
    });
  });

  it("can talk to a page without an origin, such as an app's file", () => {
    const room = new FakeRoomPage("one", () => {});
    room.sessions.received(hello(SESSION), "null");
    expect(room.posted.at(-1)).toMatchObject({ message: { type: "welcome" }, origin: "*" });
  });

  it("survives whatever its page sends", async () => {
    const room = greeted(SESSION);
    const random = numbers(7);
    for (let count = 0; count < 3_000; count++) {
      room.sessions.received(anything(random), PAGE_ORIGIN);
      room.sessions.received(damaged(request(SESSION), random), PAGE_ORIGIN);
    }
    await settled();
    for (const [method] of room.performed) expect(typeof method).toBe("string");
  });
});
