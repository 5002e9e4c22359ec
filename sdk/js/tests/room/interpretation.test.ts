import { describe, expect, it } from "vitest";
import {
  channelOf,
  choosable,
  handoverOf,
  interpretationOf,
  interpretersOf,
  liveIn,
} from "../../src/room/interpretation";
import { initialState } from "../../src/room/reducer";
import type { RoomState } from "../../src/room/state";
import { peer } from "../fakes/peer";
import { WAY } from "../fakes/way";

const german = { tag: "de", name: "Deutsch", interpreters: ["me", "a"], expiresAt: null };
const french = { tag: "fr", name: "Français", interpreters: [], expiresAt: 5 };

function state(more: Partial<RoomState> = {}): RoomState {
  const base = initialState(WAY);
  return { ...base, interpretation: { enabled: true, languages: [german, french] }, ...more };
}

const on = { status: "on", stream: null, error: null } as const;

describe("interpretation", () => {
  it("is read from what the server leaves out", () => {
    expect(interpretationOf(undefined)).toEqual({ enabled: false, languages: [] });
    const told = { enabled: true, languages: [{ tag: "de", name: "Deutsch", interpreters: [] }] };
    expect(interpretationOf(told).languages[0]?.expiresAt).toBeNull();
    const offer = { giver: "a", taker: "", seconds: 10, expiresAt: 1 };
    expect(handoverOf(offer)).toEqual({ ...offer, dueAt: null });
    expect(handoverOf(undefined)).toBeNull();
  });

  it("has interpreters, who may be gone already", () => {
    expect(interpretersOf(state(), "de")).toEqual([]);
    const a = peer({ id: "a", role: "interpreter", language: "de" });
    expect(interpretersOf(state({ peers: [a] }), "de")).toEqual([a]);
    expect([channelOf(state(), "uk"), interpretersOf(state(), "uk")]).toEqual([null, []]);
  });

  it("is live while anybody's microphone is on, be it mine", () => {
    const base = state();
    const me = { ...base.me, language: "de" };
    const local = { ...base.local, mic: on };
    expect(liveIn(base, "de")).toBe(false);
    expect(liveIn({ ...base, me, local }, "de")).toBe(true);
    expect(liveIn({ ...base, me, local }, "fr")).toBe(false);
    expect(liveIn({ ...base, local }, "de")).toBe(false);
  });

  it("offers me all languages but my own", () => {
    const base = state();
    expect(choosable(base).map(({ tag }) => tag)).toEqual(["de", "fr"]);
    expect(choosable({ ...base, me: { ...base.me, language: "de" } }).map(({ tag }) => tag)).toEqual(["fr"]);
  });
});
